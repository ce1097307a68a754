import { expect, test } from "vitest";
import { companionSource, keptSource, writeCompanion } from "./companion.ts";

test("src/lua/companion holds what its source compiles to (UPDATE_COMPANION=1 writes it)", async () => {
  if (process.env["UPDATE_COMPANION"] === "1") await writeCompanion();
  expect(keptSource()).toBe(await companionSource());
});
