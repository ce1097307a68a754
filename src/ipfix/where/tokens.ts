import { ConfigError } from "../../errors.ts";

/** A piece of an expression. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "symbol" | "end";
  /** As written; of a string what it stands for. */
  readonly text: string;
  /** Offset in the expression. */
  readonly at: number;
}

const space = /\s+/y;
const patterns = [
  ["number", /0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ["name", /[A-Za-z_]\w*/y],
  ["string", /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ["symbol", /==|~=|<=|>=|[<>(),-]/y],
] as const;

/**
 * Take an expression apart.
 * @throws {ConfigError} `syntax`, with the column.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    at += space.exec(text)?.[0].length ?? 0;
    if (at === text.length) break;
    const token = nextToken(text, at);
    if (token === undefined) throw syntaxError(at, `unexpected "${text[at]}"`);
    tokens.push(token.token);
    at += token.length;
  }
  tokens.push({ kind: "end", text: "", at });
  return tokens;
}

function nextToken(text: string, at: number): { token: Token; length: number } | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    const value = kind === "string" ? found.slice(1, -1).replace(/\\(.)/g, "$1") : found;
    return { token: { kind, text: value, at }, length: found.length };
  }
  return undefined;
}

/** What is wrong at `at`, for people: columns count from 1. */
export function syntaxError(at: number, detail: string): ConfigError {
  return new ConfigError("syntax", "", `Cannot read the expression at column ${at + 1}: ${detail}`);
}
