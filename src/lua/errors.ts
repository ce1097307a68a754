import { ConfigError, type ConfigErrorCode, DecodeError, TransportError } from "../errors.ts";
import type { LuaHandle, LuaValue } from "./values.ts";

/** Codes that a Lua error can carry in `err.code`. */
export type LuaErrorCode = ConfigErrorCode | DecodeError["code"] | TransportError["code"];

/** The bound that a script ran into. */
export type LimitReason = "instructions" | "deadline" | "memory" | "output" | "interrupt";

/** A script has used all that it may of one thing. */
export class LimitError extends ConfigError {
  readonly reason: LimitReason;

  constructor(reason: LimitReason, detail: string) {
    super("limit", "", detail);
    this.reason = reason;
  }
}

/** A Lua script failed and did not catch it. */
export class LuaError extends ConfigError {
  /** Lua's own stack traceback, one call a line; empty for syntax errors. */
  readonly traceback: string;
  /** What `err.code` was in Lua: codes of input and world errors pass through here. */
  readonly luaCode: LuaErrorCode;
  /** The bound of the engine that ended the script, if one did. */
  readonly reason: LimitReason | undefined;
  /** A copy of what Lua raised: text, octets, a table…; undefined where that cannot cross. */
  readonly value: LuaValue;
  /** The raised value itself, in its engine. */
  readonly handle: LuaHandle | undefined;

  constructor(failure: LuaFailure) {
    super(configCode(failure.code), failure.where, failure.detail);
    this.luaCode = failure.code;
    this.traceback = failure.traceback;
    this.reason = failure.cause instanceof LimitError ? failure.cause.reason : undefined;
    this.value = failure.value;
    this.handle = failure.handle;
    if (failure.cause !== undefined) this.cause = failure.cause;
  }
}

/** What is known of an error before it leaves the engine. */
export interface LuaFailure {
  readonly code: LuaErrorCode;
  /** `conf.lua:12`, or empty. */
  readonly where: string;
  /** The message without position. */
  readonly detail: string;
  readonly traceback: string;
  /** The host error that crossed into Lua. */
  readonly cause?: unknown;
  readonly value?: LuaValue;
  readonly handle?: LuaHandle;
}

/** Ends an engine at once: it goes through all of Lua, no `pcall` stops it. */
export abstract class EngineEnd extends Error {}

/** The script called `os.exit`. */
export class LuaExit extends EngineEnd {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`os.exit(${exitCode})`);
    this.exitCode = exitCode;
  }
}

/** One of the three errors that may cross into Lua; others are bugs. */
export type CrossingError = ConfigError | DecodeError | TransportError;

/** Whether `error` is one of the three; others are bugs. */
export function isCrossingError(error: unknown): error is CrossingError {
  return (
    error instanceof ConfigError || error instanceof DecodeError || error instanceof TransportError
  );
}

/** The code of `error` as `err.code` has it. */
export function codeOf(error: CrossingError): LuaErrorCode {
  return error instanceof LuaError ? error.luaCode : error.code;
}

/** The message of `error` without its position. */
export function detailOf(error: CrossingError): string {
  const where = error instanceof ConfigError ? error.where : "";
  return where === "" ? error.message : error.message.slice(where.length + 2);
}

const position = /^((?:\[string "[^\n]*?"\]|[^:\n]+):\d+): ([\s\S]*)$/;

/**
 * Split Lua's `conf.lua:12: text` into position and text. `coroutine.wrap` puts its own line in
 * front of the line that failed: the innermost position of one file counts.
 */
export function splitPosition(message: string): { where: string; detail: string } {
  let where = "";
  let detail = message;
  for (let match = position.exec(detail); match !== null; match = position.exec(detail)) {
    const [, found = "", rest = ""] = match;
    if (where !== "" && fileOf(found) !== fileOf(where)) break;
    where = found;
    detail = rest;
  }
  return { where, detail };
}

const fileOf = (where: string): string => where.replace(/:\d+$/, "");

/** Every code of the three errors; whether a ConfigError has it. */
const codes: Readonly<Record<LuaErrorCode, boolean>> = {
  syntax: true,
  runtime: true,
  "unknown-name": true,
  "unknown-option": true,
  "wrong-type": true,
  missing: true,
  duplicate: true,
  "bad-value": true,
  unsupported: true,
  limit: true,
  truncated: false,
  "bad-length": false,
  "bad-version": false,
  "bad-template": false,
  "bad-magic": false,
  "not-found": false,
  "not-permitted": false,
  "in-use": false,
  unreachable: false,
  closed: false,
  "disk-full": false,
  io: false,
};

/** `text` where it is a code of ours, else `runtime`: scripts write into error objects. */
export function knownCode(text: string): LuaErrorCode {
  return Object.hasOwn(codes, text) ? (text as LuaErrorCode) : "runtime";
}

function configCode(code: LuaErrorCode): ConfigErrorCode {
  return codes[code] ? (code as ConfigErrorCode) : "runtime";
}
