import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command } from "../../src/cli/commands/check.ts";
import { temporaryFolder } from "../support/folder.ts";
import { runCommand } from "../support/terminal.ts";

/** Check `source`; returns what the command said. */
async function check(source: string, options: Record<string, boolean> = {}) {
  const path = join(temporaryFolder(), "conf.lua");
  writeFileSync(path, source);
  const said = await runCommand(command, [path], { options });
  return { ...said, stderr: said.stderr.replaceAll(path, "conf.lua") };
}

const good = `print("hello\\27")
collector "edge" { listen = "udp://127.0.0.1:4739" }
exporter "out" { from = "edge", to = "file:out.ipfix" }`;

test("moonfix check shows what conf.lua prints and what it would start", async () => {
  expect(await check(good)).toMatchObject({
    code: 0,
    stderr: "",
    stdout: "hello\\x1b\n+ collector edge udp://127.0.0.1:4739\n+ exporter out file:out.ipfix\n",
  });
});

test("moonfix check names every mistake on standard error, with exit code 78", async () => {
  const { code, stdout, stderr } = await check("colector 'a' {}");
  expect([code, stdout]).toEqual([78, ""]);
  expect(stderr).toMatch(/^moonfix: conf\.lua:1: .*did you mean "collector"\?\n$/);
});

test("moonfix check --json is one object", async () => {
  const { stdout } = await check(good, { json: true });
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    problems: [],
    printed: ["hello\u001b"],
    changes: [{ kind: "start", word: "collector", name: "edge" }, { kind: "start" }],
  });
});

test.for([
  ["an empty file", "", /the file is empty/],
  ["no file", undefined, /ENOENT/],
] as const)("moonfix check refuses %s", async ([, source, message]) => {
  const path = join(temporaryFolder(), "conf.lua");
  if (source !== undefined) writeFileSync(path, source);
  await expect(runCommand(command, [path])).rejects.toThrow(message);
});

test("moonfix check warns about what is not LuaJIT, and refuses nothing for it", async () => {
  const source = `${good}\nlocal half = 7 // 2`;
  const { code, stderr } = await check(source);
  expect([code, stderr]).toEqual([
    0,
    "warning: conf.lua:4: // is not LuaJIT: `math.floor(a / b)` and `bit.*` work in both\n",
  ]);
  const { stdout } = await check(source, { json: true });
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    warnings: [
      {
        where: expect.stringMatching(/conf\.lua:4$/),
        message: expect.stringMatching(/not LuaJIT/),
      },
    ],
  });
});
