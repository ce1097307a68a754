/** What a token is; comments and white space are none. */
type TokenKind = "name" | "number" | "string" | "symbol";

/** One token of a Lua source: the half-open range `[start, end)` of octets, and its line from 1. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/**
 * The tokens of `source`, whose characters are octets (latin1). Ends early where a string or a
 * comment has no end: the compiler tells that.
 */
export function* tokensOf(source: string): Generator<Token> {
  let line = 1;
  for (let at = 0; ; ) {
    const start = skipBlanks(source, at);
    if (start === undefined) return;
    line += lineEnds(source, at, start);
    if (start >= source.length) return;
    const kind = kindAt(source, start);
    const end = endOf[kind](source, start);
    if (end === undefined) return;
    yield { kind, text: source.slice(start, end), start, end, line };
    line += kind === "string" ? lineEnds(source, start, end) : 0;
    at = end;
  }
}

const lineFeed = 10;
const carriageReturn = 13;
const backslash = 92;

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= carriageReturn);
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
const isLineEnd = (code: number): boolean => code === lineFeed || code === carriageReturn;

/** Where white space and comments from `at` end; undefined when a comment does not. */
function skipBlanks(source: string, at: number): number | undefined {
  let next: number | undefined = at;
  while (next !== undefined) {
    at = next;
    while (isSpace(source.charCodeAt(at))) at++;
    if (!source.startsWith("--", at)) return at;
    next = isLong(source, at + 2) ? longEnd(source, at + 2) : restOfLine(source, at);
  }
  return undefined;
}

function restOfLine(source: string, at: number): number {
  while (at < source.length && !isLineEnd(source.charCodeAt(at))) at++;
  return at;
}

function kindAt(source: string, at: number): TokenKind {
  const code = source.charCodeAt(at);
  if (isLetter(code)) return "name";
  if (isDigit(code)) return "number";
  const sign = source[at];
  if (sign === '"' || sign === "'" || (sign === "[" && isLong(source, at))) return "string";
  return sign === "." && isDigit(source.charCodeAt(at + 1)) ? "number" : "symbol";
}

type EndFinder = (source: string, start: number) => number | undefined;

const endOf: Readonly<Record<TokenKind, EndFinder>> = {
  name(source, start) {
    let at = start;
    while (isLetter(source.charCodeAt(at)) || isDigit(source.charCodeAt(at))) at++;
    return at;
  },
  /** As far as Lua reads before it looks whether this is a numeral. */
  number(source, start) {
    const exponents = /^0x/i.test(source.slice(start, start + 2)) ? "pP" : "eE";
    let at = start;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (isLetter(code) || isDigit(code) || source[at] === ".") continue;
      const signed = source[at] === "+" || source[at] === "-";
      if (!signed || !exponents.includes(source[at - 1] ?? " ")) break;
    }
    return at;
  },
  string(source, start) {
    return source[start] === "[" ? longEnd(source, start) : quoteEnd(source, start);
  },
  symbol(source, start) {
    for (const length of [3, 2]) {
      if (longSymbols.has(source.slice(start, start + length))) return start + length;
    }
    return start + 1;
  },
};

const longSymbols: ReadonlySet<string> = new Set("... .. == ~= <= >= << >> // ::".split(" "));

/** Whether a long bracket opens at `at`. */
function isLong(source: string, at: number): boolean {
  if (source[at] !== "[") return false;
  do at++;
  while (source[at] === "=");
  return source[at] === "[";
}

function longEnd(source: string, start: number): number | undefined {
  const content = source.indexOf("[", start + 1) + 1;
  const closing = `]${"=".repeat(content - start - 2)}]`;
  const end = source.indexOf(closing, content);
  return end < 0 ? undefined : end + closing.length;
}

function quoteEnd(source: string, start: number): number | undefined {
  const quote = source.charCodeAt(start);
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === quote) return at + 1;
    if (isLineEnd(code)) return undefined;
    if (code === backslash) at = escapeEnd(source, at + 1) - 1;
  }
  return undefined;
}

/** Where the escape ends whose letter stands at `at`: `\z` takes the white space behind it. */
function escapeEnd(source: string, at: number): number {
  if (source[at] !== "z") return at + Math.max(lineEndLength(source, at), 1);
  do at++;
  while (isSpace(source.charCodeAt(at)));
  return at;
}

const isLineEndAt = (source: string, at: number): boolean => isLineEnd(source.charCodeAt(at));

/** `\n` and `\r` end a line, and so does a pair of both; 0 where none stands. */
function lineEndLength(source: string, at: number): number {
  if (!isLineEndAt(source, at)) return 0;
  return isLineEndAt(source, at + 1) && source[at] !== source[at + 1] ? 2 : 1;
}

function lineEnds(source: string, start: number, end: number): number {
  let lines = 0;
  for (let at = start; at < end; at++) {
    const length = lineEndLength(source, at);
    if (length === 0) continue;
    lines++;
    at += length - 1;
  }
  return lines;
}
