/** `struct tm` in 32-bit WebAssembly: nine 32-bit integers, then offset and zone name. */
const tmFields = 9;

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

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
      writeTm(memory(), tm, localParts(new Date(Number(seconds) * 1000)));
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
      const text = formatTime(readText(view, format), readTm(view, tm));
      if (text.length + 1 > room) return 0;
      for (let i = 0; i < text.length; i++) view.setUint8(out + i, text.charCodeAt(i));
      view.setUint8(out + text.length, 0);
      return text.length;
    },
  };
}

function localParts(date: Date): number[] {
  const newYear = new Date(date.getFullYear(), 0, 1).getTime();
  return [
    date.getSeconds(),
    date.getMinutes(),
    date.getHours(),
    date.getDate(),
    date.getMonth(),
    date.getFullYear() - 1900,
    date.getDay(),
    Math.round((new Date(date).setHours(0, 0, 0, 0) - newYear) / 86_400_000),
    0,
  ];
}

function writeTm(view: DataView, tm: number, parts: readonly number[]): void {
  for (const [i, part] of parts.entries()) view.setInt32(tm + 4 * i, part, true);
}

function readTm(view: DataView, tm: number): number[] {
  return Array.from({ length: tmFields }, (_, i) => view.getInt32(tm + 4 * i, true));
}

function readText(view: DataView, at: number): string {
  let text = "";
  for (let i = at; view.getUint8(i) !== 0; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");

function formatTime(format: string, tm: readonly number[]): string {
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0, weekday = 0, nth = 0] = tm;
  const directives: Record<string, () => string> = {
    Y: () => String(year + 1900),
    y: () => pad((year + 1900) % 100),
    m: () => pad(month + 1),
    d: () => pad(day),
    H: () => pad(hour),
    I: () => pad(hour % 12 || 12),
    M: () => pad(minute),
    S: () => pad(second),
    p: () => (hour < 12 ? "AM" : "PM"),
    j: () => pad(nth + 1, 3),
    a: () => (days[weekday] ?? "?").slice(0, 3),
    A: () => days[weekday] ?? "?",
    b: () => (months[month] ?? "?").slice(0, 3),
    B: () => months[month] ?? "?",
    w: () => String(weekday),
    F: () => expand("%Y-%m-%d"),
    T: () => expand("%H:%M:%S"),
    D: () => expand("%m/%d/%y"),
    R: () => expand("%H:%M"),
    c: () => expand("%a %b %d %H:%M:%S %Y"),
    x: () => expand("%m/%d/%y"),
    X: () => expand("%H:%M:%S"),
    n: () => "\n",
    t: () => "\t",
    "%": () => "%",
  };
  function expand(text: string): string {
    return text.replace(/%([A-Za-z%])/g, (whole, name: string) => directives[name]?.() ?? whole);
  }
  return expand(format);
}
