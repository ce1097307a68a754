import type { Template } from "../template.ts";
import { compileRecordWriter, createRecordPlan, type FieldSelection } from "../value.ts";
import { createCache, type LineFormat } from "./lines.ts";
import {
  createRecordFormatter,
  formatDamage,
  formatLost,
  formatSetProblem,
  formatTemplateEvent,
} from "./record-json.ts";

/** The record schema, one JSON object a line; `fields` restricts what is in them. */
export function createJsonLines(fields?: readonly string[]): LineFormat {
  const selection: FieldSelection = fields && new Set(fields);
  const writerOf = createCache((template: Template) =>
    compileRecordWriter(createRecordPlan(template, selection)),
  );
  return {
    batch: (batch, header) => createRecordFormatter(batch, header, writerOf(batch.template)),
    template: formatTemplateEvent,
    problem: formatSetProblem,
    lost: formatLost,
    damage: formatDamage,
  };
}
