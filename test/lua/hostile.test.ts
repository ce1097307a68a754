import { expect, test } from "vitest";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { failLua } from "../support/lua.ts";
import { hostileBounds, hostileScripts } from "./hostile/scripts.ts";

/** A charge may take all that is left and this much more: an allocation, a slice. */
const overshoot = 10_000_000;

test.for(hostileScripts)("%s ends, and the engine lives on", (script) => {
  const bounds = hostileBounds(script);
  const engine = createLuaEngine({ profile: "agent", ...bounds });
  const [source, end] = script;
  const error = failLua(source, engine);
  if (end === "work") expect(["instructions", "deadline"]).toContain(error.reason);
  else if (typeof end === "string") expect(error.reason, error.message).toBe(end);
  else expect(error.message).toMatch(end);
  if (error.reason !== undefined) expect(error.code).toBe("limit");
  const { instructions, memoryPeakBytes } = engine.usage();
  expect(instructions).toBeLessThan(bounds.run.instructions + overshoot);
  expect(memoryPeakBytes).toBeLessThanOrEqual(bounds.memoryBytes + roomForErrors);
  expect(engine.run("return 1 + 1", "after.lua")).toEqual([2]);
  expect(error.message.length + error.traceback.length).toBeLessThan(50_000);
});

const roomForErrors = 65_536;

test("there are hostile scripts of every kind", () => {
  expect(hostileScripts.length).toBeGreaterThan(250);
});
