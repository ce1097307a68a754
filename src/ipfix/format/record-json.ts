import type { DecodeError } from "../../errors.ts";
import type { RecordBatch } from "../batch.ts";
import type { MessageOrigin } from "../message.ts";
import type { SetProblem, TemplateEvent } from "../session.ts";
import type { Template } from "../template.ts";
import type { RecordWriter } from "../value.ts";

/** NetFlow v1 knows neither Observation Domains nor Sequence Numbers. */
const bareVersion = 1;

/** Beginning of each line of the record schema: which Message it comes from. */
function head(origin: MessageOrigin): string {
  const { version, exporter, details, domain, exportTime, sequence } = origin;
  let text = exporter === undefined ? "{" : `{"exporter":${JSON.stringify(exporter)},`;
  text += `"version":${JSON.stringify(version)},`;
  if (version !== bareVersion) text += `"domain":${domain},`;
  text += `"exportTime":${exportTime}`;
  if (version !== bareVersion) text += `,"seq":${sequence}`;
  for (const name in details) text += `,"${name}":${details[name]}`;
  return text;
}

const scopes = new WeakMap<Template, string>();

function scopeOf(template: Template): string {
  if (template.scopeCount === 0) return "";
  const known = scopes.get(template);
  if (known !== undefined) return known;
  const names = template.fields.slice(0, template.scopeCount).map(({ name }) => name);
  const text = `,"scope":${JSON.stringify(names)}`;
  scopes.set(template, text);
  return text;
}

/**
 * Formats one record of a batch by its index.
 * It throws a DecodeError when the record is damaged; the others may be fine.
 */
export type RecordFormatter = (index: number) => string;

/** Create a formatter of the records of `batch` as lines of the record schema. */
export function createRecordFormatter(
  batch: RecordBatch,
  origin: MessageOrigin,
  write: RecordWriter,
): RecordFormatter {
  const { template, offsets, bytes, templates } = batch;
  const kind = template.scopeCount > 0 ? "options" : "data";
  const start = head(origin);
  const scope = scopeOf(template);
  const before = `${start},"kind":"${kind}","template":${template.id}${scope},"fields":`;
  const source = { bytes, templates, depth: 0 };
  return (index) => {
    const from = offsets[index] as number;
    return `${before}${write(source, from, offsets[index + 1] as number)}}`;
  };
}

/** A Template that was defined or withdrawn, as a line of the record schema. */
export function formatTemplateEvent(event: TemplateEvent, origin: MessageOrigin): string {
  const { template, id, options } = event;
  const start = head(origin);
  if (!template) return `${start},"kind":"withdrawal","template":${id},"options":${options}}`;
  const elements = template.fields.map(({ element: { name, pen, id }, length }) => [
    name,
    pen,
    id,
    length,
  ]);
  const kind = options ? "options_template" : "template";
  const scope = options ? `,"scope":${template.scopeCount}` : "";
  const list = JSON.stringify(elements);
  return `${start},"kind":"${kind}","template":${id},"elements":${list}${scope}}`;
}

/** A Set that was left out, as a line of the record schema. */
export function formatSetProblem(problem: SetProblem, origin: MessageOrigin): string {
  const { code, setId, octets } = problem;
  const start = head(origin);
  if (code === "set-without-template") {
    return `${start},"kind":"unknown_template","template":${setId},"octets":${octets}}`;
  }
  return `${start},"kind":"error","code":"${code}","set":${setId},"octets":${octets}}`;
}

/** Octets of a file that are lost, as a line beside those of the record schema. */
export function formatLost({ code, offset, message }: DecodeError, octets: number): string {
  return JSON.stringify({ kind: "error", code, offset, octets, message });
}

/** A damage as a line beside those of the record schema. */
export function formatDamage(error: DecodeError, origin: MessageOrigin): string {
  const start = head(origin);
  const { code, offset } = error;
  const message = JSON.stringify(error.message);
  return `${start},"kind":"error","code":"${code}","offset":${offset},"message":${message}}`;
}
