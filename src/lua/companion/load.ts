import type { LuaExports } from "../vm/exports.ts";
import { compileOnce } from "../vm/modules.ts";

/** What a companion module may import of one VM. */
interface Surroundings {
  readonly x: LuaExports;
  readonly guard?: { readonly module: { readonly spend: WebAssembly.ImportValue } };
}

/**
 * Start a companion module, given as base64, beside the VM of `state`: its imports named `vm` are
 * the VM's own memory and functions, so that calls between the two do not enter JavaScript; those
 * named `guard` are the guard's: `spend(L, steps)` charges the run for a loop of native code, and
 * ends it when it has no steps left; those named `host` are ours. A module is compiled once a
 * process.
 */
export function loadCompanion<Exports>(
  { x, guard }: Surroundings,
  base64: string,
  host: Record<string, WebAssembly.ImportValue> = {},
): Exports {
  const module = compileOnce(base64, () => new Uint8Array(Buffer.from(base64, "base64")));
  const vm = x as unknown as WebAssembly.ModuleImports;
  const imports = { vm, host, guard: guard === undefined ? {} : { spend: guard.module.spend } };
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}
