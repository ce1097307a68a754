/** Controls that JSON may hold bare and a terminal obeys: C1, direction marks, line separators. */
const risky = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** JSON of `value` in one line that is harmless on a terminal: the same value, more escapes. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.replace(risky, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
