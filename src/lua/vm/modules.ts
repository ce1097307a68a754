/** WebAssembly that this thread has compiled, or was given by the thread that made it. */
const modules = new Map<string, WebAssembly.Module>();

/** The module that `name` stands for, compiled from `code` once a process or thread. */
export function compileOnce(name: string, code: () => Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(code());
  modules.set(name, module);
  return module;
}

/** Every compiled module by name, to be handed to other threads: a clone is not compiled anew. */
export function compiledModules(): ReadonlyMap<string, WebAssembly.Module> {
  return modules;
}

/** Take what another thread of this program has compiled. */
export function adoptModules(compiled: ReadonlyMap<string, WebAssembly.Module>): void {
  for (const [name, module] of compiled) modules.set(name, module);
}
