import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { grouped, type Line, namesIn, readExpected } from "../support/record-corpus.ts";
import { shared } from "../support/shared.ts";

const files = shared("corpus/files");

test.for(namesIn(files, ".ipfix"))("createJsonLines() shows file %s as expected", async (name) => {
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
