import { readFileSync } from "node:fs";
import { openNatives } from "./companion/natives.ts";
import { pushDialect } from "./dialect/open.ts";
import { openLuajitLibrary } from "./library/open.ts";
import type { ModuleFinder } from "./modules/finder.ts";
import { pushModules } from "./modules/open.ts";
import type { LuaLibrary, LuaProfile } from "./profiles.ts";
import type { LuaState } from "./state.ts";
import { type LuaExports, lua, type StatePointer } from "./vm/exports.ts";

/** The half of the product written in Lua, beside `src` and `dist`. */
const library = new URL("../../lua/", import.meta.url);

const moduleName = /^(?:engine|moonfix)(\.[a-z][a-z0-9_]*)+$/;

const sources = new Map<string, Uint8Array>();

/**
 * The Lua source of one of our modules, such as `moonfix.buffer`; undefined without it.
 * Scripts can `require` those of `moonfix`; those of `engine` are for the host. */
export function moduleSource(name: string): Uint8Array | undefined {
  if (!moduleName.test(name)) return undefined;
  const known = sources.get(name);
  if (known !== undefined) return known;
  const url = new URL(`${name.replaceAll(".", "/")}.lua`, library);
  try {
    const source = new Uint8Array(readFileSync(url));
    sources.set(name, source);
    return source;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** What the engine gives its sandbox. */
export interface SandboxOptions {
  readonly profile: LuaProfile;
  readonly print: (line: string | Uint8Array) => void;
  /** Finds the user's modules. */
  readonly modules: ModuleFinder;
}

/**
 * Open the libraries of `profile`, then close them as `lua/engine/sandbox.lua` says and add the
 * LuaJIT dialect.
 */
export function openSandbox(state: LuaState, options: SandboxOptions): void {
  state.protect((L) => {
    for (const name of options.profile.libraries) openLibrary(state, L, name);
    openNatives(state, L);
    openLuajitLibrary(state, L);
    runSandboxFile(state, L, options);
    return 0;
  });
}

function openLibrary(state: LuaState, L: StatePointer, name: LuaLibrary): void {
  const { x, glue } = state;
  const open: LuaExports[`luaopen_${typeof name}`] = x[`luaopen_${name}`];
  state.pushString(L, `${name === "base" ? "_G" : name}\0`);
  const text = x.lua_tolstring(L, -1, 0);
  x.luaL_requiref(L, text, glue.pointerTo(open), 1);
  x.lua_settop(L, -3);
}

/** Runs `sandbox.lua` with what only it may hold; it returns the metatable of error objects. */
function runSandboxFile(state: LuaState, L: StatePointer, options: SandboxOptions): void {
  const { x } = state;
  loadModule(state, L, "engine.sandbox");
  state.pushRaw(L, (L) => loadModule(state, L, state.toText(L, 1)));
  state.pushRaw(L, (L) => {
    options.print(joinArguments(state, L));
    return 0;
  });
  x.lua_pushcclosure(L, state.guard.endedPointer, 0);
  pushDialect(state, L);
  pushModules(state, L, options.modules);
  x.lua_pushcclosure(L, state.guard.spendPointer, 0);
  x.lua_callk(L, 8, 1, 0, 0);
  state.errorMetatable = x.luaL_ref(L, lua.registryIndex);
}

/** Push the compiled module and 1, or return 0 when we have none of that name. */
function loadModule(state: LuaState, L: StatePointer, name: string): number {
  const source = moduleSource(name);
  if (source === undefined) return 0;
  const status = state.load(L, source, `@lua/${name.replaceAll(".", "/")}.lua`);
  if (status !== lua.status.ok) throw new Error(state.toText(L, -1));
  return 1;
}

/** What `print` prints: the arguments as `tostring` sees them, between tabs. */
function joinArguments(state: LuaState, L: StatePointer): string | Uint8Array {
  const { x } = state;
  const last = x.lua_gettop(L);
  const parts: (string | Uint8Array)[] = [];
  for (let i = 1; i <= last; i++) {
    x.luaL_tolstring(L, i, 0);
    state.guard.spendOutput(L, state.viewString(L, -1).length + 1);
    parts.push(state.toString(L, -1));
    x.lua_settop(L, last);
  }
  if (parts.every((part) => typeof part === "string")) return parts.join("\t");
  const tabbed = parts.flatMap((part, i) => (i === 0 ? [part] : ["\t", part]));
  return new Uint8Array(Buffer.concat(tabbed.map((part) => Buffer.from(part))));
}
