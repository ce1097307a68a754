import type { AbstractType } from "../element.ts";

/** Elements by name in groups of equal type, semantics and units; the values are element numbers. */
export type ElementTable = readonly (readonly [
  type: AbstractType,
  semantics: string,
  units: string,
  ids: Readonly<Record<string, number>>,
])[];
