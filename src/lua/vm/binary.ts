// The binary format of WebAssembly (core specification §5.5), as far as our changes need it.

/** A half-open range of octets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const headerBytes = 8;
const sectionId = { import: 2, code: 10, data: 11 } as const;

/** The contents of a section. @throws {Error} when the module has none of that kind. */
export function findSection(module: Uint8Array, kind: keyof typeof sectionId): Range {
  for (let at = headerBytes; at < module.length; ) {
    const [size, start] = decode(module, at + 1);
    if (module[at] === sectionId[kind]) return { start, end: start + size };
    at = start + size;
  }
  throw new Error(`Cannot patch a WebAssembly module: it has no ${kind} section`);
}

/** What to make of the body of a function: its locals and code, up to and without its `end`. */
export type BodyChange = (body: Uint8Array) => readonly number[];

/** The module with the bodies of some functions changed; their indices count imports first. */
export function changeBodies(
  module: Uint8Array,
  changes: ReadonlyMap<number, BodyChange>,
): Uint8Array<ArrayBuffer> {
  const [imports] = decode(module, findSection(module, "import").start);
  const code = findSection(module, "code");
  const [count, first] = decode(module, code.start);
  const parts: (Uint8Array | readonly number[])[] = [module.subarray(code.start, first)];
  let at = first;
  for (let index = imports; index < imports + count; index++) {
    const [size, start] = decode(module, at);
    const change = changes.get(index);
    if (change === undefined) parts.push(module.subarray(at, start + size));
    else {
      const body = [...change(module.subarray(start, start + size - 1)), end];
      parts.push(encode(body.length), body);
    }
    at = start + size;
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const before = module.subarray(0, sizeStart(module, code));
  return concatenate([before, encode(length), ...parts, module.subarray(code.end)]);
}

const end = 0x0b;

/** Where the size of a section stands, right before its contents. */
function sizeStart(module: Uint8Array, { start, end }: Range): number {
  for (let at = start - 1; ; at--) {
    const [size, after] = decode(module, at);
    if (after === start && size === end - start) return at;
  }
}

function concatenate(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An unsigned LEB128 number at `at` and where it ends. */
function decode(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const octet = bytes[at++] as number;
    value |= (octet & 0x7f) << shift;
    if (octet < 0x80) return [value, at];
  }
}

/** A number below 2^27 as LEB128 that reads the same signed and unsigned. */
export function encode(value: number): number[] {
  const octets: number[] = [];
  for (; value > 0x3f; value >>>= 7) octets.push((value & 0x7f) | 0x80);
  return [...octets, value];
}
