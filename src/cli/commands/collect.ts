import { once } from "node:events";
import { resolve } from "node:path";
import { ConfigError, DecodeError } from "../../errors.ts";
import type { BatchSink, RecordBatch } from "../../ipfix/batch.ts";
import { createJsonLines } from "../../ipfix/format/jsonl.ts";
import { createOrigin, ipfixVersion } from "../../ipfix/message.ts";
import { printable } from "../../text/printable.ts";
import { grouped } from "../../text/table.ts";
import type { Collector } from "../../transport/collecting/collector.ts";
import { createCollector } from "../../transport/collectors.ts";
import { createExporter } from "../../transport/exporters.ts";
import type { Exporter } from "../../transport/exporting/exporter.ts";
import { checkPathPattern, resolvePattern } from "../../transport/exporting/path-pattern.ts";
import { parseRotation, type Rotation } from "../../transport/exporting/rotation.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { createLineOutput, type LineOutput } from "../line-output.ts";
import { integer } from "../option-values.ts";

/** `moonfix collect`: what exporters send into a file, or as lines. */
export const command: Command = {
  usage: "--listen ADDRESS… [-o FILE]",
  arity: [0, 0],
  options: {
    listen: {
      type: "string",
      multiple: true,
      value: "ADDRESS",
      describe: "where to listen, such as udp://127.0.0.1:4739; may be given several times",
    },
    output: {
      type: "string",
      short: "o",
      value: "FILE",
      describe: "the IPFIX file; without it records are shown as JSON lines",
    },
    rotate: {
      type: "string",
      multiple: true,
      value: "WHEN",
      describe: "begin further files by time (1h) or size (100 MB); FILE may hold %F, %H, … (UTC)",
    },
    append: { type: "boolean", describe: "go on behind the Messages that FILE holds" },
    count: { type: "string", value: "RECORDS", describe: "end after so many records" },
    quiet: { type: "boolean", short: "q", describe: "say nothing when all is well" },
  },
  help: `IPFIX over udp and tcp; NetFlow v1, v5, v7, v9 and sFlow v5 over udp, as IPFIX.
Ctrl-C ends it.

  moonfix collect --listen udp://127.0.0.1:2055 -o flows.ipfix
  moonfix collect --listen udp://127.0.0.1:2055 -o 'flows/%F/%H.ipfix' --rotate 1h
  moonfix collect --listen tcp://127.0.0.1:4739 --count 10`,
  run: collect,
};

/** Takes batches and counts them. */
interface Taker {
  readonly take: BatchSink;
  readonly stop: () => Promise<void>;
}

async function collect(input: CommandInput): Promise<number> {
  const { options, stderr } = input;
  const { listen, output } = options;
  if (!Array.isArray(listen) || listen.length === 0) {
    const detail = "Cannot collect: no address, expected --listen ADDRESS";
    throw new ConfigError("missing", "--listen", detail);
  }
  const least = 1;
  const count =
    options["count"] === undefined ? undefined : integer(options, "count", [least, 1e15]);
  const say = (text: string) => stderr.write(`moonfix collect: ${printable(text)}\n`);
  const quiet = options["quiet"] === true;
  const done = new AbortController();
  const taker =
    typeof output === "string"
      ? await createFileTaker(output, options, say)
      : createLineTaker(input, done);
  let records = 0;
  const onBatch: BatchSink = (batch) => {
    const wanted = count === undefined ? batch.count : Math.min(batch.count, count - records);
    if (wanted < batch.count && wanted <= 0) return;
    records += wanted;
    taker.take(wanted === batch.count ? batch : { ...batch, count: wanted, layout: undefined });
    if (records === count) done.abort();
  };
  const collectors: Collector[] = [];
  // Whoever reads that it listens may end it at once.
  const end = ended(done.signal);
  try {
    for (const address of listen as readonly string[]) {
      const collector = createCollector({ listen: address, onBatch, onProblem: say });
      const bound = await collector.start();
      collectors.push(collector);
      if (!quiet) say(`listening on ${bound.join(", ")}`);
    }
    await end;
  } finally {
    done.abort();
    for (const collector of collectors) await collector.stop();
    await taker.stop();
  }
  const place = typeof output === "string" ? ` → ${output}` : "";
  if (!quiet) say(`${grouped(records)} records${place}`);
  return exitCodes.ok;
}

/** Being told to end is how it ends: no failure. */
async function ended(done: AbortSignal): Promise<void> {
  if (done.aborted) return;
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const reasons = [
    once(done, "abort", options),
    once(process, "SIGINT", options),
    once(process, "SIGTERM", options),
  ];
  await Promise.race(reasons);
  stop.abort();
  await Promise.allSettled(reasons);
}

async function createFileTaker(
  path: string,
  options: CommandInput["options"],
  onProblem: (message: string) => void,
): Promise<Taker> {
  const rotate = parseRotate(path, options["rotate"]);
  const to = `file:${rotate ? resolvePattern(".", path) : resolve(path)}`;
  // Files that rotate are kept from one run to the next, so that an hour has one file.
  const append = options["append"] === true || rotate !== undefined;
  const exporter: Exporter = createExporter({ to, append, rotate, onProblem });
  await exporter.start();
  return { take: (batch) => exporter.write(batch), stop: () => exporter.stop() };
}

/** @throws {ConfigError} naming the option at fault. */
function parseRotate(path: string, texts: unknown): Rotation | undefined {
  if (!Array.isArray(texts)) return undefined;
  try {
    checkPathPattern(path);
    return parseRotation(texts as readonly string[]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.code, "--rotate", error.detail);
  }
}

function createLineTaker({ stdout }: CommandInput, done: AbortController): Taker {
  const output: LineOutput = createLineOutput(stdout);
  output.closed.addEventListener("abort", () => done.abort(), { once: true });
  const format = createJsonLines();
  const origin = createOrigin(ipfixVersion, undefined);
  const show = (batch: RecordBatch) => {
    const { domain, exportTime, count } = batch;
    const from = { ...origin, domain, exportTime };
    const line = format.batch(batch, from);
    for (let i = 0; i < count; i++) {
      try {
        output.line(line(i) ?? "");
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        output.line(format.damage?.(error, from) ?? "");
      }
    }
  };
  return {
    take(batch) {
      show(batch);
      void output.drained();
    },
    stop: () => output.end(),
  };
}
