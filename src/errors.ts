/**
 * The three kinds of error that reach people: the input is wrong, the user is wrong, the world
 * fails. A bug in this program is none of them: it stays a plain Error and ends the worker.
 * Codes are stable: logs, the API and Lua `err.code` all carry exactly these strings.
 */

/** What can be wrong with bytes that came from outside. */
export type DecodeErrorCode =
  | "truncated"
  | "bad-length"
  | "bad-version"
  | "bad-template"
  | "bad-magic"
  | "unsupported"
  | "limit";

/** Input bytes violate their format. Thrown by decoders only; never a bug in this program. */
export class DecodeError extends RangeError {
  override readonly name = "DecodeError";
  readonly code: DecodeErrorCode;
  /** Bytes from the start of what was being decoded (a Message, a file, a stream). */
  readonly offset: number;
  /** What is wrong, without the offset. */
  readonly detail: string;

  constructor(code: DecodeErrorCode, offset: number, detail: string) {
    super(`Cannot decode at byte ${offset}: ${detail}`);
    this.code = code;
    this.offset = offset;
    this.detail = detail;
  }

  /** The same error for somebody who sees the input from `bytes` octets further ahead. */
  shifted(bytes: number): DecodeError {
    return new DecodeError(this.code, this.offset + bytes, this.detail);
  }
}

/** What can be wrong with something a user wrote. */
export type ConfigErrorCode =
  | "syntax"
  | "runtime"
  | "unknown-name"
  | "unknown-option"
  | "wrong-type"
  | "missing"
  | "duplicate"
  | "bad-value"
  | "unsupported"
  | "limit";

/** The user's configuration, script, command line or request is wrong. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigErrorCode;
  /** Where the user wrote it, such as `conf.lua:5` or `--idle-timeout`; empty when nowhere. */
  readonly where: string;
  /** The message without `where`. */
  readonly detail: string;

  constructor(code: ConfigErrorCode, where: string, detail: string) {
    super(where === "" ? detail : `${where}: ${detail}`);
    this.code = code;
    this.where = where;
    this.detail = detail;
  }
}

/** What can fail between this program and the world. */
export type TransportErrorCode =
  | "not-found"
  | "not-permitted"
  | "in-use"
  | "unreachable"
  | "closed"
  | "disk-full"
  | "io";

const systemCodes: Readonly<Record<string, TransportErrorCode>> = {
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  EACCES: "not-permitted",
  EPERM: "not-permitted",
  EROFS: "not-permitted",
  EADDRINUSE: "in-use",
  EADDRNOTAVAIL: "unreachable",
  ECONNREFUSED: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ETIMEDOUT: "unreachable",
  ENOTFOUND: "unreachable",
  EPIPE: "closed",
  ECONNRESET: "closed",
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
};

/** A file, a socket or a process did not do what was asked of it. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.code = code;
  }

  /** Wrap a Node system error under `action`, such as `Cannot open x.pcap`. */
  static from(action: string, cause: unknown): TransportError {
    const system = (cause as { code?: unknown } | null)?.code;
    const code = (typeof system === "string" && systemCodes[system]) || "io";
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new TransportError(code, `${action}: ${reason}`, cause);
  }
}
