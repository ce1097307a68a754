import { expect, test } from "vitest";
import { formatHelp } from "../../src/host/describe/help.ts";
import { formatReference } from "../../src/host/describe/reference.ts";
import { formatStub } from "../../src/host/describe/stub.ts";
import { constants, installPrimitives, primitives } from "../../src/host/primitives.ts";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { LuaError } from "../../src/lua/errors.ts";
import { type LuaProfileName, profiles } from "../../src/lua/profiles.ts";
import { moduleSource } from "../../src/lua/sandbox.ts";
import { LuaTable } from "../../src/lua/values.ts";
import { failAsync } from "../support/lua.ts";

function start(profile: LuaProfileName = "trusted") {
  const engine = createLuaEngine({ profile });
  installPrimitives({ engine, log: () => {} });
  return engine;
}

const rows = primitives.map((each) => [each.name, each] as const);

test("engine, stubs, reference and help know the same names", () => {
  const names = [...primitives, ...constants].map(({ name }) => name).sort();
  const own = primitives.filter(({ bind }) => bind !== undefined).map(({ name }) => name);
  const { functions, values } = JSON.parse(formatReference()) as Record<string, { name: string }[]>;
  expect([...(functions ?? []), ...(values ?? [])].map(({ name }) => name).sort()).toEqual(names);
  const stub = formatStub(primitives, constants);
  const stubbed = [...stub.matchAll(/^function (?!Flow)([\w.]+)\(/gm)].map(([, name]) => name);
  expect(stubbed).toEqual(own);
  const help = formatHelp();
  for (const name of names) {
    expect(help).toMatch(new RegExp(`^${name.replaceAll(".", "\\.")}\\b`, "m"));
    expect(formatHelp(name)).not.toMatch(/^No help/);
  }
});

test("the engine has what the table says, and nothing else beside it", () => {
  const engine = start();
  const fresh = createLuaEngine({ profile: "trusted" });
  const list = `local names = {}
    for name, value in pairs(_G) do
      if type(value) == "table" and name ~= "_G" then
        for member in pairs(value) do names[#names + 1] = name .. "." .. tostring(member) end
      else
        names[#names + 1] = name
      end
    end
    return names`;
  const globals = (which: typeof engine) => {
    const [names] = which.run(list, "test.lua");
    return names instanceof LuaTable ? names.toArray().map(String) : [];
  };
  const before = new Set(globals(fresh));
  const added = globals(engine).filter((name) => !before.has(name));
  const bound = primitives.filter(({ bind }) => bind !== undefined);
  expect(added.sort()).toEqual([...bound, ...constants].map(({ name }) => name).sort());
});

test("the stubs are Lua", () => {
  const stub = formatStub(primitives, constants);
  expect(start().run("return load(...) ~= nil", "test.lua", [stub])).toEqual([true]);
});

test("completion offers every primitive", () => {
  const engine = start("repl");
  const [repl] = engine.run(moduleSource("engine.repl") ?? "", "lua/engine/repl.lua");
  const complete = repl instanceof LuaTable ? repl.get("complete") : undefined;
  for (const { name } of [...primitives, ...constants]) {
    const [candidates] = engine.call(complete as never, [name.slice(0, -1), new LuaTable(), 1_000]);
    expect((candidates as LuaTable).toArray()).toContain(name);
  }
});

test.for(rows)("%s has words for everything", ([, primitive]) => {
  const { describe, parameters, returns, example } = primitive;
  expect(describe).toMatch(/^[A-Z][^\n]*\.$/);
  expect(example).not.toBe("");
  const values = [...parameters, ...parameters.flatMap(({ fields = [] }) => fields), ...returns];
  for (const { name, describe } of values) {
    expect(name).toMatch(/^(?:[a-z_]+|\.\.\.)$/);
    expect(describe).toMatch(/^\S.*[^.]$/);
  }
});

test.for(rows.filter(([, { needs }]) => needs === "nothing"))(
  "the example of %s runs as it stands, in the closest profile",
  async ([, { example }]) => {
    expect(await start("agent").runAsync(example, "example.lua")).toEqual([]);
  },
);

test.for(rows)(
  "%s names a missing argument, at the line of the call",
  async ([name, primitive]) => {
    const [first] = primitive.parameters;
    if (first === undefined || first.optional || first.type === "any") return;
    const error = await failAsync(`\n${name}()`, start());
    expect(error).toMatchObject({ code: "missing", where: "test.lua:2" });
    expect(error.detail).toMatch(`Cannot call ${name}: ${first.name} is missing, expected `);
  },
);

test.for(rows)("%s names an argument of the wrong type", async ([name, { parameters, bind }]) => {
  if (bind === undefined) return;
  const fitting = {
    boolean: "true",
    octets: "'x'",
    any: "nil",
    string: "'x'",
    strings: "'x'",
    integer: "1",
    number: "1",
    table: "{}",
  } as const;
  for (const [i, { name: parameter, type }] of parameters.entries()) {
    if (type === "any") continue;
    const before = parameters.slice(0, i).map(({ type }) => fitting[type as "string"]);
    const [wrong, given] = type === "boolean" ? ["1", "a number"] : ["true", "a boolean"];
    const call = `${name}(${[...before, wrong].join(", ")})`;
    const error = await failAsync(`\n${call}`, start());
    expect(error, call).toMatchObject({ code: "wrong-type", where: "test.lua:2" });
    expect(error.detail).toMatch(`Cannot call ${name}: ${parameter} is ${given}, expected `);
  }
});

test.for(Object.entries(profiles))(
  "profile %s may call what it is granted",
  async ([, profile]) => {
    const name = Object.entries(profiles).find(([, each]) => each === profile)?.[0];
    const engine = start(name as LuaProfileName);
    for (const { name, needs } of primitives) {
      if (needs === "nothing") continue;
      const granted = (profile.grants as readonly string[]).includes(needs);
      const error = await failAsync(`${name}()`, engine);
      expect(error.code).toBe(granted ? "missing" : "unsupported");
      if (!granted) expect(error.detail).toBe(`Cannot call ${name}: this script may not ${needs}`);
    }
  },
);

test("a primitive that asks for a parameter it does not have is a bug", async () => {
  const { Given } = await import("../../src/host/arguments.ts");
  expect(() => new Given("x.y", new Map()).text("z")).toThrow(/x.y has no such parameter: z/);
  expect(new LuaError({ code: "io", where: "", detail: "", traceback: "" }).code).toBe("runtime");
});
