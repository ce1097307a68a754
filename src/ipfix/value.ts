export { decodeValue, type FieldValue } from "./values/decode.ts";
export { encodeValue } from "./values/encode.ts";
export { formatRecord, formatValue } from "./values/json.ts";
