import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generateElements } from "../generate/elements.ts";
import { generateValueNames } from "../generate/value-names.ts";
import { shared } from "../support/shared.ts";

const data = shared("data");
const root = new URL("../../", import.meta.url);

test.skipIf(!data)("generateElements() makes the committed tables (needs ../shared)", async () => {
  for (const [path, text] of [...generateElements(data ?? ""), generateValueNames(data ?? "")]) {
    await expect(text).toMatchFileSnapshot(fileURLToPath(new URL(path, root)));
  }
});
