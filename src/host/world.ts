import { DecodeError, TransportError } from "../errors.ts";
import { AsyncFunction, type HostFunction, type LuaValue } from "../lua/values.ts";

/** A failure of the world or of a file is a result, as Lua has it: nil and what happened. */
export function reportWorld(fn: HostFunction): HostFunction {
  return (args, context) => {
    try {
      return fn(args, context);
    } catch (error) {
      return failure(error);
    }
  };
}

/** As `reportWorld`, for functions that wait. */
export function reportWorldLater({ fn }: AsyncFunction): AsyncFunction {
  return new AsyncFunction(async (args, context) => {
    try {
      return await fn(args, context);
    } catch (error) {
      return failure(error);
    }
  });
}

function failure(error: unknown): LuaValue[] {
  if (error instanceof TransportError || error instanceof DecodeError) {
    return [undefined, error.message];
  }
  throw error;
}
