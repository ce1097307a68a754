import type { LuaEngine } from "../engine.ts";
import { profiles } from "../profiles.ts";
import { moduleSource } from "../sandbox.ts";
import type { StatePointer } from "../vm/exports.ts";
import { dumpFunctions } from "./dump.ts";
import { type IoLibrary, pushIo } from "./io/library.ts";
import type { StandardFiles } from "./io/standard-files.ts";
import { bindLibrary, type Library, setFunctions } from "./library.ts";
import { osFunctions } from "./os.ts";
import { sourceFunctions } from "./source.ts";

/** What a trusted script may reach. */
export interface TrustedWorld {
  readonly files: StandardFiles;
  /** The first value of `package.path`. */
  readonly path: string;
}

/**
 * Give the scripts of `engine` files, the environment and modules of `package.path`: all that the
 * user who starts them may reach, but no processes. `os.exit` throws a `LuaExit` out of the
 * engine. What is returned writes out what files hold back.
 */
export function installTrusted(engine: LuaEngine, { files, path }: TrustedWorld): IoLibrary {
  if (engine.profile !== profiles.trusted) throw new Error("Cannot trust scripts of this engine");
  const { state } = engine;
  const { x } = state;
  let io: IoLibrary | undefined;
  state.protect((L) => {
    pushModule(L, "trusted");
    pushModule(L, "reflection");
    x.lua_createtable(L, 0, 8);
    setField(L, "io", () => {
      io = pushIo(state, L, files);
    });
    setField(L, "os", () => pushLibrary(L, osFunctions));
    setField(L, "debug", () => {
      x.lua_pushcclosure(L, state.glue.pointerTo(x.luaopen_debug), 0);
      x.lua_callk(L, 0, 1, 0, 0);
    });
    setFunctions(state, L, bindLibrary(state, sourceFunctions(files.stdin)));
    setFunctions(state, L, bindLibrary(state, dumpFunctions()));
    const [trusted, reflection, natives] = [1, 2, 3];
    x.lua_pushvalue(L, trusted);
    x.lua_pushvalue(L, natives);
    state.pushString(L, path);
    x.lua_callk(L, 2, 0, 0, 0);
    x.lua_pushvalue(L, reflection);
    x.lua_pushvalue(L, natives);
    x.lua_callk(L, 1, 0, 0, 0);
    return 0;
  });

  function pushModule(L: StatePointer, name: string): void {
    const source = moduleSource(`engine.${name}`);
    if (source === undefined) throw new Error(`lua/engine/${name}.lua is missing`);
    state.loadChunk(L, source, `lua/engine/${name}.lua`);
  }

  function setField(L: StatePointer, name: string, push: () => void): void {
    state.pushString(L, name);
    push();
    x.lua_rawset(L, -3);
  }

  function pushLibrary(L: StatePointer, library: Library): void {
    x.lua_createtable(L, 0, 8);
    setFunctions(state, L, bindLibrary(state, library));
  }
  return io as unknown as IoLibrary;
}
