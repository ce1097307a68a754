import { callerPlace } from "../failures.ts";
import type { LuaState } from "../state.ts";
import { lua, type StatePointer } from "../vm/exports.ts";

const { type } = lua;
const typeNames: Readonly<Record<number, string>> = {
  [type.none]: "no value",
  [type.nil]: "nil",
  [type.boolean]: "boolean",
  [type.lightUserdata]: "userdata",
  [type.number]: "number",
  [type.string]: "string",
  [type.table]: "table",
  [type.function]: "function",
  [type.userdata]: "userdata",
  [type.thread]: "thread",
};

/**
 * The arguments of a call to a function on the raw stack. What is wrong is raised as a Lua string
 * in the words of LuaJIT, which scripts may match.
 */
export class RawCall {
  readonly state: LuaState;
  readonly L: StatePointer;
  readonly #name: string;
  /** 1 for a method, whose object does not count. */
  readonly #objects: number;

  constructor(state: LuaState, L: StatePointer, name: string, objects = 0) {
    this.state = state;
    this.L = L;
    this.#name = name;
    this.#objects = objects;
  }

  /** How many arguments there are. */
  get count(): number {
    return this.state.x.lua_gettop(this.L);
  }

  isNothing(index: number): boolean {
    return this.state.x.lua_type(this.L, index) <= type.nil;
  }

  isString(index: number): boolean {
    return this.state.x.lua_type(this.L, index) === type.string;
  }

  isNumber(index: number): boolean {
    return this.state.x.lua_type(this.L, index) === type.number;
  }

  /** The octets of a string or number; a view that dies with the next call. */
  octets(index: number): Uint8Array {
    const kind = this.state.x.lua_type(this.L, index);
    if (kind !== type.string && kind !== type.number) throw this.wrongType(index, "string");
    return this.state.viewString(this.L, index);
  }

  /** A string for people and for names of options. */
  text(index: number): string {
    return Buffer.from(this.octets(index)).toString();
  }

  number(index: number): number {
    const { x } = this.state;
    if (x.lua_isnumber(this.L, index) === 0) throw this.wrongType(index, "number");
    return x.lua_tonumberx(this.L, index, 0);
  }

  /** A number without its fraction. */
  integer(index: number, otherwise: number): number {
    return this.isNothing(index) ? otherwise : Math.trunc(this.number(index));
  }

  /** One of `choices`. */
  option<Choice extends string>(
    index: number,
    choices: readonly Choice[],
    otherwise?: Choice,
  ): Choice {
    if (otherwise !== undefined && this.isNothing(index)) return otherwise;
    const text = this.text(index);
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw this.wrong(index, `invalid option '${text}'`);
    return choice;
  }

  wrongType(index: number, expected: string): Error {
    const found = typeNames[this.state.x.lua_type(this.L, index)];
    return this.wrong(index, `${expected} expected, got ${found}`);
  }

  /** Raise that an argument is wrong. Typed as an error to be thrown, so that control ends. */
  wrong(index: number, detail: string): Error {
    const position = index - this.#objects;
    if (position === 0) return this.fail(`calling '${this.#name}' on bad self (${detail})`);
    return this.fail(`bad argument #${position} to '${this.#name}' (${detail})`);
  }

  /** Raise `detail` at the line of the script. */
  fail(detail: string): Error {
    const { state, L } = this;
    const place = callerPlace(state, L);
    state.pushString(L, place === "" ? detail : `${place}: ${detail}`);
    state.x.lua_error(L);
    return new Error("lua_error returned");
  }
}
