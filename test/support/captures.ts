import { octets } from "./wire.ts";

/** Numbers in one byte order. */
function order(littleEndian: boolean) {
  const number = (size: 2 | 4) => (value: number) => {
    const bytes = new DataView(new ArrayBuffer(size));
    if (size === 2) bytes.setUint16(0, value, littleEndian);
    else bytes.setUint32(0, value, littleEndian);
    return new Uint8Array(bytes.buffer);
  };
  return { u16: number(2), u32: number(4) };
}

/** A packet as captures hold it. */
export interface TestPacket {
  readonly seconds: number;
  readonly nanos: number;
  readonly linkType: number;
  readonly wireLength: number;
  readonly data: Uint8Array;
}

/** A classic capture of `packets`. */
export function classicCapture(
  packets: readonly TestPacket[],
  { littleEndian = false, nanos = false } = {},
): Uint8Array {
  const { u16, u32 } = order(littleEndian);
  const unit = nanos ? 1 : 1_000;
  return octets(
    u32(nanos ? 0xa1b23c4d : 0xa1b2c3d4),
    u16(2),
    u16(4),
    u32(0),
    u32(0),
    u32(65_535),
    u32(packets[0]?.linkType ?? 1),
    ...packets.flatMap(({ seconds, nanos: fraction, data, wireLength }) => [
      u32(seconds),
      u32(Math.floor(fraction / unit)),
      u32(data.length),
      u32(wireLength),
      data,
    ]),
  );
}

/** Builds the blocks of a pcapng capture in one byte order. */
export function blockBuilder(littleEndian: boolean) {
  const { u16, u32 } = order(littleEndian);
  const pad = (bytes: Uint8Array) => octets(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  function block(type: number, ...content: Uint8Array[]): Uint8Array {
    const body = pad(octets(...content));
    return octets(u32(type), u32(12 + body.length), body, u32(12 + body.length));
  }
  const stamp = (units: bigint) =>
    octets(u32(Number(units >> 32n)), u32(Number(units & 0xffff_ffffn)));
  return {
    block,
    section: () =>
      block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)),
    /** `resolution` is if_tsresol, `offset` if_tsoffset in seconds. */
    interface(linkType: number, { resolution = -1, offset = 0, snapLength = 0 } = {}): Uint8Array {
      const options = [
        ...(resolution < 0 ? [] : [u16(9), u16(1), pad(octets(resolution))]),
        ...(offset === 0
          ? []
          : [
              u16(14),
              u16(8),
              littleEndian ? octets(u32(offset), u32(0)) : octets(u32(0), u32(offset)),
            ]),
        ...(resolution < 0 && offset === 0 ? [] : [u16(0), u16(0)]),
      ];
      return block(1, u16(linkType), u16(0), u32(snapLength), ...options);
    },
    enhanced: (id: number, units: bigint, data: Uint8Array, wireLength = data.length) =>
      block(6, u32(id), stamp(units), u32(data.length), u32(wireLength), pad(data)),
    obsolete: (id: number, units: bigint, data: Uint8Array) =>
      block(2, u16(id), u16(0), stamp(units), u32(data.length), u32(data.length), pad(data)),
    simple: (data: Uint8Array, wireLength = data.length) => block(3, u32(wireLength), pad(data)),
  };
}
