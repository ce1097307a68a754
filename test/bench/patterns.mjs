import { readFileSync } from "node:fs";
import { createLuaEngine } from "../../dist/lua/engine.js";

/**
 * `npm run bench:patterns`: our pattern functions beside those of Lua's C library, from the same VM,
 * and our `bit` beside operators in Lua. They take turns, so that all see the same machine; their
 * results are compared first. The ratios count, not the times.
 */

const engine = createLuaEngine({ profile: "trusted", print: console.log });
const { x, glue } = engine.state;
engine.define(
  "open_c_library",
  engine.wrapRaw((L) => {
    x.lua_pushcclosure(L, glue.pointerTo(x.luaopen_string), 0);
    x.lua_callk(L, 0, 1, 0, 0);
    return 1;
  }),
);
const script = new URL("peers/patterns.lua", import.meta.url);
engine.run(readFileSync(script), "patterns.lua");
