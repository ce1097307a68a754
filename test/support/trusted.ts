import { createLuaEngine, type LuaEngine } from "../../src/lua/engine.ts";
import { installTrusted } from "../../src/lua/trusted/install.ts";

/** An engine with files, what it printed and wrote, and how to flush its files. */
export function startTrusted(stdin?: number) {
  const output: Uint8Array[] = [];
  const errors: Uint8Array[] = [];
  const keep = (list: Uint8Array[]) => (bytes: Uint8Array) => void list.push(bytes.slice());
  const write = keep(output);
  const engine: LuaEngine = createLuaEngine({
    profile: "trusted",
    print: (line) => write(Buffer.concat([Buffer.from(line as string), Buffer.from("\n")])),
  });
  const files = installTrusted(engine, {
    files: { stdin, stdout: { write, flush: () => undefined }, stderr: { write: keep(errors) } },
    path: "./?.lua",
  });
  const textOf = (list: Uint8Array[]) => Buffer.concat(list).toString("latin1");
  return { engine, files, written: () => textOf(output), complained: () => textOf(errors) };
}
