/**
 * What we change in the bytes of `glue.wasm` before they are compiled, so that it speaks as LuaJIT
 * does at no price while it runs: texts among its constants, and functions that make messages.
 * Holds for the one binary whose hash the loader knows.
 */

/** Constants: what stands there and what takes its place; `%s` take their arguments in order. */
const texts: readonly (readonly [there: string, instead: string])[] = [
  // What `tostring` skips to see whether a number looks like an integer: with nothing to skip
  // every number does, and 10/2 prints as 5, not as 5.0 (also in `..` and `table.concat`).
  ["-0123456789", ""],
  ["bad 'for' %s (number expected, got %s)", "'for' %s must be a number"],
  ["break outside loop at line %d", "no loop to break"],
  ["no visible label '%s' for <goto> at line %d", "undefined label '%s'"],
  ["label '%s' already defined on line %d", "duplicate label '%s'"],
  ["value out of range", "invalid value"],
  ["attempt to yield across a C-call boundary", "attempt to yield across C-call boundary"],
  ["attempt to yield from outside a coroutine", "attempt to yield across C-call boundary"],
  // Names of metamethods that tables of LuaJIT do not have: the VM looks under others. What ends
  // in their letters may be a constant too. Finalizers would run where no limit holds.
  ["__gc", "\u0001_gc"],
  ["__len", "\u0001_len"],
  ["unfinished long %s (starting at line %d)", "unfinished long %s"],
  ["invalid conversion '%s' to 'format'", "invalid option '%s' to 'format'"],
  // A text of the library `package`, which no engine opens, gives its room to two longer names.
  ["error loading module '%s' from file '%s':\n\t%s", "'<eof>'\0'<name>'"],
];

/** Pointers to constants in tables: the text they point to and where they point instead. */
const pointers: readonly (readonly [from: string, to: string])[] = [
  ["<eof>", "'<eof>'"],
  ["<name>", "'<name>'"],
];

/** A function of the binary whose work one of ours does, called through the function table. */
interface Replaced {
  /** Its index among all functions, imports first. */
  readonly index: number;
  /** The index of its type in the binary, and how many i32 it takes; it returns nothing. */
  readonly type: number;
  readonly parameters: number;
}

/** In the order of their slots, which are the first that the function table grows by. */
export const replaced = {
  /** `luaG_typeerror` and its kin: (L, value, operation, name of the variable), never returns. */
  typeError: { index: 272, type: 7, parameters: 4 },
  /** `luaL_where`: (L, level) pushes the position of a call as text. */
  where: { index: 124, type: 4, parameters: 2 },
} as const satisfies Readonly<Record<string, Replaced>>;

/** Entries of the function table as the binary comes; ours follow. */
export const tableEntries = 198;

/** First address of the constants in memory, and of their bytes in the binary. */
const constantsAddress = 1_024;

/** Instructions (WebAssembly core specification §5.4). */
const opcode = {
  nop: 0x01,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  localGet: 0x20,
  i32Const: 0x41,
} as const;

/** Functions of the binary by their names in C. */
const functions = {
  lua_error: 97,
  lua_concat: 100,
  luaL_error: 120,
  luaO_pushvfstring: 430,
} as const;

/** `luaL_error` holds a copy of `luaL_where`; this one calls it, and so ours. */
// biome-ignore format: one call a line
const errorCode = [
  opcode.localGet, 0, opcode.i32Const, 1, opcode.call, ...encode(replaced.where.index),
  opcode.localGet, 0, opcode.localGet, 1, opcode.localGet, 2,
  opcode.call, ...encode(functions.luaO_pushvfstring), opcode.drop,
  opcode.localGet, 0, opcode.i32Const, 2, opcode.call, ...encode(functions.lua_concat),
  opcode.localGet, 0, opcode.call, ...encode(functions.lua_error),
];

/** Change `glue.wasm` in place. @throws {Error} when it is not the binary these changes are for. */
export function patchGlue(glue: Uint8Array): void {
  const sections = readSections(glue);
  const data = sections.get(sectionId.data) ?? { start: 0, end: 0 };
  patchTexts(Buffer.from(glue.buffer, glue.byteOffset + data.start, data.end - data.start));
  const replace = (index: number, code: readonly number[]) => {
    const body = findBody(glue, sections, index);
    glue.fill(opcode.nop, body.start, body.end - 1);
    glue.set([0, ...code], body.start);
  };
  Object.values(replaced).forEach(({ index, type, parameters }, nth) => {
    const gets = Array.from({ length: parameters }, (_, i) => [opcode.localGet, i]).flat();
    const slot = encode(tableEntries + nth);
    replace(index, [...gets, opcode.i32Const, ...slot, opcode.callIndirect, type, 0]);
  });
  replace(functions.luaL_error, errorCode);
}

function patchTexts(data: Buffer): void {
  const first = data.indexOf("interval is empty\0", 0, "latin1");
  const addresses = new Map<string, number>();
  for (const [there, instead] of texts) {
    const at = findOnce(data, `\0${there}\0`) + 1;
    data.fill(0, at, at + there.length);
    data.write(instead, at, "latin1");
  }
  for (const text of pointers.flat()) {
    addresses.set(text, findOnce(data, `\0${text}\0`) + 1 - first + constantsAddress);
  }
  for (const [from, to] of pointers) {
    const at = findOnce(data, pointer(addresses.get(from) ?? 0));
    data.write(pointer(addresses.get(to) ?? 0), at, "latin1");
  }
}

function pointer(address: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(address);
  return bytes.toString("latin1");
}

function findOnce(data: Buffer, text: string): number {
  const at = data.indexOf(text, 0, "latin1");
  if (at >= 0 && data.indexOf(text, at + 1, "latin1") < 0) return at;
  throw new Error(`Cannot patch the Lua VM: ${JSON.stringify(text)} is not there exactly once`);
}

// The binary format (WebAssembly core specification §5.5) --------------------------------------

const sectionId = { import: 2, code: 10, data: 11 } as const;

/** A half-open range of octets. */
interface Range {
  readonly start: number;
  readonly end: number;
}

function readSections(bytes: Uint8Array): ReadonlyMap<number, Range> {
  const sections = new Map<number, Range>();
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at] as number;
    const [size, start] = decode(bytes, at + 1);
    sections.set(id, { start, end: start + size });
    at = start + size;
  }
  return sections;
}

/** The body of function `index`, from the number of its groups of locals to its `end`. */
function findBody(bytes: Uint8Array, sections: ReadonlyMap<number, Range>, index: number): Range {
  const [imports] = decode(bytes, sections.get(sectionId.import)?.start ?? 0);
  let [, at] = decode(bytes, sections.get(sectionId.code)?.start ?? 0);
  for (let nth = imports; ; nth++) {
    const [size, start] = decode(bytes, at);
    if (nth === index) return { start, end: start + size };
    at = start + size;
  }
}

/** An unsigned LEB128 number at `at` and where it ends. */
function decode(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const octet = bytes[at++] as number;
    value |= (octet & 0x7f) << shift;
    if (octet < 0x80) return [value, at];
  }
}

/** A number as LEB128 of two octets, which hold up to 8191 whether signed or not. */
function encode(value: number): [number, number] {
  return [(value & 0x7f) | 0x80, value >> 7];
}
