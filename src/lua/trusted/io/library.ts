import { RawCall } from "../../raw/call.ts";
import type { LuaState } from "../../state.ts";
import { lua, type StatePointer } from "../../vm/exports.ts";
import { finalizerName } from "../../vm/patches.ts";
import { attempt, bindLibrary, type Library, pathArgument, setFunctions } from "../library.ts";
import { describeSystemError } from "../system-error.ts";
import { type Default, Defaults } from "./defaults.ts";
import type { LuaFile } from "./file.ts";
import { closeFile, fileMethods, flushFile, writeArguments } from "./file-methods.ts";
import { Handles } from "./handles.ts";
import { openFile, openTemporaryFile } from "./open-file.ts";
import { readFormats } from "./read-formats.ts";
import { openStandardFiles, type StandardFiles } from "./standard-files.ts";

/** What the program does with the files of a script. */
export interface IoLibrary {
  /** Write what files still hold back, at the end of the script. @throws a system error. */
  flush(): void;
}

/**
 * Push the `io` library of LuaJIT but for `lines`, which `lua/engine/trusted.lua` makes of
 * `open_lines` and `next_line`. Runs within `state.protect`.
 */
export function pushIo(state: LuaState, L: StatePointer, files: StandardFiles): IoLibrary {
  const { x } = state;
  const handles = new Handles(state);
  x.lua_createtable(L, 0, 16);
  setFunctions(state, L, bindLibrary(state, fileMethods(handles), 1));
  state.pushString(L, "__index");
  x.lua_pushvalue(L, -2);
  x.lua_rawset(L, -3);
  // A file that nobody holds is written and closed.
  state.pushString(L, finalizerName);
  state.pushString(L, "__gc");
  x.lua_rawget(L, -3);
  x.lua_rawset(L, -3);
  handles.adoptMetatable(L);

  const defaults = new Defaults(state, L, handles);
  x.lua_createtable(L, 0, 16);
  setFunctions(state, L, bindLibrary(state, ioFunctions(handles, defaults)));
  const next = (L: StatePointer) => nextLine(new RawCall(state, L, "(for generator)", 2), handles);
  setFunctions(state, L, [["next_line", next]]);
  for (const [name, file] of Object.entries(openStandardFiles(files))) {
    state.pushString(L, name);
    handles.push(L, { file, standard: true });
    if (name !== "stderr") defaults.set(L, name === "stdin" ? "input" : "output", -1);
    x.lua_rawset(L, -3);
  }
  return { flush: () => handles.flushAll() };
}

function ioFunctions(handles: Handles, defaults: Defaults): Library {
  const pushFile = (call: RawCall, file: LuaFile): number => {
    handles.push(call.L, { file, standard: false });
    return 1;
  };
  return {
    open(call) {
      const { path, shown } = pathArgument(call, 1);
      const mode = call.isNothing(2) ? "r" : call.text(2);
      return attempt(call, shown, () => pushFile(call, openFile(path, mode)));
    },
    close(call) {
      if (call.count === 0) defaults.push(call.L, "output");
      return closeFile(call, handles);
    },
    input: (call) => useDefault(call, { which: "input", handles, defaults }),
    output: (call) => useDefault(call, { which: "output", handles, defaults }),
    read(call) {
      const file = defaults.file(call, "input");
      return attempt(call, "", () => readFormats(call, file, 1, call.count));
    },
    write: (call) => writeArguments(call, defaults.file(call, "output"), 1),
    flush: (call) => flushFile(call, defaults.file(call, "output")),
    tmpfile: (call) => attempt(call, "", () => pushFile(call, openTemporaryFile())),
    popen(call) {
      call.octets(1);
      throw call.fail("'popen' is not available on this engine: it starts no processes");
    },
    type(call) {
      if (call.count === 0) throw call.wrong(1, "value expected");
      const open = handles.find(call.L, 1) !== undefined;
      if (!handles.is(call.L, 1)) call.state.x.lua_pushnil(call.L);
      else call.state.pushString(call.L, open ? "file" : "closed file");
      return 1;
    },
    open_lines: (call) => pushFile(call, openOrFail(call, "lines", "r")),
  };
}

/** `io.input` and `io.output`: look at a default file or replace it. */
function useDefault(
  call: RawCall,
  { which, handles, defaults }: { which: Default; handles: Handles; defaults: Defaults },
): number {
  if (handles.is(call.L, 1)) defaults.set(call.L, which, 1);
  else if (!call.isNothing(1)) {
    const file = openOrFail(call, which, which === "input" ? "r" : "w");
    handles.push(call.L, { file, standard: false });
    defaults.set(call.L, which, -1);
  }
  defaults.push(call.L, which);
  return 1;
}

/** Open the file that argument 1 names, or raise why not. */
function openOrFail(call: RawCall, name: string, mode: string): LuaFile {
  const { path, shown } = pathArgument(call, 1);
  try {
    return openFile(path, mode);
  } catch (error) {
    const failure = describeSystemError(error);
    if (failure === undefined) throw error;
    throw call.fail(`bad argument #1 to '${name}' (${shown}: ${failure.text})`);
  }
}

/** A step of a loop over the lines of file 1, which is closed at its end when 2 is true. */
function nextLine(call: RawCall, handles: Handles): number {
  const { state, L } = call;
  const handle = handles.find(L, 1);
  if (handle === undefined) throw call.fail("attempt to use a closed file");
  const count = call.count;
  let results = 0;
  try {
    results = readFormats(call, handle.file, 3, count);
  } catch (error) {
    const failure = describeSystemError(error);
    if (failure === undefined) throw error;
    throw call.fail(failure.text);
  }
  if (state.x.lua_type(L, count + 1) > lua.type.nil) return results;
  if (state.x.lua_toboolean(L, 2) !== 0) handles.close(L, 1);
  return 0;
}
