import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/** Where threads find what the thread that started them has compiled. */
const key = "moonfix.modules";

type Modules = ReadonlyMap<string, WebAssembly.Module>;

const modules = new Map((getEnvironmentData(key) as unknown as Modules | undefined) ?? []);

/**
 * The module that `name` stands for, compiled from `code` once: threads that this one starts from
 * now on get it as it is, and what V8 has optimized in it for one thread serves all.
 */
export function compileOnce(name: string, code: () => Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(code());
  adoptModules(new Map([[name, module]]));
  return module;
}

/** Every module of this thread, to be handed to the one that started it. */
export function compiledModules(): Modules {
  return modules;
}

/** Take what another thread of this program has compiled. */
export function adoptModules(compiled: Modules): void {
  for (const [name, module] of compiled) modules.set(name, module);
  // The type of Node's declarations leaves out what structured cloning can do.
  setEnvironmentData(key, modules as unknown as Parameters<typeof setEnvironmentData>[1]);
}
