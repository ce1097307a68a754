import { ConfigError, type DecodeError } from "../../errors.ts";
import { elementById, elementByName, elementNames } from "../../ipfix/registry.ts";
import { moduleSource } from "../../lua/sandbox.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { checkArguments } from "../arguments.ts";
import type { Host, Primitive, PrimitiveValue } from "../primitive.ts";
import { readIpfixBatches } from "../record/file.ts";
import { RecordLoops } from "../record/loop.ts";
import { createRecordStage } from "../record-stage.ts";
import { reportWorld } from "../world.ts";

const recordsParameters: readonly PrimitiveValue[] = [
  { name: "path", type: "string", describe: "The file" },
];

/** Reading IPFIX and asking the registry. */
export const ipfixPrimitives: readonly Primitive[] = [
  {
    name: "ipfix.read",
    describe: "Call a function with each flow of an IPFIX file, in order.",
    parameters: [
      { name: "path", type: "string", describe: "The file" },
      {
        name: "each",
        type: "function",
        lua: "fun(flow: moonfix.Flow)",
        describe: "Gets each Data Record; the flow is valid during the call only",
      },
    ],
    returns: [
      {
        name: "result",
        type: "table",
        lua: "{ messages: integer, records: integer, damages: integer, damage: string? }?",
        describe: "What the file held, or nil when it cannot be read",
      },
      { name: "error", type: "string", lua: "string?", describe: "Why it cannot be read" },
    ],
    needs: "read files",
    example: [
      "local octets = 0",
      'local result, problem = ipfix.read("flows.ipfix", function(flow)',
      "  octets = octets + (flow.octetTotalCount or flow.octetDeltaCount or 0)",
      "end)",
      "print(result and octets or problem)",
    ].join("\n"),
    bind: {
      call: (host) => (given) => [read(host, given.text("path"), given.function("each"))],
    },
  },
  {
    name: "ipfix.records",
    describe: "Loop over the flows of an IPFIX file, in order; `break` closes it.",
    parameters: recordsParameters,
    returns: [
      {
        name: "next",
        type: "function",
        lua: "fun(): moonfix.Flow?",
        describe: "For the loop; its flow is valid until the next one",
      },
    ],
    needs: "read files",
    example: [
      'for flow in ipfix.records("flows.ipfix") do',
      "  print(flow.sourceIPv4Address)",
      "end",
    ].join("\n"),
    bind: { raw: bindRecords },
  },
  {
    name: "ipfix.element",
    describe: "What the registries of IANA and CERT say about an Information Element.",
    parameters: [{ name: "name", type: "string", describe: "Its exact name, or pen/id" }],
    returns: [
      {
        name: "element",
        type: "table",
        lua: "{ name: string, pen: integer, id: integer, type: string, units: string }",
        describe: "Enterprise 0 is IANA",
      },
    ],
    needs: "nothing",
    example: 'print(ipfix.element("octetDeltaCount").units)',
    bind: { call: () => (given) => [element(given.text("name"))] },
  },
];

function bindRecords({ engine }: Host): LuaFunction {
  const loops = new RecordLoops(engine);
  const open = reportWorld((args) => {
    const given = checkArguments("ipfix.records", recordsParameters, args);
    return [loops.open(given.text("path"))];
  });
  const close = ([id]: LuaValue[]) => {
    loops.close(Number(id));
    return [];
  };
  const iterator = engine.wrapRaw((L) => loops.iterator(L));
  const source = moduleSource("engine.records") ?? "";
  const [records] = engine.run(source, "lua/engine/records.lua", [open, iterator, close]);
  if (records instanceof LuaFunction) return records;
  throw new Error("lua/engine/records.lua returns no function");
}

/** The file from end to end; the first error of `each` ends it. */
function read(host: Host, path: string, each: LuaFunction): LuaTable {
  const onError = (error: Error) => {
    throw error;
  };
  const stage = createRecordStage({ engine: host.engine, each, name: "ipfix.read", onError });
  try {
    const result = { messages: 0, damages: 0, damage: undefined as DecodeError | undefined };
    for (const batch of readIpfixBatches(path, result)) {
      if (batch.template.scopeCount === 0) stage.process(batch, () => {});
    }
    const { damage } = result;
    return new LuaTable([
      ["messages", result.messages],
      ["records", stage.counters().in],
      ["damages", result.damages],
      ["damage", damage?.message],
    ]);
  } finally {
    stage.close();
    host.engine.release(each);
  }
}

function element(name: string): LuaTable {
  const [, enterprise, number] = /^(\d{1,10})\/(\d{1,5})$/.exec(name) ?? [];
  const found =
    number === undefined ? elementByName(name) : elementById(Number(enterprise), Number(number));
  if (found === undefined) {
    const hint = didYouMean(name, elementNames());
    throw new ConfigError("unknown-name", "", `Cannot find the element "${name}"${hint}`);
  }
  const { pen, id, type, semantics, units } = found;
  return new LuaTable(Object.entries({ name: found.name, pen, id, type, semantics, units }));
}
