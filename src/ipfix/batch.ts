import type { Template, TemplateLookup } from "./template.ts";

/**
 * Data Records of one Template: the unit that passes from stage to stage.
 * A collector or reader gives one batch per Data Set, a meter gives larger ones.
 * Everything in it belongs to whoever made it and is reused once the call returns.
 */
export interface RecordBatch {
  /** Observation Domain ID (RFC 7011 §3.1). */
  readonly domain: number;
  /** Export Time of the Message, in seconds since the epoch. */
  readonly exportTime: number;
  readonly template: Template;
  /** Finds the Templates that lists inside the records name (RFC 6313 §4.5.2). */
  readonly templates: TemplateLookup;
  /** The records, one after the other, in wire format. */
  readonly bytes: Uint8Array;
  /** `count + 1` valid entries: record `i` is `bytes[offsets[i] .. offsets[i + 1])`. */
  readonly offsets: Uint32Array;
  readonly count: number;
}

/** Receives a batch; the batch is valid only until the call returns. */
export type BatchSink = (batch: RecordBatch) => void;
