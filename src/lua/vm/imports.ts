import { createCalendarImports } from "./calendar.ts";
import type { LuaExports, StatePointer } from "./exports.ts";

/** Linux `ENOSYS`, negated as system calls return it: no file system, no devices. */
const notImplemented = -52;
/** WASI `EBADF`. */
const badFile = 8;
const pageBytes = 65_536;

/** What the VM may do outside of its memory. */
export interface ImportOptions {
  /** The VM's memory never grows beyond this many bytes. */
  readonly memoryBytes: number;
  /** Bytes that C code writes to standard output or error. */
  readonly write: (bytes: Uint8Array) => void;
  /** Told of an exception that is not Lua's own and unwinds the VM's frames: it is broken then. */
  readonly onFault: (error: unknown) => void;
  /** An error is about to unwind the coroutine `L`. */
  readonly onThrow: (L: StatePointer) => void;
  /** An error was caught in `L`, which `outer` resumed or is. */
  readonly onCatch: (L: StatePointer, outer: StatePointer) => void;
}

/**
 * The 27 functions that `glue.wasm` imports. None reaches a file, a process or the environment:
 * they report the time, grow memory up to the bound, write to `options.write`, and refuse the rest.
 */
export function createImports(
  options: ImportOptions,
  exports: () => LuaExports,
): Record<string, Record<string, (...args: never[]) => unknown>> {
  const view = () => new DataView(exports().memory.buffer);
  const refuse = () => notImplemented;
  return {
    env: {
      ...createCalendarImports(view),
      ...createUnwinding(exports, options),
      abort: () => {
        throw new Error("The Lua VM called abort()");
      },
      exit: (code: number) => {
        throw new Error(`The Lua VM called exit(${code})`);
      },
      system: () => -1,
      emscripten_date_now: () => Date.now(),
      _emscripten_get_now_is_monotonic: () => 1,
      emscripten_resize_heap: (bytes: number) =>
        growMemory(exports().memory, bytes >>> 0, options.memoryBytes),
      __syscall_openat: refuse,
      __syscall_fcntl64: refuse,
      __syscall_ioctl: refuse,
      __syscall_dup3: refuse,
      __syscall_unlinkat: refuse,
      __syscall_rmdir: refuse,
      __syscall_renameat: refuse,
      __syscall_readlinkat: refuse,
    },
    wasi_snapshot_preview1: {
      environ_sizes_get: (count: number, bytes: number) => {
        view().setUint32(count, 0, true);
        view().setUint32(bytes, 0, true);
        return 0;
      },
      environ_get: () => 0,
      fd_read: () => badFile,
      fd_close: () => 0,
      fd_seek: () => badFile,
      fd_write: (_file: number, vectors: number, count: number, written: number) => {
        view().setUint32(written, writeVectors(view(), vectors, count, options.write), true);
        return 0;
      },
    },
  };
}

/** Emscripten's longjmp: `Infinity` unwinds to the nearest `invoke_vii`, which reports it to C. */
function createUnwinding(exports: () => LuaExports, options: ImportOptions) {
  /** The coroutine of the protected call that runs now. */
  let current: StatePointer = 0;
  return {
    _emscripten_throw_longjmp: () => {
      options.onThrow(current);
      throw Number.POSITIVE_INFINITY;
    },
    /** Lua's only use of it is a protected call: `fn(L, context)`. */
    invoke_vii: (fn: number, L: StatePointer, context: number) => {
      const { stackSave, stackRestore, setThrew, __indirect_function_table } = exports();
      const stack = stackSave();
      const outer = current;
      current = L;
      try {
        __indirect_function_table.get(fn)(L, context);
        current = outer;
      } catch (error) {
        current = outer;
        stackRestore(stack);
        if (error !== Number.POSITIVE_INFINITY) {
          options.onFault(error);
          throw error;
        }
        setThrew(1, 0);
        options.onCatch(L, outer);
      }
    },
  };
}

/** Grow by a fifth where the bound allows it; 0 tells `malloc` that there is no more. */
function growMemory(memory: WebAssembly.Memory, needed: number, bound: number): number {
  const current = memory.buffer.byteLength;
  if (needed > bound) return 0;
  const wanted = Math.max(needed, Math.min(bound, current * 1.2));
  try {
    memory.grow(Math.ceil((wanted - current) / pageBytes));
    return 1;
  } catch (error) {
    if (error instanceof RangeError) return 0;
    throw error;
  }
}

function writeVectors(
  view: DataView,
  vectors: number,
  count: number,
  write: (bytes: Uint8Array) => void,
): number {
  let total = 0;
  for (let i = 0; i < count; i++) {
    const at = view.getUint32(vectors + 8 * i, true);
    const length = view.getUint32(vectors + 8 * i + 4, true);
    total += length;
    if (length > 0) write(new Uint8Array(view.buffer, at, length).slice());
  }
  return total;
}
