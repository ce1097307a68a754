import { accessSync, constants, readFileSync } from "node:fs";
import { attempt, type Library, pathArgument, pushTrue } from "./library.ts";
import { describeSystemError, systemError } from "./system-error.ts";

/** What `loadfile` and `package.searchpath` need of the file system. */
export function sourceFunctions(stdin: number | undefined): Library {
  return {
    /** The text of a file, of standard input without a name; or nil and why not. */
    loadfile(call) {
      const { state, L } = call;
      const named = call.isNothing(1) ? undefined : pathArgument(call, 1);
      try {
        if (named?.path.includes(0)) throw systemError("EINVAL");
        const text = named === undefined ? readDescriptor(stdin) : readFileSync(named.path);
        state.pushString(L, text);
        return 1;
      } catch (error) {
        const failure = describeSystemError(error);
        if (failure === undefined) throw error;
        const verb = failure.text === "Is a directory" ? "read" : "open";
        state.x.lua_pushnil(L);
        state.pushString(L, `cannot ${verb} ${named?.shown ?? "stdin"}: ${failure.text}`);
        return 2;
      }
    },
    /** Raise a message at the line of the script. */
    fail(call) {
      throw call.fail(call.text(1));
    },
    is_readable(call) {
      const { path, shown } = pathArgument(call, 1);
      return attempt(call, shown, () => {
        if (path.includes(0)) throw systemError("EINVAL");
        accessSync(path, constants.R_OK);
        return pushTrue(call);
      });
    },
  };
}

function readDescriptor(descriptor: number | undefined): Uint8Array {
  return descriptor === undefined ? new Uint8Array(0) : readFileSync(descriptor);
}
