export { compileRecordWriter, type RecordWriter } from "./values/compile.ts";
export { decodeValue, type FieldValue } from "./values/decode.ts";
export { encodeValue } from "./values/encode.ts";
export {
  createRecordPlan,
  formatRecord,
  formatValue,
} from "./values/json.ts";
export type { FieldSelection } from "./values/selection.ts";
