import { firstDataSetId } from "../message.ts";
import type { Template } from "../template.ts";

/** A Template as it leaves: the same fields, perhaps under another id. */
export interface OutgoingTemplate {
  readonly id: number;
  readonly template: Template;
  /** Whether the receiver was told of it. */
  sent: boolean;
}

const lastId = 65_535;

/** The Templates one outgoing Observation Domain uses; each id means one Template. */
export class TemplateTable {
  /** Undefined stands for an id that a list names though nobody knows its Template. */
  readonly #byId = new Map<number, OutgoingTemplate | undefined>();
  readonly #bySignature = new Map<string, OutgoingTemplate>();
  /** What `assign` answered before, by identity, so that a batch costs one look. */
  readonly #known = new WeakMap<Template, OutgoingTemplate>();
  readonly #unknown = new Map<number, number>();
  #nextId = firstDataSetId;

  /** Ids in use. */
  get size(): number {
    return this.#byId.size;
  }

  /**
   * The outgoing twin of `template`: it keeps its id when that is free, else gets the id of one
   * with the same fields, or a free one.
   */
  assign(template: Template): OutgoingTemplate {
    const known = this.#known.get(template) ?? this.#find(template) ?? this.#add(template);
    this.#known.set(template, known);
    return known;
  }

  #find({ id, signature }: Template): OutgoingTemplate | undefined {
    const namesake = this.#byId.get(id);
    if (namesake?.template.signature === signature) return namesake;
    // Exporters may have two ids for one layout: as long as nothing is in the way both stay.
    return this.#byId.has(id) || id < firstDataSetId ? this.#bySignature.get(signature) : undefined;
  }

  #add(template: Template): OutgoingTemplate {
    const id = this.#free(template.id);
    const outgoing = { id, template, sent: false };
    this.#byId.set(id, outgoing);
    this.#bySignature.set(template.signature, outgoing);
    return outgoing;
  }

  /** An id that stays without Template, for lists of the unknown Template `id`. */
  assignUnknown(id: number): number {
    const known = this.#unknown.get(id);
    if (known !== undefined) return known;
    const free = this.#free(id);
    this.#byId.set(free, undefined);
    this.#unknown.set(id, free);
    return free;
  }

  /** All Templates, those without lists first: a list's Templates come before it. */
  all(): OutgoingTemplate[] {
    const all = [...this.#byId.values()].filter((outgoing) => outgoing !== undefined);
    return all.sort((a, b) => Math.sign(a.template.firstList) - Math.sign(b.template.firstList));
  }

  #free(wanted: number): number {
    if (wanted >= firstDataSetId && !this.#byId.has(wanted)) return wanted;
    while (this.#byId.has(this.#nextId)) {
      this.#nextId = this.#nextId === lastId ? firstDataSetId : this.#nextId + 1;
    }
    return this.#nextId;
  }
}
