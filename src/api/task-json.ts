import type { Task } from "../tasks/task.ts";

/** A task as the API shows it: the predecessor's names, times as ISO 8601. */
export function taskJson(task: Task): object {
  return { ...taskSummaryJson(task), pcap_files: task.input.inputs };
}

/** The same without the names of the captures, of which there may be many, for lists. */
export function taskSummaryJson(task: Task): object {
  const { bytes, totalBytes, packets, flows } = task.progress;
  return {
    task_id: task.id,
    kind: task.kind,
    status: task.state,
    pcap_file_count: task.input.inputs.length,
    output_path: task.input.output,
    created_at: time(task.createdMs),
    started_at: time(task.startedMs),
    ended_at: time(task.endedMs),
    progress: { bytes, total_bytes: totalBytes, packets, flows },
    result: task.result && {
      output_path: task.result.output,
      output_bytes: task.result.outputBytes,
      packets: task.result.packets,
      octets: task.result.octets,
      flows: task.result.flows,
      damage: task.result.damage,
    },
    error: task.error,
  };
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
