import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { program } from "../support/daemon.ts";
import { temporaryFolder } from "../support/folder.ts";

function run(source: string, input = "") {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "scripts", "lua"), { recursive: true });
  writeFileSync(join(folder, "scripts", "main.lua"), source);
  writeFileSync(join(folder, "scripts", "lua", "helper.lua"), "return { place = ... }");
  const args = [program, "lua", "scripts/main.lua", "one"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    input,
  });
  return { folder, status, stdout, stderr };
}

test("a script reads standard input, writes in order, and finds the modules beside it", () => {
  const source = `print(io.read("*n", "*l"))
    io.write("written ") print("printed") io.stdout:write("again\\n")
    for line in io.lines() do print("line", line) end
    print(require("helper").place, arg[-1], arg[0], arg[1])`;
  const { status, stdout, stderr } = run(source, "42 is\na\nb\n");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toBe(
    "42\t is\nwritten printed\nagain\nline\ta\nline\tb\nhelper\tmoonfix\tscripts/main.lua\tone\n",
  );
});

test("os.exit() ends a script at once with its code, and what was written is there", () => {
  const source = `held = io.open("held", "w") held:write("abc") io.write("out")
    while true do pcall(os.exit, 7) end`;
  const { folder, status, stdout, stderr } = run(source);
  expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: "out", stderr: "" });
  expect(readFileSync(join(folder, "held"), "utf8")).toBe("abc");
});

test("what a script wrote before it failed is there, before the error", () => {
  const { status, stdout, stderr } = run("io.write('before') io.stderr:write('!') error('boom')");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "before" });
  expect(stderr).toMatch(/^!moonfix: scripts\/main\.lua:1: boom\n/);
});
