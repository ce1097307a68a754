import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { command } from "../../src/cli/commands/lua.ts";
import { ConfigError, TransportError } from "../../src/errors.ts";
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

describe("lua --profile agent", () => {
  const agent = (execute: string, more: Record<string, string> = {}) => ({
    options: { execute, profile: "agent", ...more },
  });

  test("runs a script in a sandbox, with its arguments", async () => {
    const code = "print(10 / 2, ...) print(arg[0], io, package.path) log.info('done')";
    const result = await runCommand(command, ["a", "--b"], agent(code));
    expect(result).toEqual({
      code: 0,
      stdout: "5\ta\t--b\n(command line)\tnil\tnil\n",
      stderr: "info: done\n",
    });
  });

  test("reports an error with its line and the calls, and exits with 1", async () => {
    const { code, stderr } = await runCommand(command, [], agent("pcap.to_ipfix('a', 'b')"));
    expect(code).toBe(1);
    expect(stderr.split("\n").slice(0, 1)).toEqual([
      "moonfix: (command line):1: Cannot call pcap.to_ipfix: this script may not write files",
    ]);
  });

  test("ends a script after --timeout, and prints what it printed", async () => {
    const endless = "print('a')\nwhile true do pcall(function() while true do end end) end";
    const result = await runCommand(command, [], agent(endless, { timeout: "1" }));
    expect(result).toMatchObject({ code: 1, stdout: "a\n" });
    expect(result.stderr).toMatch(/^moonfix: \(command line\):2: still runs after 1000 ms\n/);
  });

  test("ends a script that needs more than --memory", async () => {
    const greedy = "return #('x'):rep(3e7)";
    const refused = await runCommand(command, [], agent(greedy, { memory: "20" }));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^moonfix: \(command line\):1: not enough memory\n/);
    expect((await runCommand(command, [], agent(greedy))).code).toBe(0);
  });
});

test.for([
  ["an unknown profile", { profile: "agnt" }, 'Cannot use "agnt", did you mean "agent"?'],
  ["a bound of a trusted script", { timeout: "1" }, "Cannot bound a trusted script"],
  ["too little memory", { profile: "agent", memory: "0" }, "expected a whole number from 1"],
  ["no time", { profile: "agent", timeout: "0" }, "expected seconds above 0"],
  ["more time than any script", { profile: "agent", timeout: "3601" }, "expected up to 3600000 ms"],
] as const)("lua refuses %s", async ([, options, message]) => {
  const given = { profile: "trusted", execute: "", ...options };
  const refused = runCommand(command, [], { options: given });
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(message);
});

test("lua --profile agent exits as a signal ends it", async () => {
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const words = ["lua", "--profile", "agent", "-e", "print('begun') while true do end"];
  const child = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.once("data", () => child.kill("SIGINT"));
  const [code] = await once(child, "exit");
  expect(code).toBe(130);
});

test("lua --profile agent ends when whoever reads its output has gone", () => {
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const endless = "while true do print(('x'):rep(999)) for i = 1, 1e5 do end end";
  const pipeline = `"$0" "$1" lua --profile agent -e "${endless}" | head -c 3`;
  const { stdout, stderr } = spawnSync("sh", ["-c", pipeline, process.execPath, main], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect([stdout, stderr]).toEqual(["xxx", ""]);
});
