import { ConfigError } from "../../errors.ts";
import { type ConversionResult, convertCaptures, meterDefaults } from "../../host/pcap-to-ipfix.ts";
import { printable } from "../../text/printable.ts";
import { grouped } from "../../text/table.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
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
      default: "300",
      describe: "a flow without packets for this long has ended",
    },
    "active-timeout": {
      type: "string",
      value: "SECONDS",
      default: "1800",
      describe: "a longer flow is reported and starts anew",
    },
    "max-flows": {
      type: "string",
      value: "FLOWS",
      default: String(meterDefaults.maximumFlows),
      describe: "flows kept at once",
    },
    domain: { type: "string", value: "ID", default: "0", describe: "Observation Domain ID" },
    dpi: { type: "boolean", describe: "look into payloads: not part of this version" },
    json: { type: "boolean", describe: "print the result as one JSON object on standard error" },
    quiet: { type: "boolean", short: "q", describe: "say nothing when all is well" },
  },
  help: `IN is a pcap or pcapng file, or - for standard input. OUT appears when it is whole. A
damaged capture yields every packet before the damage, and exit code 1.

  moonfix pcap2ipfix office.pcap -o office.ipfix
  tcpdump -w - -c 1000 | moonfix pcap2ipfix - -o - | moonfix cat - --format flows`,
  async run(input: CommandInput): Promise<number> {
    const { args, options, stdin, stdout, stderr } = input;
    if (options["dpi"] === true) {
      const detail = "Cannot look into payloads: DPI is not part of this version yet";
      throw new ConfigError("unsupported", "--dpi", detail);
    }
    const output = options["output"];
    if (typeof output !== "string") {
      throw new ConfigError("missing", "--output", "Cannot convert: no output, expected -o OUT");
    }
    if (args.filter((arg) => arg === "-").length > 1) {
      throw new ConfigError("bad-value", "-", "Cannot read standard input twice");
    }
    const line = createProgressLine(stderr);
    const abort = new AbortController();
    const interrupt = (): void => abort.abort(new Interrupted());
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    try {
      const result = await convertCaptures({
        inputs: args.map((arg) => (arg === "-" ? stdin : arg)),
        output: output === "-" ? stdout : output,
        idleTimeoutMs: seconds(options, "idle-timeout") * 1_000,
        activeTimeoutMs: seconds(options, "active-timeout") * 1_000,
        maximumFlows: integer(options, "max-flows", [1, 16_000_000]),
        domain: integer(options, "domain", [0, 0xffff_ffff]),
        onProgress: line.show,
        signal: abort.signal,
      });
      line.clear();
      return report(result, output, input);
    } catch (error) {
      line.clear();
      if (error instanceof Interrupted) return exitCodes.failed;
      throw error;
    } finally {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    }
  },
};

class Interrupted extends Error {}

/** Say what was done, or what is wrong with the input. */
function report(result: ConversionResult, output: string, input: CommandInput): number {
  const { options, stderr } = input;
  const { packets, flows, damage } = result;
  for (const { input: name, message } of damage) {
    stderr.write(
      printable(
        `moonfix: ${name}: ${message}; the ${grouped(packets)} packets before it are converted`,
      ),
    );
    stderr.write("\n");
  }
  if (options["json"] === true) stderr.write(`${JSON.stringify({ output, ...result })}\n`);
  else if (options["quiet"] !== true && damage.length === 0) {
    const counts = `${grouped(packets)} packets, ${grouped(flows)} flows`;
    stderr.write(printable(`moonfix: ${counts} → ${output === "-" ? "standard output" : output}`));
    stderr.write("\n");
  }
  return damage.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function seconds(options: CommandInput["options"], name: string): number {
  const text = String(options[name]);
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 1e9) return value;
  const detail = `Cannot use "${text}": expected seconds above 0`;
  throw new ConfigError("bad-value", `--${name}`, detail);
}

function integer(
  options: CommandInput["options"],
  name: string,
  [least, most]: readonly [number, number],
): number {
  const text = String(options[name]);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const detail = `Cannot use "${text}": expected a whole number from ${least} to ${most}`;
  throw new ConfigError("bad-value", `--${name}`, detail);
}
