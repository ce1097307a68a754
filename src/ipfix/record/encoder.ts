import type { Template, TemplateLookup } from "../template.ts";
import { plainWriterOf } from "./compile-writer.ts";
import { RecordOctets } from "./octets.ts";
import type { PlainRecord } from "./plain.ts";

/** Makes octets of records that are plain data; the twin of `recordReaderOf`. */
export interface RecordEncoder {
  /**
   * The octets of a record of `template`, good until the next call. Fields without a value become
   * zeros, or empty where they have variable length.
   * @throws {ConfigError} `unknown-name` for what is no field of the Template or no element,
   *   `missing` for a list that is not there, `wrong-type` or `bad-value` for what does not fit its
   *   field, `limit` for a record that no Message can hold or lists nested too deep.
   */
  encode(template: Template, record: PlainRecord): Uint8Array;
}

/** Create an encoder; `templates` finds the Templates that lists name. */
export function createRecordEncoder(templates: TemplateLookup): RecordEncoder {
  const octets = new RecordOctets();
  const target = { octets, templates, lookup: plainWriterOf, depth: 0 };
  return {
    encode(template, record) {
      octets.length = 0;
      plainWriterOf(template)(target, record);
      return octets.bytes.subarray(0, octets.length);
    },
  };
}
