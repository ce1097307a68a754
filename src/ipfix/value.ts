export { compileRecordWriter, type RecordWriter } from "./values/compile.ts";
export { decodeValue, type FieldValue } from "./values/decode.ts";
export { encodeValue } from "./values/encode.ts";
export {
  createRecordPlan,
  type FieldSelection,
  formatRecord,
  formatValue,
} from "./values/json.ts";
