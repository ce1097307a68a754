import { writeUint16, writeUint32 } from "../../bytes/read.ts";
import type { Element } from "../element.ts";
import { semanticsNumbers, typeNumbers, unitsNumbers } from "../elements/type-numbers.ts";
import { elementByName } from "../registry.ts";
import { createTemplate, type Template } from "../template.ts";

/** Enterprises whose elements everybody knows: IANA, its reverse twins (RFC 5103), and CERT. */
const wellKnownPens: ReadonlySet<number> = new Set([0, 29_305, 6871]);

/** Octets of the fields before the name: numbers of fixed length. */
const fixedBytes = 26;

/**
 * Options Template of type records (RFC 5610 §3.9), with the fields and the id that libfixbuf gives
 * it, so that such records which pass through share it.
 */
export const typeTemplate: Template = createTemplate(0xd006, 2, [
  field("privateEnterpriseNumber", 4),
  field("informationElementId", 2),
  field("informationElementDataType", 1),
  field("informationElementSemantics", 1),
  field("informationElementUnits", 2),
  field("informationElementRangeBegin", 8),
  field("informationElementRangeEnd", 8),
  field("informationElementName", 65_535),
  field("informationElementDescription", 65_535),
]);

function field(name: string, length: number): readonly [Element, number] {
  const element = elementByName(name);
  if (!element) throw new Error(`No element ${name}`);
  return [element, length];
}

/** The elements of one Observation Domain that the receiver was told of. */
export class DescribedElements {
  readonly #described = new Map<string, Element>();
  /** Templates all of whose elements were described. */
  readonly #seen = new WeakSet<Template>();

  /** The elements of `template` that the receiver cannot know; from now on it does. */
  take(template: Template): readonly Element[] {
    if (this.#seen.has(template)) return [];
    this.#seen.add(template);
    return template.fields.map(({ element }) => element).filter((each) => this.takeOne(each));
  }

  /** Whether the receiver cannot know `element` and was not told; from now on it was. */
  takeOne(element: Element): boolean {
    const { pen, id, name, type } = element;
    if (pen < 0 || wellKnownPens.has(pen)) return false;
    const key = `${pen}/${id}`;
    if (name === key) return false; // nobody told us either
    const known = this.#described.get(key);
    if (known?.name === name && known.type === type) return false;
    this.#described.set(key, element);
    return true;
  }

  /** All of them, to be told anew. */
  all(): Iterable<Element> {
    return this.#described.values();
  }
}

/** The type record of `element`: a record of `typeTemplate` without range and description. */
export function encodeTypeRecord(element: Element): Uint8Array {
  const { pen, id, type, semantics, units } = element;
  const name = new TextEncoder().encode(element.name).subarray(0, 254);
  const record = new Uint8Array(fixedBytes + 1 + name.length + 1);
  writeUint32(record, 0, pen);
  writeUint16(record, 4, id);
  record[6] = typeNumbers.indexOf(type);
  record[7] = Math.max(0, semanticsNumbers.indexOf(semantics));
  writeUint16(record, 8, Math.max(0, unitsNumbers.indexOf(units)));
  record[fixedBytes] = name.length;
  record.set(name, fixedBytes + 1);
  return record;
}
