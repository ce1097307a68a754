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

let folder: string;
let path: string;
let watch: Watch | undefined;
let texts: string[];
let problems: string[];
let heard: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moonfix-watch-"));
  path = join(folder, "conf.lua");
  texts = [];
  problems = [];
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
      },
      onProblem(message) {
        problems.push(message);
        heard();
      },
    },
    current,
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
