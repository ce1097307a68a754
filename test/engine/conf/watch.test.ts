import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Watch, watchFile } from "../../../src/engine/conf/watch.ts";
import { limits } from "../../../src/limits.ts";
import { fileDigest, type ModuleLook } from "../../../src/lua/modules/finder.ts";

let folder: string;
let path: string;
let watch: Watch | undefined;
let texts: string[];
let problems: string[];
let looks: ModuleLook[];
let heard: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moonfix-watch-"));
  path = join(folder, "conf.lua");
  texts = [];
  problems = [];
  looks = [];
  heard = () => undefined;
});
afterEach(async () => {
  await watch?.stop();
  rmSync(folder, { recursive: true });
});

async function start(current: string): Promise<void> {
  watch = await watchFile(
    {
      path,
      async onText(text) {
        texts.push(text);
        heard();
        return looks;
      },
      onProblem(message) {
        problems.push(message);
        heard();
      },
    },
    { text: current, looks },
  );
}

/** Resolves at the next content or problem that the watch tells by itself. */
function next(): Promise<void> {
  return new Promise((resolve) => {
    heard = resolve;
  });
}

const styles: Readonly<Record<string, () => void>> = {
  "writing in place": () => writeFileSync(path, "two"),
  "a new file renamed over it": () => {
    writeFileSync(`${path}.new`, "two");
    renameSync(`${path}.new`, path);
  },
  "a backup first, as vim does": () => {
    renameSync(path, `${path}~`);
    writeFileSync(path, "two");
    unlinkSync(`${path}~`);
  },
  "removing and making it again": () => {
    unlinkSync(path);
    writeFileSync(path, "two");
  },
  "emptying and then filling it": () => {
    truncateSync(path);
    writeFileSync(path, "two");
  },
};

test.for(Object.entries(styles))("watchFile() sees a save by %s", async ([, save]) => {
  writeFileSync(path, "one");
  await start("one");
  const change = next();
  save();
  await change;
  expect(texts).toEqual(["two"]);
  expect(problems).toEqual([]);
});

test("watchFile() sees Kubernetes turn its ..data link, twice in a row", async () => {
  for (const [version, text] of [
    ["v1", "one"],
    ["v2", "two"],
    ["v3", "three"],
  ] as const) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "conf.lua"), text);
  }
  const turn = (version: string): void => {
    symlinkSync(version, join(folder, "..tmp"));
    renameSync(join(folder, "..tmp"), join(folder, "..data"));
  };
  turn("v1");
  symlinkSync(join("..data", "conf.lua"), path);
  await start("one");
  for (const [version, expected] of [
    ["v2", ["two"]],
    ["v3", ["two", "three"]],
  ] as const) {
    const change = next();
    turn(version);
    await change;
    expect(texts).toEqual(expected);
  }
});

test("watchFile() reports a content once, and not the one that runs", async () => {
  writeFileSync(path, "one");
  await start("one");
  await watch?.look();
  expect(texts).toEqual([]);
  writeFileSync(path, "two");
  await watch?.look();
  await watch?.look();
  expect(texts).toEqual(["two"]);
});

test("watchFile() reports the content again when a module that it required is saved", async () => {
  writeFileSync(path, "one");
  mkdirSync(join(folder, "lua"));
  const module = join(folder, "lua", "rules.lua");
  writeFileSync(module, "return 1");
  looks = [{ name: "rules", path: module, digest: fileDigest(module) }];
  await start("one");
  await watch?.look();
  expect(texts).toEqual([]);
  const change = next();
  writeFileSync(module, "return 2");
  await change;
  looks = [{ name: "rules", path: module, digest: fileDigest(module) }];
  await watch?.look();
  expect(texts.length).toBeGreaterThan(0);
  const told = texts.length;
  await watch?.look();
  expect(texts.length).toBe(told);
});

test("watchFile() sees a module come, in a folder that was not there", async () => {
  writeFileSync(path, "one");
  const module = join(folder, "lua", "site", "rules.lua");
  looks = [{ name: "site.rules", path: module, digest: "" }];
  await start("one");
  const change = next();
  mkdirSync(join(folder, "lua", "site"), { recursive: true });
  writeFileSync(module, "return 1");
  await change;
  expect(texts).toEqual(["one"]);
});

test("watchFile() leaves modules alone that nobody looked for", async () => {
  writeFileSync(path, "one");
  mkdirSync(join(folder, "lua"));
  await start("one");
  writeFileSync(join(folder, "lua", "other.lua"), "return 1");
  await watch?.look();
  expect(texts).toEqual([]);
});

test("watchFile() is not held up by a named pipe, and drops the mark some editors begin with", async () => {
  writeFileSync(path, "one");
  await start("one");
  unlinkSync(path);
  const mkfifo = "mkfifo";
  execFileSync(mkfifo, [path]);
  await watch?.look();
  expect(problems).toMatchObject([expect.stringMatching(/not a regular file/)]);
  unlinkSync(path);
  writeFileSync(path, "\ufefftwo");
  await watch?.look();
  expect(texts).toEqual(["two"]);
});

test.for([
  ["empty", () => writeFileSync(path, ""), /is empty; what runs stays/],
  ["missing", () => unlinkSync(path), /ENOENT.*what runs stays/],
  ["huge", () => writeFileSync(path, "x".repeat(limits.configurationBytes + 1)), /too many/],
] as const)(
  "watchFile() keeps what runs when the file is %s, and says so once",
  async ([, spoil, message]) => {
    writeFileSync(path, "one");
    await start("one");
    spoil();
    await watch?.look();
    await watch?.look();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
    writeFileSync(path, "two");
    await watch?.look();
    expect(texts).toEqual(["two"]);
  },
);
