import { formatIpv4 } from "../../bytes/address.ts";
import { readUnsigned } from "../../bytes/integer.ts";
import { abstractTypes, isList, variableLength } from "../element.ts";
import type { ListSource } from "../structured/list.ts";
import type { Template, TemplateField } from "../template.ts";
import {
  createCut,
  type FieldPlace,
  isPlainUnsigned,
  unsignedCode,
  walkCode,
} from "../values/code.ts";
import { decodeValue } from "../values/decode.ts";
import { type FieldSelection, selectFields } from "../values/selection.ts";
import type { PlainValue } from "./plain.ts";
import { type RecordReader, readList } from "./read.ts";

/**
 * Compile `template` to a reader of its records as plain data, as `interpretRecordReader` reads
 * them. The reader throws a DecodeError for a record or a list that is damaged.
 */
export function compileRecordReader(template: Template, selection?: FieldSelection): RecordReader {
  const wanted = selectFields(template, selection);
  const properties: string[] = [];
  const walk = walkCode(template, (place) => {
    if (!wanted[place.index]) return undefined;
    // In brackets no name is special: `__proto__` becomes a property like all others.
    const name = JSON.stringify(place.field.name);
    properties.push(`${name === '"__proto__"' ? `[${name}]` : name}: v${place.index}`);
    return `const v${place.index} = ${expression(place)};`;
  });
  const body = `const b = source.bytes;\n${walk}\nreturn { ${properties.join(", ")} };`;
  const create = new Function(
    ...Object.keys(runtime),
    "f",
    "cut",
    `return (source, start, end) => {${body}};`,
  ) as (...values: unknown[]) => RecordReader;
  return create(...Object.values(runtime), template.fields.map(readerOf), createCut(template));
}

const readers = new WeakMap<Template, RecordReader>();

/** The reader of all fields of `template`, compiled once. */
export function recordReaderOf(template: Template): RecordReader {
  const known = readers.get(template);
  if (known) return known;
  const reader = compileRecordReader(template);
  readers.set(template, reader);
  return reader;
}

type ValueReader = (source: ListSource, start: number, end: number) => PlainValue;

function readerOf({ element }: TemplateField): ValueReader {
  if (!isList(element.type)) {
    return ({ bytes }, start, end) => decodeValue(element, bytes, start, end);
  }
  return (source, start, end) =>
    readList({ source, lookup: recordReaderOf }, element.type, start, end);
}

/** What compiled code calls. */
const runtime = { readUnsigned, formatIpv4 };

/** Types with code of their own: the ones most fields of most records have. */
function expression({ field, index, start, end }: FieldPlace): string {
  const { element, length } = field;
  if (isPlainUnsigned(field)) return unsignedCode(start, length);
  const natural = length !== variableLength && length === abstractTypes[element.type];
  if (natural && length === 8) {
    if (element.type === "unsigned64" || element.type === "dateTimeMilliseconds") {
      const low = unsignedCode(`${start} + 4`, 4);
      const exact = `${unsignedCode(start, 4)} * 4294967296 + ${low}`;
      // Below 2^53 a number is exact.
      const isSmall = `b[${start}] === 0 && b[${start} + 1] < 32`;
      return `${isSmall} ? ${exact} : readUnsigned(b, ${start}, ${end})`;
    }
  }
  if (natural && element.type === "ipv4Address") return `formatIpv4(b, ${start})`;
  return `f[${index}](source, ${start}, ${end})`;
}
