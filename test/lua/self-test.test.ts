import { expect, test } from "vitest";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { testBounds, testEngine } from "../../src/lua/vm/self-test.ts";

const start = () => createLuaEngine({ profile: "agent", ...testBounds });

test("testEngine() finds nothing wrong with the engine we ship", () => {
  expect(() => testEngine(start())).not.toThrow();
});

test("testEngine() leaves the engine usable", () => {
  const engine = start();
  testEngine(engine);
  expect(engine.run("return 1 + 1", "after.lua")).toEqual([2]);
});

test.for([
  ["10 / 2 prints as 5", /tostring/],
  ["memory has its bound", /keep/],
  ["a loop ends when its instructions do", /function\(\) while/],
  ["output has its bound", /print/],
] as const)("testEngine() says when it does not hold that %s", ([holds, source]) => {
  const engine = start();
  const broken = {
    run: (text: string, name: string) => (source.test(text) ? ["else"] : engine.run(text, name)),
  };
  expect(() => testEngine(broken)).toThrow(`"${holds}" does not hold, got else`);
});
