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
import type { CatResult } from "./report.ts";
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
  const damages = createDamages();
  let matched = 0;
  const format = wanted.stats ? countingFormat : wanted.format;
  const lines: LinesOptions = {
    format: wanted.filter ? filterLines(format, wanted.filter, () => matched++) : format,
    onLine: output.line,
    templates: wanted.templates,
    learnElements: true,
    onDamage: damages.add,
  };
  const show = isCapture(head) ? showCapture : showMessages;
  const counters = await show(blocks, { lines, damages, output, wanted });
  return {
    counters: wanted.filter ? { ...counters, recordsMatched: matched } : counters,
    damage: damages.first,
    moreDamages: damages.count - 1,
  };
}

/** Shows nothing; the session counts all the same. */
const countingFormat: LineFormat = { batch: () => () => undefined };

/** What was wrong: the first of it, and how often. */
interface Damages {
  first: DecodeError | undefined;
  count: number;
  /** Where in the file the Message begins that is being decoded. */
  messageAt: number;
  /** A record of the Message is damaged. */
  readonly add: (error: DecodeError) => void;
}

function createDamages(): Damages {
  const damages: Damages = {
    first: undefined,
    count: 0,
    messageAt: 0,
    add(error) {
      damages.count++;
      damages.first ??= error.shifted(damages.messageAt);
    },
  };
  return damages;
}

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
  const session = createLines(lines);
  const result = await readIpfixFile(blocks, {
    session: {
      decodeMessage: (bytes, offset) => {
        damages.messageAt = offset;
        session.decodeMessage(bytes);
      },
    },
    signal: output.closed,
    onProgress: () => output.drained(),
  });
  damages.count += result.damages;
  // What is wrong with a Message comes before what is wrong with its records.
  damages.first = result.damage ?? damages.first;
  return { ...session.counters(), octets: result.bytes };
}

async function showCapture(
  blocks: Blocks,
  { lines, damages, output, wanted }: Showing,
): Promise<Readonly<Record<string, number>>> {
  const sessions = createExportSessions({ lines, wanted, onDamage: damages.add });
  const { packets, bytes, damage, ...counts } = await readExportCapture(blocks, {
    visit: sessions.decode,
    signal: output.closed,
    onProgress: () => output.drained(),
  });
  if (damage) {
    damages.count++;
    damages.first ??= damage;
  }
  return { ...sessions.counters(), packets, ...counts, octets: bytes };
}
