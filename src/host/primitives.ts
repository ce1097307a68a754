import { ConfigError } from "../errors.ts";
import { AsyncFunction, type HostFunction, type LuaValue } from "../lua/values.ts";
import { checkArguments } from "./arguments.ts";
import type { Constant, Host, Primitive } from "./primitive.ts";
import { elementPrimitives } from "./primitives/elements.ts";
import { ipfixPrimitives } from "./primitives/ipfix.ts";
import { jsonConstants, jsonPrimitives } from "./primitives/json.ts";
import { logPrimitives } from "./primitives/log.ts";
import { messagePrimitives } from "./primitives/messages.ts";
import { pcapPrimitives } from "./primitives/pcap.ts";
import { socketPrimitives } from "./primitives/sockets.ts";
import { statePrimitives } from "./primitives/state.ts";
import { timePrimitives } from "./primitives/time.ts";
import { reportWorld, reportWorldLater } from "./world.ts";

/** Every function that scripts can call beyond Lua's own library, by name. */
export const primitives: readonly Primitive[] = [
  ...elementPrimitives,
  ...ipfixPrimitives,
  ...jsonPrimitives,
  ...logPrimitives,
  ...messagePrimitives,
  ...pcapPrimitives,
  ...socketPrimitives,
  ...statePrimitives,
  ...timePrimitives,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Every value that scripts find beside them. */
export const constants: readonly Constant[] = [...jsonConstants];

/** Define all primitives in `host.engine`; those its profile is not granted say so when called. */
export function installPrimitives(host: Host): void {
  const grants: readonly string[] = host.engine.profile.grants;
  for (const primitive of primitives) {
    if (primitive.bind === undefined) continue;
    const { name, needs } = primitive;
    const isGranted = needs === "nothing" || grants.includes(needs);
    host.engine.define(name, isGranted ? bind(primitive, host) : refuse(name, needs));
  }
  for (const { name, value } of constants) host.engine.define(name, value);
}

/** `primitive` as a function of `host.engine` that checks its arguments. */
function bind({ name, parameters, bind }: Primitive, host: Host): LuaValue {
  if (bind === undefined) return undefined;
  if ("raw" in bind) return bind.raw(host);
  if ("wait" in bind) {
    const call = bind.wait(host);
    return reportWorldLater(
      new AsyncFunction((args, context) => call(checkArguments(name, parameters, args), context)),
    );
  }
  const call = bind.call(host);
  return reportWorld((args, context) => call(checkArguments(name, parameters, args), context));
}

function refuse(name: string, needs: string): HostFunction {
  return () => {
    const detail = `Cannot call ${name}: this script may not ${needs}`;
    throw new ConfigError("unsupported", "", detail);
  };
}
