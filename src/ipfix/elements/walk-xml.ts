import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** Gets what is in an XML document, in order; names come without their namespace's prefix. */
export interface XmlVisitor {
  open(name: string, line: number): void;
  /** Text, entities replaced; a text may come in pieces. */
  text(text: string): void;
  close(name: string): void;
}

const tagPattern =
  /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
/** What has no content for us, and how it ends. */
const skipped = [
  ["<!--", "-->"],
  ["<?", "?>"],
] as const;
const cdata = "<![CDATA[";
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/**
 * Walk the part of XML that registries are written in: elements, text, comments and CDATA. Document
 * types are refused, and so there are no entities but XML's own: nothing in a document can grow,
 * and nothing can name another file. Each octet is looked at a fixed number of times.
 * @throws {ConfigError} `syntax` or `limit`, with the line.
 */
export function walkXml(text: string, fileName: string, visitor: XmlVisitor): void {
  new Walker(text, fileName, visitor).walk();
}

class Walker {
  readonly #text: string;
  readonly #fileName: string;
  readonly #visitor: XmlVisitor;
  readonly #open: string[] = [];
  #at: number;
  #line = 1;
  #roots = 0;

  constructor(text: string, fileName: string, visitor: XmlVisitor) {
    this.#text = text;
    this.#fileName = fileName;
    this.#visitor = visitor;
    this.#at = text.startsWith("\ufeff") ? 1 : 0;
  }

  walk(): void {
    const { length } = this.#text;
    while (this.#at < length) {
      if (this.#text[this.#at] === "<") this.#markup();
      else this.#characters(this.#text.indexOf("<", this.#at));
    }
    const left = this.#open.at(-1);
    if (left !== undefined) throw this.#fault(`it ends within <${left}>`);
    if (this.#roots !== 1) throw this.#fault("expected one outermost element");
  }

  #markup(): void {
    for (const [start, end] of skipped) {
      if (!this.#text.startsWith(start, this.#at)) continue;
      this.#advance(this.#find(end) + end.length);
      return;
    }
    if (this.#text.startsWith(cdata, this.#at)) this.#cdata();
    else if (this.#text.startsWith("<!", this.#at)) {
      throw this.#fault("a document type, expected none: entities are not read");
    } else this.#tag();
  }

  #cdata(): void {
    const end = this.#find("]]>");
    if (this.#open.length === 0) throw this.#fault("text outside of the outermost element");
    this.#visitor.text(this.#text.slice(this.#at + cdata.length, end));
    this.#advance(end + 3);
  }

  #tag(): void {
    tagPattern.lastIndex = this.#at;
    const [whole, closing, qualified = "", , empty] = tagPattern.exec(this.#text) ?? [];
    if (whole === undefined) throw this.#fault("a tag that is none");
    const name = qualified.slice(qualified.indexOf(":") + 1);
    if (closing === "/") this.#close(qualified, name);
    else {
      if (this.#open.length === 0) this.#roots++;
      this.#open.push(qualified);
      if (this.#open.length > limits.xmlDepth) {
        const detail = `Cannot read the XML: more than ${limits.xmlDepth} elements in one another`;
        throw new ConfigError("limit", `${this.#fileName}:${this.#line}`, detail);
      }
      this.#visitor.open(name, this.#line);
      if (empty === "/") this.#close(qualified, name);
    }
    this.#advance(this.#at + whole.length);
  }

  #close(qualified: string, name: string): void {
    const expected = this.#open.pop();
    if (expected !== qualified) {
      const wanted = expected === undefined ? "nothing" : `</${expected}>`;
      throw this.#fault(`</${qualified}>, expected ${wanted}`);
    }
    this.#visitor.close(name);
  }

  #characters(next: number): void {
    const end = next < 0 ? this.#text.length : next;
    const text = this.#text.slice(this.#at, end);
    if (this.#open.length > 0) this.#visitor.text(this.#decode(text));
    else if (text.trim() !== "") throw this.#fault("text outside of the outermost element");
    this.#advance(end);
  }

  #decode(text: string): string {
    if (!text.includes("&")) return text;
    return text.replaceAll(
      /&([^;&\s]{0,16})(;?)/g,
      (whole, name: string, end: string, at: number) => {
        const code = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name);
        const point = code?.[1] ? Number.parseInt(code[1], 16) : Number(code?.[2]);
        if (end === ";" && point > 0 && point <= 0x10_ffff) return String.fromCodePoint(point);
        const known = Object.hasOwn(entities, name) ? entities[name] : undefined;
        if (end === ";" && known !== undefined) return known;
        for (let i = 0; i < at; i++) if (text[i] === "\n") this.#line++;
        throw this.#fault(`the entity ${whole}, expected &amp; &lt; &gt; &quot; or &apos;`);
      },
    );
  }

  #find(end: string): number {
    const found = this.#text.indexOf(end, this.#at);
    if (found < 0) throw this.#fault(`no ${end}`);
    return found;
  }

  #advance(to: number): void {
    for (let at = this.#at; at < to; at++) if (this.#text[at] === "\n") this.#line++;
    this.#at = to;
  }

  #fault(detail: string): ConfigError {
    return new ConfigError(
      "syntax",
      `${this.#fileName}:${this.#line}`,
      `Cannot read the XML: ${detail}`,
    );
  }
}
