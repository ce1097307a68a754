import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { moduleSource } from "../../lua/sandbox.ts";
import { LuaFunction, type LuaKey, LuaTable, type LuaValue } from "../../lua/values.ts";
import { checkArguments } from "../arguments.ts";
import type { Host, Primitive, PrimitiveValue } from "../primitive.ts";
import { StateTables } from "../state-tables.ts";

const tableParameters: readonly PrimitiveValue[] = [
  { name: "name", type: "string", describe: "Equal names are one table" },
];

/** What outlives the script. */
export const statePrimitives: readonly Primitive[] = [
  {
    name: "state.table",
    describe:
      "A table of plain data that a new conf.lua finds again, and all scripts of its lane share.",
    parameters: tableParameters,
    returns: [
      {
        name: "table",
        type: "any",
        lua: "table<string|number|boolean, any>",
        describe: `Up to ${limits.stateEntries} entries; reads give copies, pairs() and # work`,
      },
    ],
    needs: "nothing",
    example: [
      'local seen = state.table("hosts seen")',
      'seen["10.0.0.1"] = (seen["10.0.0.1"] or 0) + 1',
      "for host, count in pairs(seen) do",
      "  print(host, count)",
      "end",
    ].join("\n"),
    bind: { raw: bindTable },
  },
];

function bindTable({ engine, state = new StateTables() }: Host): LuaFunction {
  const { x } = engine.state;
  const open = (args: LuaValue[]): LuaValue[] => {
    const name = checkArguments("state.table", tableParameters, args).text("name");
    state.open(name);
    return [];
  };
  const create = engine.wrapRaw((L) => {
    // The object holds its name: functions that use tables of two names are two functions.
    const name = engine.state.viewString(L, 2).slice();
    const at = x.lua_newuserdatauv(L, name.length, 0);
    engine.state.glue.bytes().set(name, at);
    x.lua_pushvalue(L, 1);
    x.lua_setmetatable(L, -2);
    return 1;
  });
  const [table] = engine.run(moduleSource("engine.state") ?? "", "lua/engine/state.lua", [
    open,
    ([name, each]: LuaValue[]) => [state.get(String(name), keyOf(each))],
    ([name, each, value]: LuaValue[]) => {
      state.set(String(name), keyOf(each), value);
      return [];
    },
    ([name]: LuaValue[]) => [LuaTable.fromArray(state.keys(String(name)))],
    ([name]: LuaValue[]) => [state.count(String(name))],
    create,
  ]);
  if (table instanceof LuaFunction) return table;
  throw new Error("lua/engine/state.lua returns no function");
}

/** @throws {ConfigError} `wrong-type` for what can be no key. */
function keyOf(value: LuaValue): LuaKey {
  const isKey = ["string", "number", "bigint", "boolean"].includes(typeof value);
  if (isKey || value instanceof Uint8Array) return value as LuaKey;
  const detail = "Cannot use this as a key of a state table: expected text, a number or a boolean";
  throw new ConfigError("wrong-type", "", detail);
}
