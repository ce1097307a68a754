import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readmePath, withReference, writeReference } from "./reference.ts";

test("the reference in the README is what the program's tables say (UPDATE_README=1 writes it)", () => {
  if (process.env["UPDATE_README"] === "1") writeReference();
  const readme = readFileSync(readmePath, "utf8");
  expect(readme).toBe(withReference(readme));
  for (const part of ["commands", "words", "primitives", "profiles"])
    expect(readme).toContain(`<!-- ${part} -->`);
});
