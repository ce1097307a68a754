/**
 * `npm run bench:endurance [RUNS [ENGINES]]`: a million scripts in one engine, then a hundred
 * thousand engines, with what the process holds on the way. It must stay flat: the last figures
 * are held against those after the first tenth.
 */
import { createLuaEngine } from "../../dist/lua/engine.js";
import { LuaError } from "../../dist/lua/errors.js";

const [runs = 1e6, engines = 1e5] = process.argv.slice(2).map(Number);
const mebibyte = 2 ** 20;
/** What may have grown at the end, as a share of what there was and in MiB, before it is a leak. */
const allowed = { share: 0.2, mebibytes: 16 };

/** What scripts do: succeed, fail, catch, print, make garbage, run out of instructions. */
const scripts = [
  "return 1 + 1",
  "local t = {} for i = 1, 20 do t[i] = { i } end return #t",
  "error({ code = 'mine' })",
  "return pcall(error, 'caught')",
  "print('a line') return ('x'):rep(100)",
  "return coroutine.wrap(function() coroutine.yield(1) end)()",
  "local s = '' for i = 1, 20 do s = s .. i end return s, load('return 1')()",
  "return setmetatable({}, { __index = print }), function() end",
  "local x <close> = setmetatable({}, { __close = print }) error('closed')",
  "return host.echo({ 1, 'two', x = true })",
];
const endless = "while true do local t = { 1 } end";

function startEngine() {
  const engine = createLuaEngine({ profile: "agent", run: { instructions: 50_000 } });
  engine.define("host.echo", (args) => args);
  return engine;
}

function run(engine, source) {
  try {
    engine.run(source, "endurance.lua");
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
  }
}

function held(engine) {
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed, lua: engine.memoryBytes(), heapOfC: heapOf(engine) };
}

const heapOf = (engine) => engine.state.x.memory.buffer.byteLength;

/** Do `turn` so often and tell ten times what is held. */
async function endure(title, count, turn) {
  const rows = [];
  const start = performance.now();
  console.log(`\n${title}\n       turns       RSS   JS heap       Lua    C heap    us/turn`);
  for (let tenth = 1; tenth <= 10; tenth++) {
    let engine;
    for (let i = 0; i < count / 10; i++) {
      engine = turn(i);
      // Finalizers and the collector of WebAssembly's memories run between turns of the loop.
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    globalThis.gc?.();
    const row = held(engine);
    rows.push(row);
    const cells = Object.values(row).map((bytes) => (bytes / mebibyte).toFixed(2).padStart(9));
    const us = (1_000 * (performance.now() - start)) / ((tenth * count) / 10);
    console.log(
      `${String((tenth * count) / 10).padStart(12)} ${cells.join(" ")}  ${us.toFixed(1).padStart(9)}`,
    );
  }
  return rows;
}

function grown(rows) {
  const [first, last] = [rows[0], rows.at(-1)];
  const most = (bytes) => bytes * (1 + allowed.share) + allowed.mebibytes * mebibyte;
  return Object.keys(first).filter((name) => last[name] > most(first[name]));
}

const one = startEngine();
const inOne = await endure(`${runs} scripts in one engine`, runs, (i) => {
  run(one, i % 1_000 === 999 ? endless : scripts[i % scripts.length]);
  return one;
});
const inMany = await endure(`${engines} engines, each with a script`, engines, (i) => {
  const engine = startEngine();
  run(engine, scripts[i % scripts.length]);
  engine.close();
  return engine;
});
const leaks = [...grown(inOne).map((name) => `${name} in one engine`), ...grown(inMany)];
console.log(leaks.length === 0 ? "\nflat" : `\ngrown: ${leaks.join(", ")}`);
process.exitCode = leaks.length === 0 ? 0 : 1;
