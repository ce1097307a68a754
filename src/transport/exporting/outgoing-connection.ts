import type { Socket } from "node:net";
import type { RecordBatch } from "../../ipfix/batch.ts";
import { limits } from "../../limits.ts";
import { SessionWriter, type WriterDrops } from "./session-writer.ts";

/** One connection to a collector: a Transport Session of its own, with its Templates first. */
export class OutgoingConnection {
  /** Records that the system took. */
  delivered = 0;
  messages = 0;
  bytes = 0;
  /** Records that were handed to the connection when it broke. */
  droppedConnectionLost = 0;
  readonly #socket: Socket;
  readonly #writer: SessionWriter;
  /** Records in Messages that the system has not taken yet. */
  #sending = 0;
  #isOpen = true;
  #isFull = false;

  /** `onDrain` is called when the connection takes more after it was full. */
  constructor(socket: Socket, onDrain: () => void) {
    this.#socket = socket;
    this.#writer = new SessionWriter({
      maximumBytes: limits.messageBytes,
      onMessage: (bytes, records) => this.#send(bytes, records),
    });
    socket.on("drain", () => {
      this.#isFull = false;
      onDrain();
    });
    socket.on("end", () => this.end());
    socket.resume(); // a collector has nothing to say, but without this its end is not seen
  }

  /** Whether it takes more. */
  get isWritable(): boolean {
    return this.#isOpen && !this.#isFull && this.#socket.writable;
  }

  /** Records that are neither delivered nor dropped. */
  get queued(): number {
    return this.#writer.queued + this.#sending;
  }

  /** Records that could not be written. */
  drops(): WriterDrops {
    return this.#writer.drops();
  }

  /** Describe elements from now on, or do no more. */
  describeElements(isWanted: boolean): void {
    this.#writer.describeElements(isWanted);
  }

  /** Send the batch's records. */
  append(batch: RecordBatch): void {
    this.#writer.append(batch);
  }

  /** Send what is there, then end the connection. */
  end(): void {
    if (!this.#isOpen) return;
    this.#writer.flush();
    this.#isOpen = false;
    this.#socket.end();
  }

  /** The socket is closed: whatever was not delivered is lost. */
  abandon(): void {
    this.#isOpen = false;
    this.#writer.flush();
    this.droppedConnectionLost += this.#sending;
    this.#sending = 0;
  }

  #send(bytes: Uint8Array, records: number): void {
    if (!this.#isOpen) {
      this.droppedConnectionLost += records;
      return;
    }
    this.#sending += records;
    const size = bytes.length;
    // The writer reuses its buffer: hence the copy.
    const hasRoom = this.#socket.write(Buffer.from(bytes), (error) => {
      if (error) return; // `abandon` counts it
      this.#sending -= records;
      this.delivered += records;
      this.messages++;
      this.bytes += size;
    });
    if (!hasRoom) this.#isFull = true;
  }
}
