import type { Rotation } from "../../transport/exporting/rotation.ts";

/**
 * The words of conf.lua and their options. Validation, defaults, messages and the manual come from
 * this table; a word or an option exists when it stands here.
 */

/** What an option takes. Durations are kept in milliseconds. */
export type OptionType =
  | "string"
  | "strings"
  | "boolean"
  | "integer"
  | "duration"
  | "rotation"
  | "function"
  | "where"
  | readonly string[];

/** One option of a word. */
export interface OptionSpec {
  readonly type: OptionType;
  readonly required?: true;
  /** As a user would write it. */
  readonly default?: string | number | boolean;
  /** One sentence without full stop. */
  readonly describe: string;
}

/** One word of conf.lua. */
export interface WordSpec {
  /** Whether the word takes a name: `collector "edge" { … }` against `api { … }`. */
  readonly named: boolean;
  readonly describe: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

const from = {
  type: "strings",
  required: true,
  describe: "names of the collectors, probes or mediators whose records come in",
} as const;

/** Every word of conf.lua. */
export const words = {
  collector: {
    named: true,
    describe: "receives IPFIX Messages from the network",
    options: {
      listen: {
        type: "strings",
        required: true,
        describe: "addresses to listen on, udp://HOST:PORT or tcp://HOST:PORT",
      },
    },
  },
  probe: {
    named: true,
    describe: "meters captures into flows, once when it starts",
    options: {
      capture: {
        type: "strings",
        required: true,
        describe: "pcap or pcapng files; * and ? stand for parts of a file name",
      },
      idle_timeout: {
        type: "duration",
        default: "300 s",
        describe: "a flow without packets for this long has ended",
      },
      active_timeout: {
        type: "duration",
        default: "1800 s",
        describe: "a longer flow is reported and starts anew",
      },
      max_flows: {
        type: "integer",
        default: 1_000_000,
        describe: "flows kept at once; above it the one idle longest ends early",
      },
    },
  },
  mediator: {
    named: true,
    describe: "passes each record to a Lua function that may change or drop it",
    options: {
      from,
      where: {
        type: "where",
        describe: 'only records that match reach the function, such as "protocolIdentifier == 6"',
      },
      each: {
        type: "function",
        required: true,
        describe: "gets a record; what it returns goes on, nothing drops it",
      },
    },
  },
  exporter: {
    named: true,
    describe: "sends records to a file or to another collector",
    options: {
      from,
      to: {
        type: "string",
        required: true,
        describe:
          "file:PATH, udp://HOST:PORT or tcp://HOST:PORT; a PATH that rotates may hold %F " +
          "(date), %H, %M, %S and other words of strftime, in UTC",
      },
      append: {
        type: "boolean",
        default: true,
        describe: "true goes on at the end of a file, false replaces it when it is opened",
      },
      rotate: {
        type: "rotation",
        describe:
          'when a file is finished and the next one begins: "1h", "100 MB" or a list of both; ' +
          "finished files are never touched again",
      },
      describe_elements: {
        type: "boolean",
        default: false,
        describe: "whether to tell what elements are that IANA and CERT do not know (RFC 5610)",
      },
    },
  },
  api: {
    named: false,
    describe: "the HTTP API; without this word there is none",
    options: {
      listen: {
        type: "string",
        default: "127.0.0.1:8739",
        describe: "address of the API, HOST:PORT",
      },
      roots: {
        type: "strings",
        default: ".",
        describe: "folders whose files tasks may read and write, relative to conf.lua",
      },
    },
  },
  log: {
    named: false,
    describe: "what the daemon says on standard error",
    options: {
      level: {
        type: ["error", "warn", "info", "debug"],
        default: "info",
        describe: "least important message that is shown",
      },
      format: {
        type: ["auto", "human", "json"],
        default: "auto",
        describe: "auto is human on a terminal and JSON elsewhere",
      },
    },
  },
} as const satisfies Readonly<Record<string, WordSpec>>;

/** Name of a word. */
export type Word = keyof typeof words;

type ValueOf<T> = T extends readonly (infer Choice)[]
  ? Choice
  : T extends "strings"
    ? readonly string[]
    : T extends "string" | "where"
      ? string
      : T extends "boolean"
        ? boolean
        : T extends "function"
          ? FunctionMark
          : T extends "rotation"
            ? Rotation
            : number;

type OptionsOf<S extends Readonly<Record<string, OptionSpec>>> = {
  readonly [K in keyof S]: S[K] extends { required: true } | { default: unknown }
    ? ValueOf<S[K]["type"]>
    : ValueOf<S[K]["type"]> | undefined;
};

/** Stands for a Lua function in plain data; equal marks are the same code over the same values. */
export interface FunctionMark {
  readonly fingerprint: string;
}

/** One declaration of conf.lua, validated and with its defaults filled in: plain data. */
export interface Declaration<W extends Word = Word> {
  readonly word: W;
  /** Unique among all declarations; the word itself when the word takes no name. */
  readonly name: string;
  /** Where it stands, as `conf.lua:5`. */
  readonly where: string;
  readonly options: OptionsOf<(typeof words)[W]["options"]>;
}

/** What a conf.lua asks for: its declarations by word, in the order of the file. */
export type Wanted = { readonly [W in Word]: readonly Declaration<W>[] };

/** Something in conf.lua that keeps it from going live. */
export interface Problem {
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

/** A `Wanted` that asks for nothing. */
export function wantNothing(): { -readonly [W in Word]: Declaration<W>[] } {
  return { collector: [], probe: [], mediator: [], exporter: [], api: [], log: [] };
}
