import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "./support/daemon.ts";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
const lists = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".lua"));

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "moonfix-examples-"));
  cpSync(examples, join(folder, "examples"), { recursive: true });
  const capture = join(folder, "examples", "captures", "sample.pcap");
  const { code } = await runProgram(["pcap2ipfix", capture, "-o", join(folder, "sample.ipfix")]);
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.for(lists(examples))("examples/%s is a conf.lua without mistakes", async (name) => {
  const { code, stderr, stdout } = await runProgram(["check", join("examples", name)], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\+ /);
});

test.for(lists(join(examples, "scripts")))("examples/scripts/%s runs", async (name) => {
  const path = join("examples", "scripts", name);
  const { code, stderr, stdout } = await runProgram(["lua", path, "sample.ipfix"], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n").length).toBeGreaterThan(2);
});
