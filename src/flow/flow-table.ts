import { flowBytes, flowFloats, flowWords, keyWords, word } from "./flow-record.ts";

/** Flows there is room for at first; the table doubles up to its bound. */
const leastFlows = 1_024;
/** Index places a flow: at most half of them are in use, so searches stay short. */
const placesPerFlow = 2;

/**
 * The flows at work, in one block of memory: an index by open addressing with a seeded hash, and a
 * list by last packet. A flow is a slot number; its fields are read and written in place.
 *
 * Removing shifts what follows back, so the index never fills with marks of the dead. A growing
 * table moves its memory: read `floats` and `words` anew after `insert`.
 */
export class FlowTable {
  floats = new Float64Array(0);
  words = new Int32Array(0);
  count = 0;
  /** The flows whose last packet is oldest and newest; -1 when there is none. */
  oldest = -1;
  #newest = -1;
  #index = new Int32Array(0);
  /** Slots given up, as a list through `word.older`. */
  #free = -1;
  #used = 0;
  #capacity = 0;
  readonly #most: number;
  readonly #seed: number;
  /** The key to find or insert: the words from `word.lowAddress` to `word.kind`. */
  readonly key = new Int32Array(keyWords);

  constructor(most: number, seed: number) {
    this.#most = most;
    this.#seed = seed;
    this.#resize(Math.min(most, leastFlows));
  }

  get isFull(): boolean {
    return this.count >= this.#most;
  }

  /** Hash of `key`, which nobody without the seed can steer. */
  hash(): number {
    let hash = this.#seed;
    for (let i = 0; i < keyWords; i++) {
      hash = Math.imul(hash ^ (this.key[i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
    return hash ^ (hash >>> 16);
  }

  /** The slot of the flow with `key`, or -1. */
  find(hash: number): number {
    const mask = this.#index.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = (this.#index[place] as number) - 1;
      if (slot < 0) return -1;
      if (this.#matches(slot, hash)) return slot;
    }
  }

  /** Make a flow with `key`, all else 0; it is the newest. The table must not be full. */
  insert(hash: number): number {
    if (this.#free < 0 && this.#used === this.#capacity) {
      this.#resize(Math.min(this.#most, this.#capacity * 2));
    }
    const slot = this.#free >= 0 ? this.#free : this.#used++;
    const at = slot * flowWords;
    if (slot === this.#free) this.#free = this.words[at + word.older] as number;
    this.words.fill(0, at, at + flowWords);
    this.words.set(this.key, at + word.lowAddress);
    this.words[at + word.hash] = hash;
    this.#place(slot, hash);
    this.#append(slot);
    this.count++;
    return slot;
  }

  /** Make `slot` the newest: a packet came. */
  touch(slot: number): void {
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#append(slot);
  }

  /** Forget the flow in `slot`. */
  remove(slot: number): void {
    this.#unindex(slot);
    this.#unlink(slot);
    this.words[slot * flowWords + word.older] = this.#free;
    this.#free = slot;
    this.count--;
  }

  #matches(slot: number, hash: number): boolean {
    const at = slot * flowWords;
    if (this.words[at + word.hash] !== hash) return false;
    for (let i = 0; i < keyWords; i++) {
      if (this.words[at + word.lowAddress + i] !== this.key[i]) return false;
    }
    return true;
  }

  #place(slot: number, hash: number): void {
    const mask = this.#index.length - 1;
    let place = hash & mask;
    while (this.#index[place] !== 0) place = (place + 1) & mask;
    this.#index[place] = slot + 1;
  }

  #unindex(slot: number): void {
    const mask = this.#index.length - 1;
    let hole = this.#hashOf(slot) & mask;
    while (this.#index[hole] !== slot + 1) hole = (hole + 1) & mask;
    // What lies behind the hole moves into it unless its home lies between the two.
    for (let place = (hole + 1) & mask; ; place = (place + 1) & mask) {
      const other = (this.#index[place] as number) - 1;
      if (other < 0) break;
      const home = this.#hashOf(other) & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#index[hole] = other + 1;
      hole = place;
    }
    this.#index[hole] = 0;
  }

  #hashOf(slot: number): number {
    return this.words[slot * flowWords + word.hash] as number;
  }

  #append(slot: number): void {
    const at = slot * flowWords;
    this.words[at + word.older] = this.#newest;
    this.words[at + word.newer] = -1;
    if (this.#newest >= 0) this.words[this.#newest * flowWords + word.newer] = slot;
    else this.oldest = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.words[slot * flowWords + word.older] as number;
    const newer = this.words[slot * flowWords + word.newer] as number;
    if (older >= 0) this.words[older * flowWords + word.newer] = newer;
    else this.oldest = newer;
    if (newer >= 0) this.words[newer * flowWords + word.older] = older;
    else this.#newest = older;
  }

  #resize(capacity: number): void {
    const memory = new ArrayBuffer(capacity * flowBytes);
    const words = new Int32Array(memory);
    words.set(this.words);
    this.words = words;
    this.floats = new Float64Array(memory, 0, capacity * flowFloats);
    this.#capacity = capacity;
    this.#index = new Int32Array(2 ** Math.ceil(Math.log2(capacity * placesPerFlow)));
    for (let slot = this.oldest; slot >= 0; ) {
      this.#place(slot, this.#hashOf(slot));
      slot = this.words[slot * flowWords + word.newer] as number;
    }
  }
}
