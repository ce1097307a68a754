import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { command } from "../../src/cli/commands/lua.ts";
import { TransportError } from "../../src/errors.ts";
import { temporaryFolder } from "../support/folder.ts";
import { runCommand } from "../support/terminal.ts";

function script(source: string): string {
  const path = join(temporaryFolder(), "script.lua");
  writeFileSync(path, source);
  return path;
}

test("lua runs a file with its arguments in ... and arg", async () => {
  const path = script("#!/usr/bin/env moonfix\nprint(..., arg[0] ~= nil, arg[2], #arg)");
  const { code, stdout } = await runCommand(command, [path, "one", "--two"]);
  expect([code, stdout]).toEqual([0, "one\ttrue\t--two\t2\n"]);
});

test("lua -e runs code", async () => {
  const options = { execute: "print(10 / 2, ...) print('\\255')" };
  const { code, stdout } = await runCommand(command, ["a"], { options });
  expect([code, stdout]).toEqual([0, "5\ta\n\ufffd\n"]);
});

test("lua reads standard input for -", async () => {
  const { stdout } = await runCommand(command, ["-", "x"], { stdin: "print('from stdin', ...)" });
  expect(stdout).toBe("from stdin\tx\n");
});

test("lua reports an error with its line and the calls, and exits with 1", async () => {
  const path = script("local function f()\n  error('boom\\n\\27')\nend\nf()");
  const { code, stderr } = await runCommand(command, [path]);
  expect(code).toBe(1);
  expect(stderr.split("\n").map((line) => line.replaceAll(path, "FILE"))).toEqual([
    "moonfix: FILE:2: boom\\n\\x1b",
    "  [C]: in function 'error'",
    "  FILE:2: in local 'f'",
    "  FILE:4: in main chunk",
    "",
  ]);
});

test("lua reports a syntax error in one line", async () => {
  const path = script("x = = 1");
  const { code, stderr } = await runCommand(command, [path]);
  const line = "moonfix: FILE:1: unexpected symbol near '='\n";
  expect([code, stderr.replaceAll(path, "FILE")]).toEqual([1, line]);
});

test("lua refuses a file that is not there", async () => {
  await expect(runCommand(command, ["/nowhere.lua"])).rejects.toThrow(TransportError);
});

test("lua logs to standard error", async () => {
  const options = { execute: "log.warn('careful') log.info('a\\nb')" };
  const { stderr } = await runCommand(command, [], { options });
  expect(stderr).toBe("warn: careful\ninfo: a\\nb\n");
});

test("lua ends when whoever reads its output has gone", () => {
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const pipeline = `"$0" "$1" lua -e 'while true do print("x") end' | head -n 1`;
  const { stdout, stderr } = spawnSync("sh", ["-c", pipeline, process.execPath, main], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect([stdout, stderr]).toEqual(["x\n", ""]);
});

test("lua writes octets as they are", () => {
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const code = "print('a') print('\\255\\0') for i = 1, 20000 do print(i) end";
  const { stdout } = spawnSync(process.execPath, [main, "lua", "-e", code]);
  expect(stdout.subarray(0, 5)).toEqual(Buffer.from([0x61, 0x0a, 0xff, 0x00, 0x0a]));
  expect(stdout.toString("latin1").endsWith("\n19999\n20000\n")).toBe(true);
});
