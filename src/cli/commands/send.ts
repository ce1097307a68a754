import { setTimeout as delay } from "node:timers/promises";
import { ConfigError, TransportError } from "../../errors.ts";
import type { BatchSink } from "../../ipfix/batch.ts";
import { limits } from "../../limits.ts";
import { printable } from "../../text/printable.ts";
import { grouped } from "../../text/table.ts";
import { createExporter } from "../../transport/exporters.ts";
import type { Exporter } from "../../transport/exporting/exporter.ts";
import { readRecords } from "../../transport/reading/records.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { integer } from "../option-values.ts";

/** Records a second over UDP that a collector of the usual receive buffer takes without loss. */
const udpRate = 20_000;
/** Milliseconds between two looks at the queue. */
const lookMs = 5;

/** `moonfix send`: the records of files to a collector. */
export const command: Command = {
  usage: "FILE… --to ADDRESS",
  arity: [1, Number.POSITIVE_INFINITY],
  options: {
    to: {
      type: "string",
      value: "ADDRESS",
      describe: "the collector, such as udp://127.0.0.1:4739 or tcp://HOST:PORT",
    },
    rate: {
      type: "string",
      value: "RECORDS",
      describe: `records a second, 0 for all that goes (default ${udpRate} over udp, else 0)`,
    },
  },
  help: `FILE is an IPFIX file or a capture of IPFIX, NetFlow or sFlow, which is sent as IPFIX; - is
standard input. Over udp, sent means that the network took it.

  moonfix send flows.ipfix --to tcp://127.0.0.1:4739
  moonfix send netflow.pcap --to udp://127.0.0.1:4739 --rate 1000`,
  run: send,
};

async function send(input: CommandInput): Promise<number> {
  const { args, options } = input;
  const { to } = options;
  if (typeof to !== "string") {
    throw new ConfigError("missing", "--to", "Cannot send: no address, expected --to ADDRESS");
  }
  if (!/^(?:udp|tcp):/.test(to)) {
    const detail = `Cannot send to ${to}: expected udp://HOST:PORT or tcp://HOST:PORT`;
    throw new ConfigError("bad-value", "--to", detail);
  }
  const given = options["rate"] !== undefined;
  const usual = to.startsWith("udp:") ? udpRate : 0;
  const rate = given ? integer(options, "rate", [0, 1_000_000_000]) : usual;
  const say = (text: string) => input.stderr.write(`moonfix send: ${printable(text)}\n`);
  const exporter = createExporter({ to, append: false, onProblem: say });
  await exporter.start();
  return untilInterrupted(async (signal) => {
    let whole = true;
    try {
      const flow = createFlow(exporter, rate, signal);
      for (const path of args) {
        const source = path === "-" ? input.stdin : path;
        const onBatch = flow.take;
        const { damage, damages } = await readRecords(source, { onBatch, ...flow, signal });
        if (!damage) continue;
        whole = false;
        const more = damages > 1 ? `, and ${damages - 1} more` : "";
        say(`${path}: ${damage.message}${more}`);
      }
      exporter.flush?.();
      await flow.drained();
    } finally {
      await exporter.stop();
    }
    return report(exporter, to, whole, say);
  });
}

interface Flow {
  readonly take: BatchSink;
  /** Waits until the rate and the queue allow more. */
  readonly onProgress: () => Promise<void>;
  /** Waits until everything left; @throws {TransportError} when the collector takes nothing. */
  readonly drained: () => Promise<void>;
}

/** Hand batches to `exporter` no faster than `rate` and than it delivers them. */
function createFlow(exporter: Exporter, rate: number, signal: AbortSignal): Flow {
  const began = performance.now();
  let taken = 0;
  const queued = () => exporter.counters()["queued"] ?? 0;

  async function below(records: number): Promise<void> {
    let { delivered = 0 } = exporter.counters();
    let movedAt = performance.now();
    while (queued() > records) {
      await pause(lookMs, signal);
      const now = exporter.counters()["delivered"] ?? 0;
      if (now !== delivered) movedAt = performance.now();
      else if (performance.now() - movedAt > limits.sendStallMs) {
        throw new TransportError("unreachable", "Cannot send: the collector takes nothing");
      }
      delivered = now;
    }
  }

  return {
    take(batch) {
      taken += batch.count;
      exporter.write(batch);
    },
    async onProgress() {
      await below(limits.sendQueueRecords);
      if (rate === 0) return;
      const ahead = (1000 * taken) / rate - (performance.now() - began);
      if (ahead > 0) await pause(ahead, signal);
    },
    drained: () => below(0),
  };
}

/** Wait; @throws the reason of `signal` when it aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function report(
  exporter: Exporter,
  to: string,
  whole: boolean,
  say: (text: string) => void,
): number {
  const { delivered = 0, records = 0 } = exporter.counters();
  say(`${grouped(delivered)} records → ${to}`);
  if (delivered !== records) say(`${grouped(records - delivered)} records were not sent`);
  return whole && delivered === records ? exitCodes.ok : exitCodes.failed;
}
