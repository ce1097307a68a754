import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError, DecodeError } from "../../../src/errors.ts";
import type { RecordBatch } from "../../../src/ipfix/batch.ts";
import { recordReaderOf } from "../../../src/ipfix/record/compile-reader.ts";
import { createRecordEncoder } from "../../../src/ipfix/record/encoder.ts";
import { createTransportSession } from "../../../src/ipfix/session.ts";
import { readIpfixFile } from "../../../src/transport/reading/ipfix-file.ts";
import { hex, unhex } from "../../support/hex.ts";
import { shared } from "../../support/shared.ts";

/** Read each record of a batch and write it again; the octets of those that come out otherwise. */
function changed({ template, templates, bytes, offsets, count }: RecordBatch): string[] {
  const encoder = createRecordEncoder(templates);
  const read = recordReaderOf(template);
  const differing: string[] = [];
  for (let i = 0; i < count; i++) {
    const [start, end] = [offsets[i] as number, offsets[i + 1] as number];
    try {
      const octets = encoder.encode(template, read({ bytes, templates, depth: 0 }, start, end));
      const [before, after] = [unhex(bytes.subarray(start, end)), unhex(octets)];
      if (before !== after) differing.push(`${before} -> ${after}`);
    } catch (error) {
      // A record that is damaged has no data; data of ill-formed text may not fit its field.
      if (error instanceof ConfigError) differing.push(error.message);
      else if (!(error instanceof DecodeError)) throw error;
    }
  }
  return differing;
}

const vectors = shared("corpus/vectors");

/** Vectors whose records have more than one encoding, and which one of them they use. */
const otherwise: Readonly<Record<string, string>> = {
  "bl-empty-and-pen.json": "lists with a length of one octet; RFC 6313 §5.1 recommends three",
  "stl-deep.json": "lists with a length of one octet",
  "stl-empty.json": "lists with a length of one octet",
  "stl-unknown-template.json": "a list with a length of one octet",
  "padding-octets-ie.json": "paddingOctets of variable length, which plain data leaves out",
  "utf8-strings.json": "ill-formed UTF-8, which reads as U+FFFD",
  "varlen-boundaries.json": "lengths of three octets for content shorter than 255",
};

function vectorNames(): string[] {
  if (!vectors) return [];
  return readdirSync(vectors).filter(
    (name) => name !== "INDEX.json" && !/^v[59]|9\.json/.test(name),
  );
}

test.for(vectorNames())("the records of vector %s come out as they went in", (name) => {
  const text = readFileSync(join(vectors ?? "", name), "utf8");
  const { messages } = JSON.parse(text) as { messages: string[] };
  const differing: string[] = [];
  const session = createTransportSession({ onBatch: (batch) => differing.push(...changed(batch)) });
  for (const message of messages) {
    try {
      session.decodeMessage(hex(message));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  if (otherwise[name] === undefined) expect(differing).toEqual([]);
  else expect(differing.length).toBeGreaterThan(0);
});

const files = shared("corpus/files");

test.for((files ? readdirSync(files) : []).filter((name) => name.endsWith(".ipfix")))(
  "the records of file %s come out as they went in",
  async (name) => {
    const differing: string[] = [];
    let records = 0;
    const session = createTransportSession({
      onBatch: (batch) => {
        records += batch.count;
        differing.push(...changed(batch));
      },
    });
    await readIpfixFile(join(files ?? "", name), { session });
    expect(records).toBeGreaterThan(0);
    expect(differing).toEqual([]);
  },
);
