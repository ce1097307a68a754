import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type LaneEvent, startLane } from "../../src/engine/lane-thread.ts";
import { temporaryFolder } from "../support/folder.ts";
import { unstoppable } from "../support/lua.ts";

const captures = fileURLToPath(new URL("../../examples/captures/", import.meta.url));

/** A conf.lua that meters the sample through a mediator with `body`. */
const metering = (body: string) => `
probe "lab" { capture = "${captures}*.pcap" }
mediator "m" { from = "lab", each = function(flow) ${body} end }
exporter "out" { from = "m", to = "file:out.ipfix" }`;

test("startLane() ends a lane that is stuck where no budget holds, and tells why", async () => {
  const ended = withResolvers<string>();
  const lane = startLane({ folder: temporaryFolder(), silenceMs: 2_000 }, () => {}, ended.resolve);
  await lane.apply(metering(`${unstoppable} return flow`), "conf.lua").catch(() => undefined);
  expect(await ended.promise).toMatch(/has not answered for 2000 ms/);
  // Whoever asks it now must not wait for ever.
  await expect(lane.apply("", "conf.lua")).rejects.toThrow(/has not answered/);
  await expect(lane.counters()).rejects.toThrow(/has not answered/);
  await lane.stop(2_000);
});

test("startLane() lets a lane that only has much to do go on", async () => {
  const events: LaneEvent[] = [];
  const reports = withResolvers<LaneEvent>();
  const lane = startLane(
    { folder: temporaryFolder(), silenceMs: 2_000 },
    (event) => {
      events.push(event);
      if (event.kind === "probe") reports.resolve(event);
    },
    (reason) => reports.resolve({ kind: "log", level: "error", message: reason, fields: {} }),
  );
  await lane.apply(metering("for i = 1, 1e5 do end return flow"), "conf.lua");
  expect(await reports.promise).toMatchObject({ kind: "probe" });
  await lane.stop(2_000);
});

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
