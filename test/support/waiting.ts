import { ConfigError, TransportError } from "../../src/errors.ts";
import { createLuaEngine, type LuaEngine, type LuaEngineOptions } from "../../src/lua/engine.ts";
import { AsyncFunction, type LuaValue } from "../../src/lua/values.ts";

/** A call of `never()` that waits until the test says otherwise. */
export interface OpenCall {
  readonly args: readonly LuaValue[];
  readonly signal: AbortSignal;
  resolve(results: LuaValue[]): void;
  reject(error: unknown): void;
}

/**
 * An engine with functions that wait: `later(…)` returns its arguments, `fail()` fails with a
 * TransportError, `refuse()` with a ConfigError, and `never(…)` waits in `calls`.
 */
export function startWaiting(options: Partial<LuaEngineOptions> = {}): {
  engine: LuaEngine;
  calls: OpenCall[];
} {
  const engine = createLuaEngine({ profile: "trusted", ...options });
  const calls: OpenCall[] = [];
  engine.define("later", new AsyncFunction(async (args) => args));
  engine.define(
    "fail",
    new AsyncFunction(async () => {
      throw new TransportError("unreachable", "Cannot reach x");
    }),
  );
  engine.define(
    "refuse",
    new AsyncFunction(() => {
      throw new ConfigError("bad-value", "", "Cannot use x");
    }),
  );
  engine.define(
    "never",
    new AsyncFunction(
      (args, { signal }) =>
        new Promise((resolve, reject) => calls.push({ args, signal, resolve, reject })),
    ),
  );
  engine.define("call", ([fn, ...args]) => engine.call(fn as never, args));
  return { engine, calls };
}
