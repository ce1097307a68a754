import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { command } from "../../../src/cli/commands/repl.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { unstoppable } from "../../support/lua.ts";
import { keys, startTypist, type Typist } from "../../support/typist.ts";

let state: string;
beforeEach(() => {
  state = temporaryFolder();
  vi.stubEnv("XDG_STATE_HOME", state);
});
afterEach(() => vi.unstubAllEnvs());

async function start(): Promise<Typist> {
  const typist = startTypist(command);
  await typist.sees(/> /);
  return typist;
}

test("repl shows results, asks for more lines and ends at Ctrl-D", async () => {
  const typist = await start();
  typist.press(`1 + 1${keys.enter}`);
  await typist.sees(/^2\r?\n> /m);
  typist.press(`for i = 1, 2 do${keys.enter}`);
  await typist.sees(/\.\. /);
  typist.press(`print("line", i) end${keys.enter}`);
  await typist.sees(/line\t1\r?\nline\t2\r?\n> /);
  typist.press(keys.end);
  expect(await typist.ended).toBe(0);
  const history = readFileSync(join(state, "moonfix", "repl-history"), "utf8");
  expect(history).toContain("1 + 1\nfor i = 1, 2 do\n");
});

test("repl completes with Tab and recalls with the up arrow", async () => {
  const typist = await start();
  typist.press(`answer = 42${keys.enter}`);
  await typist.sees(/answer = 42\r?\n> /);
  typist.press(`answ${keys.tab}`);
  await typist.sees(/answer/);
  typist.press(keys.enter);
  await typist.sees(/42\r?\n> /);
  typist.press(`${keys.up}${keys.up}`);
  await typist.sees(/answer = 42/);
  typist.press(keys.end);
  typist.press(`${keys.enter}${keys.end}`);
  expect(await typist.ended).toBe(0);
});

test("Ctrl-C ends what runs and keeps globals; at the prompt it drops what was typed", async () => {
  const typist = await start();
  typist.press(`kept = "still here"${keys.enter}`);
  await typist.sees(/> /);
  typist.press(`print("loop" .. "ing") while true do end${keys.enter}`);
  await typist.sees(/looping/);
  typist.press(keys.interrupt);
  await typist.sees(/stdin:1: interrupted/);
  typist.press(`kept${keys.enter}`);
  await typist.sees(/"still here"\r?\n> /);
  typist.press(`if true then${keys.enter}`);
  await typist.sees(/\.\. /);
  typist.press(keys.interrupt);
  await typist.sees(/\n> /);
  typist.press(`6 * 7${keys.enter}`);
  await typist.sees(/42/);
  typist.press(keys.end);
  expect(await typist.ended).toBe(0);
});

test("a second Ctrl-C replaces an engine that does not listen, and says what is lost", async () => {
  const typist = await start();
  typist.press(`lost = 1${keys.enter}`);
  await typist.sees(/> /);
  const script = unstoppable.replaceAll("\n", " ");
  typist.press(`print("wait" .. "ing") do ${script} end${keys.enter}`);
  await typist.sees(/waiting/);
  typist.press(keys.interrupt);
  await typist.sees(/Ctrl-C again/);
  typist.press(keys.interrupt);
  await typist.sees(/started anew: globals and modules are lost/);
  typist.press(`lost == nil${keys.enter}`);
  await typist.sees(/true\r?\n> /);
  typist.press(keys.end);
  expect(await typist.ended).toBe(0);
});
