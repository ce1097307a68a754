import { writeUint16, writeUint32 } from "../../bytes/read.ts";
import { ConfigError } from "../../errors.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import {
  type AbstractType,
  abstractTypes,
  type Element,
  isList,
  variableLength,
} from "../element.ts";
import {
  elementById,
  elementByName,
  elementByNameIn,
  elementNames,
  unknownElement,
} from "../registry.ts";
import { encodeValue } from "../values/encode.ts";
import type { RecordOctets } from "./octets.ts";
import { isPlainList, type PlainBasicList, type PlainGroup, type PlainValue } from "./plain.ts";
import { deeper, type RecordTarget, writeLength, writeSized } from "./target.ts";

/** An element and the octets that its values have on the wire, 65 535 for variable length. */
interface Specifier {
  readonly element: Element;
  readonly length: number;
}

/**
 * Append a value with its length octets where it needs them: the shortest form for what has no
 * parts, three octets for lists, as RFC 6313 §5.1 recommends.
 * @throws {ConfigError} `wrong-type`, `bad-value`, `unknown-name` or `limit`.
 */
export function writeContent(target: RecordTarget, specifier: Specifier, value: PlainValue): void {
  const { octets } = target;
  const { element, length } = specifier;
  if (!isList(element.type)) {
    if (isPlainList(value)) throw wrongType(element, "a list", `a value of ${element.type}`);
    const content = encodeValue(element, value, length);
    if (length === variableLength) writeLength(octets, content.length);
    octets.append(content);
  } else if (length === variableLength) {
    writeSized(octets, () => writeList(target, element, value));
  } else {
    const start = octets.length;
    writeList(target, element, value);
    const size = octets.length - start;
    if (size !== length) throw badValue(element, `a list of ${size} octets`, `${length} octets`);
  }
}

/** What `PlainList.list` is for each type. */
const kinds: Readonly<Partial<Record<AbstractType, string>>> = {
  basicList: "basic",
  subTemplateList: "stl",
  subTemplateMultiList: "stml",
};

/** Append the content of a list (RFC 6313 §4.5), given as data or as octets. */
function writeList(target: RecordTarget, element: Element, value: PlainValue): void {
  const { octets } = target;
  if (value instanceof Uint8Array) {
    octets.append(value);
    return;
  }
  if (!isPlainList(value) || value.list !== kinds[element.type]) {
    const kind = isPlainList(value) ? `a list "${value.list}"` : `a ${typeof value}`;
    throw wrongType(element, kind, `a list "${kinds[element.type]}"`);
  }
  if (!(Number.isInteger(value.semantic) && value.semantic >= 0 && value.semantic <= 255)) {
    throw badValue(element, `semantic ${value.semantic}`, "0 to 255");
  }
  const inner = deeper(target);
  const at = octets.extend(1);
  octets.bytes[at] = value.semantic;
  if (value.list === "basic") writeBasicList(inner, value);
  else if (value.list === "stl") {
    writeTemplateId(octets, value.template);
    writeGroup(inner, value);
  } else for (const group of arrayOf(value.groups, "groups")) writeEntry(inner, group);
}

/** What a list must have as an array: whoever made it may not be held by types. */
function arrayOf<Item>(items: readonly Item[] | undefined, name: string): readonly Item[] {
  if (Array.isArray(items)) return items;
  throw new ConfigError("wrong-type", "", `Cannot encode a list without an array "${name}"`);
}

/** An entry of a subTemplateMultiList: its length counts its head of 4 octets. */
function writeEntry(target: RecordTarget, group: PlainGroup): void {
  const { octets } = target;
  if (typeof group !== "object" || group === null) {
    throw new ConfigError("wrong-type", "", "Cannot encode a group of records that is no object");
  }
  writeTemplateId(octets, group.template);
  const at = octets.extend(2);
  writeGroup(target, group);
  writeUint16(octets.bytes, at, octets.length - at + 2);
}

function writeTemplateId(octets: RecordOctets, id: number): void {
  if (!(Number.isInteger(id) && id >= 0 && id <= 65_535)) {
    const detail = `Cannot name Template ${id} in a list: expected 256 to 65535`;
    throw new ConfigError("bad-value", "", detail);
  }
  const at = octets.extend(2);
  writeUint16(octets.bytes, at, id);
}

function writeGroup(target: RecordTarget, group: PlainGroup): void {
  if ("raw" in group && group.raw instanceof Uint8Array) {
    target.octets.append(group.raw);
    return;
  }
  const records = arrayOf("records" in group ? group.records : undefined, "records");
  if (records.length === 0) return;
  const template = target.templates(group.template);
  if (!template) {
    const detail = `Cannot encode records of Template ${group.template}: nobody defined it`;
    throw new ConfigError("unknown-name", "", detail);
  }
  const write = target.lookup(template);
  for (const record of records) write(target, record);
}

function writeBasicList(target: RecordTarget, list: PlainBasicList): void {
  const { octets } = target;
  const element = elementOf(list);
  const length = list.length ?? abstractTypes[element.type];
  const values = arrayOf(list.values, "values");
  if (!(Number.isInteger(length) && length >= 0 && length <= variableLength)) {
    throw badValue(element, `values of ${length} octets in a basicList`, "0 to 65535");
  }
  if (length === 0 && values.length > 0) {
    throw badValue(element, "values of 0 octets in a basicList", "1 or more");
  }
  const enterprise = element.pen !== 0;
  const at = octets.extend(enterprise ? 8 : 4);
  writeUint16(octets.bytes, at, enterprise ? element.id | 0x8000 : element.id);
  writeUint16(octets.bytes, at + 2, length);
  if (enterprise) writeUint32(octets.bytes, at + 4, element.pen);
  for (const value of values) writeContent(target, { element, length }, value);
}

/** The element of a basicList by its name, or by `pen/id`. @throws {ConfigError} `unknown-name` */
function elementOf(list: PlainBasicList): Element {
  const name = String(list.element);
  const known = list.pen === undefined ? elementByName(name) : elementByNameIn(list.pen, name);
  if (known) return known;
  const [, pen, id] = /^(\d{1,10})\/(\d{1,5})$/.exec(name) ?? [];
  if (pen !== undefined && Number(pen) < 2 ** 32 && Number(id) < 0x8000) {
    return elementById(Number(pen), Number(id)) ?? unknownElement(Number(pen), Number(id));
  }
  const hint = didYouMean(name, elementNames());
  throw new ConfigError("unknown-name", "", `Cannot encode a list of "${name}": unknown${hint}`);
}

function wrongType({ name }: Element, kind: string, expected: string): ConfigError {
  return new ConfigError("wrong-type", "", `Cannot set ${name}: ${kind}, expected ${expected}`);
}

function badValue({ name }: Element, value: string, expected: string): ConfigError {
  return new ConfigError("bad-value", "", `Cannot set ${name}: ${value}, expected ${expected}`);
}
