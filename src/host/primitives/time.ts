import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { AsyncFunction } from "../../lua/values.ts";
import { Arguments } from "../arguments.ts";
import type { Primitive } from "../primitive.ts";

/** Time and waiting. */
export const timePrimitives: readonly Primitive[] = [
  {
    name: "sleep",
    describe: "Wait so many seconds, while other scripts and the program go on.",
    parameters: [{ name: "seconds", type: "number", describe: "0 lets others go first" }],
    returns: [],
    needs: "nothing",
    example: "sleep(0.25)",
    bind: () =>
      new AsyncFunction(async (args, { signal }) => {
        const seconds = new Arguments("sleep", args).number(1, "seconds");
        if (!(seconds >= 0 && seconds <= limits.sleepSeconds)) {
          const expected = `expected 0 to ${limits.sleepSeconds}`;
          const detail = `Cannot call sleep: seconds is ${seconds}, ${expected}`;
          throw new ConfigError("bad-value", "", detail);
        }
        await delay(1_000 * seconds, undefined, { signal });
        return [];
      }),
  },
];
