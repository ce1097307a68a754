const form =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Nanoseconds since 1970 of RFC 3339 text, leap seconds as the second after; for other text what
 * is wrong with it.
 */
export function parseTimestamp(text: string): bigint | string {
  const match = form.exec(text);
  if (match === null) {
    return `Cannot parse "${text}": expected RFC 3339 such as 2026-11-27T01:02:03Z`;
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const [fraction = "", sign = "+", zoneHour = "0", zoneMinute = "0"] = match.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime = hour < 24 && minute < 60 && second <= 60;
  if (!isDate || !isTime || Number(zoneHour) > 23 || Number(zoneMinute) > 59) {
    return `Cannot parse "${text}": there is no such time`;
  }
  const zone = (sign === "-" ? -60 : 60) * (60 * Number(zoneHour) + Number(zoneMinute));
  const seconds = date.getTime() / 1_000 + 3_600 * hour + 60 * minute + second - zone;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

type Six = [number, number, number, number, number, number];

/** RFC 3339 text in UTC of seconds since 1970, rounded to `digits` digits (0 to 6) of fraction. */
export function formatTimestamp(seconds: number, digits: number): string {
  const unit = 10 ** digits;
  const count = Math.round(seconds * unit);
  const whole = Math.floor(count / unit);
  const date = new Date(whole * 1_000).toISOString().slice(0, 19);
  if (digits === 0) return `${date}Z`;
  return `${date}.${String(count - whole * unit).padStart(digits, "0")}Z`;
}
