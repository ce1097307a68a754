import { expect, test } from "vitest";
import { limits } from "../../../src/limits.ts";
import { createNotices } from "../../../src/transport/support/notices.ts";

function setUp() {
  const told: string[] = [];
  const clock = { ms: 0 };
  const onProblem = (message: string) => told.push(message);
  return { told, clock, notices: createNotices({ onProblem, now: () => clock.ms }) };
}

test("say() tells each key once a minute", () => {
  const { told, clock, notices } = setUp();
  for (const ms of [0, 1, 59_999, 60_000, 70_000, 119_999, 120_000]) {
    clock.ms = ms;
    notices.say("key", `at ${ms}`);
  }
  expect(told).toEqual(["at 0", "at 60000", "at 120000"]);
});

test("say() tells a bounded number a minute and then how many it left out", () => {
  const { told, clock, notices } = setUp();
  for (let i = 0; i < limits.noticesPerMinute + 5; i++) notices.say(`key ${i}`, "said");
  expect(told.length).toBe(limits.noticesPerMinute);
  clock.ms = 60_000;
  notices.say("key", "later");
  expect(told.slice(limits.noticesPerMinute)).toEqual([
    "5 further problems within a minute were only counted",
    "later",
  ]);
});
