import type { LuaEngine } from "../lua/engine.ts";
import type { Grant } from "../lua/profiles.ts";
import type { AsyncContext, HostContext, LuaFunction, LuaValue } from "../lua/values.ts";
import type { Given } from "./arguments.ts";
import type { StateTables } from "./state-tables.ts";

/** Severity of a line that a script logs. */
export type LogLevel = "info" | "warn" | "error";

/** What primitives work on: one engine and the outside it may reach. */
export interface Host {
  readonly engine: LuaEngine;
  /** Receives what scripts log. */
  log(level: LogLevel, message: string): void;
  /**
   * Reads files of elements where the script need not be granted to read files, as conf.lua: the
   * text of the one that is named.
   */
  readonly readElements?: (path: string) => string;
  /** Tables that outlive the engine; without them those of `state.table` end with it. */
  readonly state?: StateTables;
}

/** What a value is: arguments are checked against it. */
export type ValueType =
  | "any"
  | "string"
  /** A string of any octets. */
  | "octets"
  /** One string or a list of them. */
  | "strings"
  | "integer"
  | "number"
  | "boolean"
  | "function"
  | "table";

/** A parameter, a field of a table of options, or a result. */
export interface PrimitiveValue {
  readonly name: string;
  readonly type: ValueType;
  /** LuaCATS type where it says more, such as `fun(flow: moonfix.Flow): any`. */
  readonly lua?: string;
  /** One sentence without full stop. */
  readonly describe: string;
  readonly optional?: boolean;
  /** The least and the greatest number; with `above` the least itself is too little. */
  readonly from?: number;
  readonly to?: number;
  readonly above?: number;
  /** The options of a table; there are no others. */
  readonly fields?: readonly PrimitiveValue[];
}

/** A function that has its result at once. */
export type Call = (given: Given, context: HostContext) => LuaValue[];

/** A function for whose result the script waits. */
export type WaitingCall = (given: Given, context: AsyncContext) => Promise<LuaValue[]>;

/** How a primitive becomes a function; `raw` ones check their own arguments. */
export type Binding =
  | { readonly call: (host: Host) => Call }
  | { readonly wait: (host: Host) => WaitingCall }
  | { readonly raw: (host: Host) => LuaFunction };

/**
 * A function that scripts can call. Bindings, argument checks, stubs, REPL help, the reference and
 * documentation read this.
 */
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
  /** Undefined for what the engine itself brings. */
  readonly bind: Binding | undefined;
}

/** A value that scripts find beside the functions. */
export interface Constant {
  /** As Lua sees it: `json.null`. */
  readonly name: string;
  readonly lua: string;
  /** One sentence with full stop. */
  readonly describe: string;
  readonly example: string;
  readonly value: LuaValue;
}
