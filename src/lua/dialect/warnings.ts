import { differences } from "./differences.ts";
import { isRounded } from "./numerals.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Something that LuaJIT reads otherwise, or not at all. */
export interface DialectWarning {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Warnings of one source that are told; a file in another dialect would give thousands. */
const mostWarnings = 100;

/** What follows after these is a function of a library, not a field of some table. */
const notAfter: ReadonlySet<string> = new Set([".", ":"]);

/** What in `source` is not LuaJIT, in the order of the file; octets or text. */
export function findForeign(source: string | Uint8Array): DialectWarning[] {
  const warnings: DialectWarning[] = [];
  const tokens = [...tokensOf(Buffer.from(source).toString("latin1"))];
  for (const [i, token] of tokens.entries()) {
    const message = foreignNumeral(token) ?? foreignWords(tokens, i);
    if (message !== undefined) warnings.push({ line: token.line, message });
    if (warnings.length === mostWarnings) break;
  }
  return warnings;
}

function foreignNumeral({ kind, text }: Token): string | undefined {
  if (kind !== "number" || !isRounded(text)) return undefined;
  return `${text} is rounded to a double, as in LuaJIT: end it in LL to keep it exact`;
}

/** What the table of differences finds at token `i`. */
function foreignWords(tokens: readonly Token[], i: number): string | undefined {
  const { kind, text } = tokens[i] as Token;
  if (kind === "symbol" && text !== "<") return said.symbols.get(text);
  if (text === "<") {
    const [word, closing] = [tokens[i + 1]?.text, tokens[i + 2]?.text];
    return closing === ">" ? said.symbols.get(`<${word}>`) : undefined;
  }
  if (kind !== "name" || notAfter.has(tokens[i - 1]?.text ?? "")) return undefined;
  const next = tokens[i + 1]?.text;
  if (text === "require") {
    const module = tokens[next === "(" ? i + 2 : i + 1];
    return said.symbols.get(`require "${module?.text.slice(1, -1)}"`);
  }
  if (next === "(") return said.names.get(text);
  if (next !== "." || isChoice(tokens[i - 1], tokens[i + 3])) return undefined;
  return said.names.get(`${text}.${tokens[i + 2]?.text}`) ?? said.names.get(text);
}

/** Whether `or` stands on either side: whoever asks for `unpack or table.unpack` knows both. */
function isChoice(before: Token | undefined, after: Token | undefined): boolean {
  return before?.text === "or" || after?.text === "or";
}

/** Warnings by what they are found by. */
const said = { symbols: new Map<string, string>(), names: new Map<string, string>() };
for (const { finds } of differences) {
  for (const symbol of finds?.symbols ?? []) {
    said.symbols.set(symbol, `${symbol} is not LuaJIT: ${finds?.instead}`);
  }
  for (const name of finds?.names ?? []) {
    said.names.set(name, `${name} is not LuaJIT: ${finds?.instead}`);
  }
}
