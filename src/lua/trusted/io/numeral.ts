/** Octets one at a time. */
export interface OctetSource {
  /** The next octet; -1 at the end. */
  peek(): number;
  take(): void;
}

/** Longest numeral that is read, in octets: `strtod` needs no more for any double. */
const longest = 200;

const isSpace = (octet: number) => octet === 32 || (octet >= 9 && octet <= 13);
const isDigit = (octet: number) => octet >= 48 && octet <= 57;
const isHexDigit = (octet: number) =>
  isDigit(octet) || (octet >= 65 && octet <= 70) || (octet >= 97 && octet <= 102);

/**
 * Take white space and then the longest start of a numeral, as C's `scanf` does. Undefined when
 * what was taken is not a numeral.
 */
export function scanNumber(source: OctetSource): string | undefined {
  while (isSpace(source.peek())) source.take();
  let text = "";
  const take = (accepts: (octet: number) => boolean, most = longest): number => {
    let taken = 0;
    while (taken < most && text.length < longest && accepts(source.peek())) {
      text += String.fromCharCode(source.peek());
      source.take();
      taken++;
    }
    return taken;
  };
  const one = (characters: string): boolean =>
    take((octet) => octet >= 0 && characters.includes(String.fromCharCode(octet)), 1) > 0;

  one("+-");
  let digits = one("0") ? 1 : 0;
  const isHex = digits > 0 && one("xX");
  if (isHex) digits = 0;
  const accepts = isHex ? isHexDigit : isDigit;
  digits += take(accepts);
  if (one(".")) digits += take(accepts);
  if (digits === 0) return undefined;
  if (one(isHex ? "pP" : "eE")) {
    one("+-");
    if (take(isDigit) === 0) return undefined;
  }
  return text;
}
