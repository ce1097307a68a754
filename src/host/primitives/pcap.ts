import { LuaTable } from "../../lua/values.ts";
import type { Given } from "../arguments.ts";
import { convertCaptures } from "../pcap-to-ipfix.ts";
import type { Primitive, PrimitiveValue } from "../primitive.ts";

/** Metering captures. */
export const pcapPrimitives: readonly Primitive[] = [
  {
    name: "pcap.to_ipfix",
    describe: "Meter captures into an IPFIX file; the script waits until the file is whole.",
    parameters: [
      {
        name: "options",
        type: "table",
        describe: "What to read and write",
        fields: [
          { name: "inputs", type: "strings", describe: "Paths of pcap or pcapng files" },
          { name: "output", type: "string", describe: "Path of the IPFIX file" },
          seconds("idle_timeout", "A flow without packets for so many seconds has ended"),
          seconds("active_timeout", "A flow of more seconds is reported and starts anew"),
        ],
      },
    ],
    returns: [
      {
        name: "result",
        type: "table",
        lua: "{ packets: integer, octets: integer, flows: integer, damage: string[] }?",
        describe: "What was found, or nil when a file cannot be used",
      },
      { name: "error", type: "string", lua: "string?", describe: "Why it cannot be used" },
    ],
    needs: "write files",
    example: [
      'local result = assert(pcap.to_ipfix { inputs = "lab.pcap", output = "lab.ipfix" })',
      "print(result.flows)",
    ].join("\n"),
    // On this thread: between two blocks of a file there is time for what else waits.
    bind: {
      wait:
        () =>
        async (given, { signal }) => [await convert(given.options("options"), signal)],
    },
  },
];

function seconds(name: string, describe: string): PrimitiveValue {
  return { name, type: "number", describe, optional: true, above: 0 };
}

async function convert(options: Given, signal: AbortSignal): Promise<LuaTable> {
  const milliseconds = (name: string) =>
    options.has(name) ? 1_000 * options.number(name) : undefined;
  const [idle, active] = [milliseconds("idle_timeout"), milliseconds("active_timeout")];
  const result = await convertCaptures({
    inputs: options.texts("inputs"),
    output: options.text("output"),
    signal,
    ...(idle !== undefined && { idleTimeoutMs: idle }),
    ...(active !== undefined && { activeTimeoutMs: active }),
  });
  const damage = result.damage.map(({ input, message }) => `${input}: ${message}`);
  return new LuaTable([
    ["packets", result.packets],
    ["octets", result.octets],
    ["flows", result.flows],
    ["damage", LuaTable.fromArray(damage)],
  ]);
}
