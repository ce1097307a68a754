import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readIpfixBatches } from "../../src/host/record/file.ts";
import { createRecordStage } from "../../src/host/record-stage.ts";
import type { BatchSink } from "../../src/ipfix/batch.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import type { LuaFunction } from "../../src/lua/values.ts";
import { readDatagrams } from "../support/datagrams.ts";
import { createRecorder } from "../support/ipfix.ts";
import { startEngine } from "../support/lua.ts";
import { shared } from "../support/shared.ts";

const files = shared("corpus/files");
const captures = shared("corpus/ipfix");

function paths(folder: string | undefined, suffix: string): string[] {
  if (!folder) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name));
}

const rewrite = `return function(flow)
  for name, value in pairs(flow) do
    if type(value) ~= "table" then flow[name] = value end
  end
  assert(next(flow:totable()))
  return flow
end`;

/** Every batch that `read` delivers passes through a function that writes what it reads. */
function expectIdentity(read: (onBatch: BatchSink) => void): void {
  const { engine } = startEngine();
  const each = engine.run(rewrite, "conf.lua")[0] as LuaFunction;
  const onError = (error: Error) => {
    throw error;
  };
  const stage = createRecordStage({ engine, each, name: "rewrite", onError });
  const before = createRecorder();
  const after = createRecorder();
  read((batch) => {
    before.onBatch(batch);
    stage.process(batch, after.onBatch);
  });
  expect(before.seen.length).toBeGreaterThan(0);
  expect(after.seen).toEqual(before.seen);
}

test.for(paths(files, ".ipfix"))("process() rewrites %s to the same octets", (path) => {
  expectIdentity((onBatch) => {
    for (const batch of readIpfixBatches(path)) onBatch(batch);
  });
});

test.for(paths(captures, "yaf-udp.pcap"))("process() rewrites %s to the same octets", (path) => {
  const sessions = new Map<string, ReturnType<typeof createTransportSession>>();
  expectIdentity((onBatch) => {
    for (const { from, payload } of readDatagrams(path)) {
      const session = sessions.get(from) ?? createTransportSession({ onBatch });
      sessions.set(from, session);
      session.decodeMessage(payload);
    }
  });
});

test.skipIf(!files)("the files of ../shared/corpus are there", () => {
  expect(paths(files, ".ipfix").length).toBeGreaterThan(0);
});
