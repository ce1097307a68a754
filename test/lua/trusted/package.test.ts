import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { hasProgram } from "../../support/programs.ts";
import { startTrusted } from "../../support/trusted.ts";

const files = {
  "plain.lua": "print(...) return { 'plain' }",
  "none.lua": "print('loads')",
  "no.lua": "print('again') return false",
  "boom.lua": "\nerror('boom')",
  "wrong.lua": "\nx = = 1",
  "cycle.lua": "return (require 'cycle2')",
  "cycle2.lua": "return (require 'cycle')",
  "half.lua": "package.loaded.half = 'half' return nil",
  "old.lua": "module('old.part', package.seeall) function f() return tostring(x) end x = 5",
  "script.lua": "#!/usr/bin/env moonfix\nprint(...) error('here')",
  "mark.lua": "\ufeff#!/usr/bin/env moonfix\nreturn 'marked'",
  "sub/inner.lua": "return 'inner'",
};

const cases = [
  ["print(require('plain')[1], require('plain') == package.loaded.plain)", "plain\nplain\ttrue"],
  ["print(require('none'), require('none'))", "loads\ntrue\ttrue"],
  ["print(require('no'), require('no'))", "again\nagain\nfalse\tfalse"],
  ["print(require('half'))", "half"],
  ["print(require('sub.inner'), require('sub/inner'))", "inner\tinner"],
  [
    "print(pcall(require, 'boom')) print(pcall(require, 'boom'))",
    "false\t./boom.lua:2: boom\nfalse\tloop or previous error loading module 'boom'",
  ],
  [
    "print(pcall(require, 'wrong'))",
    "false\terror loading module 'wrong' from file './wrong.lua':\n" +
      "\t./wrong.lua:2: unexpected symbol near '='",
  ],
  [
    "print(pcall(require, 'cycle'))",
    "false\t./cycle2.lua:1: loop or previous error loading module 'cycle'",
  ],
  [
    "package.path = './?.x;./?/y' print(pcall(require, 'a.b'))",
    "false\tmodule 'a.b' not found:\n\tno field package.preload['a.b']\n" +
      "\tno file './a/b.x'\n\tno file './a/b/y'",
  ],
  ["package.preload.mine = function(...) return { ... } end print(require('mine')[1])", "mine"],
  [
    "package.loaders[2] = function(n) return function() return n .. '!' end end print(require 'x')",
    "x!",
  ],
  ["package.loaders = nil print(pcall(require, 'x'))", "false\t'package.loaders' must be a table"],
  ["package.path = nil print(pcall(require, 'x'))", "false\t'package.path' must be a string"],
  [
    "require 'old' print(old.part.f(), old.part._NAME, old.part._PACKAGE, package.loaded.old)",
    "5\told.part\told.\ttrue",
  ],
  [
    "print(loadfile('script.lua')) print(pcall(loadfile('script.lua'), 1, 2))",
    "function\n1\t2\nfalse\tscript.lua:2: here",
  ],
  ["print(loadfile('wrong.lua'))", "nil\twrong.lua:2: unexpected symbol near '='"],
  ["print(pcall(dofile, 'boom.lua'))", "false\tboom.lua:2: boom"],
  [
    "print(pcall(dofile, 'nothing.lua'))",
    "false\tcannot open nothing.lua: No such file or directory",
  ],
  ["print(dofile('sub/inner.lua'), dofile('mark.lua'))", "inner\tmarked"],
  ["print(loadfile('sub'))", "nil\tcannot read sub: Is a directory"],
  [
    "print(type(package.loaded.io), package.loaded._G == _G, package.loaded.string == string)",
    "table\ttrue\ttrue",
  ],
  ["print(package.config)", "/\n;\n?\n!\n-"],
] as const;

function folder(): string {
  const path = temporaryFolder();
  mkdirSync(join(path, "sub"));
  for (const [name, source] of Object.entries(files)) writeFileSync(join(path, name), source);
  return path;
}

const prelude = "package.path = './?.lua' package.cpath = '' ";

function shown(text: string): string {
  return text.replace(/function: \S+/g, "function").trimEnd();
}

test.for(cases)("%s", ([source, expected]) => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(folder());
  const { engine, written } = startTrusted();
  engine.run(prelude + source, "(command line)");
  expect(shown(written())).toBe(expected);
});

test.skipIf(!hasProgram("luajit")).for(cases)("luajit agrees on %s", ([source, expected]) => {
  const args = ["-e", prelude + source];
  const { stdout } = spawnSync("luajit", args, { cwd: folder(), encoding: "utf8" });
  expect(shown(stdout)).toBe(expected);
});

test("package.loadlib() has no libraries of C", () => {
  const { engine } = startTrusted();
  expect(engine.run("return package.loadlib('x.so', 'f')", "t.lua")).toEqual([
    undefined,
    "x.so: libraries of C are not available on this engine",
    "open",
  ]);
});

test("debug is whole", () => {
  const { engine } = startTrusted();
  const source = "local here = 5 local name, value = debug.getlocal(1, 1) return name, value";
  expect(engine.run(source, "t.lua")).toEqual(["here", 5]);
});
