import { DecodeError, TransportError } from "../errors.ts";
import type { HostFunction } from "../lua/values.ts";

/** A failure of the world or of a file is a result, as Lua has it: nil and what happened. */
export function reportWorld(fn: HostFunction): HostFunction {
  return (args, context) => {
    try {
      return fn(args, context);
    } catch (error) {
      if (error instanceof TransportError || error instanceof DecodeError) {
        return [undefined, error.message];
      }
      throw error;
    }
  };
}
