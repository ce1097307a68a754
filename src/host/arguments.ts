import { ConfigError } from "../errors.ts";
import { LuaFunction, type LuaKey, LuaTable, type LuaValue } from "../lua/values.ts";
import { didYouMean } from "../text/did-you-mean.ts";

/** Reads the arguments of one call; each method throws a `ConfigError` that names the argument. */
export class Arguments {
  readonly #callee: string;
  readonly #args: readonly LuaValue[];

  constructor(callee: string, args: readonly LuaValue[]) {
    this.#callee = callee;
    this.#args = args;
  }

  text(position: number, name: string): string {
    const value = this.#args[position - 1];
    if (typeof value === "string") return value;
    throw this.#wrong(name, value, "a string");
  }

  number(position: number, name: string): number {
    const value = this.#args[position - 1];
    if (typeof value === "number") return value;
    throw this.#wrong(name, value, "a number");
  }

  function(position: number, name: string): LuaFunction {
    const value = this.#args[position - 1];
    if (value instanceof LuaFunction) return value;
    throw this.#wrong(name, value, "a function");
  }

  /** A table of options of which only `known` exist. */
  options(position: number, known: readonly string[]): Options {
    const value = this.#args[position - 1];
    if (!(value instanceof LuaTable)) throw this.#wrong(`argument ${position}`, value, "a table");
    for (const key of value.entries.keys()) {
      if (known.includes(String(key))) continue;
      const hint = didYouMean(String(key), known);
      const detail = `Cannot call ${this.#callee}: unknown option "${String(key)}"${hint}`;
      throw new ConfigError("unknown-option", "", detail);
    }
    return new Options(value, (name, given, expected) => this.#wrong(name, given, expected));
  }

  #wrong(name: string, value: LuaValue, expected: string): ConfigError {
    const code = value === undefined ? "missing" : "wrong-type";
    const state = value === undefined ? "missing" : describeType(value);
    const detail = `Cannot call ${this.#callee}: ${name} is ${state}, expected ${expected}`;
    return new ConfigError(code, "", detail);
  }
}

type Wrong = (name: string, value: LuaValue, expected: string) => ConfigError;

/** The named options of a call. */
export class Options {
  readonly #table: LuaTable;
  readonly #wrong: Wrong;

  constructor(table: LuaTable, wrong: Wrong) {
    this.#table = table;
    this.#wrong = wrong;
  }

  text(name: LuaKey & string): string {
    const value = this.#table.get(name);
    if (typeof value === "string") return value;
    throw this.#wrong(name, value, "a string");
  }

  /** One string or a sequence of them. */
  texts(name: LuaKey & string): string[] {
    const value = this.#table.get(name);
    const values = value instanceof LuaTable ? value.toArray() : [value];
    if (values.length > 0 && values.every((each) => typeof each === "string")) return values;
    throw this.#wrong(name, value, "a string or a list of strings");
  }

  /** A positive number, or undefined when it is not given. */
  positive(name: LuaKey & string): number | undefined {
    const value = this.#table.get(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
    throw this.#wrong(name, value, "a number above 0");
  }
}

function describeType(value: LuaValue): string {
  if (value instanceof LuaTable) return "a table";
  if (value instanceof LuaFunction) return "a function";
  if (typeof value === "string" || value instanceof Uint8Array) return "a string";
  return typeof value === "boolean" ? "a boolean" : "a number";
}
