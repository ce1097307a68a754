import { ConfigError } from "../../errors.ts";
import { type ConversionResult, convertCaptures, meterDefaults } from "../../host/pcap-to-ipfix.ts";
import { printable } from "../../text/printable.ts";
import { grouped } from "../../text/table.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { integer, seconds } from "../option-values.ts";
import { createProgressLine } from "../progress.ts";

/** `moonfix pcap2ipfix`: captures into flows. */
export const command: Command = {
  usage: "IN… -o OUT",
  arity: [1, Number.POSITIVE_INFINITY],
  options: {
    output: {
      type: "string",
      short: "o",
      value: "OUT",
      describe: "the IPFIX file; - is standard output",
    },
    "idle-timeout": {
      type: "string",
      value: "SECONDS",
      default: String(meterDefaults.idleTimeoutMs / 1_000),
      describe: "a flow without packets for longer has ended",
    },
    "active-timeout": {
      type: "string",
      value: "SECONDS",
      default: String(meterDefaults.activeTimeoutMs / 1_000),
      describe: "a flow that lasts longer is reported and starts anew",
    },
    "max-flows": {
      type: "string",
      value: "FLOWS",
      default: String(meterDefaults.maximumFlows),
      describe: "flows kept at a time; beyond it the one idle for longest ends",
    },
    domain: {
      type: "string",
      value: "ID",
      default: String(meterDefaults.domain),
      describe: "Observation Domain ID",
    },
    dpi: { type: "boolean", describe: "look into payloads: not there yet" },
    json: {
      type: "boolean",
      describe: "print the result as one JSON object (to standard error when OUT is -)",
    },
    quiet: { type: "boolean", short: "q", describe: "say nothing when all is well" },
  },
  help: `IN is a pcap or pcapng file, or - for standard input; several are metered as one. OUT
appears when it is whole. A damaged capture yields every packet before the damage, and exit code 1.

  moonfix pcap2ipfix office.pcap -o office.ipfix
  tcpdump -w - -c 1000 | moonfix pcap2ipfix - -o - | moonfix cat - --format flows`,
  run: convert,
};

async function convert(input: CommandInput): Promise<number> {
  const { args, options, stdin, stdout, stderr } = input;
  if (options["dpi"] === true) {
    throw new ConfigError(
      "unsupported",
      "--dpi",
      "Cannot look into payloads: DPI is not there yet",
    );
  }
  const output = options["output"];
  if (typeof output !== "string") {
    throw new ConfigError("missing", "--output", "Cannot convert: no output, expected -o OUT");
  }
  if (args.filter((arg) => arg === "-").length > 1) {
    throw new ConfigError("bad-value", "-", "Cannot read standard input twice");
  }
  if (output === "-" && stdout.isTTY === true) {
    throw new ConfigError(
      "bad-value",
      "--output",
      "Cannot show IPFIX on a terminal, expected a pipe",
    );
  }
  const conversion = {
    inputs: args.map((arg) => (arg === "-" ? stdin : arg)),
    output: output === "-" ? stdout : output,
    idleTimeoutMs: seconds(options, "idle-timeout") * 1_000,
    activeTimeoutMs: seconds(options, "active-timeout") * 1_000,
    maximumFlows: integer(options, "max-flows", [1, 16_000_000]),
    domain: integer(options, "domain", [0, 0xffff_ffff]),
  };
  const line = createProgressLine(stderr);
  return untilInterrupted(async (signal) => {
    try {
      const result = await convertCaptures({ ...conversion, onProgress: line.show, signal });
      line.clear();
      return report(result, output, input);
    } finally {
      line.clear();
    }
  });
}

/** Say what was done, or what is wrong with the input. */
function report(result: ConversionResult, output: string, input: CommandInput): number {
  const { options, stdout, stderr } = input;
  const { packets, flows, damage } = result;
  const say = (text: string) => stderr.write(`moonfix: ${printable(text)}\n`);
  if (options["json"] === true) {
    const stream = output === "-" ? stderr : stdout;
    stream.write(`${JSON.stringify({ output, ...result })}\n`);
  }
  const made = `${counted(packets, "packet")}, ${counted(flows, "flow")}`;
  const place = output === "-" ? "standard output" : output;
  const [first] = damage;
  if (first !== undefined) {
    const { code, message, offset } = first;
    const what = code === "truncated" ? ` is cut short at byte ${offset}` : `: ${message}`;
    const others = damage.length > 1 ? ` (and ${damage.length - 1} more)` : "";
    say(`${first.input}${what}${others}; what came before is kept: ${made} → ${place}`);
    return exitCodes.failed;
  }
  if (options["quiet"] !== true && options["json"] !== true) say(`${made} → ${place}`);
  return exitCodes.ok;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}
