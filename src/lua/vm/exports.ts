/** A `lua_State *` in the VM's memory. */
export type StatePointer = number;

type Push = (L: StatePointer, value: number) => void;
type At = (L: StatePointer, index: number) => number;

/**
 * What we call of wasmoon's `glue.wasm`: the Lua 5.4 C API (manual §4.6, §5.1) as it stands there.
 * Every name, argument and result is Lua's own; 64-bit integers are BigInt, `size_t` is a number.
 */
export interface LuaExports {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: WebAssembly.Table;
  readonly __wasm_call_ctors: () => void;
  readonly emscripten_stack_init: () => void;
  readonly stackSave: () => number;
  readonly stackRestore: (pointer: number) => void;
  readonly setThrew: (threw: number, value: number) => void;
  readonly malloc: (bytes: number) => number;
  readonly free: (pointer: number) => void;

  readonly luaopen_base: (L: StatePointer) => number;
  readonly luaopen_coroutine: (L: StatePointer) => number;
  readonly luaopen_debug: (L: StatePointer) => number;
  readonly luaopen_math: (L: StatePointer) => number;
  readonly luaopen_os: (L: StatePointer) => number;
  readonly luaopen_string: (L: StatePointer) => number;
  readonly luaopen_table: (L: StatePointer) => number;
  readonly luaopen_utf8: (L: StatePointer) => number;
  readonly lua_newstate: (allocator: number, context: number) => StatePointer;
  readonly luaL_requiref: (L: StatePointer, name: number, open: number, global: number) => void;
  readonly lua_close: (L: StatePointer) => void;

  readonly lua_gettop: (L: StatePointer) => number;
  readonly lua_settop: Push;
  readonly lua_checkstack: At;
  readonly lua_pushvalue: Push;
  readonly lua_copy: (L: StatePointer, from: number, to: number) => void;
  readonly lua_rotate: (L: StatePointer, index: number, by: number) => void;
  readonly lua_type: At;
  readonly lua_isinteger: At;
  readonly lua_isnumber: At;
  readonly lua_toboolean: At;
  readonly lua_tointegerx: (L: StatePointer, index: number, isNumber: number) => bigint;
  readonly lua_tonumberx: (L: StatePointer, index: number, isNumber: number) => number;
  readonly lua_tolstring: (L: StatePointer, index: number, length: number) => number;
  readonly lua_touserdata: At;
  readonly lua_topointer: At;
  readonly lua_tocfunction: At;
  readonly lua_rawequal: (L: StatePointer, a: number, b: number) => number;

  readonly lua_pushnil: (L: StatePointer) => void;
  readonly lua_pushboolean: Push;
  readonly lua_pushnumber: Push;
  readonly lua_pushinteger: (L: StatePointer, value: bigint) => void;
  readonly lua_pushlstring: (L: StatePointer, text: number, length: number) => number;
  readonly lua_pushlightuserdata: Push;
  readonly lua_pushcclosure: (L: StatePointer, fn: number, upvalues: number) => void;

  readonly lua_createtable: (L: StatePointer, array: number, hash: number) => void;
  readonly lua_newuserdatauv: (L: StatePointer, bytes: number, values: number) => number;
  readonly lua_setmetatable: At;
  readonly lua_getmetatable: At;
  readonly lua_rawget: At;
  readonly lua_gettable: At;
  readonly lua_rawset: Push;
  readonly lua_rawgeti: (L: StatePointer, index: number, key: bigint) => number;
  readonly lua_rawseti: (L: StatePointer, index: number, key: bigint) => void;
  readonly lua_rawlen: (L: StatePointer, index: number) => bigint;
  readonly lua_next: At;
  readonly lua_getupvalue: (L: StatePointer, index: number, upvalue: number) => number;

  readonly lua_callk: (
    L: StatePointer,
    args: number,
    results: number,
    context: number,
    continuation: number,
  ) => void;
  readonly lua_pcallk: (
    L: StatePointer,
    args: number,
    results: number,
    handler: number,
    context: number,
    continuation: number,
  ) => number;
  readonly lua_newthread: (L: StatePointer) => StatePointer;
  /** The number of values that the coroutine hands out is written to `results`. */
  readonly lua_resume: (
    L: StatePointer,
    from: StatePointer,
    args: number,
    results: number,
  ) => number;
  readonly lua_yieldk: (
    L: StatePointer,
    results: number,
    context: number,
    continuation: number,
  ) => number;
  readonly lua_isyieldable: (L: StatePointer) => number;
  readonly lua_resetthread: (L: StatePointer) => number;
  readonly lua_xmove: (from: StatePointer, to: StatePointer, values: number) => void;
  readonly lua_concat: Push;
  readonly lua_error: (L: StatePointer) => number;
  readonly lua_getstack: (L: StatePointer, level: number, record: number) => number;
  readonly lua_getinfo: (L: StatePointer, what: number, record: number) => number;
  readonly lua_dump: (L: StatePointer, writer: number, context: number, strip: number) => number;
  readonly lua_load: (
    L: StatePointer,
    reader: number,
    context: number,
    name: number,
    mode: number,
  ) => number;
  readonly luaL_checktype: (L: StatePointer, index: number, type: number) => void;
  readonly luaL_ref: At;
  readonly luaL_unref: (L: StatePointer, table: number, ref: number) => void;
  readonly luaL_where: Push;
  readonly luaL_traceback: (
    L: StatePointer,
    of: StatePointer,
    message: number,
    level: number,
  ) => void;
  readonly luaL_tolstring: (L: StatePointer, index: number, length: number) => number;
}

/** Numbers of `lua.h` and `luaconf.h` of Lua 5.4 in 32-bit WebAssembly. */
export const lua = {
  registryIndex: -1_001_000,
  /** Registry slot of the table of globals. */
  globals: 2n,
  multipleReturns: -1,
  status: { ok: 0, yield: 1, runtime: 2, syntax: 3, memory: 4, handler: 5 },
  type: {
    none: -1,
    nil: 0,
    boolean: 1,
    lightUserdata: 2,
    number: 3,
    string: 4,
    table: 5,
    function: 6,
    userdata: 7,
    thread: 8,
  },
} as const;

/** Pseudo-index of upvalue `n` (from 1) of the running C function. */
export const upvalueIndex = (n: number): number => lua.registryIndex - n;
