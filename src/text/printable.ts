/**
 * `text` with control characters, bidirectional overrides and lone surrogates written as escapes,
 * so that bytes from a capture or a script cannot move a terminal's cursor or forge a log line.
 * Tab and line feed are escaped too.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const known = named[character];
    if (known !== undefined) return known;
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** Control characters, invisible direction marks, line separators, surrogates without a partner. */
const unprintable = new RegExp(
  [
    "[\\u0000-\\u001f\\u007f-\\u009f]",
    "[\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]",
    "[\\ud800-\\udbff](?![\\udc00-\\udfff])",
    "(?<![\\ud800-\\udbff])[\\udc00-\\udfff]",
  ].join("|"),
  "g",
);

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
