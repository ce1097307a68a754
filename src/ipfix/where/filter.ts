import type { RecordBatch } from "../batch.ts";
import type { Template } from "../template.ts";
import { compileWhere, type Matcher } from "./compile.ts";
import { parseWhere } from "./parse.ts";

/** Finds the records that match an expression. */
export interface RecordFilter {
  /**
   * Tells of each record of `batch`, by its number, whether it matches.
   * The function throws a DecodeError for a record that is cut short.
   */
  of(batch: RecordBatch): (index: number) => boolean;
}

/**
 * Create a filter; it is compiled once for each Template it meets.
 * @throws {ConfigError} as `parseWhere`.
 */
export function createRecordFilter(expression: string): RecordFilter {
  const where = parseWhere(expression);
  const matchers = new WeakMap<Template, Matcher>();
  return {
    of({ template, bytes, offsets }) {
      let matcher = matchers.get(template);
      if (matcher === undefined) {
        matcher = compileWhere(where, template);
        matchers.set(template, matcher);
      }
      const matches = matcher;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (index) =>
        matches(bytes, view, offsets[index] as number, offsets[index + 1] as number);
    },
  };
}
