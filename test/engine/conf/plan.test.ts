import { expect, test } from "vitest";
import { evaluateConfiguration } from "../../../src/engine/conf/configuration.ts";
import { formatPlan, planChanges } from "../../../src/engine/conf/plan.ts";
import { wantNothing } from "../../../src/engine/conf/words.ts";

function want(source: string) {
  const { wanted, problems, engine } = evaluateConfiguration(source, "conf.lua", {
    print: () => undefined,
  });
  expect(problems).toEqual([]);
  engine.close();
  return wanted;
}

const before = `
collector "edge" { listen = "udp://127.0.0.1:4739" }
mediator "m" { from = "edge", each = function(flow) return flow end }
exporter "old" { from = "edge", to = "file:old" }
exporter "out" { from = "m", to = "file:a" }
`;

test("planChanges() tells what starts, stops, changes and stays", () => {
  const after = before
    .replace('exporter "old" { from = "edge", to = "file:old" }', "")
    .replace("return flow", "return nil")
    .replace('"file:a"', '"file:b"')
    .concat('log { level = "debug" }');
  expect(formatPlan(planChanges(want(before), want(after)))).toEqual([
    "- exporter old",
    "~ mediator m each: new function",
    "~ exporter out to: file:a → file:b",
    "+ log",
    "= 1 unchanged",
  ]);
});

test("planChanges() does not count where a declaration stands", () => {
  expect(planChanges(want(before), want(`\n\n-- moved\n${before}`))).toEqual({
    changes: [],
    unchanged: 4,
  });
});

test("formatPlan() of a first start says where things listen and go", () => {
  expect(formatPlan(planChanges(wantNothing(), want(before)))).toEqual([
    "+ collector edge udp://127.0.0.1:4739",
    "+ mediator m",
    "+ exporter old file:old",
    "+ exporter out file:a",
  ]);
});
