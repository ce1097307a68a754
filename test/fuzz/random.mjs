/** A generator of numbers from 0 to `below` - 1, the same for the same seed (mulberry32). */
export function createRandom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** Octets that formats like to trip over. */
const telling = [0, 1, 2, 3, 4, 15, 16, 127, 128, 254, 255];

/** Each change gets octets, and gives others. */
const changes = [
  (bytes, random) => setAt(bytes, random(bytes.length), random(256)),
  (bytes, random) => setAt(bytes, random(bytes.length), telling[random(telling.length)]),
  (bytes, random) => {
    const at = random(bytes.length);
    return setAt(bytes, at, bytes[at] ^ (1 << random(8)));
  },
  (bytes, random) => {
    const at = random(bytes.length);
    const high = setAt(bytes, at, telling[random(telling.length)]);
    return at + 1 < bytes.length ? setAt(high, at + 1, telling[random(telling.length)]) : high;
  },
  (bytes, random) => {
    const at = random(bytes.length);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random(16)));
  },
  (bytes, random) => {
    const at = random(bytes.length);
    const added = Uint8Array.from({ length: 1 + random(16) }, () => random(256));
    return joined(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  (bytes, random) => {
    const at = random(bytes.length);
    const again = bytes.subarray(at, at + 1 + random(64));
    return joined(bytes.subarray(0, at), again, bytes.subarray(at));
  },
  (bytes, random, other) => {
    return joined(bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length)));
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
];

/** `bytes` with one to six changes; `other` is what a part may be taken from. */
export function mutate(bytes, other, random) {
  let changed = bytes.slice();
  for (let left = 1 + random(6); left > 0 && changed.length > 0; left--) {
    changed = changes[random(changes.length)](changed, random, other).slice(0, 65_535);
  }
  return changed;
}

function setAt(bytes, at, octet) {
  bytes[at] = octet;
  return bytes;
}

function joined(...parts) {
  return new Uint8Array(Buffer.concat(parts));
}
