import { type NumberMode, rewriteNumeral } from "./numerals.ts";
import { type Token, tokensOf } from "./tokens.ts";

/**
 * Anything the pass might have to change: a long numeral, one with letters after its digits or
 * in base 2, `goto`, or the pragma. Also found where it means nothing, such as in strings.
 */
const suspicious = /[\da-fA-F][uU]?[lL][lL]|[\da-fA-F]{14}|0[bB][01]|goto|--!luajit-numbers/;

/** The pragma, behind nothing but comments. */
const doublePragma = /^(?:\s*--(?!\[=*\[)[^\n]*\n)*?\s*--!luajit-numbers[ \t]*(?:\r?\n|$)/;

/**
 * Make Lua 5.4 read what LuaJIT reads: literals with `LL`, integers beyond 2^53 as doubles, and
 * `goto` as a name. `--!luajit-numbers` at the top of the file makes every numeral a double.
 * Lines stay what they are. Returns `source` itself when there is nothing to change.
 */
export function rewriteDialect(source: Uint8Array): Uint8Array {
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString("latin1");
  if (!suspicious.test(text)) return source;
  const mode: NumberMode = doublePragma.test(text) ? "double" : "exact";
  const parts: string[] = [];
  let copied = 0;
  for (const [start, end, replacement] of editsOf(text, mode)) {
    parts.push(text.slice(copied, start), replacement);
    copied = end;
  }
  if (copied === 0) return source;
  parts.push(text.slice(copied));
  return new Uint8Array(Buffer.from(parts.join(""), "latin1"));
}

type Edit = readonly [start: number, end: number, replacement: string];

function* editsOf(text: string, mode: NumberMode): Generator<Edit> {
  const alias = freeName(text);
  let before: Token | undefined;
  /** A `goto` where a statement may begin: what follows tells whether it is one. */
  let jump: Token | undefined;
  for (const token of tokensOf(text)) {
    if (jump !== undefined && (token.kind !== "name" || keywords.has(token.text))) {
      yield [jump.start, jump.end, alias];
    }
    jump = undefined;
    const replacement = token.kind === "number" ? rewriteNumeral(token.text, mode) : undefined;
    if (replacement !== undefined) yield [token.start, token.end, replacement];
    if (token.text === "goto") {
      if (mayBeginStatement(before)) jump = token;
      else yield [token.start, token.end, alias];
    }
    before = token;
  }
  if (jump !== undefined) yield [jump.start, jump.end, alias];
}

/** Whether a statement may begin after `token`; after these an expression or a name goes on. */
function mayBeginStatement(token: Token | undefined): boolean {
  if (token === undefined || token.kind === "number" || token.kind === "string") return true;
  if (token.kind === "name") return !expecting.has(token.text);
  return [")", "]", "}", ";", "::", "..."].includes(token.text);
}

const expecting: ReadonlySet<string> = new Set([
  ..."and elseif for function if in local not or return until while".split(" "),
]);

const keywords: ReadonlySet<string> = new Set([
  ..."and break do else elseif end false for function if in local nil not".split(" "),
  ..."or repeat return then true until while".split(" "),
]);

/** A name that stands nowhere in `text`, for `goto` where it is one. */
function freeName(text: string): string {
  let name = "goto_";
  while (text.includes(name)) name += "_";
  return name;
}
