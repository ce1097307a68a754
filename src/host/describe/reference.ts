import { profiles } from "../../lua/profiles.ts";
import type { Primitive, PrimitiveValue } from "../primitive.ts";
import { constants, primitives } from "../primitives.ts";
import { luaType } from "./lua-type.ts";

/** A value as the reference has it. */
interface ReferenceValue {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly optional: boolean;
  readonly fields?: readonly ReferenceValue[];
}

/** All that scripts find beyond Lua's own library, as JSON text for tools. */
export function formatReference(): string {
  const functions = primitives.map((primitive) => describeFunction(primitive));
  const values = constants.map(({ name, lua, describe, example }) => ({
    name,
    type: lua,
    description: describe,
    example,
  }));
  return `${JSON.stringify({ functions, values }, undefined, 2)}\n`;
}

function describeFunction(primitive: Primitive) {
  const { name, describe, parameters, returns, needs, example, bind } = primitive;
  return {
    name,
    description: describe,
    parameters: parameters.map(describeValue),
    returns: returns.map(describeValue),
    waits: bind !== undefined && "wait" in bind,
    needs,
    profiles: Object.entries(profiles)
      .filter(
        ([, { grants }]) => needs === "nothing" || (grants as readonly string[]).includes(needs),
      )
      .map(([profile]) => profile),
    example,
  };
}

function describeValue(value: PrimitiveValue): ReferenceValue {
  const { name, describe, optional = false, fields } = value;
  return {
    name,
    type: luaType(value),
    description: describe,
    optional,
    ...(fields !== undefined && { fields: fields.map(describeValue) }),
  };
}
