import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import { LuaFunction, type LuaKey, LuaTable, type LuaValue } from "../lua/values.ts";

/** Octets that an entry costs beside its text. */
const entryBytes = 32;

/** One named table. */
interface StateTable {
  readonly entries: Map<LuaKey, { readonly value: LuaValue; readonly bytes: number }>;
}

/**
 * Named tables of plain data that outlive the engines that use them: those of one lane share them,
 * and a new conf.lua finds what the last one left. They live in the memory of the lane's thread
 * and end with it. Each read and each write is whole: a lane runs one piece of Lua at a time.
 */
export class StateTables {
  readonly #tables = new Map<string, StateTable>();
  #bytes = 0;

  /** Make table `name` unless it is there. @throws {ConfigError} `limit`. */
  open(name: string): void {
    if (this.#tables.has(name)) return;
    if (this.#tables.size >= limits.stateTables) {
      const detail = `Cannot make the table "${name}": there are ${limits.stateTables} already`;
      throw new ConfigError("limit", "", detail);
    }
    this.#tables.set(name, { entries: new Map() });
  }

  get(name: string, key: LuaKey): LuaValue {
    return this.#table(name).entries.get(identity(key))?.value;
  }

  /** Store a value, or remove the entry with undefined. @throws {ConfigError} */
  set(name: string, key: LuaKey, value: LuaValue): void {
    const { entries } = this.#table(name);
    const id = identity(key);
    const old = entries.get(id);
    if (value === undefined) {
      entries.delete(id);
      this.#bytes -= old?.bytes ?? 0;
      return;
    }
    const bytes = entryBytes + sizeOf(key) + sizeOf(value);
    if (old === undefined && entries.size >= limits.stateEntries) {
      const detail = `Cannot put more into the table "${name}": it has ${entries.size} entries`;
      throw new ConfigError("limit", "", detail);
    }
    const total = this.#bytes - (old?.bytes ?? 0) + bytes;
    if (total > limits.stateBytes) {
      const bound = `the tables of a lane hold ${limits.stateBytes} octets`;
      const detail = `Cannot put more into the table "${name}": ${bound}`;
      throw new ConfigError("limit", "", detail);
    }
    this.#bytes = total;
    entries.set(id, { value, bytes });
  }

  /** The keys as they are now. */
  keys(name: string): LuaKey[] {
    return [...this.#table(name).entries.keys()];
  }

  count(name: string): number {
    return this.#table(name).entries.size;
  }

  #table(name: string): StateTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`There is no table ${name}`);
    return table;
  }
}

/** Octets that are no text are compared by what they are, not by which object they are. */
function identity(key: LuaKey): LuaKey {
  if (!(key instanceof Uint8Array)) return key;
  const detail = "Cannot use octets that are not UTF-8 as a key of a state table";
  throw new ConfigError("wrong-type", "", detail);
}

/** @throws {ConfigError} for functions. */
function sizeOf(value: LuaValue): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (value instanceof LuaTable) {
    let bytes = entryBytes;
    for (const [key, each] of value.entries) bytes += entryBytes + sizeOf(key) + sizeOf(each);
    return bytes;
  }
  if (value instanceof LuaFunction) {
    const detail = "Cannot keep a function in a state table: expected plain data";
    throw new ConfigError("wrong-type", "", detail);
  }
  return 8;
}
