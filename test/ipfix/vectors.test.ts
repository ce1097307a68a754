import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { hex } from "../support/hex.ts";
import { shared } from "../support/shared.ts";

interface Vector {
  readonly name: string;
  readonly transport: "datagrams" | "file";
  readonly messages: readonly string[];
  readonly sessions?: readonly string[];
  readonly expect: readonly Readonly<Record<string, unknown>>[];
  /** What a collector that keeps Sets until their Template comes may deliver instead. */
  readonly bufferingExpect?: Vector["expect"];
  readonly expectErrors?: number;
  readonly rfc5610?: boolean;
}

type Line = Readonly<Record<string, unknown>>;

const folder = shared("corpus/vectors");

function readVectors(): Vector[] {
  if (!folder) return [];
  return readdirSync(folder)
    .filter((name) => name !== "INDEX.json")
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Vector)
    .filter(({ messages }) => messages[0]?.startsWith("000a"));
}

function decode({ messages, sessions, transport, rfc5610 = false }: Vector): {
  lines: Line[];
  errors: number;
} {
  const lines: Line[] = [];
  const known = new Map<string, ReturnType<typeof createLines>>();
  let errors = 0;
  messages.forEach((message, i) => {
    const name = sessions?.[i] ?? "";
    const session =
      known.get(name) ??
      createLines({
        format: createJsonLines(),
        onLine: (line) => lines.push(JSON.parse(line) as Line),
        templates: true,
        withdrawals: transport === "file",
        learnElements: rfc5610,
      });
    known.set(name, session);
    try {
      session.decodeMessage(hex(message));
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
      errors++;
    }
  });
  errors += lines.filter(({ kind }) => kind === "error").length;
  return { lines, errors };
}

/** Only what the vector tells of: it leaves out Export Times and Sequence Numbers. */
function comparable(lines: readonly Line[], expected: readonly Line[]): unknown[] {
  const kinds = new Set(["data", "options", ...expected.map(({ kind }) => kind)]);
  return lines
    .filter(({ kind }) => kinds.has(kind as string))
    .map(({ exportTime: _, seq: __, version: ___, ...rest }) => rest);
}

test.skipIf(!folder)("the vectors of ../shared/corpus are there", () => {
  expect(readVectors().length).toBeGreaterThan(50);
});

test.for(readVectors())("createJsonLines() decodes vector $name", (vector) => {
  const { lines, errors } = decode(vector);
  // A vector without records lists none of those it has: only whether errors show counts there.
  const expected = vector.bufferingExpect ?? vector.expect;
  if (expected.length > 0) {
    expect(comparable(lines, expected)).toEqual(comparable(expected, expected));
  }
  expect(errors > 0).toBe((vector.expectErrors ?? 0) > 0);
});
