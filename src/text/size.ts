/** Octets of each unit that sizes are written in. */
const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Octets of a size such as `100 MB` or `1.5 GiB`; undefined for other text. */
export function parseSize(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?) *([A-Za-z]+)$/.exec(text) ?? [];
  const size = Object.hasOwn(unitBytes, unit) ? unitBytes[unit] : undefined;
  return count === undefined || size === undefined ? undefined : Math.round(Number(count) * size);
}
