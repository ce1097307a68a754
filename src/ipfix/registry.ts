import { limits } from "../limits.ts";
import type { Element } from "./element.ts";
import { certElements, certOneWay } from "./tables/cert.ts";
import { ianaElements, ianaOneWay } from "./tables/iana.ts";
import type { ElementTable } from "./tables/table.ts";

/** Private Enterprise Number of CERT, whose elements YAF and its relatives export. */
const certPen = 6871;
/** Private Enterprise Number of the reverse twins of IANA's elements (RFC 5103 §6.1). */
const reversePen = 29_305;
/** Bit that marks the reverse twin of a CERT element. */
const certReverseBit = 0x4000;

const byName = new Map<string, Element>();
/** Elements whose name another enterprise has too, and had first: by enterprise and name. */
const namesakes = new Map<string, Element>();
const byId = new Map<number, Element>();
/** Elements that users defined in this thread, beside those of the registries. */
let own = new Map<number, Element>();
let ownByName = new Map<string, Element>();
let revision = 0;
/** Names that exporters gave to elements, which other records may lack. */
const heardNames = new Set<string>();

/**
 * An element by its exact name: of the registries, IANA's and CERT's with their reverse twins, or
 * one that a user defined in this thread.
 */
export function elementByName(name: string): Element | undefined {
  return byName.get(name) ?? ownByName.get(name);
}

/** The element of that exact name of one enterprise: CERT has a few names that IANA has too. */
export function elementByNameIn(pen: number, name: string): Element | undefined {
  const first = elementByName(name);
  return first?.pen === pen ? first : namesakes.get(`${pen}/${name}`);
}

/** An element by enterprise and number, as `elementByName`; enterprise 0 is IANA. */
export function elementById(pen: number, id: number): Element | undefined {
  const each = key(pen, id);
  return byId.get(each) ?? own.get(each);
}

/** The elements that users defined in this thread. */
export function ownElements(): readonly Element[] {
  return [...own.values()];
}

/** Let users' elements of this thread be `elements`, which must clash with nothing. */
export function useOwnElements(elements: readonly Element[]): void {
  own = new Map(elements.map((element) => [key(element.pen, element.id), element]));
  ownByName = new Map(elements.map((element) => [element.name, element]));
  revision += revisionStep;
}

/** Add to users' elements of this thread; they must clash with nothing. */
export function addOwnElements(elements: readonly Element[]): void {
  for (const element of elements) {
    own.set(key(element.pen, element.id), element);
    ownByName.set(element.name, element);
  }
  revision += revisionStep;
}

/** Changes whenever `elementById` may find something else than before. */
export function registryRevision(): number {
  return revision;
}

/** More than any number of elements a session learns, which is added to it. */
const revisionStep = 65_536;

/** An exporter calls an element of its own `name`: a record without it is no mistake. */
export function rememberName(name: string): void {
  if (heardNames.size < limits.heardNames) heardNames.add(name);
}

/** Whether `name` is that of an element, or one that an exporter gave. */
export function isFieldName(name: string): boolean {
  return elementByName(name) !== undefined || heardNames.has(name);
}

/** A stand-in for an element no registry knows: octets under the name `pen/id` (RFC 7011 §9). */
export function unknownElement(pen: number, id: number): Element {
  return { name: `${pen}/${id}`, pen, id, type: "octetArray", semantics: "", units: "" };
}

/** All names that `elementByName` finds, for completion and "did you mean". */
export function elementNames(): readonly string[] {
  return [...byName.keys(), ...ownByName.keys()];
}

/** One number for enterprise and element number; exact, since the pair has 47 bits. */
function key(pen: number, id: number): number {
  return pen * 65_536 + id;
}

function add(element: Element): void {
  byId.set(key(element.pen, element.id), element);
  if (!byName.has(element.name)) byName.set(element.name, element);
  else namesakes.set(`${element.pen}/${element.name}`, element);
}

function reverseName(name: string): string {
  return `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function load(table: ElementTable, pen: number): Element[] {
  return table.flatMap(([type, semantics, units, ids]) =>
    Object.entries(ids).map(([name, id]) => ({ name, pen, id, type, semantics, units })),
  );
}

const iana = load(ianaElements, 0);
const cert = load(certElements, certPen);
for (const element of iana) add(element);
for (const element of cert) add(element);
for (const element of iana) {
  if (ianaOneWay.includes(element.id)) continue;
  add({ ...element, name: reverseName(element.name), pen: reversePen });
}
for (const element of cert) {
  if (certOneWay.includes(element.id)) continue;
  add({ ...element, name: reverseName(element.name), id: element.id | certReverseBit });
}
