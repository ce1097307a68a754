import type { LuaState } from "../state.ts";
import { compileOnce } from "../vm/modules.ts";

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
  const module = compileOnce(base64, () => new Uint8Array(Buffer.from(base64, "base64")));
  const vm = state.x as unknown as WebAssembly.ModuleImports;
  return new WebAssembly.Instance(module, { vm, host }).exports as unknown as Exports;
}
