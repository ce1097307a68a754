import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commands } from "../src/cli/commands.ts";
import { program, startTestDaemon, type TestDaemon } from "./support/daemon.ts";

/** Runs what the README shows, in its order, in a folder like the one a reader has. */

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const conf = readFileSync(join(root, "conf.lua"), "utf8").replaceAll(
  /127\.0\.0\.1:(?:4739|8739)/g,
  "127.0.0.1:0",
);

/** The blocks of the README and what they are: `sh`, or nothing for what is printed. */
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, kind, text = ""]) => ({
  kind,
  text,
}));
/** The command lines of all `sh` blocks; a line that ends in a backslash goes on. */
const lines = blocks
  .filter(({ kind }) => kind === "sh")
  .flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"))
  .filter((line) => line !== "");
const setUp = ["npm ci && npm start", "npm ci && npm test"];

let daemon: TestDaemon;
let api: string;
beforeAll(async () => {
  daemon = startTestDaemon(conf, (folder) => {
    cpSync(join(root, "examples"), join(folder, "examples"), { recursive: true });
  });
  await daemon.hears(/Next: edit/);
  api = (await daemon.hears(/http:\/\/(127\.0\.0\.1:\d+)/))[1] ?? "";
});
afterAll(async () => {
  await daemon.stop();
  daemon.remove();
});

test("the README names the two commands first", () => {
  expect(lines.slice(0, 2)).toEqual(setUp);
});

test("npm start shows the flows, the applications and the top talkers of the sample", () => {
  const said = daemon.said();
  expect(said).toMatch(/probe lab metered .*sample\.pcap: 1 047 packets, \d+ flows/);
  expect(said).toMatch(/application +flows +packets +octets\n +https /);
  expect(said).toMatch(/top talker +flows +packets +octets\n +\S+ +\d+/);
  expect(said).toMatch(/collector edge +udp:\/\/127\.0\.0\.1:\d+/);
  expect(said).toMatch(/Next: edit conf\.lua/);
});

test.for(lines.filter((line) => !setUp.includes(line)))("%s", async (line) => {
  const command = line
    .replaceAll("npx moonfix", `${process.execPath} ${program}`)
    .replaceAll("127.0.0.1:8739", api);
  const child = spawn("bash", ["-c", command], {
    cwd: daemon.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  expect(code, said.stderr).toBe(0);
  expect(said.stdout + said.stderr).not.toBe("");
  expect(said.stdout).not.toMatch(/problem\+json|"status":4/);
});

test("an edit of conf.lua says what changed, a mistake says where it is", async () => {
  const shown = blocks.filter(({ kind }) => kind === "").map(({ text }) => text.trim());
  const saved = async (source: string, answer: RegExp) => {
    const from = daemon.said().length;
    daemon.save(source);
    await daemon.hears(answer, from);
    return daemon.said().slice(from);
  };
  const edited = conf.replace("== 53", "== 123");
  expect(await saved(edited, /is live/)).toContain(shown[0]);
  const mistake = edited.replace('from = "quiet"', 'form = "quiet"');
  const said = await saved(mistake, /is refused/);
  for (const line of (shown[1] ?? "").split("\n"))
    expect(said).toContain(JSON.stringify(line).slice(1, -1));
});

test("the README shows only commands that exist", () => {
  const shown = [...readme.matchAll(/npx moonfix ([a-z]\w*)/g)].map(([, name = ""]) => name);
  expect(shown.filter((name) => !(name in commands))).toEqual([]);
});

test("the README links only to files that exist", () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = ""]) => path);
  for (const link of links) expect(readFileSync(join(root, link)).length).toBeGreaterThan(0);
});
