import { expect, test } from "vitest";
import { command } from "../../src/cli/commands/lua.ts";
import { formatReference } from "../../src/host/describe/reference.ts";
import { runCommand } from "../support/terminal.ts";

test("moonfix lua --reference prints what scripts can call, as JSON", async () => {
  const { stdout, code } = await runCommand(command, [], { options: { reference: true } });
  expect([code, stdout]).toEqual([0, formatReference()]);
  expect(JSON.parse(stdout).functions.length).toBeGreaterThan(10);
});
