import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { rawTypeName, wrongArgument } from "../arguments.ts";
import type { PrimitiveValue } from "../primitive.ts";

/** The arguments of a call on the raw stack, held against the parameters of the primitive. */
export class RawArguments {
  readonly state: LuaState;
  readonly L: StatePointer;
  readonly #callee: string;
  readonly #parameters: readonly PrimitiveValue[];

  constructor(
    state: LuaState,
    L: StatePointer,
    { name, parameters }: { name: string; parameters: readonly PrimitiveValue[] },
  ) {
    this.state = state;
    this.L = L;
    this.#callee = name;
    this.#parameters = parameters;
  }

  /** Whether there is argument `index`, from 1. */
  has(index: number): boolean {
    return this.state.x.lua_type(this.L, index) > lua.type.nil;
  }

  /** The string `index` as text. @throws {ConfigError} `wrong-type` or `missing`. */
  text(index: number): string {
    this.check(index, lua.type.string);
    return this.state.toText(this.L, index);
  }

  /** A copy of the octets of the string `index`. */
  octets(index: number): Uint8Array<ArrayBuffer> {
    this.check(index, lua.type.string);
    return new Uint8Array(this.state.viewString(this.L, index));
  }

  /** @throws {ConfigError} when argument `index` is not of this type of `lua_type`. */
  check(index: number, type: number): void {
    if (this.state.x.lua_type(this.L, index) !== type) throw this.wrong(index);
  }

  /** The error for argument `index`, which is not what it should be. */
  wrong(index: number): Error {
    const parameter = this.#parameters[index - 1];
    if (parameter === undefined) throw new Error(`${this.#callee} has no parameter ${index}`);
    const kind = this.state.x.lua_type(this.L, index);
    const given = kind === lua.type.string ? "a string" : rawTypeName(kind);
    return wrongArgument(this.#callee, parameter, given);
  }
}
