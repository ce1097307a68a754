import { writeUint16, writeUint32 } from "../../bytes/read.ts";
import type { BatchSink } from "../../ipfix/batch.ts";
import { variableLength } from "../../ipfix/element.ts";
import { firstDataSetId } from "../../ipfix/message.ts";
import { createTemplate, type Template } from "../../ipfix/template.ts";
import { element } from "../elements.ts";

/** 2^32, by which the high word of a number counts. */
const high = 4_294_967_296;

/** Where the records of a datagram come from. */
export interface BuilderOrigin {
  readonly domain: number;
  /** Seconds since the epoch. */
  readonly exportTime: number;
}

/**
 * Builds Data Records field by field: fields that came in the same order make the same Template.
 * Records of one Template in a row leave as one batch.
 */
export class RecordBuilder {
  readonly #sink: BatchSink;
  readonly #templates = new Map<string, Template>();
  #bytes = new Uint8Array(4_096);
  #at = 0;
  #ends: number[] = [0];
  #specifiers: (readonly [name: string, length: number])[] = [];
  #key = "";
  #template: Template | undefined;
  #origin: BuilderOrigin = { domain: 0, exportTime: 0 };

  constructor(sink: BatchSink) {
    this.#sink = sink;
  }

  /** Begin the records of a datagram. */
  begin(origin: BuilderOrigin): void {
    this.#origin = origin;
  }

  /** Add a field of an unsigned number. */
  number(name: string, octets: 1 | 2 | 4 | 8, value: number | bigint): void {
    this.#field(name, octets);
    this.#reserve(8);
    const [bytes, at] = [this.#bytes, this.#at];
    if (octets === 8) {
      const big = typeof value === "bigint";
      writeUint32(bytes, at, big ? Number(value >> 32n) : Math.floor(value / high));
      writeUint32(bytes, at + 4, big ? Number(value & 0xffff_ffffn) : value % high);
    } else if (octets === 4) writeUint32(bytes, at, Number(value));
    else if (octets === 2) writeUint16(bytes, at, Number(value));
    else bytes[at] = Number(value);
    this.#at += octets;
  }

  /** Add a field of a fixed number of octets. */
  octets(name: string, value: Uint8Array): void {
    this.#field(name, value.length);
    this.#put(value);
  }

  /** Add a field of variable length. */
  variable(name: string, value: Uint8Array): void {
    this.#field(name, variableLength);
    this.#reserve(3);
    this.#bytes[this.#at] = 255; // the form of three octets fits every length (RFC 7011 §7)
    writeUint16(this.#bytes, this.#at + 1, value.length);
    this.#at += 3;
    this.#put(value);
  }

  /** Complete a record; with `scopeCount` leading fields as scope it is an Options Data Record. */
  endRecord(scopeCount = 0): void {
    const key = `${scopeCount}${this.#key}`;
    const specifiers = this.#specifiers;
    const start = this.#ends.at(-1) as number;
    const known = this.#templates.get(key) ?? this.#define(key, scopeCount, specifiers);
    if (this.#template !== undefined && known !== this.#template) {
      this.#flushUpTo(start);
      this.#ends = [0];
    }
    this.#template = known;
    this.#ends.push(this.#at);
    this.#key = "";
    this.#specifiers = [];
  }

  /** Hand out what is complete. */
  flush(): void {
    this.#flushUpTo(this.#at);
    this.#template = undefined;
    this.#ends = [0];
    this.#at = 0;
  }

  #define(key: string, scopeCount: number, specifiers: readonly (readonly [string, number])[]) {
    const id = firstDataSetId + this.#templates.size;
    const fields = specifiers.map(([name, length]) => [element(name), length] as const);
    const template = createTemplate(id, scopeCount, fields);
    this.#templates.set(key, template);
    return template;
  }

  /** Hand out the records up to `start`, and move what is behind them to the front. */
  #flushUpTo(start: number): void {
    const count = this.#ends.length - 1;
    if (this.#template !== undefined && count > 0) {
      this.#sink({
        ...this.#origin,
        template: this.#template,
        templates: () => undefined,
        bytes: this.#bytes,
        offsets: Uint32Array.from(this.#ends),
        count,
      });
    }
    this.#bytes.copyWithin(0, start, this.#at);
    this.#at -= start;
  }

  #field(name: string, length: number): void {
    this.#specifiers.push([name, length]);
    this.#key += `,${name}:${length}`;
  }

  #put(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #reserve(octets: number): void {
    if (this.#at + octets <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + octets));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
