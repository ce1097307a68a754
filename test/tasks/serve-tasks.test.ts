import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { ConfigError, DecodeError, TransportError } from "../../src/errors.ts";
import { type Convert, serveTasks } from "../../src/tasks/serve-tasks.ts";
import type { TaskCall, TaskMessage, TaskProgress } from "../../src/tasks/task.ts";
import { apiFolder } from "../support/api.ts";

/** The program of every Unix; Node cannot make a named pipe itself. */
const mkfifo = "mkfifo";

const made = { outputBytes: 5, packets: 4, octets: 400, flows: 2, damage: [] };

/** Serve `convert` and collect what it says until the end of its task. */
function served(convert: Convert) {
  const { root } = apiFolder();
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  serveTasks(port2, convert);
  const messages: TaskMessage[] = [];
  const end = new Promise<TaskMessage[]>((resolve) => {
    port1.on("message", (message: TaskMessage) => {
      messages.push(message);
      if (message.kind === "end") resolve(messages);
    });
  });
  const input = { inputs: [join(root, "a.pcap")], output: join(root, "new/deep/out.ipfix") };
  const tell = (call: TaskCall) => port1.postMessage(call);
  return { root, input, end, tell };
}

test("serveTasks() makes the output's folder and tells what was made", async () => {
  const { input, end, tell } = served(async ({ output }) => {
    await writeFile(output, "12345");
    return made;
  });
  tell({ kind: "run", input });
  const result = { output: input.output, ...made };
  expect(await end).toEqual([{ kind: "end", end: { state: "succeeded", result } }]);
});

test("serveTasks() thins progress out and tells the last in any case", async () => {
  const progress = (bytes: number): TaskProgress => ({
    bytes,
    totalBytes: 9,
    packets: 0,
    flows: 0,
  });
  const { input, end, tell } = served(async ({ output }, { onProgress }) => {
    for (let bytes = 0; bytes <= 9; bytes++) onProgress(progress(bytes));
    await writeFile(output, "");
    return made;
  });
  tell({ kind: "run", input });
  const told = (await end).filter(({ kind }) => kind === "progress");
  expect(told[0]).toEqual({ kind: "progress", progress: progress(0) });
  expect(told.at(-1)).toEqual({ kind: "progress", progress: progress(9) });
  expect(told.length).toBeLessThan(10);
});

test("serveTasks() ends a cancelled task as cancelled", async () => {
  const { input, end, tell } = served((_, { signal }) => {
    tell({ kind: "cancel" });
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  tell({ kind: "run", input });
  expect(await end).toEqual([{ kind: "end", end: { state: "cancelled" } }]);
});

test.for([
  [new DecodeError("bad-magic", 0, "no capture"), "bad-magic"],
  [new ConfigError("bad-value", "", "wrong"), "bad-value"],
  [new TransportError("disk-full", "full"), "disk-full"],
] as const)("serveTasks() fails a task for %s", async ([error, code]) => {
  const { input, end, tell } = served(() => Promise.reject(error));
  tell({ kind: "run", input });
  expect(await end).toEqual([
    { kind: "end", end: { state: "failed", error: { code, message: error.message } } },
  ]);
});

test.for([
  ["is gone", (path: string) => rmSync(path), "not-found"],
  [
    "has become a symbolic link",
    (path: string) => {
      rmSync(path);
      symlinkSync("/etc/passwd", path);
    },
    "not-permitted",
  ],
  [
    "has become a folder",
    (path: string) => {
      rmSync(path);
      mkdirSync(path);
    },
    "not-permitted",
  ],
  [
    "lies in a folder that was replaced",
    (path: string) => {
      renameSync(dirname(path), `${dirname(path)}-moved`);
      symlinkSync(`${dirname(path)}-moved`, dirname(path));
    },
    "not-permitted",
  ],
  [
    "has become a named pipe",
    (path: string) => {
      rmSync(path);
      execFileSync(mkfifo, [path]);
    },
    "not-permitted",
  ],
  ["is no capture", (path: string) => writeFileSync(path, "#!/bin/sh\n"), "bad-magic"],
] as const)("serveTasks() does not read a capture that %s", async ([, change, code]) => {
  const { input, end, tell } = served(() => Promise.reject(new Error("was called")));
  change(input.inputs[0] ?? "");
  tell({ kind: "run", input });
  expect(await end).toMatchObject([{ end: { state: "failed", error: { code } } }]);
});

test("serveTasks() does not write through a link that was put in its way", async () => {
  const { root, input, end, tell } = served(() => Promise.reject(new Error("was called")));
  mkdirSync(join(root, "elsewhere"));
  symlinkSync("elsewhere", join(root, "new"));
  tell({ kind: "run", input });
  expect(await end).toMatchObject([{ end: { state: "failed", error: { code: "not-permitted" } } }]);
});

test("serveTasks() fails a task whose folder cannot be made", async () => {
  const { root, input, end, tell } = served(() => Promise.reject(new Error("was called")));
  writeFileSync(join(root, "new"), "");
  tell({ kind: "run", input });
  expect(await end).toMatchObject([{ end: { state: "failed", error: { code: "not-found" } } }]);
});
