import type { AbstractType } from "../element.ts";

/** Element numbers by name, in groups of equal type, semantics and units. */
export type ElementTable = readonly (readonly [
  type: AbstractType,
  semantics: string,
  units: string,
  ids: Readonly<Record<string, number>>,
])[];
