import type { Element } from "../ipfix/element.ts";
import { elementById, elementByName, unknownElement } from "../ipfix/registry.ts";

/** The element `name` of the registries, which has it. */
export function element(name: string): Element {
  const known = elementByName(name);
  if (!known) throw new Error(`No element ${name}`);
  return known;
}

/** Private Enterprise Number of Cisco, to whom the field types of NetFlow v9 belong. */
const ciscoPen = 9;
/** Field types from here on are the vendor's own (RFC 7011 uses the bit otherwise). */
const vendorBit = 0x8000;

/** What each scope type of NetFlow v9 (RFC 3954 §6.1) is called, and what it becomes. */
const scopes: readonly (readonly [source: string, ipfix: string])[] = [
  ["scopeSystem", "exportingProcessId"],
  ["scopeInterface", "ingressInterface"],
  ["scopeLineCard", "lineCardId"],
  ["scopeCache", "meteringProcessId"],
  ["scopeTemplate", "templateId"],
];

/** Marks elements that exist in NetFlow v9 only; no enterprise has this number. */
const scopePen = -1;

/** The element that stands for scope type `type` as NetFlow v9 has it. */
export function scopeElement(type: number): Element {
  const name = scopes[type - 1]?.[0] ?? `scope/${type}`;
  return { name, pen: scopePen, id: type, type: "unsigned32", semantics: "identifier", units: "" };
}

/** NetFlow v9 numbers its fields as IANA does (RFC 7012 §4), and its vendors use the top half. */
export function fieldElement(type: number): Element {
  return elementById(0, type) ?? unknownElement(0, type);
}

/** The element of NetFlow v9 by what `known()` tells of it. */
export function sourceElement(pen: number, id: number): Element {
  return pen === scopePen ? scopeElement(id) : fieldElement(id);
}

/**
 * The element of IPFIX for one of NetFlow v9: scopes become the elements that say the same,
 * a vendor's fields move to Cisco's enterprise, and what has no meaning becomes padding.
 */
export function ipfixElement(source: Element): Element {
  if (source.pen === scopePen) return element(scopes[source.id - 1]?.[1] ?? "paddingOctets");
  if (source.pen !== 0) return source;
  if (source.id === 0) return element("paddingOctets");
  if (source.id >= vendorBit) return unknownElement(ciscoPen, source.id & ~vendorBit);
  return source;
}
