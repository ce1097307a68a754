import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { createLuaEngine } from "../../../src/lua/engine.ts";
import { LuaError } from "../../../src/lua/errors.ts";
import {
  createModuleFinder,
  fileDigest,
  type ModuleLook,
  rootBeside,
} from "../../../src/lua/modules/finder.ts";
import { temporaryFolder } from "../../support/folder.ts";

/** A project: a main file, `lua/` beside it, and secrets around them. */
function project(): { folder: string; lua: string } {
  const folder = temporaryFolder();
  const lua = join(folder, "lua");
  mkdirSync(join(lua, "site"), { recursive: true });
  mkdirSync(join(lua, "pack"));
  mkdirSync(join(folder, "lua-other"));
  const write = (path: string, source: string) => writeFileSync(join(folder, path), source);
  write("lua/plain.lua", "return { name = ... }");
  write("lua/site/rules.lua", "return 'rules'");
  write("lua/pack/init.lua", "return 'pack'");
  write("lua/boom.lua", "local x\n\nreturn x.y");
  mkdirSync(join(lua, "engine"));
  write("lua/engine/boom.lua", "\nerror('mine')");
  write("lua/wrong.lua", "\nx = = 1");
  write("lua/cycle.lua", "return (require 'cycle2')");
  write("lua/cycle2.lua", "\nreturn (require 'cycle')");
  write("secret.lua", "return 'secret'");
  write("lua-other/secret.lua", "return 'secret'");
  symlinkSync(join(folder, "secret.lua"), join(lua, "outside.lua"));
  symlinkSync("../lua-other", join(lua, "beside"));
  symlinkSync("plain.lua", join(lua, "inside.lua"));
  symlinkSync("endless.lua", join(lua, "endless.lua"));
  write("lua/.hidden.lua", "return 'hidden'");
  execFileSync("mkfifo", [join(lua, "pipe.lua")]);
  write("lua/large.lua", "");
  truncateSync(join(lua, "large.lua"), limits.configurationBytes + 1);
  mkdirSync(join(lua, "folder.lua"));
  return { folder, lua };
}

function start(folder: string, looks: ModuleLook[] = []) {
  const modules = createModuleFinder({
    root: { folder: join(folder, "lua"), shown: "lua" },
    onLook: (look) => looks.push(look),
  });
  return createLuaEngine({ profile: "pipeline", modules });
}

function failure(folder: string, source: string): LuaError {
  try {
    start(folder).run(source, "conf.lua");
  } catch (error) {
    if (error instanceof LuaError) return error;
    throw error;
  }
  throw new Error(`Lua did not fail: ${source}`);
}

test.for([
  ["require('plain').name", "plain"],
  ["require('site.rules')", "rules"],
  ["require('site/rules')", "rules"],
  ["require('pack')", "pack"],
  ["require('inside').name", "inside"],
  ["require('plain') == package.loaded.plain", true],
  ["require('plain') == require('plain')", true],
  ["require('moonfix.buffer') ~= nil", true],
  ["require('string') == string", true],
] as const)("%s is %s", ([expression, value]) => {
  const { folder } = project();
  expect(start(folder).run(`return ${expression}`, "conf.lua")).toEqual([value]);
});

const expected = 'expected a name such as "rules" or "site.rules"';
test.for([
  ["..secret", "bad-value", expected],
  ["../secret", "bad-value", expected],
  ["site/../../secret", "bad-value", expected],
  ["/etc/passwd", "bad-value", expected],
  ["", "bad-value", expected],
  [".", "bad-value", expected],
  [".hidden", "bad-value", expected],
  ["plain\\0", "bad-value", expected],
  ["plain.lua\\0.x", "bad-value", expected],
  ["plain\\n", "bad-value", expected],
  ["\\255", "bad-value", expected],
  ["C:\\\\x", "bad-value", expected],
  ["outside", "not-permitted", "lua/outside.lua leads out of lua/"],
  ["beside.secret", "not-permitted", "lua/beside/secret.lua leads out of lua/"],
  ["nothing", "missing", "no such module, looked at lua/nothing.lua, lua/nothing/init.lua"],
  ["plain.x", "missing", "no such module, looked at lua/plain/x.lua, lua/plain/x/init.lua"],
  ["endless", "io", "ELOOP"],
  ["pipe", "io", "is not a regular file"],
  ["folder", "io", "is not a regular file"],
  ["large", "limit", "1048577 octets are too many"],
] as const)('require("%s") ends in %s', ([name, code, message]) => {
  const error = failure(project().folder, `\nrequire("${name}")`);
  expect([error.luaCode, error.where]).toEqual([code, "conf.lua:2"]);
  expect(error.message).toContain(message);
});

test.for([
  ["require 'boom'", "lua/boom.lua:3", "attempt to index"],
  ["require 'engine.boom'", "./lua/engine/boom.lua:2", "mine"],
  ["require 'wrong'", "lua/wrong.lua:2", "unexpected symbol near '='"],
  ["require 'cycle'", "lua/cycle2.lua:2", "loop or previous error loading module 'cycle'"],
  ["pcall(require, 'boom') require 'boom'", "conf.lua:1", "loop or previous error"],
] as const)("%s fails at %s", ([source, where, message]) => {
  const error = failure(project().folder, source);
  expect(error.where).toBe(where);
  expect(error.message).toContain(message);
});

test("require() without a root finds modules of ours only", () => {
  const engine = createLuaEngine({ profile: "agent" });
  expect(engine.run("return type(require('moonfix.buffer'))", "x")).toEqual(["table"]);
  expect(() => engine.run("require 'plain'", "x")).toThrow(/no such module$/);
});

test("createModuleFinder() tells each look, and takes known modules from memory", () => {
  const { folder, lua } = project();
  const looks: ModuleLook[] = [];
  const engine = start(folder, looks);
  engine.run("require 'pack' pcall(require, 'nothing') pcall(require, 'outside')", "conf.lua");
  expect(looks.map(({ path, digest, file }) => [path, digest !== "", file?.shown])).toEqual([
    [join(lua, "pack.lua"), false, undefined],
    [join(lua, "pack/init.lua"), true, "lua/pack/init.lua"],
    [join(lua, "nothing.lua"), false, undefined],
    [join(lua, "nothing/init.lua"), false, undefined],
    [join(lua, "outside.lua"), true, undefined],
  ]);
  for (const { path, digest } of looks) expect(fileDigest(path)).toBe(digest);

  const known = new Map([
    ["pack", { source: Buffer.from("return 'kept'"), shown: "lua/pack.lua" }],
  ]);
  const finder = createModuleFinder({ root: { folder: lua, shown: "lua" }, known });
  expect(Buffer.from(finder.find("pack").source).toString()).toBe("return 'kept'");
  expect(() => finder.find("outside")).toThrow(TransportError);
});

test.for([
  ["conf.lua", "lua"],
  ["examples/relay.lua", "examples/lua"],
  ["/srv/conf.lua", "/srv/lua"],
] as const)("rootBeside(%s) is shown as %s", ([file, shown]) => {
  expect(rootBeside(file).shown).toBe(shown);
});
