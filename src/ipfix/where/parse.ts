import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { elementByName, elementNames } from "../registry.ts";
import { addressOctets, alone, type Late, presentLate, relate, type Side } from "./relate.ts";
import { type Comparison, type ElementOperand, valueKind, type Where } from "./syntax.ts";
import { syntaxError, type Token, tokenize } from "./tokens.ts";

/**
 * Parse a `where` expression: comparisons of elements in Lua's syntax, `and`, `or`, `not`,
 * parentheses, `inside(address, "10.0.0.0/8")`, and `field("name")` for names that are looked up
 * in each Template.
 * @throws {ConfigError} `syntax`, `unknown-name`, `wrong-type` or `limit`; all name the column.
 */
export function parseWhere(text: string): Where {
  if (text.length > limits.whereCharacters) {
    throw new ConfigError("limit", "", `Cannot read an expression of ${text.length} characters`);
  }
  const parser = new Parser(tokenize(text));
  return parser.whole();
}

const comparisons: ReadonlySet<string> = new Set(["==", "~=", "<", "<=", ">", ">="]);

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Where {
    const where = this.#or();
    const token = this.#peek();
    if (token.kind !== "end") throw syntaxError(token.at, `unexpected "${token.text}"`);
    return where;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  /** Take the next token when it is the symbol or word `text`. */
  #take(text: string): boolean {
    const token = this.#peek();
    const fits = (token.kind === "symbol" || token.kind === "name") && token.text === text;
    if (fits) this.#next++;
    return fits;
  }

  #expect(text: string): void {
    const { at } = this.#peek();
    if (!this.#take(text)) throw syntaxError(at, `expected "${text}"`);
  }

  #or(): Where {
    let left = this.#and();
    while (this.#take("or")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Where {
    let left = this.#not();
    while (this.#take("and")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Where {
    if (++this.#depth > limits.whereDepth) {
      throw new ConfigError("limit", "", "Cannot read the expression: it is nested too deep");
    }
    const where = this.#operand();
    this.#depth--;
    return where;
  }

  #operand(): Where {
    if (this.#take("not")) return { kind: "not", operand: this.#negated() };
    if (this.#take("(")) {
      const where = this.#or();
      this.#expect(")");
      return where;
    }
    if (this.#take("inside")) return this.#inside();
    return this.#comparison();
  }

  /** In Lua `not a == b` means `(not a) == b`, which nobody wants: ask for parentheses. */
  #negated(): Where {
    const { at, kind, text } = this.#peek();
    const operand = this.#not();
    const isBare = kind !== "symbol" && text !== "not" && text !== "inside";
    if (isBare && operand.kind === "compare") {
      throw syntaxError(at, "expected parentheses around the comparison after not");
    }
    return operand;
  }

  #comparison(): Where {
    const { at } = this.#peek();
    const left = this.#side();
    const token = this.#peek();
    if (token.kind !== "symbol" || !comparisons.has(token.text)) {
      if (left.kind !== "late") return alone(left, at);
      return presentLate(left, at);
    }
    this.#next++;
    const comparison = token.text as Comparison;
    return relate(at, comparison, [left, this.#side()]);
  }

  #inside(): Where {
    this.#expect("(");
    const { at } = this.#peek();
    const operand = this.#side();
    if (operand.kind !== "element" || valueKind(operand.element) !== "address") {
      throw syntaxError(at, "expected an element that is an address");
    }
    this.#expect(",");
    const token = this.#peek();
    if (token.kind !== "string") throw syntaxError(token.at, 'expected a network, "10.0.0.0/8"');
    this.#next++;
    this.#expect(")");
    const [, address = "", digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(token.text) ?? [];
    const prefix = addressOctets(operand.element.type, address);
    const bits = digits === undefined ? 8 * (prefix?.length ?? 0) : Number(digits);
    if (prefix === undefined || bits > 8 * prefix.length) {
      throw syntaxError(token.at, `"${token.text}" is no network of a ${operand.element.type}`);
    }
    return { kind: "inside", operand, prefix, bits };
  }

  #side(): Side {
    const token = this.#peek();
    this.#next++;
    if (token.kind === "number") return { kind: "number", value: numberOf(token.text) };
    if (token.kind === "string") return { kind: "string", value: token.text };
    if (token.kind === "symbol" && token.text === "-" && this.#peek().kind === "number") {
      const { text } = this.#peek();
      this.#next++;
      const value = numberOf(text);
      return { kind: "number", value: -value };
    }
    if (token.kind !== "name") {
      const found = token.kind === "end" ? "the end" : `"${token.text}"`;
      throw syntaxError(token.at, `unexpected ${found}, expected an element or a value`);
    }
    if (token.text === "nil") return { kind: "nil" };
    if (token.text === "true" || token.text === "false") {
      return { kind: "boolean", value: token.text === "true" };
    }
    return this.#isField(token) ? this.#field() : elementAt(token);
  }

  #isField({ text }: Token): boolean {
    const { kind, text: next } = this.#peek();
    return text === "field" && kind === "symbol" && next === "(";
  }

  #field(): Late {
    this.#expect("(");
    const token = this.#peek();
    if (token.kind !== "string") throw syntaxError(token.at, "expected a name in quotes");
    this.#next++;
    this.#expect(")");
    return { kind: "late", name: token.text };
  }
}

/** A number as Lua reads it; whole ones beyond 2^53 stay exact. */
function numberOf(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || !/^(0x[\da-f]+|\d+)$/i.test(text) ? value : BigInt(text);
}

function elementAt({ text, at }: Token): ElementOperand {
  const element = elementByName(text);
  if (element !== undefined) return { kind: "element", name: text, element };
  const hint = didYouMean(text, elementNames());
  const detail = `Cannot find the element "${text}" (column ${at + 1})${hint}`;
  throw new ConfigError("unknown-name", "", detail);
}
