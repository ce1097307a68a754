import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { temporaryFolder } from "../support/folder.ts";
import { hex } from "../support/hex.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";
import { hasProgram } from "../support/programs.ts";

/** The peers that read what the writer wrote. */
const peers = { dump: "ipfixDump", shark: "tshark" } as const;

const folder = temporaryFolder();

/** Messages with fixed and variable fields, lists, scopes, repeated ids and three domains. */
function createMessages(maximumBytes: number): { messages: Uint8Array[]; records: number } {
  const messages: Uint8Array[] = [];
  let records = 0;
  const writer = createMessageWriter({
    maximumBytes,
    onMessage: (bytes, count) => {
      messages.push(bytes.slice());
      records += count;
    },
  });
  const tcp = templateOf(256, ["tcpSequenceNumber", "initialTCPFlags"]);
  const flow = templateOf(257, [
    "flowStartMilliseconds",
    "sourceIPv4Address",
    "reverseOctetTotalCount",
    "interfaceName",
    "subTemplateMultiList",
  ]);
  const other = templateOf(256, ["sourceIPv6Address", ["packetDeltaCount", 4]]);
  const scoped = templateOf(300, ["exportingProcessId", "exportedMessageTotalCount"], 1);
  const record = hex(`
    0000018bcfe56800 0a000001 0000000000000007 04 65746830
    0b 03 0100 000a 000003e8 0002
  `);
  const templates = (id: number) => (id === 256 ? tcp : undefined);
  for (let i = 0; i < 300; i++) {
    const more = { domain: i % 3, exportTime: 1_700_000_000 + i };
    writer.append(batchOf(other, [new Uint8Array(20), new Uint8Array(20)], more));
    writer.append(batchOf(flow, [record, record], { ...more, templates }));
    writer.append(batchOf(scoped, [new Uint8Array(12)], more));
  }
  writer.flush();
  return { messages, records };
}

test.skipIf(!hasProgram(peers.dump))(
  "ipfixDump reads what the writer wrote, record for record (needs ipfixDump)",
  () => {
    const { messages, records } = createMessages(65_535);
    const path = join(folder, "a.ipfix");
    writeFileSync(path, concatenate(messages));
    const dump = spawnSync(peers.dump, ["--in", path], { encoding: "utf8", maxBuffer: 1e8 });
    expect(dump.stderr).toBe("");
    expect(dump.stdout.match(/^--- data record/gm)?.length).toBe(records);
    expect(dump.stdout).toContain("tcpSequenceNumber");
  },
);

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A classic capture of UDP datagrams to port 4739, Ethernet and IPv4, no checksums. */
function createCapture(payloads: readonly Uint8Array[]): Uint8Array {
  const parts = [hex("a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001")];
  for (const payload of payloads) {
    const head = new Uint8Array(16 + 42);
    const view = new DataView(head.buffer);
    view.setUint32(8, 42 + payload.length);
    view.setUint32(12, 42 + payload.length);
    view.setUint16(28, 0x0800);
    view.setUint16(30, 0x4500);
    view.setUint16(32, 28 + payload.length);
    view.setUint16(38, 0x4011);
    view.setUint32(42, 0x7f000001);
    view.setUint32(46, 0x7f000001);
    view.setUint16(50, 40_000);
    view.setUint16(52, 4739);
    view.setUint16(54, 8 + payload.length);
    parts.push(head, payload);
  }
  return concatenate(parts);
}

test.skipIf(!hasProgram(peers.shark))(
  "tshark reads what the writer wrote without a warning (needs tshark)",
  () => {
    const { messages, records } = createMessages(1400);
    const path = join(folder, "a.pcap");
    writeFileSync(path, createCapture(messages));
    const run = (...args: string[]) =>
      execFileSync(peers.shark, ["-r", path, "-d", "udp.port==4739,cflow", ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
        maxBuffer: 1e8,
      });
    const warned = "cflow && (_ws.expert.severity >= 0x00600000 || _ws.malformed)";
    expect(run("-Y", warned, "-T", "fields", "-e", "_ws.expert.message")).toBe("");
    const sequences = run("-T", "fields", "-e", "cflow.sequence").trim().split("\n");
    expect(sequences.length).toBe(messages.length);
    expect(records).toBe(1500);
  },
);
