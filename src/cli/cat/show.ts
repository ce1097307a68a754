import type { DecodeError } from "../../errors.ts";
import { filterLines } from "../../ipfix/format/filtered.ts";
import { createLines, type LineFormat, type LinesOptions } from "../../ipfix/format/lines.ts";
import {
  isCapture,
  magicBytes,
  readExportCapture,
} from "../../transport/reading/export-capture.ts";
import {
  beginning,
  decodeSetup,
  type Start,
  seekRecord,
} from "../../transport/reading/file-index.ts";
import { type Blocks, peek, readBlocks, readInput } from "../../transport/reading/input.ts";
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
  const { window } = wanted;
  const start = await findStart(path, wanted);
  const source =
    start.offset > 0
      ? readBlocks(path, start.offset)
      : readInput(path === "-" ? input.stdin : path);
  const { head, blocks } = await peek(source, magicBytes);
  window.skip -= start.records;
  const damages = new Damages();
  let matched = 0;
  const format = wanted.stats ? countingFormat : window.over(wanted.format);
  const lines: LinesOptions = {
    format: wanted.filter ? filterLines(format, wanted.filter, () => matched++) : format,
    onLine: (line) => {
      if (!window.closed) output.line(line);
    },
    templates: wanted.templates,
    learnElements: true,
  };
  const show = isCapture(head) ? showCapture : showMessages;
  const counters = await show(blocks, { lines, damages, output, wanted, start });
  return {
    counters: wanted.filter ? { ...counters, recordsMatched: matched } : counters,
    damages,
  };
}

/** Where to begin: an index counts all records, so that it is of no use once they are filtered. */
async function findStart(path: string, { window, filter, templates }: Wanted): Promise<Start> {
  const isPlain = filter === undefined && !templates && path !== "-";
  return window.skip > 0 && isPlain ? await seekRecord(path, window.skip) : beginning;
}

/** Shows nothing; the session counts all the same. */
const countingFormat: LineFormat = { batch: () => () => undefined };

interface Showing {
  readonly lines: LinesOptions;
  readonly damages: Damages;
  readonly output: LineOutput;
  readonly wanted: Wanted;
  readonly start: Start;
}

async function showMessages(
  blocks: Blocks,
  { lines, damages, output, start, wanted: { window } }: Showing,
): Promise<Readonly<Record<string, number>>> {
  let messageAt = 0;
  const onDamage = (error: DecodeError) => damages.add(error.shifted(messageAt));
  const session = createLines({ ...lines, onDamage });
  window.closed = true;
  decodeSetup(start, (message) => session.decodeMessage(message));
  window.closed = false;
  const { bytes } = await readIpfixFile(blocks, {
    from: start.offset,
    isDone: () => window.isDone,
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
