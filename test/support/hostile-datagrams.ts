import { octets, u16, u32 } from "./wire.ts";

/** A datagram that nobody should send, and what is wrong with it. */
export type Hostile = readonly [name: string, bytes: Uint8Array];

interface Header {
  readonly version?: number;
  /** What the Length field says, when it lies. */
  readonly length?: number;
  readonly time?: number;
  readonly sequence?: number;
  readonly domain?: number;
}

/** An IPFIX Message around `sets`. */
export function message(sets: Uint8Array, header: Header = {}): Uint8Array {
  const { version = 10, length = 16 + sets.length, time = 1, sequence = 0, domain = 7 } = header;
  return octets(u16(version), u16(length), u32(time), u32(sequence), u32(domain), sets);
}

/** A Set around `parts`; `length` is what its header says, when it lies. */
export function set(id: number, parts: readonly Uint8Array[], length?: number): Uint8Array {
  const content = octets(...parts);
  return octets(u16(id), u16(length ?? 4 + content.length), content);
}

type Field = readonly [id: number, length: number];

/** A Template Record; `count` is what its header says, when it lies. */
export function template(id: number, fields: readonly Field[], count = fields.length): Uint8Array {
  return octets(u16(id), u16(count), ...fields.flat().map(u16));
}

function optionsTemplate(id: number, fields: readonly Field[], scope: number, count?: number) {
  return octets(u16(id), u16(count ?? fields.length), u16(scope), ...fields.flat().map(u16));
}

/** A Message with one Template and one Data Set for it. */
function withData(fields: readonly Field[], data: Uint8Array): Uint8Array {
  return message(octets(set(2, [template(300, fields)]), set(300, [data])));
}

const octetsOf = (length: number, value = 0) => new Uint8Array(length).fill(value);
const address: Field = [8, 4];
const text: Field = [82, 65_535];
const basicList: Field = [291, 65_535];
const subTemplateList: Field = [292, 65_535];
const subTemplateMultiList: Field = [293, 65_535];
const valid = message(octets(set(2, [template(300, [address])]), set(300, [octetsOf(4)])));

/** Content of variable length with its length before it (RFC 7011 §7). */
function variable(content: Uint8Array): Uint8Array {
  return octets(255, u16(content.length), content);
}

/** Lists of Template 300, which is a list itself, one within the other. */
function nested(levels: number): Uint8Array {
  let content = octets(3, u16(300));
  for (let level = 0; level < levels; level++) content = octets(3, u16(300), variable(content));
  return variable(content);
}

/** Hostile datagrams by what they abuse: every class of input that stopped a collector before. */
export const hostileDatagrams: readonly Hostile[] = [
  ...headers(),
  ...sets(),
  ...templates(),
  ...lengths(),
  ...data(),
  ...lists(),
  ...floods(),
];

function headers(): Hostile[] {
  const cuts = Array.from({ length: valid.length }, (_, end): Hostile => {
    return [`a Message cut to ${end} octets`, valid.subarray(0, end)];
  });
  const versions = [0, 1, 5, 7, 8, 9, 11, 0x0a00, 65_535].map((version): Hostile => {
    return [`version ${version}`, message(octetsOf(32), { version })];
  });
  const lies = [0, 1, 4, 15, 16, 17, 31, 33, 1_000, 65_535].map((length): Hostile => {
    return [`32 octets with Length ${length}`, message(octetsOf(16), { length })];
  });
  return [
    ...cuts,
    ...versions,
    ...lies,
    ["nothing but a header", message(octets())],
    ["a datagram of zeros", octetsOf(65_507)],
    ["a datagram of ones", octetsOf(65_507, 255)],
    ["a datagram of version numbers", octetsOf(65_507, 10)],
    ["export time 2106", message(octets(), { time: 0xffff_ffff })],
    ["sequence 2^32 - 1", message(octets(), { sequence: 0xffff_ffff })],
    ["a whole Message and half of one", octets(valid, valid.subarray(0, 20))],
    ["a Message and NetFlow v9", octets(valid, message(octetsOf(8), { version: 9 }))],
    ["4 000 Messages without Sets", octets(...Array(4_000).fill(message(octets())))],
  ];
}

function sets(): Hostile[] {
  const ids = [0, 1, 2, 3, 4, 255, 256, 65_535];
  const lengths = [0, 1, 3, 5, 200, 65_535];
  return [
    ...ids.flatMap((id) =>
      lengths.map((length): Hostile => {
        return [`Set ${id} with length ${length}`, message(set(id, [octetsOf(8)], length))];
      }),
    ),
    ["10 000 empty Sets", message(octets(...Array(10_000).fill(set(256, []))))],
    ["a Set Header cut short", message(octets(set(256, [octetsOf(4)]), u16(256)))],
  ];
}

function templates(): Hostile[] {
  const many: Field[] = Array.from({ length: 5_000 }, () => address);
  const small = set(2, [template(300, [address, text])]);
  const cuts = Array.from({ length: small.length - 5 }, (_, i): Hostile => {
    const content = small.subarray(4, 5 + i);
    return [`a Template cut to ${content.length} octets`, message(set(2, [content]))];
  });
  const counts = [2, 3, 1_024, 32_768, 65_535].map((count): Hostile => {
    return [`1 field, says ${count}`, message(set(2, [template(300, [address], count)]))];
  });
  const ids = [0, 1, 2, 3, 255].map((id): Hostile => {
    return [`Template ${id}`, message(set(2, [template(id, [address])]))];
  });
  const scopes = [0, 2, 3, 65_535].map((scope): Hostile => {
    return [`scope ${scope} of 1`, message(set(3, [optionsTemplate(300, [address], scope)]))];
  });
  return [
    ...cuts,
    ...counts,
    ...ids,
    ...scopes,
    ["5 000 fields", message(set(2, [template(300, many)]))],
    ["an Options Template of 65 535", message(set(3, [optionsTemplate(300, [], 1, 65_535)]))],
    ["a Template without fields that is used", withData([], octetsOf(40))],
    ["a Template of empty fields", withData([[82, 0]], octetsOf(40))],
    ["an enterprise field without number", message(set(2, [template(300, [[0x8001, 4]])]))],
    ["withdrawal of an unknown Template", message(set(2, [template(400, [])]))],
    ["withdrawal of all Templates", message(set(2, [template(2, [])]))],
    ["withdrawal of all Options Templates", message(set(3, [template(3, [])]))],
  ];
}

function lengths(): Hostile[] {
  const illegal: readonly Field[] = [
    [1, 9],
    [2, 0],
    [4, 2],
    [8, 3],
    [8, 16],
    [27, 4],
    [56, 7],
    [152, 4],
    [156, 4],
    [276, 2],
    [320, 3],
    [323, 65_535],
    [82, 65_534],
    [291, 1],
    [292, 2],
    [293, 0],
  ];
  return illegal.map(([id, length]): Hostile => {
    return [`element ${id} of ${length} octets`, withData([[id, length], address], octetsOf(64))];
  });
}

function data(): Hostile[] {
  return [
    ["data of an unknown Template", message(set(9_999, [octetsOf(40)]))],
    ["data shorter than a record", withData([address, [1, 8]], octetsOf(7))],
    ["a string past the end", withData([text], octets(254, "abc"))],
    ["a long string past the end", withData([text], octets(255, u16(65_535), "abc"))],
    ["a length cut short", withData([text], octets(1, "a", 255, 0))],
    ["60 000 empty strings", withData([text], octetsOf(60_000))],
    [
      "20 000 empty long strings",
      withData([text], octets(...Array(20_000).fill(variable(octets())))),
    ],
    ["text that is not UTF-8", withData([text], octets(4, 0xc0, 0x80, 0xff, 0xfe))],
    ["text that moves the cursor", withData([text], octets(7, "\x1b[2J\r\n\0"))],
  ];
}

function lists(): Hostile[] {
  const list = (...parts: (number | string | Uint8Array)[]) => variable(octets(...parts));
  return [
    ...[0, 1, 2, 3, 4].map((length): Hostile => {
      return [`a basicList of ${length} octets`, withData([basicList], list(octetsOf(length)))];
    }),
    ...[0, 1, 2].map((length): Hostile => {
      const content = list(octetsOf(length));
      return [`a subTemplateList of ${length} octets`, withData([subTemplateList], content)];
    }),
    ...[0, 1, 2, 3, 4].map((length): Hostile => {
      const content = list(3, u16(300), u16(length));
      return [`a list of lists of ${length}`, withData([subTemplateMultiList], content)];
    }),
    ["a basicList of empty elements", withData([basicList], list(3, u16(82), u16(0), "abcd"))],
    [
      "60 000 elements of 1 octet",
      withData([basicList], list(3, u16(4), u16(1), octetsOf(60_000))),
    ],
    ["a basicList of 65 535", withData([basicList], octets(255, u16(65_535), 3, u16(82)))],
    ["a list of an unknown Template", withData([subTemplateList], list(3, u16(9_999), "abcd"))],
    ["a list of Template 0", withData([subTemplateList], list(3, u16(0), "abcd"))],
    ["a list that names itself", withData([subTemplateList], nested(1))],
    ["100 nested lists", withData([subTemplateList], nested(100))],
    ["8 000 nested lists", withData([subTemplateList], nested(8_000))],
  ];
}

function floods(): Hostile[] {
  const all = Array.from({ length: 5_000 }, (_, i) => template(256 + i, [address]));
  const again = Array.from({ length: 5_000 }, (_, i) => template(300, [[8, 1 + (i % 4)]]));
  const domains = Array.from({ length: 40 }, (_, domain): Hostile => {
    return [`domain ${domain * 99_991}`, message(set(2, all.slice(0, 20)), { domain })];
  });
  return [
    ["5 000 Templates", message(set(2, all))],
    ["5 000 definitions of one Template", message(set(2, again))],
    ...domains,
  ];
}
