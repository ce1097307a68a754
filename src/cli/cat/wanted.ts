import { ConfigError } from "../../errors.ts";
import { createCsv } from "../../ipfix/format/csv.ts";
import { parseFieldNames } from "../../ipfix/format/fields.ts";
import { createFlowLines } from "../../ipfix/format/flows.ts";
import { createJsonLines } from "../../ipfix/format/jsonl.ts";
import type { LineFormat } from "../../ipfix/format/lines.ts";
import { createText } from "../../ipfix/format/text.ts";
import { RecordWindow } from "../../ipfix/format/window.ts";
import { createRecordFilter, type RecordFilter } from "../../ipfix/where/filter.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import type { CommandInput } from "../command.ts";
import { integer } from "../option-values.ts";

type CreateFormat = (fields?: readonly string[], options?: { names?: boolean }) => LineFormat;

const formats: Readonly<Record<string, CreateFormat>> = {
  jsonl: createJsonLines,
  flows: createFlowLines,
  csv: createCsv,
  text: createText,
};

/** Formats whose lines are records, Templates and all: the others cannot show Templates. */
const withTemplates: ReadonlySet<string> = new Set(["jsonl", "text"]);

/** What the options of `moonfix cat` ask for. */
export interface Wanted {
  readonly format: LineFormat;
  readonly templates: boolean;
  readonly stats: boolean;
  readonly filter: RecordFilter | undefined;
  /** Which records, of all files together; of those that match, where there is a filter. */
  readonly window: RecordWindow;
  /** NetFlow as it was sent, instead of the IPFIX that it becomes. */
  readonly asSent: boolean;
  /** Samples of sFlow in sFlow's own terms, which no filter and no selection of fields knows. */
  readonly samples: boolean;
}

/** @throws {ConfigError} naming the option at fault. */
export function parseWanted({ options }: CommandInput): Wanted {
  const name = String(options["format"] ?? "jsonl");
  const create = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (!create) {
    const names = Object.keys(formats);
    const hint = didYouMean(name, names) || `, expected ${names.join(", ")}`;
    const detail = `Cannot show as "${name}": unknown format${hint}`;
    throw new ConfigError("unknown-name", "--format", detail);
  }
  const { fields, templates, where } = options;
  if (fields !== undefined && name === "flows") {
    throw new ConfigError("unsupported", "--fields", "Cannot select fields of flows");
  }
  if (templates === true && !withTemplates.has(name)) {
    throw new ConfigError("unsupported", "--templates", `Cannot show Templates as ${name}`);
  }
  const withNames = options["names"] === true;
  if (withNames && (name === "jsonl" || name === "flows")) {
    const detail = `Cannot show names as ${name}: its values are numbers, expected csv or text`;
    throw new ConfigError("unsupported", "--names", detail);
  }
  const names = typeof fields === "string" ? parseFieldNames(fields, "--fields") : undefined;
  const asSent = options["ipfix"] !== true && name !== "flows";
  return {
    format: create(names, { names: withNames }),
    templates: templates === true,
    stats: options["stats"] === true,
    filter: parseFilter(where),
    window: parseWindow(options),
    asSent,
    samples: asSent && name === "jsonl" && fields === undefined && where === undefined,
  };
}

function parseWindow(options: CommandInput["options"]): RecordWindow {
  const [skip, limit] = ["skip", "limit"].map((name) => {
    if (options[name] === undefined) return undefined;
    if (options["stats"] === true) {
      throw new ConfigError("unsupported", `--${name}`, "Cannot count only some of the records");
    }
    return integer(options, name, [0, Number.MAX_SAFE_INTEGER]);
  });
  return new RecordWindow({ skip: skip ?? 0, limit: limit ?? Number.POSITIVE_INFINITY });
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
