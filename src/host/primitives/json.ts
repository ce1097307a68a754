import type { LuaFunction } from "../../lua/values.ts";
import { lua } from "../../lua/vm/exports.ts";
import { rawTypeName, wrongArgument } from "../arguments.ts";
import { decodeJson } from "../json/decode.ts";
import { encodeJson } from "../json/encode.ts";
import { type JsonMark, JsonMarks } from "../json/marks.ts";
import type { Constant, Host, Primitive, PrimitiveValue } from "../primitive.ts";

const text: PrimitiveValue = { name: "text", type: "string", describe: "One JSON value" };
const marked: PrimitiveValue = {
  name: "table",
  type: "table",
  describe: "A new one when not given",
  optional: true,
};

/** JSON text from and to Lua values. */
export const jsonPrimitives: readonly Primitive[] = [
  {
    name: "json.encode",
    describe: "JSON text of a value: keys 1 to n make an array, others or none an object.",
    parameters: [{ name: "value", type: "any", describe: "A table, string, number or boolean" }],
    returns: [{ name: "text", type: "string", describe: "JSON on one line, members by name" }],
    needs: "nothing",
    example: 'print(json.encode { port = 53, names = { "a", "b" } })',
    bind: { raw: bindEncode },
  },
  {
    name: "json.decode",
    describe: "The value of JSON text: integers of 64 bits are exact, null is json.null.",
    parameters: [text],
    returns: [{ name: "value", type: "any", describe: "Tables for arrays and objects" }],
    needs: "nothing",
    example: "print(json.decode('{\"port\": 53}').port)",
    bind: { raw: bindDecode },
  },
  mark("array", "Mark a table as an array, so that an empty one is encoded as [].", "{}"),
  mark("object", "Mark a table as an object, whatever its keys are.", "{ 443 }"),
];

/** What stands for null. */
export const jsonConstants: readonly Constant[] = [
  {
    name: "json.null",
    lua: "userdata",
    describe: "Null of JSON: unlike nil it can stand in a table.",
    example: "print(json.encode { owner = json.null })",
    value: null,
  },
];

const marksOf = new WeakMap<Host, JsonMarks>();

/** The marks of an engine: all its functions share them. */
function findMarks(host: Host): JsonMarks {
  const known = marksOf.get(host) ?? new JsonMarks(host.engine.state);
  marksOf.set(host, known);
  return known;
}

function bindEncode(host: Host): LuaFunction {
  const { engine } = host;
  const marks = findMarks(host);
  return engine.wrapRaw((L) => {
    engine.state.pushString(L, encodeJson(engine.state, marks, L, 1));
    return 1;
  });
}

function bindDecode(host: Host): LuaFunction {
  const { state } = host.engine;
  const marks = findMarks(host);
  return host.engine.wrapRaw((L) => {
    const kind = state.x.lua_type(L, 1);
    const source = kind === lua.type.string ? state.toString(L, 1) : undefined;
    if (typeof source !== "string") {
      throw wrongArgument("json.decode", text, rawTypeName(kind));
    }
    decodeJson(state, marks, L, source);
    return 1;
  });
}

function mark(kind: JsonMark, describe: string, example: string): Primitive {
  const name = `json.${kind}`;
  return {
    name,
    describe,
    parameters: [marked],
    returns: [{ name: "table", type: "table", describe: "The same table" }],
    needs: "nothing",
    example: `print(json.encode(${name}(${example})))`,
    bind: {
      raw: (host) => {
        const { x } = host.engine.state;
        const marks = findMarks(host);
        return host.engine.wrapRaw((L) => {
          const type = x.lua_type(L, 1);
          if (type <= lua.type.nil) x.lua_createtable(L, 0, 0);
          else if (type !== lua.type.table) throw wrongArgument(name, marked, rawTypeName(type));
          else x.lua_pushvalue(L, 1);
          marks.mark(L, kind);
          return 1;
        });
      },
    },
  };
}
