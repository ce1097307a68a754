import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { runProgram } from "../support/daemon.ts";

test("moonfix --help lists every command", async () => {
  const { code, stdout } = await runProgram(["--help"]);
  expect(code).toBe(0);
  for (const name of Object.keys(commands)) expect(stdout).toContain(`  ${name} `);
});

test.for(Object.keys(commands))("moonfix %s --help explains its options", async (name) => {
  const { code, stdout, stderr } = await runProgram([name, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const options = (await commands[name]?.load())?.command.options ?? {};
  for (const option of Object.keys(options)) expect(stdout).toContain(`--${option}`);
});

test.for([
  [["chek"], 2, /unknown command, did you mean "check"\?/],
  [["check", "--jso"], 2, /unknown, did you mean "--json"\?/],
  [["check", "nowhere.lua"], 1, /Cannot read .*nowhere\.lua: ENOENT/],
] as const)("moonfix %j says what is wrong in one line", async ([args, wanted, message]) => {
  const { code, stdout, stderr } = await runProgram(args);
  expect(code).toBe(wanted);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
});

test("moonfix without a command explains itself and is wrong usage", async () => {
  expect((await runProgram([])).code).toBe(2);
});
