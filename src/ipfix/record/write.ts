import { ConfigError } from "../../errors.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { isList, variableLength } from "../element.ts";
import type { Template, TemplateField } from "../template.ts";
import { writeContent } from "./content.ts";
import type { PlainRecord, PlainValue } from "./plain.ts";
import { type PlainWriter, type RecordTarget, writeLength } from "./target.ts";

/**
 * Interpret `template` to write its records: the twin of `compilePlainWriter`, slower and plain to
 * see right, that tests compare it with. The writer throws a ConfigError for values that do not
 * fit their fields.
 */
export function interpretPlainWriter(template: Template): PlainWriter {
  return (target, record) => {
    checkRecord(record);
    for (const field of template.fields) writeField(target, field, ownValue(record, field.name));
    checkNames(template, record);
  };
}

/** The value of a field, and nothing that all objects inherit. */
export function ownValue(record: PlainRecord, name: string): PlainValue | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/**
 * Append a field: zeros where there is no value.
 * @throws {ConfigError} `missing` for a list that is not there, and as `writeContent`.
 */
export function writeField(
  target: RecordTarget,
  field: TemplateField,
  value: PlainValue | undefined,
): void {
  const { octets } = target;
  const { length } = field;
  if (value !== undefined) writeContent(target, field, value);
  else if (isList(field.element.type)) {
    const detail = `Cannot encode a record without ${field.name}: expected a list, empty or not`;
    throw new ConfigError("missing", "", detail);
  } else if (length === variableLength) writeLength(octets, 0);
  else {
    const at = octets.extend(length);
    octets.bytes.fill(0, at, at + length);
  }
}

/** Refuse what is no record at all: whoever made it may not be held by types. */
export function checkRecord(record: PlainRecord): void {
  if (typeof record === "object" && record !== null) return;
  throw new ConfigError("wrong-type", "", `Cannot encode a ${typeof record}: expected a record`);
}

const known = new WeakMap<Template, ReadonlySet<string>>();

/** Refuse names that `template` does not have. @throws {ConfigError} `unknown-name` */
export function checkNames(template: Template, record: PlainRecord): void {
  let names = known.get(template);
  if (names === undefined) {
    names = new Set(template.fields.map(({ name }) => name));
    known.set(template, names);
  }
  for (const name of Object.keys(record)) {
    if (names.has(name)) continue;
    const hint = didYouMean(name, [...names]);
    const detail = `Cannot encode ${name}: no field of Template ${template.id}${hint}`;
    throw new ConfigError("unknown-name", "", detail);
  }
}
