import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LuaFunction } from "../../../src/lua/values.ts";
import { catLines, octetsOf, startFixbuf } from "../../support/fixbuf.ts";
import { hex } from "../../support/hex.ts";
import { shared } from "../../support/shared.ts";

interface Vector {
  readonly name: string;
  readonly messages: readonly string[];
  readonly sessions?: readonly string[];
}

const folder = shared("corpus/vectors");
const vectors = (folder ? readdirSync(folder) : [])
  .filter((name) => name !== "INDEX.json")
  .map((name) => JSON.parse(readFileSync(join(folder ?? "", name), "utf8")) as Vector)
  .filter(({ messages, sessions }) => messages[0]?.startsWith("000a") && !sessions);

/** Decodes each of its arguments in one session; gives whole ones back, encoded anew. */
const rewrite = `
  local fixbuf = require "fixbuf"
  return function(...)
    local decoder, kept = fixbuf.decoder(), {}
    for i = 1, select("#", ...) do
      local octets = select(i, ...)
      local ok, message = pcall(decoder.decode, decoder, octets)
      if ok then
        for record, template in message:records() do assert(#template > 0) end
        local fine, again = pcall(fixbuf.encode, message)
        if fine then
          kept[#kept + 1] = message.damage and "" or again
        elseif type(again) ~= "table" or not fixbuf.errors[again.code] then
          error(again, 0)
        end
      elseif type(message) ~= "table" or message.code ~= "IPFIX" then
        error(message, 0)
      end
    end
    return unpack(kept)
  end`;

function start() {
  const { engine } = startFixbuf();
  const [fn] = engine.run(rewrite, "test.lua");
  if (!(fn instanceof LuaFunction)) throw new Error("expected a function");
  return (messages: readonly Uint8Array[]) => engine.call(fn, messages).map(octetsOf);
}

test.for(vectors)("$name is the same to cat after decode() and encode()", ({ messages }) => {
  const octets = messages.map(hex);
  const again = start()(octets);
  if (again.length < octets.length || again.some(({ length }) => length === 0)) {
    // What is damaged is not written again as if it were whole; cat finds it damaged, too.
    expect(damageOf(octets)).toMatch(/Cannot decode|"kind":"error"/);
    return;
  }
  expect(catLines(Buffer.concat(again))).toEqual(catLines(Buffer.concat(octets)));
});

/** What cat says of Messages, or the error that they end with. */
function damageOf(messages: readonly Uint8Array[]): string {
  try {
    return catLines(Buffer.concat(messages)).join("\n");
  } catch (error) {
    return String(error);
  }
}

/** Numbers that look random and are the same each time. */
function createChance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test.skipIf(!folder)("decode() of mutated Messages gives records or a failure IPFIX", () => {
  const run = start();
  const chance = createChance(20_261_127);
  for (const { messages } of vectors) {
    const octets = messages.map(hex).filter(({ length }) => length < 4_000);
    for (let round = 0; round < 40; round++) {
      const mutated = octets.map((message) => {
        const own = message.slice(0, message.length - (chance(4) === 0 ? chance(8) : 0));
        for (let i = chance(4); i >= 0; i--) own[chance(own.length)] = chance(256);
        return own;
      });
      run(mutated);
    }
  }
});

test.skipIf(!folder)("decode() of Messages cut at every octet fails as it should", () => {
  const run = start();
  for (const { messages } of vectors) {
    const [first = ""] = messages;
    const octets = hex(first);
    if (octets.length > 400) continue;
    for (let end = 0; end < octets.length; end++) {
      expect(run([octets.slice(0, end)])).toEqual([]);
    }
  }
});

test("a script cannot open sessions without end, and those it drops make room", () => {
  const { engine } = startFixbuf();
  const [ok, problem] = engine.run(
    `local held = {}
    local ok, problem = pcall(function() for i = 1, 2000 do held[i] = ipfix.session() end end)
    return ok, problem.message`,
    "test.lua",
  );
  expect([ok, problem]).toEqual([false, "Cannot open more than 1024 sessions at once"]);
  const [count] = engine.run(
    `local fixbuf = require "fixbuf"
    for i = 1, 3000 do fixbuf.decoder() end
    return 3000`,
    "test.lua",
  );
  expect(count).toBe(3_000);
});
