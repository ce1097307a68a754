import { type BrokenTime, formatTime } from "./directives.ts";

/**
 * `struct tm` in 32-bit WebAssembly: nine 32-bit integers, then the offset from Greenwich in
 * seconds and the address of the zone's name.
 */
const tmFields = 9;
const offsetAt = 4 * tmFields;
const zoneAt = offsetAt + 4;

/** The calendar functions that C's `time.h` needs from its host, over `memory`. */
export function createCalendarImports(memory: () => DataView) {
  return {
    _tzset_js: () => {},
    _gmtime_js: (seconds: bigint, tm: number) => {
      const date = new Date(Number(seconds) * 1000);
      const parts = [
        date.getUTCSeconds(),
        date.getUTCMinutes(),
        date.getUTCHours(),
        date.getUTCDate(),
        date.getUTCMonth(),
        date.getUTCFullYear() - 1900,
        date.getUTCDay(),
      ];
      const newYear = Date.UTC(date.getUTCFullYear(), 0, 1);
      parts.push(Math.floor((date.getTime() - newYear) / 86_400_000), 0);
      writeTm(memory(), tm, parts);
    },
    _localtime_js: (seconds: bigint, tm: number) => {
      const view = memory();
      const date = new Date(Number(seconds) * 1000);
      writeTm(view, tm, localParts(date));
      view.setInt32(tm + offsetAt, offsetOf(date), true);
    },
    _mktime_js: (tm: number): bigint => {
      const view = memory();
      const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = readTm(view, tm);
      const date = new Date(year + 1900, month, day, hour, minute, second);
      const time = date.getTime();
      if (Number.isNaN(time)) return -1n;
      writeTm(view, tm, localParts(date));
      return BigInt(Math.floor(time / 1000));
    },
    strftime: (out: number, room: number, format: number, tm: number): number => {
      const view = memory();
      const text = formatTime(readText(view, format), brokenTime(view, tm));
      if (text.length + 1 > room) return 0;
      for (let i = 0; i < text.length; i++) view.setUint8(out + i, text.charCodeAt(i));
      view.setUint8(out + text.length, 0);
      return text.length;
    },
  };
}

const offsetOf = (date: Date): number => -60 * date.getTimezoneOffset();

function localParts(date: Date): number[] {
  const newYear = new Date(date.getFullYear(), 0, 1);
  const midYear = new Date(date.getFullYear(), 6, 1);
  // South of the equator it is the other way round: standard time is the lesser offset.
  const isSaving = offsetOf(date) > Math.min(offsetOf(newYear), offsetOf(midYear));
  return [
    date.getSeconds(),
    date.getMinutes(),
    date.getHours(),
    date.getDate(),
    date.getMonth(),
    date.getFullYear() - 1900,
    date.getDay(),
    Math.round((new Date(date).setHours(0, 0, 0, 0) - newYear.getTime()) / 86_400_000),
    isSaving ? 1 : 0,
  ];
}

function writeTm(view: DataView, tm: number, parts: readonly number[]): void {
  for (const [i, part] of parts.entries()) view.setInt32(tm + 4 * i, part, true);
}

function readTm(view: DataView, tm: number): number[] {
  return Array.from({ length: tmFields }, (_, i) => view.getInt32(tm + 4 * i, true));
}

function brokenTime(view: DataView, tm: number): BrokenTime {
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, years = 0, weekday = 0, nth = 0] =
    readTm(view, tm);
  const year = years + 1900;
  const name = readText(view, view.getUint32(tm + zoneAt, true));
  const zone = name === "UTC" ? "GMT" : localZone(new Date(year, month, day, hour, minute));
  const offset = view.getInt32(tm + offsetAt, true);
  return { second, minute, hour, day, month, year, weekday, yearDay: nth, offset, zone };
}

/** The short name of the local time zone, such as `CET`. */
function localZone(date: Date): string {
  const format = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });
  return format.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function readText(view: DataView, at: number): string {
  let text = "";
  if (at === 0) return text;
  for (let i = at; view.getUint8(i) !== 0; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}
