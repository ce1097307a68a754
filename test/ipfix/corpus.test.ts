import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import type { TransportSession } from "../../src/ipfix/session.ts";
import { readIpfixFile } from "../../src/transport/ipfix-file.ts";
import { readDatagrams } from "../support/datagrams.ts";
import { shared } from "../support/shared.ts";

type Line = Readonly<Record<string, unknown>>;

const files = shared("corpus/files");
const captures = shared("corpus/ipfix");

function names(folder: string | undefined, suffix: string): string[] {
  if (!folder) return [];
  const all = readdirSync(folder).filter((name) => name.endsWith(suffix));
  return all.map((name) => name.slice(0, -suffix.length));
}

/** Lines by all that groups them; the order of groups is free, the order within one is not. */
function grouped(lines: readonly Line[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const { exporter, version, domain, kind, template, seq: _, scope: __, ...rest } of lines) {
    const key = JSON.stringify([exporter, version, domain, kind, template]);
    groups.set(key, [...(groups.get(key) ?? []), rest]);
  }
  return groups;
}

/** The expected lines; their registry ends before 513, ours knows the additions of 2025. */
function readExpected(folder: string, name: string): Line[] {
  const text = readFileSync(join(folder, "expected", `${name}.rec.jsonl`), "utf8")
    .trim()
    .replaceAll('"0/515":"00000000"', '"ipv6ExtensionHeadersFull":0')
    .replaceAll('["0/515",0,515,4]', '["ipv6ExtensionHeadersFull",0,515,4]');
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
}

test.for(names(files, ".ipfix"))("createJsonLines() shows file %s as expected", async (name) => {
  const lines: Line[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => lines.push(JSON.parse(line) as Line),
    templates: true,
  });
  const input = Readable.from([readFileSync(join(files ?? "", `${name}.ipfix`))]);
  const result = await readIpfixFile(input, { session });
  expect(result).toMatchObject({ damages: 0, skippedBytes: 0 });
  expect(grouped(lines)).toEqual(grouped(readExpected(files ?? "", name)));
});

function decodeCapture(path: string): Line[] {
  const lines: Line[] = [];
  const sessions = new Map<string, TransportSession>();
  for (const { from, payload } of readDatagrams(path)) {
    if (payload[1] !== 10) continue;
    const session =
      sessions.get(from) ??
      createLines({
        format: createJsonLines(),
        onLine: (line) => lines.push({ exporter: from, ...(JSON.parse(line) as Line) }),
        templates: true,
        withdrawals: false,
      });
    sessions.set(from, session);
    session.decodeDatagram(payload);
  }
  return lines;
}

/** The captures of the corpus that hold IPFIX; NetFlow and sFlow are other readers' business. */
const withIpfix = names(captures, ".pcap").filter((name) =>
  readExpected(captures ?? "", name).some(({ version }) => version === 10),
);

test.for(withIpfix)("createJsonLines() shows the IPFIX of capture %s as expected", (name) => {
  const expected = readExpected(captures ?? "", name).filter(({ version }) => version === 10);
  expect(grouped(decodeCapture(join(captures ?? "", `${name}.pcap`)))).toEqual(grouped(expected));
});

test.skipIf(!captures)("the IPFIX captures of ../shared/corpus are there", () => {
  expect(withIpfix.length).toBeGreaterThan(10);
});
