import { DecodeError } from "../../errors.ts";
import type { Element } from "../element.ts";
import { createTemplate, type Template } from "../template.ts";
import type { DomainTable } from "./domains.ts";

/** A Template of a Transport Session, in a form that can be kept on disk. */
export interface KnownTemplate {
  /** Observation Domain ID. */
  readonly domain: number;
  readonly id: number;
  readonly scopeCount: number;
  readonly fields: readonly (readonly [pen: number, id: number, length: number])[];
  /** The protocol it was announced in, where the exporter may speak several. */
  readonly protocol?: string;
}

/** All Templates of all domains. */
export function listKnown(domains: DomainTable): KnownTemplate[] {
  return domains.list().flatMap(({ id: domain, templates }) =>
    [...templates.values()].map(({ id, scopeCount, fields }) => ({
      domain,
      id,
      scopeCount,
      fields: fields.map(({ element, length }) => [element.pen, element.id, length] as const),
    })),
  );
}

/**
 * Define Templates that were known before, as if they had just come. Those that are no Templates
 * are left out: a file on disk may hold anything.
 */
export function recallKnown(
  domains: DomainTable,
  known: readonly KnownTemplate[],
  find: (pen: number, id: number) => Element,
): void {
  for (const one of known) {
    const template = rebuild(one, find);
    if (template) domains.define(domains.select(one.domain), template);
  }
}

function rebuild(
  { id, scopeCount, fields }: KnownTemplate,
  find: (pen: number, id: number) => Element,
): Template | undefined {
  try {
    const specifiers = fields.map(([pen, id, length]) => [find(pen, id), length] as const);
    return createTemplate(id, scopeCount, specifiers);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
