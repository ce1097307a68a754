import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import type { TransportSession } from "../../src/ipfix/session.ts";
import { createExporterSession } from "../../src/translators/exporter-session.ts";
import { formatSample } from "../../src/translators/sflow/json.ts";
import { readDatagrams } from "../support/datagrams.ts";
import { hex } from "../support/hex.ts";
import { grouped, type Line, namesIn, readExpected } from "../support/record-corpus.ts";
import { shared } from "../support/shared.ts";

const captures = shared("corpus/ipfix");
const vectors = shared("corpus/vectors");

/** A session that shows what an exporter sent in its own terms, and the lines it made so far. */
function createShown(exporter?: string): { session: TransportSession; lines: Line[] } {
  const lines: Line[] = [];
  const take = (line: string) => lines.push(JSON.parse(line) as Line);
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => {
      if (session.header.version !== "sflow5") take(line);
    },
    templates: true,
    ...(exporter !== undefined && { exporter }),
    open: (options) =>
      createExporterSession({
        ...options,
        asSent: true,
        now: () => 0,
        onSample: (sample, header) => take(formatSample(sample, header, exporter)),
      }),
  });
  return { session, lines };
}

/** What is damaged on purpose, and by which datagram of the capture. */
const damaged: Readonly<Record<string, number>> = {
  "netflow5-test-invalid01": 1,
  "sflow-tcpdump-sflow_print-segv": 1,
};

function decodeCapture(path: string): { lines: Line[]; errors: number } {
  const known = new Map<string, ReturnType<typeof createShown>>();
  let errors = 0;
  for (const { from, payload } of readDatagrams(path)) {
    const shown = known.get(from) ?? createShown(from);
    known.set(from, shown);
    try {
      shown.session.decodeDatagram(payload);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      errors++;
    }
  }
  return { lines: [...known.values()].flatMap(({ lines }) => lines), errors };
}

test.for(namesIn(captures, ".pcap"))(
  "createExporterSession() decodes capture %s as expected",
  (name) => {
    const { lines, errors } = decodeCapture(join(captures ?? "", `${name}.pcap`));
    expect(grouped(lines)).toEqual(grouped(readExpected(captures ?? "", name)));
    expect(errors).toBe(damaged[name] ?? 0);
  },
);

test.skipIf(!captures)("the captures of ../shared/corpus are there", () => {
  expect(namesIn(captures, ".pcap").length).toBeGreaterThan(40);
});

interface Vector {
  readonly messages: readonly string[];
  readonly expect: readonly Line[];
  readonly expectErrors?: number;
}

const foreign = ["v5-basic", "v9-options-scope", "rfc5655-b3-netflow9", "bad-v5-truncated"];

test.skipIf(!vectors).for(foreign)("createExporterSession() decodes vector %s", (name) => {
  const text = readFileSync(join(vectors ?? "", `${name}.json`), "utf8");
  const vector = JSON.parse(text) as Vector;
  const { session, lines } = createShown();
  let errors = 0;
  for (const message of vector.messages) {
    try {
      session.decodeDatagram(hex(message));
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
      errors++;
    }
  }
  expect(lines.filter(({ kind }) => kind !== "template" && kind !== "options_template")).toEqual(
    vector.expect.map((line) => expect.objectContaining(line) as unknown),
  );
  expect(errors > 0).toBe((vector.expectErrors ?? 0) > 0);
});
