import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { targets } from "./targets.mjs";

/**
 * `npm run fuzz -- [--runs 100000] [--seed N] [--target NAME]`: every decoder gets its seeds cut at
 * every octet, and then mutations of them. It must take them or refuse them with its typed error:
 * anything else thrown, a case of `hangMs` or memory beyond `memoryMb` fails, with what it was.
 */

const hangMs = 20_000;
const memoryMb = 512;
const lookMs = 500;

const { values } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" }, target: { type: "string" } },
});
const runs = Number(values.runs ?? 100_000);
const seed = Number(values.seed ?? randomInt(2 ** 31));
const names = values.target === undefined ? Object.keys(targets) : [values.target];

/** Attack one target in a thread of its own, which can be ended when it hangs or swells. */
function attack(name) {
  const progress = new SharedArrayBuffer(4);
  const done = new Int32Array(progress);
  const worker = new Worker(new URL("./fuzz-worker.mjs", import.meta.url), {
    workerData: { name, seed, runs, progress },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  return new Promise((resolve) => {
    let [last, movedAt] = [0, performance.now()];
    const watch = setInterval(() => {
      if (done[0] !== last) [last, movedAt] = [done[0], performance.now()];
      else if (performance.now() - movedAt > hangMs) {
        end({ failure: `hangs on case ${last}` });
        void worker.terminate();
      }
    }, lookMs);
    const end = (outcome) => {
      clearInterval(watch);
      resolve(outcome);
    };
    worker.on("message", end);
    worker.on("error", (error) => end({ failure: `case ${done[0]}: ${error.stack ?? error}` }));
    worker.on("exit", (code) => end({ failure: `case ${done[0]}: thread ended with ${code}` }));
  });
}

console.log(`seed ${seed}, ${runs} mutations a target`);
for (const name of names) {
  const { failure, input, counts } = await attack(name);
  if (failure !== undefined) {
    console.error(`${name}: FAILED with seed ${seed}\n${failure}`);
    if (input !== undefined) console.error(JSON.stringify(input));
    process.exitCode = 1;
    continue;
  }
  const { taken, refused, cuts, slowestMs, peakMb } = counts;
  if (peakMb > memoryMb) process.exitCode = 1;
  console.log(
    `${name.padEnd(10)} ${cuts} cuts, ${runs} mutations: ${taken} taken, ${refused} refused, ` +
      `slowest ${slowestMs.toFixed(0)} ms, at most ${peakMb.toFixed(0)} MB`,
  );
}
