import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("run.mjs", import.meta.url));

test("every decoder takes or refuses its seeds cut at every octet, and mutations of them", () => {
  // `npm run fuzz` does the same with 100 000 mutations of each, and another seed each time.
  const args = [program, "--runs", "200", "--seed", "1"];
  const report = execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(report.match(/ mutations: \d+ taken, \d+ refused/g)).toHaveLength(10);
});
