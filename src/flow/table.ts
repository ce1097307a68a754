import type { FlowKey } from "./key.ts";
import { flowWords, word } from "./layout.ts";

/** Index of no flow. */
export const none = 0xffff_ffff;

/** Which way a packet of a found flow goes. */
export type Direction = 0 | 1;

const initialFlows = 1_024;

/**
 * All flows at hand in one ArrayBuffer that doubles, an open-addressing index over it (linear
 * probing, stored hashes, backward-shift delete) and a list from the flow seen last to the one
 * idle for longest. A flow is a number; it stays valid until the flow is removed.
 */
export class FlowTable {
  /** The records as words and as floats; replaced when the table grows. */
  words = new Uint32Array(initialFlows * flowWords);
  floats = new Float64Array(this.words.buffer);
  /** Direction of the packet that `find` was asked for last. */
  direction: Direction = 0;
  /** The flow idle for longest, or `none`. */
  oldest = none;
  size = 0;
  #newest = none;
  #capacity = initialFlows;
  /** First of the records given back, chained by `word.older`. */
  #free = none;
  /** Records ever used. */
  #used = 0;
  #slots = new Uint32Array(initialFlows * 2).fill(none);
  #hashes = new Uint32Array(initialFlows * 2);
  #mask = initialFlows * 2 - 1;

  /** The flow of `key` in either direction, or `none`. */
  find(key: FlowKey): number {
    const { hash } = key;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const flow = this.#slots[slot] as number;
      if (flow === none) return none;
      if (this.#hashes[slot] === hash && this.#matches(flow, key)) return flow;
    }
  }

  /** Add a flow, which becomes the newest; all of its fields but the key are 0. */
  insert(key: FlowKey): number {
    if (this.#free === none && this.#used === this.#capacity) this.#grow();
    const flow = this.#allocate();
    const base = flow * flowWords;
    this.words.fill(0, base, base + flowWords);
    this.words.set(key.words, base);
    this.words[base + word.hash] = key.hash;
    this.#place(flow, key.hash);
    this.#linkNewest(flow);
    this.size++;
    return flow;
  }

  /** Make a flow the newest. */
  touch(flow: number): void {
    if (flow === this.#newest) return;
    this.#unlink(flow);
    this.#linkNewest(flow);
  }

  /** Forget a flow. */
  remove(flow: number): void {
    this.#unlink(flow);
    this.#vacate(flow);
    this.words[flow * flowWords + word.older] = this.#free;
    this.#free = flow;
    this.size--;
  }

  #matches(flow: number, { words: key, swappedPorts }: FlowKey): boolean {
    const { words } = this;
    const base = flow * flowWords;
    if (words[base + word.misc] !== key[word.misc]) return false;
    const ports = words[base + word.ports];
    if (ports === key[word.ports] && this.#sameAddresses(base, key, 0)) {
      this.direction = 0;
      return true;
    }
    if (ports !== swappedPorts || !this.#sameAddresses(base, key, 4)) return false;
    this.direction = 1;
    return true;
  }

  /** Whether both addresses are equal, with those of `key` changed over when `swap` is 4. */
  #sameAddresses(base: number, key: Uint32Array, swap: 0 | 4): boolean {
    const { words } = this;
    for (let i = 7; i >= 0; i--) if (words[base + i] !== key[i ^ swap]) return false;
    return true;
  }

  #place(flow: number, hash: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[slot] !== none) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = flow;
    this.#hashes[slot] = hash;
  }

  /** Free the slot of a flow and shift back those that a probe would no longer reach. */
  #vacate(flow: number): void {
    const mask = this.#mask;
    let hole = (this.words[flow * flowWords + word.hash] as number) & mask;
    while (this.#slots[hole] !== flow) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; this.#slots[slot] !== none; slot = (slot + 1) & mask) {
      const home = (this.#hashes[slot] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#slots[hole] = this.#slots[slot] as number;
      this.#hashes[hole] = this.#hashes[slot] as number;
      hole = slot;
    }
    this.#slots[hole] = none;
  }

  #allocate(): number {
    if (this.#free === none) return this.#used++;
    const flow = this.#free;
    this.#free = this.words[flow * flowWords + word.older] as number;
    return flow;
  }

  #grow(): void {
    this.#capacity *= 2;
    const words = new Uint32Array(this.#capacity * flowWords);
    words.set(this.words);
    this.words = words;
    this.floats = new Float64Array(words.buffer);
    this.#slots = new Uint32Array(this.#capacity * 2).fill(none);
    this.#hashes = new Uint32Array(this.#capacity * 2);
    this.#mask = this.#capacity * 2 - 1;
    for (let flow = 0; flow < this.#used; flow++) {
      this.#place(flow, words[flow * flowWords + word.hash] as number);
    }
  }

  #linkNewest(flow: number): void {
    const base = flow * flowWords;
    this.words[base + word.newer] = none;
    this.words[base + word.older] = this.#newest;
    if (this.#newest === none) this.oldest = flow;
    else this.words[this.#newest * flowWords + word.newer] = flow;
    this.#newest = flow;
  }

  #unlink(flow: number): void {
    const base = flow * flowWords;
    const newer = this.words[base + word.newer] as number;
    const older = this.words[base + word.older] as number;
    if (newer === none) this.#newest = older;
    else this.words[newer * flowWords + word.older] = older;
    if (older === none) this.oldest = newer;
    else this.words[older * flowWords + word.newer] = newer;
  }
}
