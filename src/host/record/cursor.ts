import { variableLength } from "../../ipfix/element.ts";
import { locateFields } from "../../ipfix/locate.ts";
import type { Template, TemplateLookup } from "../../ipfix/template.ts";
import { limits } from "../../limits.ts";
import { flowMark, flowOctets, place } from "../../lua/record/module.ts";
import { VmArea } from "../../lua/record/vm-area.ts";
import type { LuaState } from "../../lua/state.ts";
import type { Layout } from "./layout.ts";

/** Content this long or longer needs three length octets (RFC 7011 §7). */
const longLength = 255;

const positions = new Int32Array(2 * limits.templateFields);

/** What explains the octets of a record, and what its Message says about it. */
export interface Origin {
  readonly domain: number;
  readonly exportTime: number;
  readonly template: Template;
  readonly templates: TemplateLookup;
  readonly layout: Layout;
}

/**
 * The record that a Lua object stands for, in the VM's memory, as the host sees it: the slow twin
 * of the companion modules, for all that they leave to it.
 */
export class RecordCursor {
  /** The object's own memory; see `place`. */
  readonly address: number;
  readonly state: LuaState;
  origin: Origin | undefined;
  #words: Uint32Array = new Uint32Array(0);
  /** Holds a record that grew out of its place. */
  readonly #grown: VmArea;

  constructor(state: LuaState, address: number) {
    this.state = state;
    this.address = address;
    this.#grown = new VmArea(state);
    this.write(place.mark, flowMark);
  }

  /** The word at a `place`. */
  read(at: number): number {
    return this.#current()[at >>> 2] as number;
  }

  /** Set the word at a `place`. */
  write(at: number, value: number): void {
    this.#current()[at >>> 2] = value;
  }

  /** False outside of the call that the record was handed to. */
  get live(): boolean {
    return this.read(place.start) !== 0;
  }

  /** A copy of the record: the VM may move its memory at any time. */
  octets(): Uint8Array {
    return this.state.glue.bytes().slice(this.read(place.start), this.read(place.end));
  }

  /** Where the content of field `index` of `octets` lies. @throws {DecodeError} */
  range(octets: Uint8Array, index: number): [start: number, end: number] {
    const template = (this.origin as Origin).template;
    const field = template.fields[index];
    if (field !== undefined && field.offset >= 0 && field.length !== variableLength) {
      return [field.offset, field.offset + field.length];
    }
    locateFields(template, octets, 0, octets.length, positions);
    return [positions[2 * index] as number, positions[2 * index + 1] as number];
  }

  /** Replace the content of field `index`; the record changes its length where need be. */
  replace(index: number, content: Uint8Array): void {
    const octets = this.octets();
    const [start, end] = this.range(octets, index);
    this.write(place.written, 1);
    if (content.length === end - start) {
      this.state.glue.bytes().set(content, this.read(place.start) + start);
      return;
    }
    const prefix = index === 0 ? 0 : this.range(octets, index - 1)[1];
    const parts = [
      octets.subarray(0, prefix),
      Uint8Array.from(lengthOctets(content.length)),
      content,
      octets.subarray(end),
    ];
    this.#put(new Uint8Array(Buffer.concat(parts)));
  }

  /** Give up what the record holds beside its Lua object. */
  free(): void {
    if (this.#grown.address !== 0) this.state.x.free(this.#grown.address);
  }

  /** The object's memory as words; when the VM's memory moves, the view of it has length 0. */
  #current(): Uint32Array {
    if (this.#words.length === 0) {
      const { buffer } = this.state.glue.bytes();
      this.#words = new Uint32Array(buffer, this.address, flowOctets / 4);
    }
    return this.#words;
  }

  #put(octets: Uint8Array): void {
    this.#grown.reserve(octets.length);
    const { address } = this.#grown;
    this.state.glue.bytes().set(octets, address);
    this.write(place.start, address);
    this.write(place.end, address + octets.length);
    this.write(place.grown, 1);
    this.write(place.located, 0);
  }
}

function lengthOctets(length: number): number[] {
  if (length < longLength) return [length];
  return [longLength, length >>> 8, length & 0xff];
}
