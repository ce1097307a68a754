import { DecodeError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { RecordBatch } from "../batch.ts";
import type { Element } from "../element.ts";
import {
  acceptableName,
  semanticsNumbers,
  typeNumbers,
  unitsNumbers,
} from "../elements/type-numbers.ts";
import { locateFields } from "../locate.ts";
import { elementById, elementByName, registryRevision, rememberName } from "../registry.ts";
import type { ElementLookup } from "../template-record.ts";
import { decodeValue, type FieldValue } from "../value.ts";

/** Private Enterprise Number of CERT. */
const certPen = 6871;
/** Fields of Templates that a learned element counts for where memory is bounded. */
const fieldsPerElement = 4;

/**
 * Learns the elements that the exporter of one Transport Session describes in type records (RFC
 * 5610). What a registry knows, by number or by name, and what was learned before is never
 * redefined; elements without enterprise, and those beyond `limits.learnedElements`, are refused.
 */
export class ElementLearner {
  readonly #learned = new Map<string, Element>();
  readonly #names = new Set<string>();
  readonly #isLearning: boolean;
  readonly #given: ElementLookup;
  readonly #counts = { elementsLearned: 0, elementsRefused: 0 };

  /** Without `learnElements` it finds what was given or the registry has, and nothing else. */
  constructor(options: {
    readonly element?: ElementLookup;
    readonly learnElements?: boolean;
  }) {
    this.#isLearning = options.learnElements === true;
    this.#given = options.element ?? (() => undefined);
  }

  /** The element that was given, or that of the registry, or else the learned one. */
  readonly find = (pen: number, id: number): Element | undefined =>
    this.#given(pen, id) ??
    elementById(pen, id) ??
    (this.#learned.size > 0 ? this.#learned.get(`${pen}/${id}`) : undefined);

  /** Changes whenever `find` may give something else than before. */
  get revision(): number {
    return registryRevision() + this.#learned.size;
  }

  /** What it costs in memory, in fields of Templates. */
  get fields(): number {
    return this.#learned.size * fieldsPerElement;
  }

  counters(): Readonly<Record<string, number>> {
    return this.#isLearning ? { ...this.#counts } : {};
  }

  /** Learn from a batch if it holds type records. */
  learn(batch: RecordBatch): void {
    const { template, bytes, offsets, count } = batch;
    if (!this.#isLearning || template.scopeCount === 0) return;
    const names = template.fields.map(({ name }) => name);
    if (!names.includes("informationElementId") || !names.includes("informationElementName")) {
      return;
    }
    const ranges = new Int32Array(2 * names.length);
    for (let i = 0; i < count; i++) {
      const fields = new Map<string, FieldValue>();
      try {
        locateFields(template, bytes, offsets[i] as number, offsets[i + 1] as number, ranges);
        for (const [field, { element, name }] of template.fields.entries()) {
          const [start, end] = [ranges[2 * field] as number, ranges[2 * field + 1] as number];
          fields.set(name, decodeValue(element, bytes, start, end));
        }
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.#counts.elementsRefused++; // whoever shows the record tells what is wrong with it
        continue;
      }
      this.#take(fields);
    }
  }

  #take(fields: ReadonlyMap<string, FieldValue>): void {
    const number = (name: string) => Number(fields.get(name) ?? 0);
    const pen = number("privateEnterpriseNumber");
    const id = number("informationElementId");
    if (this.#given(pen, id) ?? elementById(pen, id)) return;
    const name = fields.get("informationElementName");
    const type = typeNumbers[number("informationElementDataType")];
    const semantics = semanticsNumbers[number("informationElementSemantics")] ?? "";
    const units = unitsNumbers[number("informationElementUnits")] ?? "";
    const known = this.#learned.get(`${pen}/${id}`);
    if (known) {
      if (known.name !== name || known.type !== type) this.#counts.elementsRefused++;
      return;
    }
    if (pen === 0 || !type || typeof name !== "string" || !this.#isFree(name)) {
      this.#counts.elementsRefused++;
      return;
    }
    this.#learned.set(`${pen}/${id}`, { name, pen, id, type, semantics, units });
    this.#names.add(name);
    this.#counts.elementsLearned++;
    rememberName(name);
  }

  /**
   * A name that means something else already would be taken for that. CERT's may be used: RFC 5610
   * §4 itself gives two of them to another enterprise.
   */
  #isFree(name: string): boolean {
    if (this.#learned.size >= limits.learnedElements || this.#names.has(name)) return false;
    const known = elementByName(name);
    return acceptableName.test(name) && (known === undefined || known.pen === certPen);
  }
}
