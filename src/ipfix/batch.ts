import type { Template, TemplateLookup } from "./template.ts";

/** How a Set stood in the Message of its source, for whoever passes it on as it came. */
export interface SetLayout {
  /** Whether its first record began a Message, a Set, or went on in a Set. */
  readonly begins: "message" | "set" | "record";
  /** Octets of padding behind its last record in the batch's `bytes` (RFC 7011 §3.3.1). */
  readonly padding: number;
}

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
  /** 0 in a batch that only tells where the source sent the Template: it has a layout. */
  readonly count: number;
  /** How the source sent it, when it is a whole Set of the source's. */
  readonly layout?: SetLayout | undefined;
}

/** Receives a batch; the batch is valid only until the call returns. */
export type BatchSink = (batch: RecordBatch) => void;
