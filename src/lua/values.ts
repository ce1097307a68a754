/** What a Lua value is in TypeScript; functions and tables see their classes. */
export type LuaValue =
  | undefined
  /** `json.null`: stands where nil cannot, in tables; a light userdata in Lua. */
  | null
  | boolean
  /** Integers of up to 53 bits and floats. */
  | number
  /** Integers beyond 2^53; Lua's have 64 bits. */
  | bigint
  | string
  /** A Lua string that is not valid UTF-8. */
  | Uint8Array
  | LuaTable
  | LuaFunction
  /** Only towards Lua: becomes a Lua function that lives as long as the engine. */
  | HostFunction
  | AsyncFunction;

/** What a host function can ask about its call. */
export interface HostContext {
  /** Where the Lua caller stands, such as `conf.lua:5`; 2 is the caller's caller. */
  where(level?: number): string;
}

/**
 * A function of ours that Lua can call. What it throws becomes a Lua error: a `ConfigError`
 * without `where` gets the line of its caller. Anything but our three errors is a bug and comes
 * out of `run` or `call` even when the script catches it.
 */
export type HostFunction = (args: LuaValue[], context: HostContext) => LuaValue[] | undefined;

/** What a host function that waits can ask about its call. */
export interface AsyncContext {
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
}

/** A host function for whose result the script waits, while other scripts and the host go on. */
export type AsyncHostFunction = (args: LuaValue[], context: AsyncContext) => Promise<LuaValue[]>;

/**
 * Marks a host function as one that waits: Lua can call it in what `runAsync` and `callAsync` run,
 * there in coroutines, `pcall`, metamethods and iterators, too. Errors cross as of a HostFunction.
 */
export class AsyncFunction {
  readonly fn: AsyncHostFunction;

  constructor(fn: AsyncHostFunction) {
    this.fn = fn;
  }
}

/**
 * Keys that cross the border; -0 and integral floats count as integers, as in Lua: beyond 2^53
 * they come back as BigInt. Keys that are no text are octets, each its own in a Map.
 */
export type LuaKey = string | number | bigint | boolean | Uint8Array;

/** Plain data from or for Lua: a copy, without metatable or identity. */
export class LuaTable {
  readonly entries: Map<LuaKey, LuaValue>;

  constructor(entries: Iterable<readonly [LuaKey, LuaValue]> = []) {
    this.entries = new Map(entries);
  }

  /** A sequence: `values[0]` becomes Lua's element 1. */
  static fromArray(values: readonly LuaValue[]): LuaTable {
    return new LuaTable(values.map((value, i) => [i + 1, value]));
  }

  get(key: LuaKey): LuaValue {
    if (!(key instanceof Uint8Array)) return this.entries.get(key);
    for (const [each, value] of this.entries) {
      if (each instanceof Uint8Array && sameOctets(each, key)) return value;
    }
    return undefined;
  }

  /** The elements 1, 2, 3… up to the first that is missing. */
  toArray(): LuaValue[] {
    const values: LuaValue[] = [];
    for (let i = 1; this.entries.has(i); i++) values.push(this.entries.get(i));
    return values;
  }
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

/** A Lua value, held in its engine until it is released, or until nothing holds the handle. */
export class LuaHandle {
  /** Slot in the Lua registry; 0 once released. */
  ref: number;

  constructor(ref: number) {
    this.ref = ref;
  }
}

/** A Lua function, held in its engine until `engine.release`, or until nothing holds the handle. */
export class LuaFunction extends LuaHandle {}
