import type { Host, Primitive } from "./primitive.ts";
import { ipfixPrimitives } from "./primitives/ipfix.ts";
import { jsonPrimitives } from "./primitives/json.ts";
import { logPrimitives } from "./primitives/log.ts";
import { pcapPrimitives } from "./primitives/pcap.ts";
import { reportWorld } from "./world.ts";

/** Every function that scripts can call beyond Lua's own library, by name. */
export const primitives: readonly Primitive[] = [
  ...ipfixPrimitives,
  ...jsonPrimitives,
  ...logPrimitives,
  ...pcapPrimitives,
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Define all primitives in `host.engine`. */
export function installPrimitives(host: Host): void {
  for (const { name, bind } of primitives) {
    if (bind === undefined) continue;
    const fn = bind(host);
    host.engine.define(name, typeof fn === "function" ? reportWorld(fn) : fn);
  }
}
