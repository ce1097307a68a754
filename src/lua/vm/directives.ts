/** A broken-down time: C's `struct tm`, and where its clock stands. */
export interface BrokenTime {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  /** 0 is January. */
  readonly month: number;
  readonly year: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Days since the first of January. */
  readonly yearDay: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;
  readonly zone: string;
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
// biome-ignore format: a row a half-year
const months = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");
const padWithSpace = (value: number): string => String(value).padStart(2);
const halfDay = (hour: number): number => hour % 12 || 12;

type Directive = (time: BrokenTime) => string;

/** The conversions of C's `strftime` (C99 §7.23.3.5) in the "C" locale, by their letter. */
const directives: Readonly<Record<string, Directive | string>> = {
  a: ({ weekday }) => (days[weekday] ?? "?").slice(0, 3),
  A: ({ weekday }) => days[weekday] ?? "?",
  b: ({ month }) => (months[month] ?? "?").slice(0, 3),
  B: ({ month }) => months[month] ?? "?",
  c: "%a %b %e %H:%M:%S %Y",
  C: ({ year }) => pad(Math.floor(year / 100)),
  d: ({ day }) => pad(day),
  D: "%m/%d/%y",
  e: ({ day }) => padWithSpace(day),
  F: "%Y-%m-%d",
  g: (time) => pad(isoWeek(time).year % 100),
  G: (time) => String(isoWeek(time).year),
  h: "%b",
  H: ({ hour }) => pad(hour),
  I: ({ hour }) => pad(halfDay(hour)),
  j: ({ yearDay }) => pad(yearDay + 1, 3),
  m: ({ month }) => pad(month + 1),
  M: ({ minute }) => pad(minute),
  n: () => "\n",
  p: ({ hour }) => (hour < 12 ? "AM" : "PM"),
  r: "%I:%M:%S %p",
  R: "%H:%M",
  S: ({ second }) => pad(second),
  t: () => "\t",
  T: "%H:%M:%S",
  u: ({ weekday }) => String(weekday || 7),
  U: ({ yearDay, weekday }) => pad(Math.floor((yearDay + 7 - weekday) / 7)),
  V: (time) => pad(isoWeek(time).week),
  w: ({ weekday }) => String(weekday),
  W: ({ yearDay, weekday }) => pad(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7)),
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  y: ({ year }) => pad(((year % 100) + 100) % 100),
  Y: ({ year }) => String(year),
  z: ({ offset }) => {
    const minutes = Math.abs(Math.trunc(offset / 60));
    return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`;
  },
  Z: ({ zone }) => zone,
  "%": () => "%",
};

/** `format` with its conversions replaced; `E` and `O` before a letter change nothing. */
export function formatTime(format: string, time: BrokenTime): string {
  return format.replace(/%[EO]?([A-Za-z%])/g, (whole, letter: string) => {
    const directive = directives[letter];
    if (typeof directive === "string") return formatTime(directive, time);
    return directive?.(time) ?? whole;
  });
}

/** Week and its year of ISO 8601: weeks begin on Monday, the first one holds January 4th. */
function isoWeek({ year, yearDay, weekday }: BrokenTime): { year: number; week: number } {
  const week = Math.floor((yearDay - ((weekday + 6) % 7) + 10) / 7);
  if (week < 1) return { year: year - 1, week: weeksOf(year - 1) };
  if (week > weeksOf(year)) return { year: year + 1, week: 1 };
  return { year, week };
}

/** 53 where the year begins or ends on a Thursday, else 52. */
function weeksOf(year: number): number {
  const weekdayOf = (month: number, day: number) =>
    new Date(Date.UTC(year, month, day)).getUTCDay();
  return weekdayOf(0, 1) === 4 || weekdayOf(11, 31) === 4 ? 53 : 52;
}
