/** How integer-valued numerals are read: exact where they fit 64 bits, or all as doubles. */
export type NumberMode = "exact" | "double";

/** From here on not every integer is a double: LuaJIT rounds these, unless they end in LL. */
const exactBelow = 2n ** 53n;

/** The value in groups: prefix, digits without leading zeros, suffix. */
const whole = /^(0x|0b|)0*([\da-f]+?)(u?ll|llu)?$/i;

/** Digits that 64 bits can need, by prefix; numerals of more are never read digit by digit. */
const mostDigits: Readonly<Record<string, number>> = { "0x": 16, "0b": 64, "": 20 };

/** Longer ones are no numbers that anybody writes; matching them would take long. */
const longestNumeral = 128;

/**
 * What Lua 5.4 has to read instead of a numeral of LuaJIT; undefined when it reads the same, or
 * when neither can read it.
 */
export function rewriteNumeral(text: string, mode: NumberMode): string | undefined {
  if (text.length > longestNumeral) return undefined;
  const [, prefix = "", digits = "", suffix] = whole.exec(text) ?? [];
  const base = prefix.toLowerCase();
  if (digits === "" || (base === "" && /\D/.test(digits))) return undefined;
  if (digits.length > (mostDigits[base] ?? 0)) {
    return suffix === undefined ? double(base, digits) : undefined;
  }
  if (base === "0b" && /[^01]/.test(digits)) return undefined;
  const value = BigInt(base + digits);
  if (suffix !== undefined) return exact(value)?.padEnd(text.length);
  if (mode === "double" || value >= exactBelow) {
    return base === "0b" ? double("0x", value.toString(16)) : double(base, digits);
  }
  return base === "0b" ? `${value}`.padEnd(text.length) : undefined;
}

/** Whether a numeral stands for an integer that its double, which it becomes, is not equal to. */
export function isRounded(text: string): boolean {
  if (text.length > longestNumeral || !/^(?:\d+|0x[\da-f]+)$/i.test(text)) return false;
  const value = BigInt(text);
  return value >= exactBelow && BigInt(Number(value)) !== value;
}

/** 64 bits of either sign are one integer to Lua 5.4; beyond 2^63 in hexadecimal only. */
function exact(value: bigint): string | undefined {
  if (value < exactBelow) return `${value}`;
  return value < 2n ** 64n ? `0x${value.toString(16)}` : undefined;
}

function double(base: string, digits: string): string | undefined {
  if (base === "0b") return undefined;
  return base === "" ? `${digits}.0` : `0x${digits}p0`;
}
