import { installPrimitives } from "../../src/host/primitives.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { createMessageStream } from "../../src/ipfix/message-stream.ts";
import type { LuaEngine } from "../../src/lua/engine.ts";
import type { LuaValue } from "../../src/lua/values.ts";
import { startEngine } from "./lua.ts";

/** An engine with all primitives. */
export function startFixbuf(): { engine: LuaEngine; printed: unknown[] } {
  const started = startEngine();
  installPrimitives({ engine: started.engine, log: () => {} });
  return started;
}

/** What a script of `fixbuf` returns. */
export function runFixbuf(source: string, ...args: LuaValue[]): LuaValue[] {
  const { engine } = startFixbuf();
  return engine.run(`local fixbuf = require "fixbuf" ${source}`, "test.lua", args);
}

/** Octets that came out of Lua, which are text where they happen to be. */
export function octetsOf(value: LuaValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(value);
  throw new Error("expected octets");
}

/** The lines that `moonfix cat` shows of these Messages, one behind the other. */
export function catLines(octets: Uint8Array): string[] {
  const lines: string[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => lines.push(line),
    templates: true,
    learnElements: true,
  });
  const stream = createMessageStream({ onMessage: (message) => session.decodeMessage(message) });
  stream.push(octets);
  stream.end();
  return lines;
}
