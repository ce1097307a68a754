import type { LuaEngine } from "../../lua/engine.ts";
import { LuaFunction } from "../../lua/values.ts";

/** Keeps what it needs: the script may give the names of the library to anything. */
const rememberGlobals = `
local _G, next, rawequal = _G, next, rawequal
local known = {}
for name, value in next, _G do
  known[name] = value
end
return function()
  local fresh = {}
  for name, value in next, _G do
    if not rawequal(known[name], value) then fresh[name] = value end
  end
  return function() return fresh end
end
`;

/**
 * Remember the globals of `engine` as they are now. The function returned gives a fingerprint of
 * those made or changed since: names, values, and the code of functions, tables all the way down.
 */
export function watchGlobals(engine: LuaEngine): () => string {
  const [list] = engine.run(rememberGlobals, "=globals");
  return () => {
    const [holder] = engine.call(asFunction(list));
    const fingerprint = engine.fingerprint(asFunction(holder));
    engine.release(asFunction(holder));
    return fingerprint;
  };
}

function asFunction(value: unknown): LuaFunction {
  if (value instanceof LuaFunction) return value;
  throw new Error("=globals returns no function");
}
