import { readUint32, writeUint32 } from "./read.ts";

/** Seconds from the NTP epoch 1900 to the Unix epoch (RFC 7011 §6.1.9). */
const ntpToUnix = 2_208_988_800;
/** Seconds of an NTP era; times without the top bit are of the era from 2036 (RFC 4330 §3). */
const eraSeconds = 4_294_967_296;
/** The low bits of a fraction that dateTimeMicroseconds ignores (RFC 7011 §6.1.9). */
const microsecondMask = 0x7ff;
/** Last second that ISO 8601 writes with four digits of year. */
const lastSecond = 253_402_300_799;

/** Seconds since the Unix epoch of the NTP timestamp at `at`, without its fraction. */
function readNtpSeconds(bytes: Uint8Array, at: number): number {
  const seconds = readUint32(bytes, at);
  return seconds - ntpToUnix + (seconds < 0x8000_0000 ? eraSeconds : 0);
}

/** Microseconds since the Unix epoch of the NTP timestamp at `at`, rounded to the nearest. */
export function readNtpMicros(bytes: Uint8Array, at: number): number {
  const low = readUint32(bytes, at + 4);
  const fraction = low - (low & microsecondMask);
  return readNtpSeconds(bytes, at) * 1e6 + Math.round((fraction * 15_625) / 67_108_864);
}

/** Nanoseconds since the Unix epoch of the NTP timestamp at `at`, rounded to the nearest. */
export function readNtpNanos(bytes: Uint8Array, at: number): bigint {
  const nanos = Math.round((readUint32(bytes, at + 4) * 1_953_125) / 8_388_608);
  return BigInt(readNtpSeconds(bytes, at)) * 1_000_000_000n + BigInt(nanos);
}

/**
 * The NTP timestamp of microseconds since the Unix epoch: the fraction is cut to what
 * dateTimeMicroseconds counts, and `readNtpMicros` gives the microseconds back.
 */
export function encodeNtpMicros(micros: number): Uint8Array {
  const seconds = Math.floor(micros / 1e6);
  const fraction = Math.floor(((micros - seconds * 1e6) * 2_097_152) / 1e6) * 2_048;
  return encodeNtp(seconds, fraction);
}

/** The NTP timestamp of nanoseconds since the Unix epoch, cut; `readNtpNanos` gives them back. */
export function encodeNtpNanos(nanos: bigint): Uint8Array {
  const seconds = nanos / 1_000_000_000n;
  const rest = Number(nanos - seconds * 1_000_000_000n);
  return encodeNtp(Number(seconds), Math.floor((rest * 8_388_608) / 1_953_125));
}

function encodeNtp(seconds: number, fraction: number): Uint8Array {
  const bytes = new Uint8Array(8);
  writeUint32(bytes, 0, seconds + ntpToUnix);
  writeUint32(bytes, 4, fraction);
  return bytes;
}

let dayNumber = 0;
let dayText = "1970-01-01T";

/** Text such as `2023-11-14T22:13:20`; the last day's text is kept, since records share days. */
function formatSecond(seconds: number): string {
  const day = Math.floor(seconds / 86_400);
  if (day !== dayNumber) {
    dayNumber = day;
    dayText = new Date(day * 86_400_000).toISOString().slice(0, 11);
  }
  const rest = seconds - day * 86_400;
  const minutes = Math.floor(rest / 60);
  const [hour, minute, second] = [Math.floor(minutes / 60), minutes % 60, rest % 60];
  return `${dayText}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[second]}`;
}

/** Text of 0 to 59 in two digits: a look is cheaper than making it. */
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));
/** Text of 0 to 999 in three digits. */
const threeDigits = Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, "0"));

/**
 * ISO 8601 text in UTC of `count` units since the Unix epoch, with `digits` digits of fraction
 * (0, 3, 6 or 9); undefined beyond the year 9999.
 */
export function formatTime(count: number | bigint, digits: 0 | 3 | 6 | 9): string | undefined {
  const unit = 10 ** digits;
  let seconds: number;
  let fraction: number;
  if (typeof count === "bigint") {
    seconds = Number(count / BigInt(unit));
    fraction = Number(count % BigInt(unit));
  } else {
    seconds = Math.floor(count / unit);
    fraction = count - seconds * unit;
  }
  if (seconds > lastSecond) return undefined;
  if (digits === 0) return `${formatSecond(seconds)}Z`;
  if (digits === 3) return `${formatSecond(seconds)}.${threeDigits[fraction]}Z`;
  return `${formatSecond(seconds)}.${String(fraction).padStart(digits, "0")}Z`;
}
