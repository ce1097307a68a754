import { closeSync, lstatSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { LuaExit } from "../errors.ts";
import { lua } from "../vm/exports.ts";
import { attempt, type Library, pathArgument, pushTrue } from "./library.ts";
import { systemError } from "./system-error.ts";
import { createTemporaryFile } from "./temporary.ts";

const categories = ["all", "collate", "ctype", "monetary", "numeric", "time"] as const;

/** The functions of LuaJIT's `os` that reach out of the VM. */
export const osFunctions: Library = {
  remove(call) {
    const { path, shown } = pathArgument(call, 1);
    return attempt(call, shown, () => {
      if (path.includes(0)) throw systemError("EINVAL");
      if (lstatSync(path).isDirectory()) rmdirSync(path);
      else unlinkSync(path);
      return pushTrue(call);
    });
  },
  rename(call) {
    const from = pathArgument(call, 1);
    const to = pathArgument(call, 2);
    return attempt(call, from.shown, () => {
      if (from.path.includes(0) || to.path.includes(0)) throw systemError("EINVAL");
      renameSync(from.path, to.path);
      return pushTrue(call);
    });
  },
  tmpname(call) {
    const { descriptor, path } = createTemporaryFile();
    closeSync(descriptor);
    call.state.pushString(call.L, path);
    return 1;
  },
  getenv(call) {
    const value = process.env[call.text(1)];
    if (value === undefined) call.state.x.lua_pushnil(call.L);
    else call.state.pushString(call.L, value);
    return 1;
  },
  setlocale(call) {
    const known = call.isNothing(1) || ["", "C", "POSIX"].includes(call.text(1));
    call.option(2, categories, "all");
    if (known) call.state.pushString(call.L, "C");
    else call.state.x.lua_pushnil(call.L);
    return 1;
  },
  /** There is no command processor, as C's `system` tells it. */
  execute(call) {
    if (!call.isNothing(1)) {
      call.octets(1);
      throw call.fail("'execute' is not available on this engine: it starts no processes");
    }
    call.state.x.lua_pushinteger(call.L, 0n);
    return 1;
  },
  exit(call) {
    const { state, L } = call;
    if (state.x.lua_type(L, 1) !== lua.type.boolean) throw new LuaExit(call.integer(1, 0) & 0xff);
    throw new LuaExit(state.x.lua_toboolean(L, 1) !== 0 ? 0 : 1);
  },
};
