/** A seeded hash of 32-bit words: nobody who lacks the seed can make flows collide on purpose. */
export class SeededHash {
  readonly #first: number;
  readonly #second: number;

  constructor(seed: number) {
    this.#first = finish(Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) + 1);
    this.#second = finish(this.#first ^ Math.imul(seed, 0xc2b2_ae35) ^ 0x27d4_eb2f);
  }

  /** Hash of an endpoint: the four words of its address at `at`, and its port. */
  endpoint(words: Uint32Array, at: number, port: number): number {
    let hash = this.#first ^ port;
    for (let i = 0; i < 4; i++) hash = mix(hash, words[at + i] as number);
    return finish(hash ^ this.#second);
  }

  /** The same for both directions of a conversation between the hashed endpoints. */
  conversation(one: number, other: number, misc: number): number {
    return finish(mix((one + other) ^ this.#second, misc)) >>> 0;
  }
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ Math.imul(value, 0xcc9e_2d51), 0x1b87_3593);
  return mixed ^ (mixed >>> 15);
}

function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
