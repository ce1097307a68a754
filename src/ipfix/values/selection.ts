import { elementById } from "../registry.ts";
import type { Template } from "../template.ts";

/** Information Element that only fills up a record (RFC 5102 §5.12.1): records leave it out. */
export const padding = elementById(0, 210);

/** Names of the fields that are wanted; undefined stands for all. */
export type FieldSelection = ReadonlySet<string> | undefined;

/** Whether each field of `template` is wanted; a repeated element is, by its plain name too. */
export function selectFields(template: Template, selection: FieldSelection): readonly boolean[] {
  return template.fields.map(({ element, name }) => {
    const wanted = !selection || selection.has(element.name) || selection.has(name);
    return wanted && element !== padding;
  });
}
