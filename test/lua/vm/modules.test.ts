import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { compileGlue } from "../../../src/lua/vm/glue.ts";
import { compiledModules, compileOnce } from "../../../src/lua/vm/modules.ts";

/** The smallest module: a magic number and a version. */
const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

test("compileOnce() compiles what it is asked for twice only once", () => {
  const first = compileOnce("test: once", () => empty);
  const again = compileOnce("test: once", () => {
    throw new Error("compiled anew");
  });
  expect(again).toBe(first);
});

test("compileOnce() leaves nothing behind when the code is wrong", () => {
  expect(() => compileOnce("test: wrong", () => empty.slice(1))).toThrow(WebAssembly.CompileError);
  expect(compiledModules().has("test: wrong")).toBe(false);
});

test("threads that start later find what was compiled, as it is", async () => {
  compileGlue();
  const program = new URL("../../../dist/lua/vm/modules.js", import.meta.url);
  const code = `import(${JSON.stringify(program.href)}).then(({ compiledModules }) => {
    const module = compiledModules().get("glue");
    const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
    require("node:worker_threads").parentPort.postMessage(exported);
  });`;
  const worker = new Worker(code, { eval: true });
  const [exported] = await once(worker, "message");
  expect(exported).toContain("lua_callk");
  await worker.terminate();
});
