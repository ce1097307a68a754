import type { LuaEngine } from "../lua/engine.ts";
import type { Grant } from "../lua/profiles.ts";
import type { AsyncFunction, HostFunction, LuaFunction } from "../lua/values.ts";

/** Severity of a line that a script logs. */
export type LogLevel = "info" | "warn" | "error";

/** What primitives work on: one engine and the outside it may reach. */
export interface Host {
  readonly engine: LuaEngine;
  /** Receives what scripts log. */
  log(level: LogLevel, message: string): void;
}

/** A parameter, a field of a parameter table or a result, in LuaCATS words. */
export interface PrimitiveValue {
  readonly name: string;
  /** LuaCATS type, such as `string` or `fun(flow: moonfix.Flow): any`. */
  readonly type: string;
  /** One sentence without full stop. */
  readonly describe: string;
  readonly optional?: boolean;
}

/** A function that scripts can call. Bindings, stubs, REPL help and documentation read this. */
export interface Primitive {
  /** As Lua sees it: `ipfix.read`. */
  readonly name: string;
  /** One sentence with full stop. */
  readonly describe: string;
  readonly parameters: readonly PrimitiveValue[];
  readonly returns: readonly PrimitiveValue[];
  /** What a script must be granted to call it. */
  readonly needs: Grant | "nothing";
  /** Lua that works as it stands. */
  readonly example: string;
  /** Bind it to `host`; undefined for what the engine itself brings. */
  readonly bind: ((host: Host) => HostFunction | AsyncFunction | LuaFunction) | undefined;
}
