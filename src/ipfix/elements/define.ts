import { ConfigError, type ConfigErrorCode } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { type AbstractType, abstractTypes, type Element } from "../element.ts";
import { addOwnElements, elementById, elementByName, ownElements } from "../registry.ts";
import { acceptableName, semanticsNumbers, unitsNumbers } from "./type-numbers.ts";

/** An element as a user writes it. */
export interface ElementDefinition {
  readonly name: string;
  /** Private Enterprise Number; 0 for IANA's registry. */
  readonly pen: number;
  readonly id: number;
  readonly type: string;
  readonly semantics?: string;
  readonly units?: string;
  /** Where it stands in a file, such as `acme.csv:7`; empty elsewhere. */
  readonly where?: string;
}

/**
 * Define elements for this thread, all or none. One that is known with the same name, number and
 * type is left as it is; no other known element can be defined anew.
 * @throws {ConfigError} that names the element: `bad-value`, `unknown-name`, `duplicate`, `limit`.
 */
export function defineElements(definitions: readonly ElementDefinition[]): void {
  const ids = new Map<string, Element>();
  const names = new Map<string, Element>();
  for (const definition of definitions) {
    const element = checkDefinition(definition);
    const { pen, id, name } = element;
    const key = `${pen}/${id}`;
    const before = elementById(pen, id) ?? ids.get(key);
    const namesake = before ? undefined : (elementByName(name) ?? names.get(name));
    if (before && before.name === name && before.type === element.type) continue;
    const clash = before ?? namesake;
    if (clash) throw fault(definition, "duplicate", `${describe(clash)} is known already`);
    ids.set(key, element);
    names.set(name, element);
  }
  if (ownElements().length + ids.size > limits.ownElements) {
    const detail = `Cannot define ${ids.size} elements: ${limits.ownElements} are the most`;
    throw new ConfigError("limit", definitions[0]?.where ?? "", detail);
  }
  addOwnElements([...ids.values()]);
}

function describe({ name, pen, id, type }: Element): string {
  return `${pen}/${id} "${name}" of type ${type}`;
}

function fault(
  { name, where = "" }: ElementDefinition,
  code: ConfigErrorCode,
  detail: string,
): ConfigError {
  return new ConfigError(code, where, `Cannot define the element "${name}": ${detail}`);
}

function checkDefinition(definition: ElementDefinition): Element {
  const { name, pen, id, type, semantics = "", units = "" } = definition;
  if (!acceptableName.test(name)) {
    throw fault(definition, "bad-value", "expected a name of letters, digits and . _ -");
  }
  expectNumber(definition, "pen", pen, [0, 0xffff_ffff]);
  expectNumber(definition, "id", id, [1, 0x7fff]);
  if (!Object.hasOwn(abstractTypes, type)) {
    throw unknown(definition, "type", type, Object.keys(abstractTypes));
  }
  const plain = semantics === "default" ? "" : semantics;
  if (!semanticsNumbers.includes(plain)) {
    throw unknown(definition, "semantics", plain, semanticsNumbers);
  }
  const unit = units === "none" ? "" : units;
  if (!unitsNumbers.includes(unit)) throw unknown(definition, "units", unit, unitsNumbers);
  return { name, pen, id, type: type as AbstractType, semantics: plain, units: unit };
}

function expectNumber(
  definition: ElementDefinition,
  what: string,
  value: number,
  [least, most]: readonly [number, number],
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw fault(definition, "bad-value", `${what} is ${value}, expected ${least} to ${most}`);
}

function unknown(
  definition: ElementDefinition,
  what: string,
  value: string,
  known: readonly string[],
): ConfigError {
  const all = known.filter((each) => each !== "").join(", ");
  const hint = didYouMean(value, known) || `, expected one of ${all}`;
  return fault(definition, "unknown-name", `unknown ${what} "${value}"${hint}`);
}
