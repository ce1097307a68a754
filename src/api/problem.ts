import { ConfigError, TransportError } from "../errors.ts";

/** One thing that is wrong with a request: where, such as `pcap_files[0]`, and what. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

// biome-ignore format: a table reads by columns
const problems = {
  "bad-request":            [400, "The request is not understood"],
  "bad-json":               [400, "The request body is not JSON"],
  "foreign-host":           [403, "The request was meant for another host"],
  "unknown-route":          [404, "There is no such route"],
  "unknown-task":           [404, "There is no such task"],
  "request-timeout":        [408, "The request took too long to arrive"],
  "duplicate-task":         [409, "A task of this id exists"],
  "output-in-use":          [409, "Another task writes this output"],
  "body-too-large":         [413, "The request body is too large"],
  "unsupported-media-type": [415, "The request body is not of a media type that is read here"],
  "invalid-request":        [422, "The request is not valid"],
  "queue-full":             [429, "The queue is full"],
  "headers-too-large":      [431, "The request headers are too large"],
  "internal":               [500, "The program failed"],
  "stopping":               [503, "The program is stopping"],
  "unhealthy":              [503, "The engine does not answer"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** Every `code` that an answer of the API can carry. */
export type ProblemCode = keyof typeof problems;

/** What an answer carries beside the code and the explanation. */
export interface ProblemExtras {
  readonly errors?: readonly FieldProblem[];
  /** The routes there are. */
  readonly routes?: readonly string[];
  /** Response headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The media type of every error answer (RFC 9457 §3). */
export const problemType = "application/problem+json";

/** A request that is refused, and the answer to it (RFC 9457). */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.code = code;
    this.status = problems[code][0];
    this.extras = extras;
  }

  /** The body of the answer. */
  toJSON(): object {
    const { errors, routes } = this.extras;
    return {
      type: `urn:moonfix:problem:${this.code}`,
      title: problems[this.code][1],
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(errors && { errors }),
      ...(routes && { routes }),
    };
  }
}

const frameworkCodes: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_JSON_BODY: "bad-json",
  FST_ERR_CTP_EMPTY_JSON_BODY: "bad-json",
  ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
  HPE_HEADER_OVERFLOW: "headers-too-large",
};

/** The answer to whatever was thrown; what nobody foresaw is `internal` and says no more. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ConfigError && error.code === "duplicate") {
    return new Problem("duplicate-task", error.message);
  }
  if (error instanceof TransportError && error.code === "in-use") {
    return new Problem("output-in-use", error.message);
  }
  if (error instanceof TransportError && error.code === "closed") {
    return new Problem("stopping", error.message);
  }
  return frameworkProblem(error) ?? new Problem("internal", "Cannot answer: see the log");
}

/** The answer to an error of fastify or of Node's HTTP parser. */
function frameworkProblem(error: unknown): Problem | undefined {
  const { code, statusCode, message } = error as { [key: string]: unknown };
  const known = typeof code === "string" ? frameworkCodes[code] : undefined;
  if (known !== undefined) return new Problem(known, details[known] ?? String(message));
  if (typeof statusCode !== "number" || statusCode >= 500) return undefined;
  const unwantedJson = error instanceof SyntaxError; // such as `__proto__` as a key
  return new Problem(
    unwantedJson ? "bad-json" : "bad-request",
    `Cannot read the request: ${message}`,
  );
}

/** Explanations that are better than the framework's. */
const details: Partial<Record<ProblemCode, string>> = {
  "unsupported-media-type": "Cannot read the request body: expected Content-Type application/json",
  "bad-json": "Cannot read the request body: it is not JSON, expected a JSON object",
  "request-timeout": "Cannot read the request: it did not arrive whole in time",
  "headers-too-large": "Cannot read the request: its headers are too large",
};
