import { expect, test } from "vitest";
import { createRecordStage } from "../../src/host/record-stage.ts";
import type { LuaFunction } from "../../src/lua/values.ts";
import { hex } from "../support/hex.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";
import { startEngine } from "../support/lua.ts";

const inner = templateOf(300, ["protocolIdentifier", "interfaceName"]);
const outer = templateOf(301, [
  "basicList",
  "subTemplateList",
  "subTemplateMultiList",
  "protocolIdentifier",
]);

/** What `expression` prints for a flow with these lists. */
function read(expression: string, lists: string): { printed: unknown[]; errors: string[] } {
  const { engine, printed } = startEngine();
  const source = `return function(flow) ${expression} end`;
  const each = engine.run(source, "conf.lua")[0] as LuaFunction;
  const errors: string[] = [];
  const onError = (error: Error) => errors.push(error.message);
  const stage = createRecordStage({ engine, each, name: "mediator", onError });
  const templates = (id: number) => (id === 300 ? inner : undefined);
  stage.process(batchOf(outer, [hex(lists)], { templates }), () => {});
  return { printed, errors };
}

//            length semantic field  length values
const basic = "09    03       0007   0002   0035 01bb";
//            length semantic template records
const stl = "0b      03       012c     06 02 6162  11 02 6364";
//            length semantic template length records, and a Template nobody knows
const stml = "12     04       012c     0008   06 02 6162   012d 0009 0102030405";
const lists = `${basic} ${stl} ${stml} 06`;

test.for([
  ["for i, port in ipairs(flow.basicList) do print(i, port) end", ["1\t53", "2\t443"]],
  ["print(flow.basicList.semantic, flow.basicList.element)", ["3\tsourceTransportPort"]],
  [
    "for _, r in ipairs(flow.subTemplateList) do print(r.protocolIdentifier, r.interfaceName) end",
    ["6\tab", "17\tcd"],
  ],
  ["local l = flow.subTemplateMultiList print(#l, l.semantic, l[1].interfaceName)", ["2\t4\tab"]],
  ["local r = flow.subTemplateMultiList[2] print(r.unknownTemplate, #r.raw)", ["301\t5"]],
  ["flow.basicList[1] = 5 print(flow.basicList[1])", ["53"]],
  ["print(#flow:totable().subTemplateList)", ["2"]],
] as const)("%s", ([expression, expected]) => {
  const length = (hex(stml).length - 1).toString(16).padStart(2, "0");
  const fitted = lists.replace(stml, stml.replace(/^12/, length));
  expect(read(expression, fitted)).toEqual({ printed: expected, errors: [] });
});

test("a list cannot be set", () => {
  const { errors } = read("flow.basicList = {}", "00 00 00 06");
  expect(errors).toEqual(["conf.lua:1: Cannot set basicList: lists are read only"]);
});

test("a damaged list is an error of its record", () => {
  const { errors } = read("return flow.basicList", "02 0300 00 00 06");
  expect(errors[0]).toMatch(/^conf.lua:1: Cannot decode at byte 1: basicList header/);
});
