import type { DecodeError } from "../../errors.ts";
import { createJsonLines } from "../../ipfix/format/jsonl.ts";
import { createLines, type LineFormat } from "../../ipfix/format/lines.ts";
import { RecordWindow } from "../../ipfix/format/window.ts";
import { decodeSetup, seekRecord } from "./file-index.ts";
import { readBlocks, readInput } from "./input.ts";
import { readIpfixFile } from "./ipfix-file.ts";

/** Which page of a file is wanted, and how. */
export interface PageOptions {
  /** Records to leave out before the first one shown. */
  readonly offset: number;
  /** Records shown at most. */
  readonly limit: number;
  /** JSON of the record schema by default. */
  readonly format?: LineFormat;
  readonly signal?: AbortSignal;
}

/** A page of the records of a file. */
export interface Page {
  /** One line a record; a damaged record is one, too. */
  readonly records: readonly string[];
  /** Records of the whole file, whatever the page. */
  readonly total: number;
  /** What is wrong with the octets that were read for the page, and how many each costs. */
  readonly damages: readonly { readonly error: DecodeError; readonly lostBytes: number }[];
}

/**
 * Read `limit` records after the first `offset` of an IPFIX file. Of a large one that is not
 * compressed, little more than these is read, wherever they stand: its index, `<path>.idx`, tells
 * where, and is made when there is none that fits.
 * @throws {TransportError} when the file cannot be read.
 */
export async function readPage(
  path: string,
  { offset, limit, format = createJsonLines(), signal }: PageOptions,
): Promise<Page> {
  const start = await seekRecord(path, offset);
  const window = new RecordWindow({ skip: offset - start.records, limit });
  const records: string[] = [];
  const damages: { error: DecodeError; lostBytes: number }[] = [];
  const session = createLines({
    format: window.over({ batch: format.batch, ...(format.damage && { damage: format.damage }) }),
    onLine: (line) => records.push(line),
    learnElements: true,
  });
  window.closed = true;
  decodeSetup(start, (message) => session.decodeMessage(message));
  window.closed = false;
  const { records: before = 0 } = session.counters();
  await readIpfixFile(start.offset > 0 ? readBlocks(path, start.offset) : readInput(path), {
    session,
    from: start.offset,
    onDamage: (error, lostBytes) => damages.push({ error, lostBytes }),
    isDone: () => start.total !== undefined && window.isDone,
    ...(signal && { signal }),
  });
  const { records: after = 0 } = session.counters();
  return { records, total: start.total ?? start.records + after - before, damages };
}
