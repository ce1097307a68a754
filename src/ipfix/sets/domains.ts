import { limits } from "../../limits.ts";
import type { Element } from "../element.ts";
import { firstDataSetId } from "../message.ts";
import { unknownElement } from "../registry.ts";
import { createTemplate, type Template, type TemplateLookup } from "../template.ts";
import type { ElementLookup } from "../template-record.ts";
import { createSequenceState, type SequenceState } from "./sequence.ts";

/** What a Transport Session knows of one Observation Domain. */
export interface Domain {
  readonly templates: Map<number, Template>;
  /** Which of them are Options Templates, and which are not. */
  readonly optionsIds: Set<number>;
  readonly plainIds: Set<number>;
  readonly lookup: TemplateLookup;
  readonly sequence: SequenceState;
  /**
   * Whether a Template was withdrawn. Then the Templates of this domain come in time, and a Set
   * without one is of a Template that is gone, not of one that is late.
   */
  hasWithdrawals: boolean;
}

/** The Templates of one Transport Session by domain, within the bounds of `limits`. */
export class DomainTable {
  /** In order of use: the first one is the one not used for longest. */
  readonly #domains = new Map<number, Domain>();
  /** Fields of all Templates. */
  fields = 0;
  readonly #find: ElementLookup | undefined;
  #currentId = -1;
  #current: Domain;
  /** Domains given up for younger ones. */
  forgotten = 0;

  /** `find` finds the elements of basicLists, where it is not the registry. */
  constructor(find?: ElementLookup) {
    this.#find = find;
    this.#current = createDomain(find);
  }

  /** The domain `id`, which becomes the youngest in use; the oldest is forgotten for a new one. */
  select(id: number): Domain {
    if (id === this.#currentId) return this.#current;
    const known = this.#domains.get(id);
    if (known) this.#domains.delete(id);
    else if (this.#domains.size >= limits.sessionDomains) this.#forgetOldest();
    this.#current = known ?? createDomain(this.#find);
    this.#currentId = id;
    this.#domains.set(id, this.#current);
    return this.#current;
  }

  /** All domains and their Templates. */
  list(): readonly { readonly id: number; readonly templates: ReadonlyMap<number, Template> }[] {
    return [...this.#domains].map(([id, { templates }]) => ({ id, templates }));
  }

  /**
   * Keep `template` in `domain`; an equal one that is there already stays, so that whatever was
   * derived from it stays good. Returns the one kept, or undefined when it would break the bound.
   */
  define(domain: Domain, template: Template): Template | undefined {
    const old = domain.templates.get(template.id);
    if (old?.signature === template.signature) return old;
    const growth = template.fields.length - (old?.fields.length ?? 0);
    if (this.fields + growth > limits.sessionTemplateFields) return undefined;
    if (old) this.#drop(domain, old);
    this.fields += template.fields.length;
    domain.templates.set(template.id, template);
    idsLike(template, domain).add(template.id);
    return template;
  }

  /** Give the fields of all Templates the elements that `find` knows by now. */
  rename(find: ElementLookup): void {
    for (const { templates } of this.#domains.values()) {
      for (const [id, template] of templates) {
        const renamed = renameFields(template, find);
        if (renamed) templates.set(id, renamed);
      }
    }
  }

  /**
   * Forget the Template `id`, or all (Options) Templates when `id` is a Set ID (RFC 7011 §8.1).
   * It takes no longer than to define what it forgets: one Message can hold 16 000 withdrawals.
   */
  withdraw(domain: Domain, id: number, options: boolean): void {
    domain.hasWithdrawals = true;
    const all = options ? domain.optionsIds : domain.plainIds;
    for (const meant of id < firstDataSetId ? all : [id]) {
      const template = domain.templates.get(meant);
      if (template) this.#drop(domain, template);
    }
  }

  #drop(domain: Domain, template: Template): void {
    this.fields -= template.fields.length;
    domain.templates.delete(template.id);
    idsLike(template, domain).delete(template.id);
  }

  #forgetOldest(): void {
    for (const [id, domain] of this.#domains) {
      for (const template of domain.templates.values()) this.#drop(domain, template);
      this.#domains.delete(id);
      this.forgotten++;
      return;
    }
  }
}

/** The Template with the elements that `find` knows, or undefined when it has them already. */
function renameFields(template: Template, find: ElementLookup): Template | undefined {
  const elements = template.fields.map(({ element }) => {
    return find(element.pen, element.id) ?? unknownElement(element.pen, element.id);
  });
  if (template.fields.every(({ element }, i) => isSame(element, elements[i]))) return undefined;
  const specifiers = template.fields.map(
    ({ length }, i) => [elements[i] as Element, length] as const,
  );
  return createTemplate(template.id, template.scopeCount, specifiers);
}

function isSame(a: Element, b: Element | undefined): boolean {
  return a === b || (a.name === b?.name && a.type === b.type);
}

function createDomain(find: ElementLookup | undefined): Domain {
  const templates = new Map<number, Template>();
  const lookup = (id: number) => templates.get(id);
  return {
    templates,
    optionsIds: new Set(),
    plainIds: new Set(),
    lookup: find ? Object.assign(lookup, { element: find }) : lookup,
    sequence: createSequenceState(),
    hasWithdrawals: false,
  };
}

function idsLike({ scopeCount }: Template, { optionsIds, plainIds }: Domain): Set<number> {
  return scopeCount > 0 ? optionsIds : plainIds;
}
