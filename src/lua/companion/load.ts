import type { LuaState } from "../state.ts";

const compiled = new Map<string, WebAssembly.Module>();

/**
 * Start a companion module, given as base64, beside the VM of `state`: its imports named `vm` are
 * the VM's own memory and functions, so that calls between the two do not enter JavaScript; those
 * named `host` are ours. A module is compiled once a process.
 */
export function loadCompanion<Exports>(
  state: LuaState,
  base64: string,
  host: Record<string, WebAssembly.ImportValue> = {},
): Exports {
  let module = compiled.get(base64);
  if (module === undefined) {
    module = new WebAssembly.Module(Buffer.from(base64, "base64"));
    compiled.set(base64, module);
  }
  const vm = state.x as unknown as WebAssembly.ModuleImports;
  return new WebAssembly.Instance(module, { vm, host }).exports as unknown as Exports;
}
