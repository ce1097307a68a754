import { LuaTable } from "../../lua/values.ts";
import { Arguments } from "../arguments.ts";
import { runBlocking } from "../blocking.ts";
import type { ConversionRequest } from "../conversion-worker.ts";
import type { ConversionResult } from "../pcap-to-ipfix.ts";
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
    bind: () => (args) => {
      const options = new Arguments("pcap.to_ipfix", args).options(1, optionNames);
      const idle = options.positive("idle_timeout");
      const active = options.positive("active_timeout");
      return [
        convert({
          inputs: options.texts("inputs"),
          output: options.text("output"),
          ...(idle !== undefined && { idleTimeoutMs: 1000 * idle }),
          ...(active !== undefined && { activeTimeoutMs: 1000 * active }),
        }),
      ];
    },
  },
];

function convert(request: ConversionRequest): LuaTable {
  const url = new URL("../../../dist/host/conversion-worker.js", import.meta.url);
  const result = runBlocking<ConversionRequest, ConversionResult>(url, request);
  const damage = result.damage.map(({ input, message }) => `${input}: ${message}`);
  return new LuaTable([
    ["packets", result.packets],
    ["octets", result.octets],
    ["flows", result.flows],
    ["damage", LuaTable.fromArray(damage)],
  ]);
}
