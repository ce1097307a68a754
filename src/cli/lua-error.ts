import type { LuaError } from "../lua/errors.ts";
import { printable } from "../text/printable.ts";

/** Frames of our own Lua files, which say nothing about the script. */
const ownFrame = /^lua\/(?:engine|moonfix)\//;

/** A Lua error for the terminal: one line with position, then the calls that led there. */
export function formatLuaError(error: Pick<LuaError, "message" | "traceback">): string {
  const calls = error.traceback.split("\n").filter((call) => call !== "" && !ownFrame.test(call));
  const scripted = calls.some((call) => !call.startsWith("[C]"));
  const lines = scripted ? calls.map((call) => `  ${printable(call)}\n`) : [];
  return `${printable(error.message)}\n${lines.join("")}`;
}
