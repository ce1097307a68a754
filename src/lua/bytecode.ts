/** Octets before the main function in a Lua 5.4 dump: header and its count of upvalues. */
const headerBytes = 4 + 1 + 1 + 6 + 3 + 8 + 8 + 1;
const instructionBytes = 4;
const numberBytes = 8;
const upvalueBytes = 3;

/** Tags of constants that carry a value (lobject.h): integer, float, short and long string. */
const constants = { integer: 0x03, float: 0x13, short: 0x04, long: 0x14 } as const;

/**
 * Take the line numbers of function heads out of a stripped Lua 5.4 dump (ldump.c), the only trace
 * in it of where in its file a function stands.
 */
export function normalizeDump(dump: Uint8Array): Uint8Array {
  const reader = { dump, at: headerBytes, lines: [] as (readonly [number, number])[] };
  skipFunction(reader);
  if (reader.at !== dump.length) throw new Error("A Lua dump is longer than its function");
  return withoutRanges(dump, reader.lines);
}

interface DumpReader {
  readonly dump: Uint8Array;
  at: number;
  readonly lines: (readonly [start: number, end: number])[];
}

function withoutRanges(
  dump: Uint8Array,
  ranges: readonly (readonly [number, number])[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    parts.push(dump.subarray(at, start));
    at = end;
  }
  parts.push(dump.subarray(at));
  return new Uint8Array(Buffer.concat(parts));
}

function skipFunction(reader: DumpReader): void {
  skipString(reader);
  const start = reader.at;
  readSize(reader);
  readSize(reader);
  reader.lines.push([start, reader.at]);
  skip(reader, 3);
  skip(reader, instructionBytes * readSize(reader));
  times(readSize(reader), () => skipConstant(reader));
  skip(reader, upvalueBytes * readSize(reader));
  times(readSize(reader), () => skipFunction(reader));
  skipDebug(reader);
}

function skipConstant(reader: DumpReader): void {
  const tag = reader.dump[reader.at++];
  if (tag === constants.integer || tag === constants.float) skip(reader, numberBytes);
  if (tag === constants.short || tag === constants.long) skipString(reader);
}

/** A stripped dump has these four empty. */
function skipDebug(reader: DumpReader): void {
  skip(reader, readSize(reader));
  times(readSize(reader), () => times(2, () => readSize(reader)));
  times(readSize(reader), () => {
    skipString(reader);
    times(2, () => readSize(reader));
  });
  times(readSize(reader), () => skipString(reader));
}

function skipString(reader: DumpReader): void {
  const size = readSize(reader);
  if (size > 0) skip(reader, size - 1);
}

function skip(reader: DumpReader, octets: number): void {
  reader.at += octets;
}

/** Seven bits an octet, most significant first; the last octet has its top bit set. */
function readSize(reader: DumpReader): number {
  let value = 0;
  for (;;) {
    const octet = reader.dump[reader.at++];
    if (octet === undefined) throw new Error("A Lua dump ends early: not the layout of 5.4");
    value = value * 128 + (octet & 0x7f);
    if (octet >= 0x80) return value;
  }
}

function times(count: number, action: () => void): void {
  for (let i = 0; i < count; i++) action();
}
