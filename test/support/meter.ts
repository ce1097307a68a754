import { createMeter, type MeterOptions } from "../../src/flow/meter.ts";
import { createFlowLines } from "../../src/ipfix/format/flows.ts";
import type { TimedFrame } from "./wire.ts";

/** A flow as the flow schema writes it. */
export type TestFlow = Readonly<Record<string, number | string | readonly number[]>>;

/** Meter Ethernet frames; returns the flows in the order they were reported, and the counters. */
export function meterFrames(frames: readonly TimedFrame[], options: Partial<MeterOptions> = {}) {
  const flows: TestFlow[] = [];
  const format = createFlowLines();
  const meter = createMeter({
    idleTimeoutMs: 300_000,
    activeTimeoutMs: 1_800_000,
    maximumFlows: 1_000_000,
    domain: 0,
    seed: 1,
    onBatch(batch) {
      const { domain, exportTime, count } = batch;
      const show = format.batch(batch, { length: 0, exportTime, sequence: 0, domain });
      for (let i = 0; i < count; i++) flows.push(JSON.parse(show(i) ?? "null") as TestFlow);
    },
    ...options,
  });
  for (const { timeUs, frame } of frames) {
    meter.packet({
      bytes: frame,
      view: new DataView(frame.buffer, frame.byteOffset, frame.byteLength),
      start: 0,
      end: frame.length,
      wireLength: frame.length,
      seconds: Math.floor(timeUs / 1e6),
      nanos: (timeUs % 1e6) * 1_000,
      linkType: 1,
    });
  }
  meter.end();
  return { flows, counters: meter.counters() };
}
