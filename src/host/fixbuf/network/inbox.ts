import { limits } from "../../../limits.ts";

/** A Message or datagram that came in; an empty one says that its connection has ended. */
export interface Received {
  readonly octets: Uint8Array;
  /** Address and port, `192.0.2.1:2055`. */
  readonly peer: string;
}

/** What came in and waits for the script, within a bound. */
export class Inbox {
  /** Datagrams that found no room. */
  dropped = 0;
  readonly #waiting: Received[] = [];
  #octets = 0;
  #wake: (() => void) | undefined;
  readonly #onRoom: () => void;

  /** `onRoom` is called when there is room again after there was none. */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  get isFull(): boolean {
    return this.#octets >= limits.scriptInboxBytes;
  }

  put(received: Received): void {
    this.#waiting.push(received);
    // What ends a connection has no octets, and must not be for free.
    this.#octets += received.octets.length + 64;
    this.#wake?.();
  }

  /** The next one; undefined when none came within `ms` or `signal` was aborted. */
  async take(ms: number | undefined, signal: AbortSignal): Promise<Received | undefined> {
    if (this.#waiting.length === 0) await this.#arrival(ms, signal);
    const received = this.#waiting.shift();
    if (received === undefined) return undefined;
    const wasFull = this.isFull;
    this.#octets -= received.octets.length + 64;
    if (wasFull && !this.isFull) this.#onRoom();
    return received;
  }

  /** Let whoever waits go: nothing more comes. */
  end(): void {
    this.#wake?.();
  }

  #arrival(ms: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      const wake = this.#wake;
      signal.addEventListener("abort", done, { once: true });
      this.#wake = () => {
        wake?.();
        done();
      };
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    });
  }
}
