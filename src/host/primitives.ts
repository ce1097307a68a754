import { ConfigError } from "../errors.ts";
import {
  AsyncFunction,
  type HostFunction,
  type LuaFunction,
  type LuaValue,
} from "../lua/values.ts";
import type { Host, Primitive } from "./primitive.ts";
import { ipfixPrimitives } from "./primitives/ipfix.ts";
import { jsonPrimitives } from "./primitives/json.ts";
import { logPrimitives } from "./primitives/log.ts";
import { pcapPrimitives } from "./primitives/pcap.ts";
import { timePrimitives } from "./primitives/time.ts";
import { reportWorld, reportWorldLater } from "./world.ts";

/** Every function that scripts can call beyond Lua's own library, by name. */
export const primitives: readonly Primitive[] = [
  ...ipfixPrimitives,
  ...jsonPrimitives,
  ...logPrimitives,
  ...pcapPrimitives,
  ...timePrimitives,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Define all primitives in `host.engine`; those its profile is not granted say so when called. */
export function installPrimitives(host: Host): void {
  const grants: readonly string[] = host.engine.profile.grants;
  for (const { name, needs, bind } of primitives) {
    if (bind === undefined) continue;
    const fn = needs === "nothing" || grants.includes(needs) ? bind(host) : refuse(name, needs);
    host.engine.define(name, report(fn));
  }
}

function report(fn: HostFunction | AsyncFunction | LuaFunction): LuaValue {
  if (fn instanceof AsyncFunction) return reportWorldLater(fn);
  return typeof fn === "function" ? reportWorld(fn) : fn;
}

function refuse(name: string, needs: string): HostFunction {
  return () => {
    const detail = `Cannot call ${name}: this script may not ${needs}`;
    throw new ConfigError("unsupported", "", detail);
  };
}
