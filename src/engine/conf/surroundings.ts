import type { LuaEngine } from "../../lua/engine.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";

const listGlobals = `
local known = ...
local fresh = {}
for name, value in pairs(_G) do
  if not (known and known[name]) then fresh[name] = known == nil or value end
end
return fresh
`;

/**
 * Remember the globals of `engine` as they are now. The function returned gives a fingerprint of
 * those made since: names, values, and the code of functions, tables all the way down.
 */
export function watchGlobals(engine: LuaEngine): () => string {
  const [known] = engine.run(listGlobals, "=globals");
  return () => {
    const [fresh] = engine.run(listGlobals, "=globals", [known]);
    return describe(engine, fresh);
  };
}

function describe(engine: LuaEngine, value: LuaValue): string {
  if (value instanceof LuaFunction) return `function ${engine.fingerprint(value)}`;
  if (value instanceof LuaTable) {
    const entries = [...value.entries].map(
      ([key, entry]) => `${typeof key} ${String(key)}: ${describe(engine, entry)}`,
    );
    return `{${entries.sort().join("; ")}}`;
  }
  if (value instanceof Uint8Array) return `binary ${value.join(" ")}`;
  return `${typeof value} ${String(value)}`;
}
