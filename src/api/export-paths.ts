import type { TaskInput } from "../tasks/task.ts";
import type { ExportRequest } from "./export-request.ts";
import type { CheckedPath, Roots } from "./paths.ts";
import type { FieldProblem } from "./problem.ts";

/** The real paths of a request, or everything that is wrong with its paths. */
export async function checkPaths(
  request: ExportRequest,
  roots: Roots,
): Promise<TaskInput | { readonly errors: readonly FieldProblem[] }> {
  const inputs: CheckedPath[] = [];
  for (const text of request.pcap_files) inputs.push(await roots.checkInput(text));
  const output = await roots.checkOutput(request.output_path);

  const errors: FieldProblem[] = [];
  const seen = new Map<string, string>();
  for (const [index, checked] of inputs.entries()) {
    const path = `pcap_files[${index}]`;
    const message = checked.refused ?? repetition(seen.get(checked.path));
    if (message !== undefined) errors.push({ path, message });
    else if (checked.path !== undefined) seen.set(checked.path, path);
  }
  if (output.refused !== undefined) errors.push({ path: "output_path", message: output.refused });
  else if (seen.has(output.path)) {
    errors.push({ path: "output_path", message: `the same file as ${seen.get(output.path)}` });
  }
  if (errors.length > 0 || output.path === undefined) return { errors };
  return { inputs: [...seen.keys()], output: output.path };
}

function repetition(earlier: string | undefined): string | undefined {
  return earlier === undefined ? undefined : `the same file as ${earlier}`;
}
