const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Text shorter than this is faster put together here than handed to the decoder. */
const shortOctets = 24;

/** The UTF-8 text in `[start, end)` without trailing NULs; ill-formed octets become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  if (last - start > shortOctets) return decoder.decode(bytes.subarray(start, last));
  let text = "";
  for (let at = start; at < last; at++) {
    const octet = bytes[at] as number;
    if (octet > 127) return decoder.decode(bytes.subarray(start, last));
    text += String.fromCharCode(octet);
  }
  return text;
}

/** The UTF-8 octets of `text`. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
