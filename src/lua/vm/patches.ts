import { type BodyChange, changeBodies, encode, findSection } from "./binary.ts";
import { boundChanges } from "./bounds.ts";

/**
 * What we change in the bytes of `glue.wasm` before they are compiled, so that it speaks and
 * compares as LuaJIT does at no price while it runs: texts among its constants, and a few
 * functions. Holds for the one binary whose hash the loader knows.
 */

/** Where the VM looks for the finalizer of an object. */
export const finalizerName = "\u0001_gc";

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
  ["(C temporary)", "(*temporary)"],
  // Names of metamethods that tables of LuaJIT do not have: the VM looks under others. What ends
  // in their letters may be a constant too. Finalizers would run where no limit holds.
  ["__gc", finalizerName],
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

/** First address of the constants in memory. */
const constantsAddress = 1_024;

/** Instructions (core specification §5.4) with what follows them. */
const wasm = {
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  branch: (depth: number) => [0x0c, depth],
  return: [0x0f],
  unreachable: [0x00],
  call: (index: number) => [0x10, ...encode(index)],
  callIndirect: (type: number) => [0x11, type, 0],
  drop: [0x1a],
  select: [0x1b],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  tee: (local: number) => [0x22, local],
  setGlobal: (global: number) => [0x24, global],
  load: (offset: number) => [0x28, 2, offset],
  load8: (offset: number) => [0x2d, 0, offset],
  constant: (value: number) => [0x41, ...encode(value)],
  equal: [0x46],
  notEqual: [0x47],
  add: [0x6a],
  and: [0x71],
  xor: [0x73],
} as const;

/** Functions of the binary by their names in C. */
const lua = {
  lua_setmetatable: 88,
  lua_error: 97,
  lua_concat: 100,
  luaL_error: 120,
  luaG_ordererror: 279,
  luaC_checkfinalizer: 318,
  luaO_pushvfstring: 430,
  callbinTM: 551,
  luaT_callorderTM: 553,
  luaT_callorderiTM: 554,
} as const;

/** Events of metamethods as Lua numbers them. */
const event = { lt: 20, le: 21 } as const;

/** The changed `glue.wasm`. @throws {Error} when it is not the binary these changes are for. */
export function patchGlue(glue: Uint8Array): Uint8Array<ArrayBuffer> {
  const patched = changeBodies(glue, bodies());
  const { start, end } = findSection(patched, "data");
  patchTexts(Buffer.from(patched.buffer, patched.byteOffset + start, end - start));
  return patched;
}

function bodies(): ReadonlyMap<number, BodyChange> {
  const changes = new Map<number, BodyChange>(boundChanges);
  Object.values(replaced).forEach(({ index, type, parameters }, nth) => {
    const gets = Array.from({ length: parameters }, (_, i) => wasm.get(i)).flat();
    const slot = wasm.constant(tableEntries + nth);
    changes.set(index, () => [0, ...gets, ...slot, ...wasm.callIndirect(type)]);
  });
  changes.set(lua.lua_setmetatable, withoutFinalizers);
  changes.set(lua.luaL_error, () => errorBody);
  changes.set(lua.luaT_callorderTM, () => orderBody);
  changes.set(lua.luaT_callorderiTM, orderWithConstant);
  return changes;
}

/**
 * `lua_setmetatable` looks for a finalizer twice, first for tables, then for userdata. As in LuaJIT
 * tables have none: finalizers run where no limit holds, and scripts make tables, not userdata.
 */
function withoutFinalizers(body: Uint8Array): number[] {
  const call = wasm.call(lua.luaC_checkfinalizer);
  const at = Buffer.from(body).indexOf(Uint8Array.from(call));
  if (at < 0 || call.length !== 3) throw new Error("Cannot patch the Lua VM: no finalizers");
  const changed = [...body];
  changed.splice(at, call.length, ...wasm.drop, ...wasm.drop, ...wasm.drop);
  return changed;
}

/** `luaL_error(L, format, arguments)` holds a copy of `luaL_where`; this one calls it: ours. */
// biome-ignore format: one call a line
const errorBody = [
  0,
  ...wasm.get(0), ...wasm.constant(1), ...wasm.call(replaced.where.index),
  ...wasm.get(0), ...wasm.get(1), ...wasm.get(2), ...wasm.call(lua.luaO_pushvfstring), ...wasm.drop,
  ...wasm.get(0), ...wasm.constant(2), ...wasm.call(lua.lua_concat),
  ...wasm.get(0), ...wasm.call(lua.lua_error),
];

/**
 * `luaT_callorderTM(L, a, b, event)`: whether a < b or a <= b by a metamethod. As in Lua 5.1, a
 * `__lt` does for a missing `__le`: a <= b is not (b < a). Locals 4 and 5 are the tag of the
 * metamethod's result, then room to swap, and whether the result is negated.
 */
// biome-ignore format: one step a line
const orderBody = [
  1, 2, 0x7f,
  ...wasm.loop,
    ...wasm.get(0), ...wasm.get(1), ...wasm.get(2), ...wasm.get(0), ...wasm.load(12),
    ...wasm.get(3), ...wasm.call(lua.callbinTM),
    ...wasm.if,
      // The result lies on top of the stack: nil and false have the tags 0, 1 and 16.
      ...wasm.get(0), ...wasm.load(12), ...wasm.load8(8), ...wasm.tee(4),
      ...wasm.constant(1), ...wasm.notEqual,
      ...wasm.get(4), ...wasm.constant(15), ...wasm.and, ...wasm.constant(0), ...wasm.notEqual,
      ...wasm.and, ...wasm.get(5), ...wasm.xor, ...wasm.return,
    ...wasm.end,
    ...wasm.get(3), ...wasm.constant(event.le), ...wasm.equal,
    ...wasm.if,
      ...wasm.constant(event.lt), ...wasm.set(3), ...wasm.constant(1), ...wasm.set(5),
      ...wasm.get(1), ...wasm.set(4), ...wasm.get(2), ...wasm.set(1),
      ...wasm.get(4), ...wasm.set(2),
      ...wasm.branch(1),
    ...wasm.end,
  ...wasm.end,
  ...wasm.get(0),
  ...wasm.get(2), ...wasm.get(1), ...wasm.get(5), ...wasm.select,
  ...wasm.get(1), ...wasm.get(2), ...wasm.get(5), ...wasm.select,
  ...wasm.call(lua.luaG_ordererror), ...wasm.unreachable,
];

/**
 * `luaT_callorderiTM` compares with a small constant; where it finds no metamethod it leaves the
 * rest to the function above. Its locals 2 and 1 are the values, 6 its frame on C's stack.
 */
function orderWithConstant(body: Uint8Array): number[] {
  const values = [...wasm.get(0), ...wasm.get(2), ...wasm.get(1)];
  const raise = [...values, ...wasm.call(lua.luaG_ordererror), ...wasm.unreachable, ...wasm.end];
  const at = Buffer.from(body).indexOf(Uint8Array.from(raise));
  if (at < 0) throw new Error("Cannot patch the Lua VM: luaT_callorderiTM is not what it was");
  // biome-ignore format: one step a line
  return [
    ...body.subarray(0, at),
    ...values, ...wasm.get(5), ...wasm.call(lua.luaT_callorderTM),
    ...wasm.get(6), ...wasm.constant(16), ...wasm.add, ...wasm.setGlobal(0), ...wasm.return,
    ...wasm.end,
    ...body.subarray(at + raise.length),
  ];
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
