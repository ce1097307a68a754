import type { DecodeError } from "../../errors.ts";
import { filterLines } from "../../ipfix/format/filtered.ts";
import { createLines, type LineFormat, type LinesOptions } from "../../ipfix/format/lines.ts";
import {
  isCapture,
  magicBytes,
  readExportCapture,
} from "../../transport/reading/export-capture.ts";
import { type Blocks, peek, readInput } from "../../transport/reading/input.ts";
import { readIpfixFile } from "../../transport/reading/ipfix-file.ts";
import type { CommandInput } from "../command.ts";
import type { LineOutput } from "../line-output.ts";
import { createExportSessions } from "./export-sessions.ts";
import { type CatResult, Damages } from "./report.ts";
import type { Wanted } from "./wanted.ts";

/**
 * Show one file: IPFIX, or a capture of what exporters sent.
 * @throws {TransportError} when it cannot be read.
 */
export async function showFile(
  path: string,
  wanted: Wanted,
  { input, output }: { readonly input: CommandInput; readonly output: LineOutput },
): Promise<CatResult> {
  const { head, blocks } = await peek(readInput(path === "-" ? input.stdin : path), magicBytes);
  const damages = new Damages();
  let matched = 0;
  const format = wanted.stats ? countingFormat : wanted.format;
  const lines: LinesOptions = {
    format: wanted.filter ? filterLines(format, wanted.filter, () => matched++) : format,
    onLine: output.line,
    templates: wanted.templates,
    learnElements: true,
  };
  const show = isCapture(head) ? showCapture : showMessages;
  const counters = await show(blocks, { lines, damages, output, wanted });
  return {
    counters: wanted.filter ? { ...counters, recordsMatched: matched } : counters,
    damages,
  };
}

/** Shows nothing; the session counts all the same. */
const countingFormat: LineFormat = { batch: () => () => undefined };

interface Showing {
  readonly lines: LinesOptions;
  readonly damages: Damages;
  readonly output: LineOutput;
  readonly wanted: Wanted;
}

async function showMessages(
  blocks: Blocks,
  { lines, damages, output }: Showing,
): Promise<Readonly<Record<string, number>>> {
  let messageAt = 0;
  const onDamage = (error: DecodeError) => damages.add(error.shifted(messageAt));
  const session = createLines({ ...lines, onDamage });
  const { bytes } = await readIpfixFile(blocks, {
    session: {
      decodeMessage: (message, offset) => {
        messageAt = offset;
        session.decodeMessage(message);
      },
    },
    onDamage(error, lostBytes) {
      damages.add(error, lostBytes);
      const line = lines.format.lost?.(error, lostBytes);
      if (line !== undefined) lines.onLine(line);
    },
    signal: output.closed,
    onProgress: () => output.drained(),
  });
  const { lostBytes } = damages;
  return { ...session.counters(), octets: bytes, ...(lostBytes > 0 && { octetsLost: lostBytes }) };
}

async function showCapture(
  blocks: Blocks,
  { lines, damages, output, wanted }: Showing,
): Promise<Readonly<Record<string, number>>> {
  const sessions = createExportSessions({
    lines: { ...lines, onDamage: (error) => damages.add(error) },
    wanted,
    onDamage: (error) => damages.add(error),
  });
  const { packets, bytes, damage, ...counts } = await readExportCapture(blocks, {
    visit: sessions.decode,
    signal: output.closed,
    onProgress: () => output.drained(),
  });
  if (damage) damages.add(damage);
  return { ...sessions.counters(), packets, ...counts, octets: bytes };
}
