import fc from "fast-check";
import { expect, test } from "vitest";
import { failLua, startEngine } from "../support/lua.ts";

const { engine } = startEngine();
const anyInteger = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 20n }),
  fc.bigInt({ min: 2n ** 64n - 20n, max: 2n ** 64n - 1n }),
);
const signed = (value: bigint) => BigInt.asIntN(64, value);
const call = (source: string, ...args: bigint[]) =>
  engine.run(`return ${source}`, "u64.lua", args.map(signed));

test("u64.tostring() and tonumber() take integers as unsigned", () => {
  fc.assert(
    fc.property(anyInteger, (value) => {
      expect(call("u64.tostring(...), u64.tonumber(...)", value)).toEqual([
        String(value),
        Number(value),
      ]);
    }),
  );
});

test("u64.compare() and divide() take integers as unsigned", () => {
  fc.assert(
    fc.property(anyInteger, anyInteger, (a, b) => {
      expect(call("u64.compare(...)", a, b)).toEqual([a < b ? -1 : a > b ? 1 : 0]);
      if (b === 0n) return;
      const [quotient, rest] = call("u64.divide(...)", a, b);
      expect([BigInt(quotient as bigint), BigInt(rest as bigint)]).toEqual([
        signed(a / b),
        signed(a % b),
      ]);
    }),
  );
});

test.for([
  ["u64.divide(1, 0)", /bad argument #2 to 'divide' \(number other than 0 expected\)/],
  ["u64.tostring({})", /bad argument #1 to 'tostring'/],
  ["u64.compare(1)", /bad argument #2 to 'compare'/],
] as const)("%s is refused", ([source, message]) => {
  expect(failLua(source).message).toMatch(message);
});
