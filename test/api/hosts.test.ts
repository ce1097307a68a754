import { hostname } from "node:os";
import { expect, test } from "vitest";
import { createHostCheck, originHost } from "../../src/api/hosts.ts";
import { fakeApi, problemOf } from "../support/api.ts";

test.for([
  ["127.0.0.1", "localhost", true],
  ["127.0.0.1", "LocalHost:8739", true],
  ["127.0.0.1", "127.0.0.1:1", true],
  ["127.0.0.1", "[::1]:8739", true],
  ["127.0.0.1", "evil.example", false],
  ["127.0.0.1", "localhost.evil.example:8739", false],
  ["127.0.0.1", "localhost@evil.example", false],
  ["127.0.0.1", "192.0.2.1", false],
  ["127.0.0.1", "", false],
  ["127.0.0.1", undefined, false],
  ["192.0.2.1", "192.0.2.1:8739", true],
  ["2001:db8::1", "[2001:db8::1]:8739", true],
  ["0.0.0.0", "192.0.2.9:8739", true],
  ["::", `${hostname()}:8739`, true],
  ["0.0.0.0", "evil.example", false],
] as const)("createHostCheck() bound to %s says of %s: %s", ([bound, host, ours]) => {
  expect(createHostCheck(bound)(host)).toBe(ours);
});

test("originHost() takes nothing but the origin of a web page", () => {
  expect(originHost("http://localhost:8739")).toBe("localhost:8739");
  expect(originHost("null")).toBeUndefined();
  expect(originHost("file:///x")).toBeUndefined();
});

test.for([
  [{ host: "evil.example" }, "/healthz"],
  [{ host: "localhost", origin: "https://evil.example" }, "/healthz"],
  [{ host: "localhost", origin: "null" }, "/healthz"],
  [{ host: "evil.example" }, "/no/such/route"],
] as const)("a request with headers %j for %s is 403", async ([headers, url]) => {
  const response = await fakeApi().ask({ url, headers });
  expect(problemOf(response)).toMatchObject({ status: 403, code: "foreign-host" });
});

test("a page of this server may ask", async () => {
  const headers = { host: "localhost:8739", origin: "http://localhost:8739" };
  expect((await fakeApi().ask({ url: "/healthz", headers })).statusCode).toBe(200);
});
