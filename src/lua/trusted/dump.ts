import { createHash } from "node:crypto";
import { lua } from "../vm/exports.ts";
import type { Library } from "./library.ts";

/** What bytecode of the VM begins with, and what scripts see instead: LuaJIT's own mark. */
const header = { vm: Buffer.from("\u001bLua"), shown: Buffer.from("\u001bLJ\u0002") };

/**
 * `string.dump`, and how to load what it gave. Bytecode that this engine did not make is refused:
 * the VM trusts it, and it could lead anywhere.
 */
export function dumpFunctions(): Library {
  const known = new Set<string>();
  return {
    dump(call) {
      const { state, L } = call;
      const { x } = state;
      if (x.lua_type(L, 1) !== lua.type.function) throw call.wrongType(1, "function");
      const isStripped = x.lua_toboolean(L, 2) !== 0;
      x.lua_settop(L, 1);
      const bytes = state.dump(L, isStripped);
      if (bytes === undefined) throw call.fail("unable to dump given function");
      bytes.set(header.shown);
      known.add(digest(bytes));
      state.pushString(L, bytes);
      return 1;
    },
    /** The function that a dump holds, or nil; the second argument is the chunk's name. */
    undump(call) {
      const { state, L } = call;
      const bytes = call.octets(1).slice();
      const name = call.isNothing(2) ? "?" : call.text(2);
      if (known.has(digest(bytes))) {
        bytes.set(header.vm);
        if (state.load(L, bytes, name, "b") === lua.status.ok) return 1;
      }
      state.x.lua_pushnil(L);
      state.pushString(L, `${name.replace(/^[=@]/, "")}: cannot load incompatible bytecode`);
      return 2;
    },
  };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
