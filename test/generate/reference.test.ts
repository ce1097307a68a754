import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { pages, withReference, writeReference } from "./reference.ts";

test.for(Object.entries(pages).map(([path, parts]) => [basename(path), path, parts] as const))(
  "the reference in %s is what the program's tables say (UPDATE_README=1 writes it)",
  ([, path, parts]) => {
    if (process.env["UPDATE_README"] === "1") writeReference(path);
    const page = readFileSync(path, "utf8");
    expect(page).toBe(withReference(page));
    for (const part of parts) expect(page).toContain(`<!-- ${part} -->`);
  },
);
