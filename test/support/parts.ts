import type { Parts } from "../../src/engine/lane.ts";
import type { Counters } from "../../src/engine/ports.ts";
import type { BatchSink, RecordBatch } from "../../src/ipfix/batch.ts";
import { elementByName } from "../../src/ipfix/registry.ts";
import { createTemplate } from "../../src/ipfix/template.ts";

/** Parts that write down what happens to them. */
export interface FakeParts extends Parts {
  /** What happened, in order: `start udp://…`, `stop file:…`. */
  readonly events: string[];
  /** Records by exporter: the first octet of each. */
  readonly delivered: Map<string, number[]>;
  /** Let the source at `key` (address, or probe name) receive one record. */
  receive(key: string, value: number): void;
  /** Addresses that cannot be started. */
  readonly broken: Set<string>;
}

const element = elementByName("protocolIdentifier");
if (element === undefined) throw new Error("The registry lacks protocolIdentifier");
const template = createTemplate(256, 0, [[element, 1]]);

/** A batch of records of one octet each. */
export function octetBatch(...values: number[]): RecordBatch {
  return {
    domain: 0,
    exportTime: 0,
    template,
    templates: () => undefined,
    bytes: Uint8Array.from(values),
    offsets: Uint32Array.from({ length: values.length + 1 }, (_, i) => i),
    count: values.length,
  };
}

/** Create parts without sockets or files. A mediator drops odd values. */
export function createFakeParts(): FakeParts {
  const events: string[] = [];
  const delivered = new Map<string, number[]>();
  const receivers = new Map<string, BatchSink>();
  const broken = new Set<string>();
  const counters = (): Counters => ({});

  function source(key: string, onBatch: BatchSink) {
    receivers.set(key, onBatch);
    return {
      counters,
      async start() {
        events.push(`start ${key}`);
        if (broken.has(key)) throw new Error(`Cannot listen on ${key}: in use`);
        return [key];
      },
      async stop() {
        events.push(`stop ${key}`);
      },
    };
  }

  return {
    events,
    delivered,
    broken,
    receive: (key, value) => receivers.get(key)?.(octetBatch(value)),
    listener: (address, { onBatch }) => source(address, onBatch),
    probe: ({ name }, { onBatch }) => source(name, onBatch),
    mediator: ({ name }) => {
      events.push(`create ${name}`);
      return {
        counters,
        process(batch, sink) {
          if ((batch.bytes[0] ?? 0) % 2 === 0) sink(batch);
        },
      };
    },
    exporter: ({ name, options }) => ({
      counters,
      async start() {
        events.push(`start ${options.to}`);
        if (broken.has(options.to)) throw new Error(`Cannot open ${options.to}: no such folder`);
        return options.to;
      },
      write(batch) {
        delivered.set(name, [...(delivered.get(name) ?? []), batch.bytes[0] ?? 0]);
      },
      async stop() {
        events.push(`stop ${options.to}`);
      },
    }),
    print: (text) => events.push(`print ${text}`),
  };
}
