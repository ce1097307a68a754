import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { TransportError } from "../../src/errors.ts";
import { createAtomicFile } from "../../src/transport/atomic-file.ts";
import { temporaryFolder } from "../support/folder.ts";

let folder = "";
beforeEach(() => {
  folder = temporaryFolder();
});

test("commit() puts the file under its name, whole, and leaves nothing else", async () => {
  const file = createAtomicFile(join(folder, "out.ipfix"));
  const big = new Uint8Array(300_000).fill(7);
  file.write(Uint8Array.of(1, 2));
  file.write(big);
  file.write(Uint8Array.of(3));
  expect(existsSync(join(folder, "out.ipfix"))).toBe(false);
  await file.commit();
  const written = readFileSync(join(folder, "out.ipfix"));
  expect([written.length, written[0], written[2], written.at(-1)]).toEqual([300_003, 1, 7, 3]);
  expect(readdirSync(folder)).toEqual(["out.ipfix"]);
});

test("write() copies: the caller may reuse its octets", async () => {
  const file = createAtomicFile(join(folder, "out"));
  const octets = Uint8Array.of(1);
  file.write(octets);
  octets[0] = 9;
  await file.commit();
  expect([...readFileSync(join(folder, "out"))]).toEqual([1]);
});

test("abort() leaves the old file as it was", () => {
  writeFileSync(join(folder, "out"), "old");
  const file = createAtomicFile(join(folder, "out"));
  file.write(Uint8Array.of(1));
  file.abort();
  file.abort();
  expect(readdirSync(folder)).toEqual(["out"]);
  expect(readFileSync(join(folder, "out"), "utf8")).toBe("old");
});

test("createAtomicFile() throws a TransportError for a folder that is not there", () => {
  expect(() => createAtomicFile(join(folder, "no", "out"))).toThrow(
    expect.objectContaining({ name: "TransportError", code: "not-found" }),
  );
});

test("commit() throws a TransportError when the name cannot be taken, and cleans up", async () => {
  const file = createAtomicFile(folder);
  await expect(file.commit()).rejects.toThrow(TransportError);
  expect(readdirSync(join(folder, "..")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("kill -9 leaves no file under the final name", async () => {
  const path = join(folder, "out");
  const module = new URL("../../dist/transport/atomic-file.js", import.meta.url);
  const script = `import { createAtomicFile } from ${JSON.stringify(module.href)};
    const file = createAtomicFile(${JSON.stringify(path)});
    for (let i = 0; i < 100; i++) file.write(new Uint8Array(100_000));
    console.log("written");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.out\.\d+\.[0-9a-f]{8}\.tmp$/)]);
});
