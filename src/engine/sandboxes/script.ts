import type { LogLevel } from "../../host/primitive.ts";
import type { LimitReason, LuaErrorCode } from "../../lua/errors.ts";
import type { LuaProfileName } from "../../lua/profiles.ts";
import type { LuaValue } from "../../lua/values.ts";

/** Profiles of scripts that run apart: each bounds their time and their output. */
export const sandboxProfiles = ["pipeline", "agent"] as const satisfies readonly LuaProfileName[];

export type SandboxProfile = (typeof sandboxProfiles)[number];

/** A script that is to run apart from everything else, and within which bounds. */
export interface Script {
  /** Text, never bytecode. */
  readonly source: string | Uint8Array;
  /** As errors show it: `report.lua`. */
  readonly name: string;
  /** Its `...`, and `arg` from 1; `arg[0]` is `name`. Plain data, no functions. */
  readonly args?: readonly LuaValue[];
  readonly profile: SandboxProfile;
  /** Milliseconds instead of the profile's deadline. */
  readonly timeoutMs?: number;
  /** Octets of Lua's objects instead of the profile's. */
  readonly memoryBytes?: number;
}

/** Something a script said, in order. */
export type ScriptLine =
  | { readonly kind: "print"; readonly text: string | Uint8Array }
  | { readonly kind: "log"; readonly level: LogLevel; readonly text: string };

/** Which bound a script ran into. */
export type ScriptBound = LimitReason | "other";

/**
 * What a script failed with. Beside Lua's own codes: `limit` with the bound, `cancelled` when its
 * signal was aborted, `crashed` when its thread ended for no reason that we know of.
 */
export interface ScriptError {
  readonly code: LuaErrorCode | "cancelled" | "crashed";
  /** With code `limit` only. */
  readonly bound?: ScriptBound;
  /** Such as `report.lua:12`; the name of the script where no line is known. */
  readonly where: string;
  /** Without `where`. */
  readonly message: string;
  /** Lua's calls, one a line; empty where they are not known. */
  readonly traceback: string;
}

/** What a script took. What a thread took that was ended by force is what it told last. */
export interface ScriptUsage {
  /** Lua instructions, and one for each 64 octets that Lua asked for. */
  readonly instructions: number;
  /** Octets of Lua's objects at their most. */
  readonly memoryBytes: number;
  /** Milliseconds from start to end, without the time in the queue. */
  readonly ms: number;
}

/** How a script ended. */
export interface ScriptResult {
  /** What it returned, as plain data; empty when it failed. */
  readonly values: readonly LuaValue[];
  /** What it printed and logged; what it said before it failed is there. */
  readonly output: readonly ScriptLine[];
  readonly error: ScriptError | undefined;
  readonly used: ScriptUsage;
}
