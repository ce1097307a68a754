import type { Writable } from "node:stream";

/** How far something has come. */
export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number | undefined;
  readonly packets: number;
  readonly flows: number;
}

/** A line that shows progress on a terminal, and nothing elsewhere. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Take the line away. */
  clear(): void;
}

/** How often the line changes at most, in milliseconds. */
const everyMs = 100;
const barWidth = 10;

/** Create a progress line on `output`; `now` gives milliseconds of a steady clock. */
export function createProgressLine(
  output: Writable & { readonly isTTY?: boolean; readonly columns?: number },
  now: () => number = () => performance.now(),
): ProgressLine {
  if (output.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  const startMs = now();
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      const nowMs = now();
      if (nowMs - shownMs < everyMs) return;
      shownMs = nowMs;
      // A line that wraps could not be taken back.
      const room = (output.columns || 80) - 1;
      const line = formatProgress(progress, (nowMs - startMs) / 1_000).slice(0, room);
      output.write(`\r${line}\x1b[K`);
    },
    clear() {
      if (shownMs !== Number.NEGATIVE_INFINITY) output.write("\r\x1b[K");
      shownMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** The line after `seconds`: bar, bytes, packets a second, flows, and the time that is left. */
export function formatProgress(progress: Progress, seconds: number): string {
  const { bytes, totalBytes, packets, flows } = progress;
  const rate = seconds > 0 ? packets / seconds : 0;
  const counts = `${short(rate, " packets/s")}  ${short(flows, " flows")}`;
  if (totalBytes === undefined || totalBytes === 0) return `${short(bytes, "B")}  ${counts}`;
  const share = Math.min(1, bytes / totalBytes);
  const filled = Math.round(share * barWidth);
  const bar = `${"#".repeat(filled)}${"-".repeat(barWidth - filled)}`;
  const left = share > 0 ? (seconds / share) * (1 - share) : 0;
  const size = `${short(bytes, "B")} of ${short(totalBytes, "B")}`;
  return `[${bar}] ${Math.floor(share * 100)} %  ${size}  ${counts}  ${formatSeconds(left)} left`;
}

/** Three digits, a decimal prefix and the unit: 1.23 MB. */
function short(value: number, unit: string): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let scaled = value;
  let step = 0;
  while (scaled >= 999.5 && step < prefixes.length - 1) {
    scaled /= 1_000;
    step++;
  }
  const digits = step === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${prefixes[step]}${unit}`.replace("  ", " ");
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  return `${minutes}:${String(whole % 60).padStart(2, "0")}`;
}
