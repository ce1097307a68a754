import { limits } from "../../limits.ts";
import { firstDataSetId } from "../message.ts";
import type { Template, TemplateLookup } from "../template.ts";

/** What a Transport Session knows of one Observation Domain. */
export interface Domain {
  readonly templates: Map<number, Template>;
  readonly lookup: TemplateLookup;
  /** Sequence Number the next Message should have, or `unknownSequence`. */
  expected: number;
}

/** Stands for a Sequence Number that cannot be known, as after a Set without Template. */
export const unknownSequence = -1;

/** The Templates of one Transport Session by domain, within the bounds of `limits`. */
export class DomainTable {
  /** In order of use: the first one is the one not used for longest. */
  readonly #domains = new Map<number, Domain>();
  #fields = 0;
  #currentId = -1;
  #current: Domain = createDomain();
  /** Domains given up for younger ones. */
  forgotten = 0;

  /** The domain `id`, which becomes the youngest in use; the oldest is forgotten for a new one. */
  select(id: number): Domain {
    if (id === this.#currentId) return this.#current;
    const known = this.#domains.get(id);
    if (known) this.#domains.delete(id);
    else if (this.#domains.size >= limits.sessionDomains) this.#forgetOldest();
    this.#current = known ?? createDomain();
    this.#currentId = id;
    this.#domains.set(id, this.#current);
    return this.#current;
  }

  /**
   * Keep `template` in `domain`; an equal one that is there already stays, so that whatever was
   * derived from it stays good. Returns the one kept, or undefined when it would break the bound.
   */
  define(domain: Domain, template: Template): Template | undefined {
    const old = domain.templates.get(template.id);
    if (old?.signature === template.signature) return old;
    const growth = template.fields.length - (old?.fields.length ?? 0);
    if (this.#fields + growth > limits.sessionTemplateFields) return undefined;
    this.#fields += growth;
    domain.templates.set(template.id, template);
    return template;
  }

  /** Forget the Template `id`, or all (Options) Templates when `id` is a Set ID (RFC 7011 §8.1). */
  withdraw(domain: Domain, id: number, options: boolean): void {
    for (const template of [...domain.templates.values()]) {
      const meant = id < firstDataSetId ? template.scopeCount > 0 === options : template.id === id;
      if (!meant) continue;
      this.#fields -= template.fields.length;
      domain.templates.delete(template.id);
    }
  }

  #forgetOldest(): void {
    for (const [id, { templates }] of this.#domains) {
      for (const { fields } of templates.values()) this.#fields -= fields.length;
      templates.clear();
      this.#domains.delete(id);
      this.forgotten++;
      return;
    }
  }
}

function createDomain(): Domain {
  const templates = new Map<number, Template>();
  return { templates, lookup: (id) => templates.get(id), expected: unknownSequence };
}
