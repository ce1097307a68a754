import { ConfigError, type DecodeError, TransportError } from "../../errors.ts";
import { createCsv } from "../../ipfix/format/csv.ts";
import { parseFieldNames } from "../../ipfix/format/fields.ts";
import { filterLines } from "../../ipfix/format/filtered.ts";
import { createFlowLines } from "../../ipfix/format/flows.ts";
import { createJsonLines } from "../../ipfix/format/jsonl.ts";
import { createLines, type LineFormat } from "../../ipfix/format/lines.ts";
import { createText } from "../../ipfix/format/text.ts";
import { createRecordFilter, type RecordFilter } from "../../ipfix/where/filter.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { printable } from "../../text/printable.ts";
import { table } from "../../text/table.ts";
import { readIpfixFile } from "../../transport/ipfix-file.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { createLineOutput, type LineOutput } from "../line-output.ts";

const formats: Readonly<Record<string, (fields?: readonly string[]) => LineFormat>> = {
  jsonl: createJsonLines,
  flows: createFlowLines,
  csv: createCsv,
  text: createText,
};

/** Formats whose lines are records, Templates and all: the others cannot show Templates. */
const withTemplates: ReadonlySet<string> = new Set(["jsonl", "text"]);

/** `moonfix cat`: IPFIX files as lines of text. */
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
    templates: { type: "boolean", describe: "Show Templates and undecodable Sets too" },
    stats: { type: "boolean", describe: "Show counts instead of records" },
  },
  help: `FILE is an IPFIX file (RFC 5655); - is standard input.

  moonfix cat flows.ipfix | head -1
  moonfix cat --where 'octetDeltaCount > 1e6 and inside(sourceIPv4Address, "10.0.0.0/8")' a.ipfix
  moonfix cat --format csv --fields sourceIPv4Address,octetDeltaCount flows.ipfix
  moonfix cat --stats flows.ipfix`,
  run: cat,
};

interface Wanted {
  readonly format: LineFormat;
  readonly templates: boolean;
  readonly stats: boolean;
  readonly filter: RecordFilter | undefined;
}

function parseOptions({ options }: CommandInput): Wanted {
  const name = String(options["format"] ?? "jsonl");
  const create = Object.hasOwn(formats, name) ? formats[name] : undefined;
  const where = "--format";
  if (!create) {
    const names = Object.keys(formats);
    const hint = didYouMean(name, names) || `, expected ${names.join(", ")}`;
    throw new ConfigError("unknown-name", where, `Cannot show as "${name}": unknown format${hint}`);
  }
  const { fields, templates } = options;
  if (fields !== undefined && name === "flows") {
    throw new ConfigError("unsupported", "--fields", "Cannot select fields of flows");
  }
  if (templates === true && !withTemplates.has(name)) {
    throw new ConfigError("unsupported", "--templates", `Cannot show Templates as ${name}`);
  }
  const names = typeof fields === "string" ? parseFieldNames(fields, "--fields") : undefined;
  return {
    format: create(names),
    templates: templates === true,
    stats: options["stats"] === true,
    filter: parseFilter(options["where"]),
  };
}

function parseFilter(expression: unknown): RecordFilter | undefined {
  if (typeof expression !== "string") return undefined;
  try {
    return createRecordFilter(expression);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.code, "--where", error.detail);
  }
}

async function cat(input: CommandInput): Promise<number> {
  const wanted = parseOptions(input);
  const output = createLineOutput(input.stdout);
  let worst: number = exitCodes.ok;
  for (const path of input.args) {
    if (output.closed.aborted) break;
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

/** Show one file; false when something in it was damaged. */
async function show(
  path: string,
  wanted: Wanted,
  { input, output }: { readonly input: CommandInput; readonly output: LineOutput },
): Promise<boolean> {
  let damagedRecords = 0;
  let messageAt = 0;
  let firstDamage: DecodeError | undefined;
  let matched = 0;
  const format = wanted.stats ? countingFormat : wanted.format;
  const session = createLines({
    format: wanted.filter ? filterLines(format, wanted.filter, () => matched++) : format,
    onLine: (line) => output.line(line),
    templates: wanted.templates,
    learnElements: true,
    onDamage: (error) => {
      damagedRecords++;
      firstDamage ??= error.shifted(messageAt);
    },
  });
  const result = await readIpfixFile(path === "-" ? input.stdin : path, {
    session: {
      decodeMessage: (bytes, offset) => {
        messageAt = offset;
        session.decodeMessage(bytes);
      },
    },
    signal: output.closed,
    onProgress: () => output.drained(),
  });
  if (wanted.stats) {
    const counts = { ...session.counters(), octets: result.bytes };
    showCounters(path, wanted.filter ? { ...counts, recordsMatched: matched } : counts, output);
  }
  const name = printable(path === "-" ? "standard input" : path);
  const leftOut = describeLeftOut(session.counters());
  if (leftOut !== "") complain(input, `${name}: left out ${leftOut}`);
  const damage = result.damage ?? firstDamage;
  if (!damage) return leftOut === "";
  const more = result.damages + damagedRecords - 1;
  complain(input, `${name}: ${damage.message}${more > 0 ? `, and ${more} more` : ""}`);
  return false;
}

const leftOutNames = {
  setsWithoutTemplate: "Data Sets without Template",
  reservedSets: "Sets of a reserved kind",
  templatesRefused: "Templates beyond the limit",
} as const;

function describeLeftOut(counters: Readonly<Record<string, number>>): string {
  const parts = Object.entries(leftOutNames)
    .map(([key, name]) => [counters[key] ?? 0, name] as const)
    .filter(([count]) => count > 0);
  return parts.map(([count, name]) => `${count} ${name}`).join(", ");
}

/** Shows nothing; the session counts all the same. */
const countingFormat: LineFormat = { batch: () => () => undefined };

function showCounters(
  path: string,
  counters: Readonly<Record<string, number>>,
  output: LineOutput,
): void {
  const rows = Object.entries(counters).map(([name, count]) => [count, name] as const);
  for (const line of table(["count", path], rows)) output.line(line);
}
