import { AsyncFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
import { Arguments } from "../arguments.ts";
import { convertCaptures } from "../pcap-to-ipfix.ts";
import type { Primitive } from "../primitive.ts";

const optionNames = ["inputs", "output", "idle_timeout", "active_timeout"] as const;

/** Metering captures. */
export const pcapPrimitives: readonly Primitive[] = [
  {
    name: "pcap.to_ipfix",
    describe: "Meter captures into an IPFIX file; the script waits until the file is whole.",
    parameters: [
      {
        name: "options",
        type:
          "{ inputs: string|string[], output: string, idle_timeout: number?, " +
          "active_timeout: number? }",
        describe: "Paths of pcap or pcapng files, of the IPFIX file, and seconds",
      },
    ],
    returns: [
      {
        name: "result",
        type: "{ packets: integer, octets: integer, flows: integer, damage: string[] }?",
        describe: "What was found, or nil when a file cannot be used",
      },
      { name: "error", type: "string?", describe: "Why it cannot be used" },
    ],
    needs: "write files",
    example: [
      'local result = assert(pcap.to_ipfix { inputs = "lab.pcap", output = "lab.ipfix" })',
      "print(result.flows)",
    ].join("\n"),
    // On this thread: between two blocks of a file there is time for what else waits.
    bind: () => new AsyncFunction(async (args, { signal }) => [await convert(args, signal)]),
  },
];

async function convert(args: readonly LuaValue[], signal: AbortSignal): Promise<LuaTable> {
  const options = new Arguments("pcap.to_ipfix", args).options(1, optionNames);
  const idle = options.positive("idle_timeout");
  const active = options.positive("active_timeout");
  const result = await convertCaptures({
    inputs: options.texts("inputs"),
    output: options.text("output"),
    signal,
    ...(idle !== undefined && { idleTimeoutMs: 1_000 * idle }),
    ...(active !== undefined && { activeTimeoutMs: 1_000 * active }),
  });
  const damage = result.damage.map(({ input, message }) => `${input}: ${message}`);
  return new LuaTable([
    ["packets", result.packets],
    ["octets", result.octets],
    ["flows", result.flows],
    ["damage", LuaTable.fromArray(damage)],
  ]);
}
