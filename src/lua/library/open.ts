import { limits } from "../../limits.ts";
import { loadCompanion } from "../companion/load.ts";
import type { LuaState, RawFunction } from "../state.ts";
import { lua, type StatePointer } from "../vm/exports.ts";
import { baseWasm } from "./base-wasm.ts";
import { mathematicsWasm } from "./mathematics-wasm.ts";
import { pushNumeral } from "./numeral.ts";
import { tableWasm } from "./table-wasm.ts";
import { pushTime } from "./time.ts";

type NativeFunction = (L: number) => number;
type Natives = Readonly<Record<string, NativeFunction>>;

/** Octets that `base.wat` and `table.wat` write to, each. */
const scratchBytes = 160;

/** What a native function holds beside the VM's own function of its name. */
interface Row {
  /** Library and name, as `string.rep`; `_G` holds the functions without library. */
  readonly path: string;
  /** The exported function of the module; the name's last part unless told. */
  readonly native?: string;
  /** Another function that does the work; "" for none, the one at `path` unless told. */
  readonly original?: string;
  /** The original is a closure, to be called as a Lua value. */
  readonly closure?: true;
  /** Arguments that lose their fraction, a bit each; -1 is every one. */
  readonly whole?: number;
  /** A second function that this one hands out: a global, or an export of the module. */
  readonly gives?: string;
}

const baseRows: readonly Row[] = [
  { path: "_G.tonumber", whole: 0 },
  { path: "_G.tostring" },
  { path: "_G.assert" },
  { path: "_G.error" },
  { path: "_G.setmetatable" },
  { path: "_G.pairs", gives: "_G.next" },
  { path: "_G.ipairs", original: "", gives: "ipairsNext" },
  { path: "_G.select", native: "whole", whole: 0b1 },
  { path: "string.byte", native: "whole", whole: 0b110 },
  { path: "string.sub", native: "whole", whole: 0b110 },
  { path: "string.char", native: "whole", whole: -1 },
  { path: "string.rep", whole: 0b10 },
  { path: "os.date", native: "whole", whole: 0b10 },
  { path: "os.difftime", original: "" },
  { path: "coroutine.running", original: "" },
  { path: "coroutine.resume", native: "ofThread" },
  { path: "coroutine.status", native: "ofThread" },
];

const tableRows: readonly Row[] = [
  { path: "table.insert", original: "" },
  { path: "table.remove", original: "" },
  { path: "table.concat" },
  { path: "table.move" },
  { path: "table.maxn", original: "" },
  { path: "table.getn", original: "" },
  { path: "table.new", original: "" },
  { path: "table.clear", original: "" },
  { path: "table.unpack", original: "" },
  { path: "_G.unpack", original: "" },
];

const mathRows: readonly Row[] = [
  { path: "math.sinh", original: "" },
  { path: "math.cosh", original: "" },
  { path: "math.tanh", original: "" },
  { path: "math.pow", original: "" },
  { path: "math.log10", original: "math.log" },
  // Before `atan`, whose original it shares.
  { path: "math.atan2", original: "math.atan" },
  { path: "math.atan" },
  { path: "math.fmod" },
  { path: "math.frexp", original: "" },
  { path: "math.ldexp", original: "" },
  { path: "math.max", original: "" },
  { path: "math.min", original: "" },
  { path: "math.random", closure: true },
  { path: "math.randomseed", closure: true },
];

/**
 * Replace functions of the VM's standard library, which is open, by those of LuaJIT, and add what
 * it lacks. `table.new` and `table.clear` are for the dialect to make modules of.
 */
export function openLuajitLibrary(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const base = x.malloc(2 * scratchBytes);
  const number = state.guarded((L) => pushNumeral(state, L));
  define(state, L, baseRows, loadCompanion<Natives>(state, baseWasm, { base, number }));
  const most = BigInt(limits.luaMoveElements);
  const table = { base: base + scratchBytes, most: new WebAssembly.Global({ value: "i64" }, most) };
  define(state, L, tableRows, loadCompanion<Natives>(state, tableWasm, table));
  defineRaw(state, L, "os.time", (L) => pushTime(state, L));
  const { sinh, cosh, tanh } = Math;
  define(state, L, mathRows, loadCompanion<Natives>(state, mathematicsWasm, { sinh, cosh, tanh }));
}

function define(state: LuaState, L: StatePointer, rows: readonly Row[], natives: Natives): void {
  const { x } = state;
  const top = x.lua_gettop(L);
  for (const row of rows) {
    const [library = "", name = ""] = row.path.split(".");
    pushPath(state, L, library);
    state.pushString(L, name);
    const upvalues = pushUpvalues(state, L, row, natives);
    pushNative(state, L, natives[row.native ?? name], upvalues);
    x.lua_rawset(L, -3);
    x.lua_settop(L, top);
  }
}

/** Replace a function whose work is done in JavaScript. */
function defineRaw(state: LuaState, L: StatePointer, path: string, raw: RawFunction): void {
  const { x } = state;
  const [library = "", name = ""] = path.split(".");
  pushPath(state, L, library);
  state.pushString(L, name);
  state.pushRaw(L, raw);
  x.lua_rawset(L, -3);
  x.lua_settop(L, -2);
}

/** Push what the function will find as its upvalues; returns how many. */
function pushUpvalues(state: LuaState, L: StatePointer, row: Row, natives: Natives): number {
  const { x } = state;
  if (row.original === "") x.lua_pushnil(L);
  else pushPath(state, L, row.original ?? row.path);
  if (row.closure === undefined) {
    // The address of a C function, which the native calls without a Lua call.
    const address = x.lua_tocfunction(L, -1);
    x.lua_settop(L, -2);
    x.lua_pushlightuserdata(L, address);
  }
  if (row.whole !== undefined) x.lua_pushlightuserdata(L, row.whole);
  else if (row.gives === undefined) return 1;
  else if (row.gives.startsWith("_G.")) pushPath(state, L, row.gives);
  else pushNative(state, L, natives[row.gives], 0);
  return 2;
}

function pushNative(
  state: LuaState,
  L: StatePointer,
  native: NativeFunction | undefined,
  upvalues: number,
): void {
  if (native === undefined) throw new Error("Cannot open the library: a native is missing");
  state.x.lua_pushcclosure(L, state.glue.pointerTo(native), upvalues);
}

/** Push the global `a`, or field `b` of it for `a.b`. */
function pushPath(state: LuaState, L: StatePointer, path: string): void {
  const { x } = state;
  x.lua_rawgeti(L, lua.registryIndex, lua.globals);
  for (const name of path.split(".")) {
    if (name === "_G") continue;
    state.pushString(L, name);
    x.lua_rawget(L, -2);
    x.lua_copy(L, -1, -2);
    x.lua_settop(L, -2);
  }
}
