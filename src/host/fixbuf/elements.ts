import { ConfigError } from "../../errors.ts";
import { type AbstractType, abstractTypes, type Element } from "../../ipfix/element.ts";

/** An element as the Lua module `fixbuf` has it: `name:pen:id:type`, in fields with `:length`. */
const pattern = /^([^:,]{1,255}):(\d{1,10}):(\d{1,5}):(\w+)(?::(\d{1,5}))?$/;

/** One element of a list, and its length where it is a field. */
interface WrittenElement {
  readonly element: Element;
  /** Octets on the wire, 65 535 for a variable length; the natural length when none is written. */
  readonly length: number;
}

/**
 * Parse elements between commas.
 * @throws {ConfigError} `bad-value`.
 */
export function parseElements(text: string): WrittenElement[] {
  return text === "" ? [] : text.split(",").map(parseElement);
}

function parseElement(text: string): WrittenElement {
  const [, name = "", pen, id, type = "", length] = pattern.exec(text) ?? [];
  if (!Object.hasOwn(abstractTypes, type)) {
    const expected = "expected name:pen:id:type or name:pen:id:type:length";
    throw new ConfigError("bad-value", "", `Cannot parse the element "${text}": ${expected}`);
  }
  const known = type as AbstractType;
  const element = { name, pen: Number(pen), id: Number(id), type: known, semantics: "", units: "" };
  return { element, length: length === undefined ? abstractTypes[known] : Number(length) };
}
