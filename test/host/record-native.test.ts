import fc from "fast-check";
import { expect, test } from "vitest";
import { createRecordStage } from "../../src/host/record-stage.ts";
import { type Element, variableLength } from "../../src/ipfix/element.ts";
import { elementByName } from "../../src/ipfix/registry.ts";
import { createTemplate, type TemplateField } from "../../src/ipfix/template.ts";
import { decodeValue, encodeValue, type FieldValue } from "../../src/ipfix/value.ts";
import { limits } from "../../src/limits.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../src/lua/values.ts";
import { unhex } from "../support/hex.ts";
import { batchOf, createRecorder } from "../support/ipfix.ts";
import { startEngine } from "../support/lua.ts";

/** What the companion modules read and write against src/ipfix, for any Template and octets. */

/** One element of each type, and lengths that fields of it may have. */
const kinds: readonly (readonly [name: string, lengths: readonly number[]])[] = [
  ["protocolIdentifier", [1, 2, 0, 9, variableLength]],
  ["sourceTransportPort", [1, 2, 3, 4, 8]],
  ["ingressInterface", [1, 2, 3, 4, variableLength]],
  ["octetDeltaCount", [1, 2, 3, 4, 5, 6, 7, 8, 9, variableLength]],
  ["mibObjectValueInteger", [1, 2, 3, 4, 5, 8, variableLength]],
  ["samplingProbability", [4, 8, 5, variableLength]],
  ["absoluteError", [4, 8]],
  ["dataRecordsReliability", [1, 2, variableLength]],
  ["sourceMacAddress", [6, 5, variableLength]],
  ["sourceIPv4Address", [4, 3, variableLength]],
  ["sourceIPv6Address", [16, 4, variableLength]],
  ["flowStartSeconds", [4, 8, 2]],
  ["flowStartMilliseconds", [8, 4, variableLength]],
  ["flowStartMicroseconds", [8, 4, variableLength]],
  ["flowStartNanoseconds", [8, 7, variableLength]],
  ["interfaceName", [0, 1, 16, 300, variableLength]],
  ["applicationId", [1, 5, 40, variableLength]],
];

const fields = kinds.flatMap(([name, lengths]) =>
  lengths.map((length) => [elementByName(name) as Element, length] as const),
);

/** Octets with many zeros and ones: runs of zeros, NULs at ends, extremes. */
const octet = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff),
  fc.integer({ min: 0, max: 255 }),
);
const octetsOf = (minLength: number, maxLength: number) =>
  fc.array(octet, { minLength, maxLength }).map((list) => Uint8Array.from(list));

const longest = 300;

function wire(content: Uint8Array, length: number): Uint8Array {
  if (length !== variableLength) return content;
  const head =
    content.length < 255 ? [content.length] : [255, content.length >> 8, content.length & 255];
  return Uint8Array.from([...head, ...content]);
}

const contentOf = (length: number) =>
  length === variableLength
    ? fc.oneof(octetsOf(0, 17), octetsOf(0, longest))
    : octetsOf(length, length);

/** A Template without fields of 0 octets only, and contents of some records of it. */
const anyRecords = fc
  .array(fc.constantFrom(...fields), { minLength: 1, maxLength: 9 })
  .filter((list) => list.some(([, length]) => length > 0))
  .map((list) => createTemplate(256, 0, list))
  .chain((template) => {
    const record = fc.tuple(...template.fields.map(({ length }) => contentOf(length)));
    return fc.record({
      template: fc.constant(template),
      records: fc.array(record, { minLength: 1, maxLength: 4 }),
    });
  });

function octetsAsLua(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** What Lua is to see of a field, by the decoder of src/ipfix. */
function expected({ element, length }: TemplateField, content: Uint8Array): unknown {
  const value: FieldValue = decodeValue(element, content, 0, content.length);
  if (value instanceof Uint8Array) return octetsAsLua(value);
  if (element.type === "string") {
    let end = content.length;
    while (length !== variableLength && end > 0 && content[end - 1] === 0) end--;
    return octetsAsLua(content.subarray(0, end));
  }
  if (typeof value === "bigint" && length === variableLength && value >= 2n ** 63n) {
    return String(value);
  }
  if (typeof value !== "bigint") return value;
  const wrapped = BigInt.asIntN(64, value);
  return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped;
}

function start(source: string) {
  const { engine } = startEngine();
  const [each] = engine.run(`seen = {} return ${source}`, "conf.lua");
  if (!(each instanceof LuaFunction)) throw new Error("no function");
  const errors: string[] = [];
  const onError = (error: Error) => errors.push(error.message);
  const stage = createRecordStage({ engine, each, name: "m", onError });
  const take = (): LuaValue[] => {
    const [list] = engine.run("local list = seen seen = {} return list", "conf.lua");
    return list instanceof LuaTable ? list.toArray() : [];
  };
  return { stage, errors, take, engine };
}

const joined = (template: { fields: readonly TemplateField[] }, contents: readonly Uint8Array[]) =>
  new Uint8Array(
    Buffer.concat(contents.map((part, i) => wire(part, template.fields[i]?.length ?? 0))),
  );

const readAll = `function(flow)
  local values = {}
  for name in pairs(flow) do values[name] = flow[name] end
  seen[#seen + 1] = values
end`;

test("every type and length reads as src/ipfix decodes it", () => {
  const { stage, errors, take } = start(readAll);
  fc.assert(
    fc.property(anyRecords, ({ template, records }) => {
      const batch = batchOf(
        template,
        records.map((contents) => joined(template, contents)),
      );
      stage.process(batch, () => undefined);
      const seen = take();
      for (const [nth, contents] of records.entries()) {
        const values = seen[nth] as LuaTable;
        for (const [i, field] of template.fields.entries()) {
          const value = values.get(field.name);
          expect(value, field.name).toEqual(expected(field, contents[i] as Uint8Array));
        }
      }
    }),
    { numRuns: 400 },
  );
  expect(errors).toEqual([]);
});

const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(255n, 256n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n),
);
const doubles = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1.5, 2 ** 40, -1, 1e300));
const anyValue: fc.Arbitrary<LuaValue> = fc.oneof(
  integers,
  doubles,
  fc.boolean(),
  octetsOf(0, 20),
  fc.constantFrom("192.0.2.1", "2001:db8::1", "02:00:00:00:00:01", "", "x", "1.2.3"),
);

/** The octets of a value by the encoder of src/ipfix; undefined where it refuses. */
function encoded({ element, length }: TemplateField, given: LuaValue): Uint8Array | undefined {
  let value = given as FieldValue;
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) value = Number(value);
  if (value instanceof Uint8Array) value = octetsAsLua(value);
  if (typeof value === "string" && /^(?:string|octetArray)$/.test(element.type)) {
    value = given instanceof Uint8Array ? given : new TextEncoder().encode(value);
  }
  try {
    return encodeValue(element, value, length);
  } catch {
    return undefined;
  }
}

test("every value writes as src/ipfix encodes it, or is refused and loses its record", () => {
  const { engine } = startEngine();
  const source = "return function(flow) flow[field] = value return flow end";
  const each = engine.run(source, "conf.lua")[0] as LuaFunction;
  const stage = createRecordStage({ engine, each, name: "m" });
  const scalar = fields.filter(([element, length]) => {
    const natural = decodeValue(element, new Uint8Array(length % 65_535), 0, length % 65_535);
    const text = element.type === "string" || element.type === "octetArray";
    // Octets of a wrong length stand for no value: what may be written then is the host's matter.
    return length > 0 && (text || !(natural instanceof Uint8Array));
  });
  fc.assert(
    fc.property(fc.constantFrom(...scalar), anyValue, fc.nat(255), (kind, value, fill) => {
      const port = [elementByName("sourceTransportPort") as Element, 2] as const;
      const template = createTemplate(256, 0, [port, kind, port]);
      const field = template.fields[1] as TemplateField;
      engine.run("field, value = ...", "conf.lua", [field.name, value]);
      const length = field.length === variableLength ? 3 : field.length;
      const content = new Uint8Array(length).fill(fill);
      const record = (part: Uint8Array) =>
        joined(template, [Uint8Array.of(1, 2), part, Uint8Array.of(3, 4)]);
      const { onBatch, seen } = createRecorder();
      stage.process(batchOf(template, [record(content)]), onBatch);
      const result = encoded(field, value);
      const same = Object.is(expected(field, content), value);
      const wanted = same ? content : result;
      const octets = wanted === undefined ? [] : [unhex(record(wanted))];
      expect(
        seen.map(({ bytes }) => bytes),
        `${field.name} ${field.length} ${String(value)}`,
      ).toEqual(octets);
    }),
    { numRuns: 3_000 },
  );
});

test("a record cut short anywhere is an error of its own, and no more", () => {
  const names = ["protocolIdentifier", "interfaceName", "octetDeltaCount", "interfaceDescription"];
  const template = createTemplate(
    256,
    0,
    names.map((name, i) => [
      elementByName(name) as Element,
      [1, variableLength, 8, variableLength][i] ?? 0,
    ]),
  );
  const whole = joined(template, [
    Uint8Array.of(6),
    new Uint8Array(260).fill(0x61),
    new Uint8Array(8),
    Uint8Array.of(0x62),
  ]);
  for (let length = 0; length < whole.length; length++) {
    const { stage, errors } = start(
      "function(flow) local x = flow.interfaceDescription return flow end",
    );
    const { onBatch, seen } = createRecorder();
    stage.process(batchOf(template, [whole, whole.subarray(0, length), whole]), onBatch);
    expect(seen.map(({ bytes }) => bytes)).toEqual([unhex(whole), unhex(whole)]);
    expect(errors).toEqual([expect.stringMatching(/Cannot decode .*record of Template 256/)]);
    if (length === 12) length = whole.length - 12;
  }
});

test("Templates that take turns are told apart, beyond the bound of tables, too", () => {
  const { stage, take } = start("function(flow) seen[#seen + 1] = flow.octetDeltaCount end");
  const element = (name: string) => elementByName(name) as Element;
  const templates = Array.from({ length: limits.luaFieldTables + 20 }, (_, i) =>
    createTemplate(256 + i, 0, [
      [element("paddingOctets"), i],
      [element("octetDeltaCount"), 1 + (i % 8)],
    ]),
  );
  for (let turn = 0; turn < 2; turn++) {
    for (const [i, template] of templates.entries()) {
      const record = new Uint8Array(template.minimumLength);
      record[record.length - 1] = i & 255;
      stage.process(batchOf(template, [record]), () => undefined);
      expect(take()).toEqual([i & 255]);
    }
  }
});

test("Templates of equal fields share what the VM holds of them", () => {
  const { stage, engine } = start("function(flow) return flow.octetDeltaCount > 0 end");
  const element = elementByName("octetDeltaCount") as Element;
  const process = (id: number) => {
    const template = createTemplate(256 + (id % 60_000), 0, [[element, 8]]);
    stage.process(batchOf(template, [new Uint8Array(8)]), () => undefined);
  };
  for (let id = 0; id < 100; id++) process(id);
  const before = engine.state.glue.bytes().length;
  for (let id = 0; id < 20_000; id++) process(id);
  expect(engine.state.glue.bytes().length).toBe(before);
});

test("numbers that Lua finds by itself are those of the record, before and after a write", () => {
  const { stage, take, errors } = start(`function(flow)
    local port, octets = flow.sourceTransportPort, flow.octetDeltaCount
    if port % 3 == 0 then flow.octetDeltaCount = port end
    if port % 5 == 0 then flow.interfaceName = ("x"):rep(port % 7) end
    local again = flow.sourceTransportPort
    if port % 7 == 0 then flow.sourceTransportPort = 1 end
    seen[#seen + 1] = { port, octets, again, flow.octetDeltaCount, flow.sourceTransportPort }
    return port % 2 == 0 and flow
  end`);
  const element = (name: string) => elementByName(name) as Element;
  const layouts = [
    [
      ["sourceTransportPort", 2],
      ["octetDeltaCount", 8],
      ["interfaceName", variableLength],
    ],
    [
      ["octetDeltaCount", 3],
      ["paddingOctets", 5],
      ["sourceTransportPort", 4],
      ["interfaceName", 9],
    ],
  ] as const;
  const templates = layouts.map((fields) =>
    createTemplate(
      256,
      0,
      fields.map(([name, length]) => [element(name), length] as const),
    ),
  );
  const contents = fc.tuple(fc.nat(65_535), fc.nat(0xff_ffff));
  const batches = fc.array(fc.tuple(fc.nat(1), fc.array(contents, { minLength: 1 })), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(batches, (list) => {
      for (const [nth, records] of list) {
        const template = templates[nth] ?? templates[0];
        if (template === undefined) throw new Error("no Template");
        const octetsOfRecord = ([port, octets]: [number, number]) =>
          joined(
            template,
            template.fields.map(({ element: { name, type }, length }) => {
              const number = name === "sourceTransportPort" ? port : octets;
              if (type.startsWith("unsigned")) return encodeValue(element(name), number, length);
              return new Uint8Array(length === variableLength ? 2 : length);
            }),
          );
        stage.process(batchOf(template, records.map(octetsOfRecord)), () => undefined);
        expect(take().map((row) => (row as LuaTable).toArray())).toEqual(
          records.map(([port, octets]) => [
            port,
            octets,
            port,
            port % 3 === 0 ? port : octets,
            port % 7 === 0 ? 1 : port,
          ]),
        );
      }
    }),
    { numRuns: 60 },
  );
  expect(errors).toEqual([]);
});

test("a flow kept after its call is refused, though Lua has found its numbers by itself", () => {
  const { stage, engine } = start("function(flow) kept = flow local x = flow.octetDeltaCount end");
  const template = createTemplate(256, 0, [[elementByName("octetDeltaCount") as Element, 8]]);
  for (let i = 0; i < 3; i++) {
    stage.process(batchOf(template, [new Uint8Array(8)]), () => undefined);
    expect(() => engine.run("return kept.octetDeltaCount", "late.lua")).toThrow(
      /late.lua:1: Cannot use a flow after its call/,
    );
  }
});

test("what a flow learns stays right through collections of garbage, Templates and fields", () => {
  const { stage, take, engine } = start(`function(flow)
    local sum = 0
    for _, name in ipairs(wanted) do sum = sum + flow[name] end
    seen[#seen + 1] = sum
  end`);
  const names = ["octetDeltaCount", "packetDeltaCount", "octetTotalCount", "packetTotalCount"];
  for (let turn = 0; turn < 400; turn++) {
    const wanted = names.slice(0, 1 + (turn % 4));
    const list = wanted.map((name) => `"${name}"`).join();
    engine.run(`wanted = { ${list} } collectgarbage() garbage = {}`, "conf.lua");
    const lengths = [1 + (turn % 8), 8, 1 + (turn % 3), 4];
    const template = createTemplate(
      256,
      0,
      names.map((name, i) => [elementByName(name) as Element, lengths[i] ?? 8]),
    );
    const record = new Uint8Array(template.minimumLength);
    let at = 0;
    for (const [i, length] of lengths.entries()) {
      at += length;
      record[at - 1] = (turn + i) & 0xff;
    }
    stage.process(batchOf(template, [record, record]), () => undefined);
    const sum = wanted.reduce((total, _, i) => total + ((turn + i) & 0xff), 0);
    expect(take()).toEqual([sum, sum]);
  }
});
