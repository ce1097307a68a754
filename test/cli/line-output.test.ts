import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createLineOutput } from "../../src/cli/line-output.ts";

/** A stream that takes its time and remembers the chunks. */
function slow(chunks: string[]): Writable {
  return new Writable({
    highWaterMark: 100,
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk.toString());
      setImmediate(done);
    },
  });
}

test("line() gathers lines and end() writes what is left", async () => {
  const chunks: string[] = [];
  const output = createLineOutput(slow(chunks));
  output.line("a");
  output.line("b");
  expect(chunks).toEqual([]);
  await output.end();
  expect(chunks.join("")).toBe("a\nb\n");
});

test("drained() waits for a stream that is full", async () => {
  const chunks: string[] = [];
  const stream = slow(chunks);
  const output = createLineOutput(stream);
  for (let i = 0; i < 50; i++) {
    output.line("x".repeat(1000));
    await output.drained();
    expect(stream.writableLength).toBe(0);
  }
  await output.end();
  expect(chunks.join("").length).toBe(50 * 1001);
});

test("closed tells that the reader has gone; end() then resolves (EPIPE)", async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("gone"), { code: "EPIPE" })),
  });
  const output = createLineOutput(stream);
  output.line("a");
  await output.drained();
  await new Promise(setImmediate);
  expect(output.closed.aborted).toBe(true);
  output.line("b");
  await output.end();
});

test("end() throws what else the stream ran into", async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("full"), { code: "ENOSPC" })),
  });
  const output = createLineOutput(stream);
  output.line("a");
  await expect(output.end()).rejects.toThrow("full");
});
