import { z } from "zod";
import { limits } from "../limits.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import { printable } from "../text/printable.ts";
import { type FieldProblem, Problem } from "./problem.ts";

/** What `POST /api/export-task` asks for; paths are as the client wrote them. */
export type ExportRequest = z.infer<typeof schema>;

const path = z
  .string({ error: expected("a path") })
  .min(1, { error: "empty, expected a path" })
  .max(limits.pathCharacters, { error: `longer than ${limits.pathCharacters} characters` })
  .refine((text) => !text.includes("\0"), { error: "contains a NUL character" });

/** Also a safe file name and a safe part of a URL. */
const taskId = z.string({ error: expected("a string") }).regex(/^[a-z\d][\w.-]{0,127}$/i, {
  error: "expected 1 to 128 letters, digits, dots, dashes and underscores, a letter first",
});

const schema = z.strictObject(
  {
    pcap_files: z
      .array(path, { error: expected("an array of paths") })
      .min(1, { error: "empty, expected at least one capture" })
      .max(limits.taskInputs, { error: `more than ${limits.taskInputs} captures` }),
    output_path: path,
    task_id: taskId.optional(),
    DPI: z
      .boolean({ error: expected("true or false") })
      .refine((wanted) => !wanted, { error: "DPI is not part of this version, expected false" })
      .optional(),
    analysis_list: z
      .array(z.string({ error: expected("a name") }), { error: expected("an array of names") })
      .max(0, { error: "analyses are not part of this version, expected an empty list" })
      .optional(),
  },
  { error: expected("a JSON object") },
);

const keys = Object.keys(schema.shape);

/**
 * Check the shape of a request body.
 * @throws {Problem} `invalid-request` with everything that is wrong.
 */
export function parseExportRequest(body: unknown): ExportRequest {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap(fieldProblems));
}

/** The refusal of a request for `errors`, the first of which are listed. */
export function invalidRequest(errors: readonly FieldProblem[]): Problem {
  const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`;
  const detail = `Cannot create the task: ${count} in the request`;
  return new Problem("invalid-request", detail, { errors: errors.slice(0, limits.apiProblems) });
}

function fieldProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: pathText(issue.path), message: issue.message }];
  }
  return issue.keys.slice(0, limits.apiProblems).map((key) => ({
    path: printable(key.slice(0, 128)),
    message: `unknown key${didYouMean(key, keys)}`,
  }));
}

/** `pcap_files[0]` for `["pcap_files", 0]`. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return parts.join("").replace(/^\./, "");
}

function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) =>
    input === undefined ? `missing, expected ${what}` : `expected ${what}, got ${nameOf(input)}`;
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
