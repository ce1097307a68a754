import { ConfigError } from "../errors.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../lua/values.ts";
import { lua } from "../lua/vm/exports.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import type { PrimitiveValue, ValueType } from "./primitive.ts";

const missing = "missing";

/** How errors call each type, and whether a value is of it. */
const types: Readonly<Record<ValueType, { readonly name: string; is(value: LuaValue): boolean }>> =
  {
    any: { name: "a value", is: () => true },
    string: { name: "a string", is: isText },
    octets: { name: "a string", is: (value) => isText(value) || value instanceof Uint8Array },
    strings: {
      name: "a string or a list of strings",
      is: (value) => isText(value) || isTexts(value),
    },
    integer: { name: "a whole number", is: isInteger },
    number: { name: "a number", is: (value) => typeof value === "number" || isInteger(value) },
    boolean: { name: "true or false", is: (value) => typeof value === "boolean" },
    function: { name: "a function", is: (value) => value instanceof LuaFunction },
    table: { name: "a table", is: (value) => value instanceof LuaTable },
  };

/**
 * Hold the arguments of a call of `callee` against its parameters.
 * @throws {ConfigError} that names the function and the argument.
 */
export function checkArguments(
  callee: string,
  parameters: readonly PrimitiveValue[],
  args: readonly LuaValue[],
): Given {
  const values = parameters.map((parameter, i) => [parameter, args[i]] as const);
  return checkValues(callee, values);
}

function checkValues(
  callee: string,
  values: readonly (readonly [PrimitiveValue, LuaValue])[],
): Given {
  const given = new Map<string, LuaValue | Given>();
  for (const [parameter, value] of values) {
    if (value === undefined && (parameter.optional || parameter.type === "any")) continue;
    checkValue(callee, parameter, value);
    const { name, fields } = parameter;
    const isOptions = fields !== undefined && value instanceof LuaTable;
    given.set(name, isOptions ? checkOptions(callee, fields, value) : value);
  }
  return new Given(callee, given);
}

function checkValue(callee: string, parameter: PrimitiveValue, value: LuaValue): void {
  const { name, type } = parameter;
  if (!types[type].is(value)) throw wrongArgument(callee, parameter, describeType(value));
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, above } = parameter;
  if (typeof value !== "number" && typeof value !== "bigint") return;
  const fits = value >= from && value <= to && (above === undefined || value > above);
  if (fits) return;
  const range = above === undefined ? `${from} to ${to}` : `a number above ${above}`;
  const detail = `Cannot call ${callee}: ${name} is ${value}, expected ${range}`;
  throw new ConfigError("bad-value", "", detail);
}

function checkOptions(callee: string, fields: readonly PrimitiveValue[], table: LuaTable): Given {
  const names = fields.map(({ name }) => name);
  for (const key of table.entries.keys()) {
    if (names.includes(String(key))) continue;
    const hint = didYouMean(String(key), names);
    const detail = `Cannot call ${callee}: unknown option "${String(key)}"${hint}`;
    throw new ConfigError("unknown-option", "", detail);
  }
  return checkValues(
    callee,
    fields.map((field) => [field, table.get(field.name)] as const),
  );
}

/** The error for an argument that is `given`, such as "a number" or "missing". */
export function wrongArgument(
  callee: string,
  { name, type }: PrimitiveValue,
  given: string,
): ConfigError {
  const code = given === missing ? "missing" : "wrong-type";
  const detail = `Cannot call ${callee}: ${name} is ${given}, expected ${types[type].name}`;
  return new ConfigError(code, "", detail);
}

/** What errors call an argument of a type of `lua_type`, for functions on the raw stack. */
export function rawTypeName(kind: number): string {
  const { type } = lua;
  if (kind <= type.nil) return missing;
  if (kind === type.boolean) return "a boolean";
  if (kind === type.number) return "a number";
  if (kind === type.string) return "a string that is not UTF-8";
  return kind === type.table ? "a table" : "a function or an object";
}

/** Arguments that were checked, by name. Asking for what the table does not have is a bug. */
export class Given {
  readonly #callee: string;
  readonly #values: ReadonlyMap<string, LuaValue | Given>;

  constructor(callee: string, values: ReadonlyMap<string, LuaValue | Given>) {
    this.#callee = callee;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : this.#missing(name);
  }

  texts(name: string): string[] {
    const value = this.#values.get(name);
    if (typeof value === "string") return [value];
    return value instanceof LuaTable ? value.toArray().map(String) : this.#missing(name);
  }

  octets(name: string): Uint8Array {
    const value = this.#values.get(name);
    if (typeof value === "string") return new TextEncoder().encode(value);
    return value instanceof Uint8Array ? value : this.#missing(name);
  }

  number(name: string): number {
    const value = this.#values.get(name);
    const isNumber = typeof value === "number" || typeof value === "bigint";
    return isNumber ? Number(value) : this.#missing(name);
  }

  function(name: string): LuaFunction {
    const value = this.#values.get(name);
    return value instanceof LuaFunction ? value : this.#missing(name);
  }

  options(name: string): Given {
    const value = this.#values.get(name);
    return value instanceof Given ? value : this.#missing(name);
  }

  #missing(name: string): never {
    throw new Error(`${this.#callee} has no such parameter: ${name}`);
  }
}

function isText(value: LuaValue): boolean {
  return typeof value === "string";
}

function isTexts(value: LuaValue): boolean {
  if (!(value instanceof LuaTable)) return false;
  const values = value.toArray();
  return values.length > 0 && values.length === value.entries.size && values.every(isText);
}

function isInteger(value: LuaValue): boolean {
  return typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
}

function describeType(value: LuaValue): string {
  if (value === undefined) return missing;
  if (value instanceof LuaTable) return "a table";
  if (value instanceof LuaFunction) return "a function";
  if (value === null) return "json.null";
  if (typeof value === "string") return "a string";
  if (value instanceof Uint8Array) return "a string that is not UTF-8";
  return typeof value === "boolean" ? "a boolean" : "a number";
}
