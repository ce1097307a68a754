import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { LuaExports } from "./exports.ts";
import { createImports, type ImportOptions } from "./imports.ts";
import { compileOnce } from "./modules.ts";
import { patchGlue } from "./patches.ts";

/** `glue.wasm` of wasmoon 1.16.0, PUC Lua 5.4: our patches and layouts hold for it alone. */
const glueSha256 = "95f3f19ddb740125883bc41d5ec670cd0828e7b58c8bdad385323cbff497b55c";

/** One instance of the VM: its memory holds one or more Lua states and belongs to nobody else. */
export interface Glue {
  readonly x: LuaExports;
  /** The memory as it is now; do not keep it over a call into the VM, growth detaches it. */
  bytes(): Uint8Array;
  view(): DataView;
  /** Make `fn` callable from C: so many i32 parameters, and an i32 result or none. */
  addFunction(fn: (...args: number[]) => unknown, parameters: number, results?: 0 | 1): number;
  /** Make a function of the VM itself callable through a pointer. */
  pointerTo(fn: (...args: never[]) => unknown): number;
}

/** Compile `glue.wasm` once a process; the Module may be shared with worker threads. */
export function compileGlue(): WebAssembly.Module {
  return compileOnce("glue", readGlue);
}

function readGlue(): Uint8Array<ArrayBuffer> {
  const require = createRequire(import.meta.url);
  const bytes = readFileSync(join(dirname(require.resolve("wasmoon")), "glue.wasm"));
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== glueSha256) {
    throw new Error(`Cannot use wasmoon's glue.wasm: sha256 ${digest}, expected ${glueSha256}`);
  }
  return patchGlue(new Uint8Array(bytes));
}

/** Start a VM of its own memory; takes about a millisecond. */
export function createGlue(options: ImportOptions): Glue {
  const imports = createImports(options, () => x) as WebAssembly.Imports;
  const instance = new WebAssembly.Instance(compileGlue(), imports);
  const x = instance.exports as unknown as LuaExports;
  const table = x.__indirect_function_table;
  let bytes = new Uint8Array(x.memory.buffer);
  let view = new DataView(x.memory.buffer);
  const refresh = () => {
    if (bytes.buffer === x.memory.buffer) return;
    bytes = new Uint8Array(x.memory.buffer);
    view = new DataView(x.memory.buffer);
  };
  const add = (fn: unknown): number => {
    const index = table.grow(1);
    table.set(index, fn);
    return index;
  };
  x.emscripten_stack_init();
  x.__wasm_call_ctors();
  return {
    x,
    bytes: () => {
      refresh();
      return bytes;
    },
    view: () => {
      refresh();
      return view;
    },
    addFunction: (fn, parameters, results = 1) => add(adapt(fn, parameters, results)),
    pointerTo: add,
  };
}

/** A function table takes WebAssembly functions only: import `fn` and export it again. */
function adapt(fn: (...args: number[]) => unknown, parameters: number, results: 0 | 1): unknown {
  const name = `adapter ${parameters}:${results}`;
  const module = compileOnce(name, () => adapterCode(parameters, results));
  return new WebAssembly.Instance(module, { e: { f: fn } }).exports["f"];
}

// biome-ignore format: one section a line (WebAssembly core specification §5.5)
function adapterCode(parameters: number, results: 0 | 1): Uint8Array<ArrayBuffer> {
  const i32s = (count: number) => [count, ...Array<number>(count).fill(0x7f)];
  const type = [0x60, ...i32s(parameters), ...i32s(results)];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    1, type.length + 1, 1, ...type,
    2, 7, 1, 1, 0x65, 1, 0x66, 0, 0,
    7, 5, 1, 1, 0x66, 0, 0,
  ]);
}
