/** Milliseconds of each unit that durations are written in. */
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const form = /^(?:\d+(?:\.\d+)? *(?:ms|s|m|h|d)(?: +|$|(?=\d)))+$/;
const part = /(\d+(?:\.\d+)?) *(ms|s|m|h|d)/g;

/** Milliseconds of a duration such as `250 ms`, `5 m` or `1h 30m`; undefined for other text. */
export function parseDuration(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit = ""] of text.matchAll(part)) ms += Number(count) * (unitMs[unit] ?? 0);
  return ms;
}

/** A duration in its largest units, such as `1h 30m` or `250ms`; `parseDuration` gives it back. */
export function formatDuration(ms: number): string {
  const parts: string[] = [];
  let left = Math.round(ms);
  for (const [unit, size] of Object.entries(unitMs).reverse()) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ") || "0s";
}
