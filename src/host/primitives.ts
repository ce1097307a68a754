import { TransportError } from "../errors.ts";
import type { HostFunction } from "../lua/values.ts";
import type { Host, Primitive } from "./primitive.ts";
import { ipfixPrimitives } from "./primitives/ipfix.ts";
import { jsonPrimitives } from "./primitives/json.ts";
import { logPrimitives } from "./primitives/log.ts";

/** Every function that scripts can call beyond Lua's own library, by name. */
export const primitives: readonly Primitive[] = [
  ...ipfixPrimitives,
  ...jsonPrimitives,
  ...logPrimitives,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Define all primitives in `host.engine`. */
export function installPrimitives(host: Host): void {
  for (const { name, bind } of primitives) {
    if (bind !== undefined) host.engine.define(name, reportWorld(bind(host)));
  }
}

/** A failure of the world is a result, as everywhere in Lua: nil and what happened. */
function reportWorld(fn: HostFunction): HostFunction {
  return (args, context) => {
    try {
      return fn(args, context);
    } catch (error) {
      if (error instanceof TransportError) return [undefined, error.message];
      throw error;
    }
  };
}
