import { limits } from "../../limits.ts";
import type { RecordBatch } from "../batch.ts";
import type { AbstractType, Element } from "../element.ts";
import { locateFields } from "../locate.ts";
import { elementById } from "../registry.ts";
import type { ElementLookup } from "../template-record.ts";
import { decodeValue, type FieldValue } from "../value.ts";

/** Abstract data types by their number in type records (RFC 5610 §3.1 and its IANA registry). */
// biome-ignore format: a table reads by columns
const types: readonly AbstractType[] = [
  "octetArray", "unsigned8", "unsigned16", "unsigned32", "unsigned64",
  "signed8", "signed16", "signed32", "signed64", "float32", "float64", "boolean", "macAddress",
  "string", "dateTimeSeconds", "dateTimeMilliseconds", "dateTimeMicroseconds",
  "dateTimeNanoseconds", "ipv4Address", "ipv6Address",
  "basicList", "subTemplateList", "subTemplateMultiList", "unsigned256",
];

/** Data type semantics by their number in type records (RFC 5610 §3.2). */
// biome-ignore format: a table reads by columns
const semantics: readonly string[] = [
  "", "quantity", "totalCounter", "deltaCounter", "identifier", "flags", "list",
  "snmpCounter", "snmpGauge",
];

/** What a name may look like that is taken from the network. */
const acceptableName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

/** Learns elements that an exporter describes in type records (RFC 5610). */
export interface ElementLearner {
  /** Finds elements of the registry, then learned ones; for a session's `element`. */
  readonly element: ElementLookup;
  /** Learn from a batch if it holds type records; for a session's `onBatch`. */
  learn(batch: RecordBatch): void;
}

/**
 * Create a learner for one Transport Session. It never redefines an element of the registry, takes
 * none without enterprise, and no more than `limits.learnedElements`.
 */
export function createElementLearner(): ElementLearner {
  const learned = new Map<string, Element>();

  function add(pen: number, id: number, fields: ReadonlyMap<string, FieldValue>): void {
    const type = types[Number(fields.get("informationElementDataType"))];
    const name = fields.get("informationElementName");
    if (pen === 0 || !type || elementById(pen, id)) return;
    if (typeof name !== "string" || !acceptableName.test(name)) return;
    if (learned.size >= limits.learnedElements) return;
    const semantic = semantics[Number(fields.get("informationElementSemantics"))] ?? "";
    learned.set(`${pen}/${id}`, { name, pen, id, type, semantics: semantic, units: "" });
  }

  function learn({ template, bytes, offsets, count }: RecordBatch): void {
    if (template.scopeCount === 0) return;
    const names = template.fields.map(({ name }) => name);
    if (!names.includes("informationElementId") || !names.includes("informationElementName"))
      return;
    const ranges = new Int32Array(2 * names.length);
    for (let i = 0; i < count; i++) {
      locateFields(template, bytes, offsets[i] as number, offsets[i + 1] as number, ranges);
      const fields = new Map<string, FieldValue>();
      for (const [field, { element, name }] of template.fields.entries()) {
        const [start, end] = ranges.subarray(2 * field, 2 * field + 2) as unknown as [
          number,
          number,
        ];
        fields.set(name, decodeValue(element, bytes, start, end));
      }
      const pen = Number(fields.get("privateEnterpriseNumber") ?? 0);
      add(pen, Number(fields.get("informationElementId")), fields);
    }
  }

  return { element: (pen, id) => elementById(pen, id) ?? learned.get(`${pen}/${id}`), learn };
}
