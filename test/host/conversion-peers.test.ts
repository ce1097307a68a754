import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { convertCaptures } from "../../src/host/pcap-to-ipfix.ts";
import { samplePath } from "../generate/sample-capture.ts";
import { hasProgram } from "../support/programs.ts";
import { ethernet, octets, pcapFile, type Side, tcp, tcpFlags, udp } from "../support/wire.ts";

const folder = mkdtempSync(join(tmpdir(), "moonfix-peers-"));
const path = join(folder, "flows.ipfix");
afterAll(() => rmSync(folder, { recursive: true }));

const v4: [Side, Side] = [
  { address: "192.0.2.1", port: 40_000 },
  { address: "192.0.2.2", port: 443 },
];
const v6: [Side, Side] = [
  { address: "2001:db8:0:0:0:0:0:1", port: 40_000 },
  { address: "2001:db8:0:0:0:0:0:2", port: 443 },
];

/** Every layout: uniflows and biflows of both IP versions, TCP and not, counters of both sizes. */
function everyLayout(): Uint8Array {
  const data = octets("data");
  const segment = { flags: tcpFlags.ack, sequence: 1, acknowledgment: 1, payload: data };
  const frames: Uint8Array[] = [];
  for (const [vlan, sides] of [v4, v6].entries()) {
    const [client, server] = sides;
    frames.push(ethernet(udp(client, server, data), 1 + vlan));
    frames.push(ethernet(tcp(client, server, segment), 1 + vlan));
    frames.push(ethernet(udp(client, server, data)), ethernet(udp(server, client, data)));
    frames.push(ethernet(tcp(client, server, segment)), ethernet(tcp(server, client, segment)));
  }
  const large = udp({ ...v4[0], port: 9 }, v4[1], data);
  const longest = ethernet(octets(large.subarray(0, 2), 0xff, 0xff, large.subarray(4)));
  frames.push(...Array<Uint8Array>(32_800).fill(longest));
  return pcapFile(frames.map((frame, i) => ({ timeUs: 1_700_000_000_000_000 + i, frame })));
}

let flows: number;
beforeAll(async () => {
  const layouts = join(folder, "layouts.pcap");
  writeFileSync(layouts, everyLayout());
  ({ flows } = await convertCaptures({ inputs: [layouts, samplePath], output: path }));
});

test.skipIf(!hasProgram("ipfixDump"))(
  "ipfixDump reads every flow of a conversion without a word (needs ipfixDump)",
  () => {
    const run = spawnSync("ipfixDump", ["--in", path], { encoding: "utf8", maxBuffer: 1e8 });
    expect(run.stderr).toBe("");
    expect(run.stdout.match(/^--- data record/gm)).toHaveLength(flows);
    const ids = new Set(run.stdout.match(/tid: \d+ \(0x\w+\)/g));
    const wanted = ["b000", "b010", "b400", "b410", "b080"];
    expect([...ids].map((id) => id.slice(-5, -1))).toEqual(expect.arrayContaining(wanted));
  },
);

test.skipIf(!hasProgram("tshark"))(
  "tshark reads every flow of a conversion and finds nothing wrong (needs tshark)",
  () => {
    const options = { encoding: "utf8", maxBuffer: 1e9 } as const;
    const all = spawnSync("tshark", ["-r", path, "-O", "cflow"], options);
    expect(all.stdout.match(/^ {8}Flow \d+/gm)).toHaveLength(flows);
    const filter = "_ws.malformed || _ws.expert.severity >= 0x600000";
    expect(spawnSync("tshark", ["-r", path, "-Y", filter], options).stdout).toBe("");
  },
);
