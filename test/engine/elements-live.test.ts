import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startLane } from "../../src/engine/lane-thread.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { temporaryFolder } from "../support/folder.ts";
import { messageOf } from "../support/hostile.ts";
import { portOf, until } from "../support/network.ts";
import { describingMessage, vendorTemplate } from "../support/type-records.ts";

/** What an IPFIX file holds by name, for a reader that knows only what the file describes. */
async function fieldsOf(path: string): Promise<unknown[]> {
  const lines: string[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => lines.push(line),
    learnElements: true,
  });
  await readIpfixFile(path, { session });
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "data")
    .map(({ fields }) => fields);
}

test("elements that users define and exporters describe reach where, Lua and the file", async () => {
  const folder = temporaryFolder();
  const lane = startLane(
    { folder },
    () => undefined,
    () => undefined,
  );
  onTestFinished(() => lane.stop(1_000));
  const source = `
    element { name = "acmeLatency", pen = 32473, id = 1, type = "unsigned32" }
    collector "edge" { listen = "udp://127.0.0.1:0" }
    mediator "slow" {
      from = "edge",
      where = 'acmeLatency > 5 or field("acmeJitter") > 5',
      each = function(flow)
        if flow.acmeLatency then
          flow.acmeLatency = flow.acmeLatency * 2
        end
        return flow
      end,
    }
    exporter "kept" { from = "slow", to = "file:kept.ipfix", describe_elements = true }
  `;
  const outcome = await lane.apply(source, join(folder, "conf.lua"));
  if (outcome.kind !== "applied") throw new Error(JSON.stringify(outcome));
  const port = portOf(outcome.addresses.find(({ word }) => word === "collector")?.address);
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  const data = (id: number) => `010${id} 000c 00000003 00000007`;
  const messages = [
    messageOf(`${vendorTemplate(1, 4, 257)} ${data(1)}`),
    describingMessage({ id: 2, name: "acmeJitter" }),
    messageOf(`${vendorTemplate(2, 4, 258)} ${data(2)}`),
  ];
  for (const message of messages) socket.send(message, port, "127.0.0.1");
  const kept = join(folder, "kept.ipfix");
  let size = 0;
  await until(() => {
    size = readFileSync(kept).length;
    return size > 0;
  });
  await lane.stop(5_000);
  expect(await fieldsOf(kept)).toEqual([{ acmeLatency: 14 }, { acmeJitter: 7 }]);
});
