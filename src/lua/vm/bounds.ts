import { limits } from "../../limits.ts";
import { type BodyChange, encode } from "./binary.ts";

// What we change in functions of `glue.wasm` so that no single step of Lua takes long.

const constant = 0x41;

/**
 * The bound of Lua's stack in slots, and what comes of it: with Lua's own of a million, one
 * instruction may copy for milliseconds, and a chain of `__call` for minutes.
 */
const stackNumbers: readonly (readonly [there: number, instead: number])[] = [
  [1_000_000, limits.luaStackSlots],
  [999_999, limits.luaStackSlots - 1],
  [1_000_200, limits.luaStackSlots + 200],
  [16_000_001, limits.luaStackSlots * 16 + 1],
];

function boundStack(body: Uint8Array): number[] {
  let text = Buffer.from(body).toString("latin1");
  for (const [there, instead] of stackNumbers) {
    text = text.replaceAll(push(there), push(instead));
  }
  if (text === Buffer.from(body).toString("latin1")) throw changed("the stack's bound");
  return [...Buffer.from(text, "latin1")];
}

function push(value: number): string {
  return Buffer.from([constant, ...encode(value)]).toString("latin1");
}

/** What `traverseephemeron` does for an entry whose key is not held elsewhere. */
// biome-ignore format: one instruction or two a line
const waitForKey = [
  0x20, 10, constant, 0xc0, 0, 0x71, 0x45, 0x0d, 1, // a value that is no object: on to the next
  constant, 1, 0x20, 7, 0x20, 3, 0x28, 2, 0, 0x2d, 0, 5, constant, 24, 0x71,
  0x1b, 0x21, 7, // note that the value is not marked yet
  0x0c, 1, // on to the next
];

/**
 * As LuaJIT's, a table with weak keys holds its values. To find values that only their own keys
 * reach, Lua 5.4 goes over such tables again and again, in one step that a chain of entries makes
 * as long as it likes. Without the above, the value of such an entry is marked like any other.
 */
function holdValues(body: Uint8Array): number[] {
  const at = Buffer.from(body).indexOf(Buffer.from(waitForKey));
  if (at < 0) throw changed("traverseephemeron");
  return [...body.subarray(0, at), ...body.subarray(at + waitForKey.length)];
}

function changed(what: string): Error {
  return new Error(`Cannot patch the Lua VM: ${what} is not what it was`);
}

/** Changes by the index of the function: `luaD_growstack`, `luaD_shrinkstack`, then the above. */
export const boundChanges: ReadonlyMap<number, BodyChange> = new Map([
  [285, boundStack],
  [286, boundStack],
  [331, holdValues],
]);
