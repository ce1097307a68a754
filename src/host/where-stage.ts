import { DecodeError } from "../errors.ts";
import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import type { RecordFilter } from "../ipfix/where/filter.ts";
import { RecordOutput } from "./where-output.ts";

/** What a stage before a `where` stage looks like, and that stage itself. */
interface Stage {
  process(batch: RecordBatch, sink: BatchSink): void;
}

/** A stage that sees matching records only. */
export interface WhereStage extends Stage {
  /** Records that did not match, and records whose octets could not be looked at. */
  counters(): { readonly unmatched: number; readonly damaged: number };
}

/**
 * Let only those records reach `stage` that `filter` matches: they are found in their octets, and
 * a batch that matches as a whole passes as it is. Records of Options Templates always pass.
 */
export function createWhereStage(filter: RecordFilter, stage: Stage): WhereStage {
  const output = new RecordOutput();
  const counts = { unmatched: 0, damaged: 0 };

  function process(batch: RecordBatch, sink: BatchSink): void {
    if (batch.template.scopeCount > 0 || batch.count === 0) {
      stage.process(batch, sink);
      return;
    }
    const matches = filter.of(batch);
    output.begin(batch, (matching) => stage.process(matching, sink));
    for (let index = 0; index < batch.count; index++) {
      if (attempt(matches, index)) output.keep(index);
    }
    output.finish();
  }

  function attempt(matches: (index: number) => boolean, index: number): boolean {
    try {
      if (matches(index)) return true;
      counts.unmatched++;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      counts.damaged++;
    }
    return false;
  }

  return { process, counters: () => ({ ...counts }) };
}
