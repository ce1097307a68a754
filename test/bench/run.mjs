import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inProcess, lua, peer, wasmoonProxies } from "./contenders.mjs";
import {
  createLazyMediator,
  createObjectMediator,
  createRecords,
  fields,
  recordBytes,
} from "./mediator.mjs";

/**
 * `npm run bench`: the mediator in all contenders, in turns, so that all see the same machine.
 * Every output is compared first. The ratios count, not the times.
 */

const count = 1_000;
const rounds = 6;
const secondsEach = 0.25;
const records = createRecords(count, 30);
const few = createRecords(count, 5);

const folder = mkdtempSync(join(tmpdir(), "moonfix-bench-"));
const data = join(folder, "records");
writeFileSync(data, records);
writeFileSync(`${data}.fields`, fields.map(([name, length]) => `${name} ${length}\n`).join(""));
const script = (name) => fileURLToPath(new URL(`peers/${name}.lua`, import.meta.url));

const doubling = "flow.octetDeltaCount = flow.octetDeltaCount * 2 return flow";
const body = `if flow.destinationTransportPort == 443 then ${doubling} end`;
const where = "destinationTransportPort == 443";

/** The contenders of one group have the same output. */
const groups = {
  "30 % match": {
    ours: lua(records, body),
    "JavaScript, 15 fields decoded and encoded": inProcess(createObjectMediator(records), count),
    "JavaScript, 2 fields, lazily": inProcess(createLazyMediator(records), count),
    "wasmoon's proxies": await wasmoonProxies(records, createObjectMediator),
    "lua5.4, string.unpack, lazily": peer("lua5.4", [script("lazy")], data),
    "luajit -joff, ffi": peer("luajit", ["-joff", script("flyweight")], data),
    "luajit, ffi": peer("luajit", [script("flyweight")], data),
  },
  "5 % match": {
    "ours, if in Lua": lua(few, body),
    "ours, where": lua(few, doubling, where),
  },
};

/** The ratio that must be reached: how many times `than` takes as long as `name`. */
const goals = [
  ["ours", "JavaScript, 15 fields decoded and encoded", 0.5],
  ["ours", "lua5.4, string.unpack, lazily", 3],
  ["ours", "wasmoon's proxies", 100],
  ["ours, where", "ours, if in Lua", 4],
];

function verify(contenders) {
  let expected;
  for (const [name, contender] of Object.entries(contenders)) {
    if (contender === undefined) continue;
    const output = Buffer.from(contender.output());
    expected ??= output;
    if (output.length === 0 || !output.equals(expected)) {
      throw new Error(`${name}: ${output.length} octets that differ from ${expected.length}`);
    }
  }
}

const best = new Map();
try {
  for (const contenders of Object.values(groups)) verify(contenders);
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.values(groups).flatMap(Object.entries)) {
      if (contender === undefined) continue;
      const taken = contender.measure(secondsEach);
      best.set(name, Math.min(taken, best.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`${count} records of ${fields.length} fields and ${recordBytes} octets a batch`);
for (const [group, contenders] of Object.entries(groups)) {
  console.log(`\n${group}`);
  for (const [name, contender] of Object.entries(contenders)) {
    const taken = best.get(name);
    if (contender === undefined) console.log(`  ${name.padEnd(44)} not installed`);
    else console.log(`  ${name.padEnd(44)} ${taken.toFixed(0).padStart(7)} ns a record`);
  }
}
console.log("\ngoals");
for (const [name, than, goal] of goals) {
  if (!best.has(name) || !best.has(than)) continue;
  const ratio = best.get(than) / best.get(name);
  const verdict = ratio >= goal ? "reached" : "missed";
  const text = `${name} / ${than}`;
  console.log(`  ${text.padEnd(56)} ${ratio.toFixed(2).padStart(7)} x, goal ${goal} x: ${verdict}`);
}
