import { pushNumber } from "../../marshal.ts";
import type { RawCall } from "../../raw/call.ts";
import { attempt, type Library, pushTrue } from "../library.ts";
import type { LuaFile, Whence } from "./file.ts";
import type { Handles } from "./handles.ts";
import { readFormats } from "./read-formats.ts";

const whences: readonly Whence[] = ["set", "cur", "end"];

/** The methods of files, beside `lines`, which is written in Lua. */
export function fileMethods(handles: Handles): Library {
  return {
    close: (call) => closeFile(call, handles),
    read(call) {
      const { file } = handles.argument(call, 1);
      return attempt(call, "", () => readFormats(call, file, 2, call.count));
    },
    write: (call) => writeArguments(call, handles.argument(call, 1).file, 2),
    flush: (call) => flushFile(call, handles.argument(call, 1).file),
    seek(call) {
      const { file } = handles.argument(call, 1);
      const whence = call.option(2, whences, "cur");
      const offset = call.integer(3, 0);
      return attempt(call, "", () => {
        pushNumber(call.state, call.L, file.seek(whence, offset));
        return 1;
      });
    },
    setvbuf(call) {
      const handle = handles.argument(call, 1);
      const buffering = call.option(2, ["full", "line", "no"]);
      call.integer(3, 0);
      return attempt(call, "", () => {
        handle.file.flush();
        if (!handle.standard) handle.file.buffering = buffering;
        return pushTrue(call);
      });
    },
    __tostring(call) {
      const { state, L } = call;
      if (!handles.is(L, 1)) throw call.wrongType(1, "FILE*");
      const address = state.x.lua_touserdata(L, 1).toString(16).padStart(8, "0");
      state.pushString(L, `file (${handles.find(L, 1) ? `0x${address}` : "closed"})`);
      return 1;
    },
    __gc(call) {
      const handle = handles.find(call.L, 1);
      if (handle === undefined || handle.standard) return 0;
      attempt(call, "", () => {
        handles.close(call.L, 1);
        return 0;
      });
      return 0;
    },
  };
}

/** Close the file that is argument 1. */
export function closeFile(call: RawCall, handles: Handles): number {
  const { state, L } = call;
  if (handles.argument(call, 1).standard) {
    state.x.lua_pushnil(L);
    state.pushString(L, "cannot close standard file");
    return 2;
  }
  return attempt(call, "", () => {
    handles.close(L, 1);
    return pushTrue(call);
  });
}

/** Write the arguments from `first` on. */
export function writeArguments(call: RawCall, file: LuaFile, first: number): number {
  const last = call.count;
  return attempt(call, "", () => {
    for (let i = first; i <= last; i++) file.write(call.octets(i));
    return pushTrue(call);
  });
}

/** Hand on what a file holds back. */
export function flushFile(call: RawCall, file: LuaFile): number {
  return attempt(call, "", () => {
    file.flush();
    return pushTrue(call);
  });
}
