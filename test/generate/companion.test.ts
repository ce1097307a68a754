import { expect, test } from "vitest";
import { companionNames, companionSource, keptSource, writeCompanion } from "./companion.ts";

test.for(companionNames)(
  "src/lua/companion/%s-wasm.ts is what its source compiles to (UPDATE_COMPANION=1 writes it)",
  async (name) => {
    if (process.env["UPDATE_COMPANION"] === "1") await writeCompanion(name);
    expect(keptSource(name)).toBe(await companionSource(name));
  },
);
