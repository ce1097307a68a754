import fc from "fast-check";
import { abstractTypes, type Element, isList, variableLength } from "../../src/ipfix/element.ts";
import type { PlainList, PlainRecord, PlainValue } from "../../src/ipfix/record/plain.ts";
import { elementByName, elementNames, unknownElement } from "../../src/ipfix/registry.ts";
import { createTemplate, type Template, type TemplateField } from "../../src/ipfix/template.ts";
import { padding } from "../../src/ipfix/values/selection.ts";

/** Elements by type, some of each, and two that no registry has; lists stand apart. */
const elements = new Map<string, Element[]>();
for (const name of elementNames()) {
  const element = elementByName(name);
  if (!element) continue;
  const alike = elements.get(element.type) ?? [];
  if (alike.length < 8) elements.set(element.type, [...alike, element]);
}
elements.get("octetArray")?.push(unknownElement(0, 32_000), unknownElement(4_294_967_295, 7));

const types = [...elements.keys()];
const scalarTypes = types.filter((type) => !(type.endsWith("List") as boolean));

/** Lengths that fields of a type have now and then, besides the natural one. */
function lengthsOf({ type }: Element): fc.Arbitrary<number> {
  const natural = abstractTypes[type];
  if (isList(type)) return fc.constant(variableLength);
  const odd = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 16, 32, variableLength);
  return fc.oneof({ weight: 3, arbitrary: fc.constant<number>(natural) }, odd);
}

function specifiers(from: readonly string[]) {
  return fc
    .constantFrom(...from)
    .chain((type) => fc.constantFrom(...(elements.get(type) as Element[])))
    .chain((element) => fc.tuple(fc.constant(element), lengthsOf(element)));
}

/** Any Template: all types, reduced and odd lengths, repeated elements, padding, scope. */
export function arbitraryTemplate(id: number, withLists: boolean): fc.Arbitrary<Template> {
  const fields = fc.oneof(
    { weight: 9, arbitrary: specifiers(withLists ? types : scalarTypes) },
    { weight: 1, arbitrary: fc.constant([padding as Element, 3] as [Element, number]) },
  );
  return fc
    .tuple(fc.array(fields, { minLength: 1, maxLength: 10 }), fc.nat(2))
    .map(([all, scope]) => createTemplate(id, Math.min(scope, all.length), all));
}

/** Any value that a field of `length` octets takes, in the form that reading it gives. */
function arbitraryValue(element: Element, length: number): fc.Arbitrary<PlainValue> {
  const { type } = element;
  const natural = abstractTypes[type];
  const size = length === variableLength ? natural : length;
  const octets = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
  const reduced = type === "float64" && size === 4;
  const integer = /^(un)?signed/.test(type);
  const most = integer ? Math.max(natural, 8) : natural;
  const fits = integer ? size <= most : size === natural || natural === variableLength || reduced;
  if (!fits) return octets(size);
  if (integer) return arbitraryInteger(type.startsWith("signed"), size);
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "float32":
    case "float64":
      return size === 4 ? fc.float({ noNaN: true }) : fc.double({ noNaN: true });
    case "dateTimeSeconds":
      return fc.nat(2 ** 32 - 1);
    case "dateTimeMilliseconds":
      return arbitraryInteger(false, 8);
    case "dateTimeMicroseconds":
      return fc.integer({ min: 0, max: 4_000_000_000_000_000 });
    case "dateTimeNanoseconds":
      return fc.bigInt(0n, 4_000_000_000_000_000_000n);
    case "macAddress":
      return octets(6).map((all) => [...all].map((o) => o.toString(16).padStart(2, "0")).join(":"));
    case "ipv4Address":
      return octets(4).map((all) => all.join("."));
    case "ipv6Address":
      return fc.constantFrom("::", "::1", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1:0:0:1");
    case "string":
      return fc.string({ maxLength: Math.min(size, 300), unit: "grapheme-ascii" });
    default: {
      const count = length === variableLength ? fc.constantFrom(0, 1, 254, 255, 300) : undefined;
      return count ? count.chain(octets) : octets(size);
    }
  }
}

function arbitraryInteger(signed: boolean, size: number): fc.Arbitrary<number | bigint> {
  const values = 1n << BigInt(8 * size);
  const [least, most] = signed ? [-values / 2n, values / 2n - 1n] : [0n, values - 1n];
  return fc.bigInt(least, most).map(plainInteger);
}

function plainInteger(value: bigint): number | bigint {
  const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  return isSafe ? Number(value) : value;
}

/** Any list of `type`, as deep as `depth`, of records of `inner` or of an unknown Template. */
function arbitraryList(type: string, inner: Template, depth: number): fc.Arbitrary<PlainList> {
  const semantic = fc.constantFrom(0, 1, 2, 3, 4, 255);
  const group = fc.oneof(
    fc
      .array(arbitraryRecord(inner, inner, depth), { maxLength: 3 })
      .map((records) => ({ template: inner.id, records })),
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((raw) => ({ template: 999, raw })),
  );
  if (type === "subTemplateList") {
    return fc.tuple(semantic, group).map(([s, g]) => ({ list: "stl", semantic: s, ...g }));
  }
  if (type === "subTemplateMultiList") {
    const groups = fc.array(group, { maxLength: 3 });
    return fc
      .tuple(semantic, groups)
      .map(([s, all]) => ({ list: "stml", semantic: s, groups: all }));
  }
  return fc
    .tuple(semantic, specifiers(scalarTypes))
    .filter(([, [, length]]) => length > 0)
    .chain(([s, [element, length]]) =>
      fc.array(arbitraryValue(element, length), { maxLength: 4 }).map(
        (values): PlainList => ({
          list: "basic",
          semantic: s,
          element: element.name,
          pen: element.pen,
          length,
          values,
        }),
      ),
    );
}

/** Any record of `template` whose lists hold records of `inner`, in the form reading gives. */
export function arbitraryRecord(
  template: Template,
  inner: Template,
  depth = 0,
): fc.Arbitrary<PlainRecord> {
  const fields = template.fields.filter(({ element }) => element !== padding);
  const value = ({ element, length }: TemplateField): fc.Arbitrary<PlainValue> => {
    if (!isList(element.type)) return arbitraryValue(element, length);
    return arbitraryList(element.type, inner, depth + 1);
  };
  return fc
    .tuple(...fields.map(value))
    .map((values) =>
      Object.fromEntries(fields.map(({ name }, i) => [name, values[i] as PlainValue])),
    );
}
