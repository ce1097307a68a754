import { randomInt } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigError, TransportError } from "../errors.ts";
import { createMeter } from "../flow/meter.ts";
import { limits } from "../limits.ts";
import { readCapture } from "../transport/reading/capture.ts";
import type { Declaration } from "./conf/words.ts";
import type { Counters, Source } from "./ports.ts";
import { type FlowSummary, FlowTally } from "./tally.ts";
import type { Outlet } from "./units.ts";

/** What a probe tells when it has read its captures. */
export interface ProbeReport {
  readonly name: string;
  readonly files: readonly string[];
  readonly packets: number;
  readonly summary: FlowSummary;
  /** Captures that were damaged or could not be read to their end; what was whole is delivered. */
  readonly damage: readonly string[];
  readonly elapsedMs: number;
}

export interface ProbeOptions {
  readonly probe: Declaration<"probe">;
  /** Relative paths start here. */
  readonly folder: string;
  readonly outlet: Outlet;
  readonly onReport: (report: ProbeReport) => void;
}

/** Rows of the tables in a report. */
const reportRows = 5;

/** A probe reads its captures once, in order, and delivers their flows. */
export function createProbe({ probe, folder, outlet, onReport }: ProbeOptions): Source {
  const { capture, idle_timeout, active_timeout, max_flows } = probe.options;
  const abort = new AbortController();
  const tally = new FlowTally();
  const meter = createMeter({
    idleTimeoutMs: idle_timeout,
    activeTimeoutMs: active_timeout,
    maximumFlows: max_flows,
    domain: 0,
    seed: randomInt(2 ** 32),
    onBatch(batch) {
      tally.add(batch);
      outlet.onBatch(batch);
    },
  });
  let work: Promise<void> = Promise.resolve();

  async function meterFiles(files: readonly string[]): Promise<void> {
    const startedMs = performance.now();
    const damage: string[] = [];
    let packets = 0;
    for (const file of files) {
      if (abort.signal.aborted) break;
      const result = await meterFile(file);
      packets += result.packets;
      if (result.damage !== undefined) damage.push(`${file}: ${result.damage}`);
    }
    meter.end();
    outlet.flush();
    const elapsedMs = performance.now() - startedMs;
    const summary = tally.summary(reportRows);
    onReport({ name: probe.name, files, packets, summary, damage, elapsedMs });
  }

  async function meterFile(file: string): Promise<{ packets: number; damage?: string }> {
    try {
      const visit = meter.packet;
      const { packets, damage } = await readCapture(file, { visit, signal: abort.signal });
      return damage === undefined ? { packets } : { packets, damage: damage.message };
    } catch (error) {
      if (abort.signal.aborted) return { packets: 0 };
      return { packets: 0, damage: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    async start() {
      const files = (await Promise.all(capture.map((path) => expand(folder, path)))).flat();
      work = meterFiles(files);
      return files;
    },
    async stop() {
      abort.abort();
      await work;
    },
    counters(): Counters {
      return meter.counters();
    },
  };
}

/**
 * The files a path or pattern stands for, in the order of their names.
 * @throws {ConfigError} when there is none.
 */
async function expand(folder: string, pattern: string): Promise<string[]> {
  const path = resolve(folder, pattern);
  const name = basename(path);
  if (!/[*?]/.test(name)) {
    await expectFile(path, pattern);
    return [path];
  }
  const fits = new RegExp(`^${[...name].map(patternPart).join("")}$`);
  const entries = await readdir(dirname(path)).catch((error: unknown) => {
    throw TransportError.from(`Cannot read the folder of ${pattern}`, error);
  });
  const files = entries.filter((entry) => fits.test(entry) && !entry.startsWith(".")).sort();
  if (files.length === 0) {
    throw new ConfigError("bad-value", "", `Cannot read ${pattern}: no file has such a name`);
  }
  if (files.length > limits.probeFiles) {
    throw new ConfigError(
      "limit",
      "",
      `Cannot read ${pattern}: ${files.length} files are too many`,
    );
  }
  return files.map((file) => join(dirname(path), file));
}

function patternPart(character: string): string {
  if (character === "*") return ".*";
  return character === "?" ? "." : character.replace(/[\\^$+.()|[\]{}]/, "\\$&");
}

async function expectFile(path: string, written: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw TransportError.from(`Cannot read ${written}`, error);
  });
  if (!found.isFile()) {
    throw new ConfigError("bad-value", "", `Cannot read ${written}: not a regular file`);
  }
}
