import { parentPort, workerData } from "node:worker_threads";
import { createRandom, mutate } from "./random.mjs";
import { targets } from "./targets.mjs";

/** Cases between two looks at the memory. */
const lookCases = 1_000;

const { name, seed, runs, progress } = workerData;
const { seeds, create } = targets[name];
const run = create();
const done = new Int32Array(progress);
const counts = { taken: 0, refused: 0, cuts: 0, slowestMs: 0, peakMb: 0 };

/** Case `number`: first every cut of every seed, then mutations, each from its own number. */
function* cases() {
  for (const { before, bytes } of seeds) {
    for (let end = 0; end <= bytes.length; end++) yield { before, bytes: bytes.subarray(0, end) };
  }
  counts.cuts = done[0];
  for (let i = 0; i < runs; i++) {
    const random = createRandom(seed + Math.imul(i, 0x9e3779b1));
    const { before, bytes } = seeds[random(seeds.length)];
    const other = seeds[random(seeds.length)].bytes;
    yield { before, bytes: mutate(bytes, other, random) };
  }
}

for (const input of cases()) {
  const began = performance.now();
  try {
    if (run(input)) counts.taken++;
    else counts.refused++;
  } catch (error) {
    const hex = (octets) => Buffer.from(octets).toString("hex");
    const { before, bytes } = input;
    parentPort.postMessage({
      failure: error?.stack ?? String(error),
      input: { before: before.map(hex), bytes: hex(bytes) },
    });
    process.exit(1);
  }
  counts.slowestMs = Math.max(counts.slowestMs, performance.now() - began);
  if (Atomics.add(done, 0, 1) % lookCases === 0) {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    counts.peakMb = Math.max(counts.peakMb, (heapUsed + arrayBuffers) / 1e6);
  }
}
parentPort.postMessage({ counts });
