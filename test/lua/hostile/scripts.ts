import { escapes } from "./escapes.ts";
import { loops } from "./loops.ts";
import { memory } from "./memory.ts";
import { natives } from "./natives.ts";
import type { HostileScript } from "./script.ts";
import { sources } from "./sources.ts";

export { hostileBounds } from "./script.ts";

/** Everything we could think of. */
export const hostileScripts: readonly HostileScript[] = [
  ...loops,
  ...memory,
  ...natives,
  ...escapes,
  ...sources,
];
