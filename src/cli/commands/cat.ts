import { TransportError } from "../../errors.ts";
import { defineElements } from "../../ipfix/elements/define.ts";
import { readDefinitions } from "../../ipfix/elements/read-definitions.ts";
import { printable } from "../../text/printable.ts";
import { readElementFile } from "../../transport/reading/element-file.ts";
import { describeLeftOut, showCounters } from "../cat/report.ts";
import { showFile } from "../cat/show.ts";
import { parseWanted, type Wanted } from "../cat/wanted.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { createLineOutput, type LineOutput } from "../line-output.ts";

/** `moonfix cat`: IPFIX files and captures of exports as lines of text. */
export const command: Command = {
  usage: "FILE…",
  arity: [1, Number.POSITIVE_INFINITY],
  options: {
    format: {
      type: "string",
      short: "f",
      value: "FORMAT",
      default: "jsonl",
      describe: "jsonl (records), flows (a compact object a flow), csv or text",
    },
    where: {
      type: "string",
      value: "EXPR",
      describe: "Only records that match, such as 'destinationTransportPort == 443'",
    },
    fields: {
      type: "string",
      value: "NAMES",
      describe: "Only these fields, separated by commas",
    },
    skip: {
      type: "string",
      value: "RECORDS",
      describe: "Leave the first records out; in a large file this is one seek",
    },
    limit: { type: "string", value: "RECORDS", describe: "Show so many records at most" },
    elements: {
      type: "string",
      value: "FILE",
      describe: "Know the elements of FILE, too: CSV with a header, or XML as IANA has it",
    },
    templates: { type: "boolean", describe: "Show Templates and undecodable Sets too" },
    names: {
      type: "boolean",
      describe: "In CSV, IANA's names instead of numbers, such as TCP or idle timeout",
    },
    stats: { type: "boolean", describe: "Show counts instead of records" },
    ipfix: { type: "boolean", describe: "Show NetFlow and sFlow as the IPFIX they become" },
  },
  help: `FILE is an IPFIX file (RFC 5655), or a capture of what exporters sent over UDP: IPFIX,
NetFlow v1, v5, v7, v9 or sFlow v5. It may be compressed (gzip, Zstandard); - is standard input.

  moonfix cat flows.ipfix | head -1
  moonfix cat --where 'octetDeltaCount > 1e6 and inside(sourceIPv4Address, "10.0.0.0/8")' a.ipfix
  moonfix cat --format csv --fields sourceIPv4Address,octetDeltaCount flows.ipfix
  moonfix cat --skip 1000000 --limit 100 flows.ipfix
  moonfix cat --stats flows.ipfix
  moonfix cat --ipfix netflow.pcap`,
  run: cat,
};

async function cat(input: CommandInput): Promise<number> {
  const { elements } = input.options;
  if (typeof elements === "string") {
    defineElements(readDefinitions(readElementFile(elements), { name: elements, pen: 0 }));
  }
  const wanted = parseWanted(input);
  const output = createLineOutput(input.stdout);
  let worst: number = exitCodes.ok;
  for (const path of input.args) {
    if (output.closed.aborted || wanted.window.isDone) break;
    try {
      const whole = await show(path, wanted, { input, output });
      if (!whole) worst = exitCodes.failed;
    } catch (error) {
      if (output.closed.aborted) break;
      if (!(error instanceof TransportError)) throw error;
      complain(input, printable(error.message));
      worst = exitCodes.failed;
    }
  }
  await output.end();
  return worst;
}

function complain(input: CommandInput, text: string): void {
  input.stderr.write(`moonfix cat: ${text}\n`);
}

/** Show one file and say what is wrong with it; false when something is. */
async function show(
  path: string,
  wanted: Wanted,
  terminal: { readonly input: CommandInput; readonly output: LineOutput },
): Promise<boolean> {
  const { input, output } = terminal;
  const { counters, damages } = await showFile(path, wanted, terminal);
  if (wanted.stats) showCounters(path, counters, output);
  const name = printable(path === "-" ? "standard input" : path);
  const leftOut = describeLeftOut(counters);
  if (leftOut !== "") complain(input, `${name}: left out ${leftOut}`);
  for (const sentence of damages.sentences()) complain(input, `${name}: ${printable(sentence)}`);
  return damages.count === 0 && leftOut === "";
}
