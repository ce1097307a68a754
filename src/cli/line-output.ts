import { once } from "node:events";
import type { Writable } from "node:stream";

/** Characters gathered before they are written: a fraction of a pipe, which so seldom is full. */
const chunkCharacters = 16_384;

/** Lines for a stream that may be slow or go away, such as a pipe into `head`. */
export interface LineOutput {
  /** Take a line without its line feed. */
  line(text: string): void;
  /** Resolves once the stream can take more. */
  drained(): Promise<void>;
  /** Aborted once the reader has gone; there is no use in going on then. */
  readonly closed: AbortSignal;
  /** Write what is left; resolves when the stream took it or has gone. */
  end(): Promise<void>;
}

/** Create an output of lines on `stream`, which stays open. */
export function createLineOutput(stream: Writable): LineOutput {
  const gone = new AbortController();
  let text = "";
  let full = false;
  const onError = (error: NodeJS.ErrnoException) => {
    gone.abort(error);
  };
  stream.on("error", onError);

  function write(): void {
    if (text === "" || gone.signal.aborted) return;
    full = !stream.write(text);
    text = "";
  }

  async function drained(): Promise<void> {
    write();
    if (!full || gone.signal.aborted) return;
    try {
      await once(stream, "drain", { signal: gone.signal });
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    }
    full = false;
  }

  return {
    line: (line) => {
      text += line;
      text += "\n";
      if (text.length >= chunkCharacters) write();
    },
    drained,
    closed: gone.signal,
    end: async () => {
      await drained();
      if (!gone.signal.aborted) await new Promise<void>((done) => stream.write("", () => done()));
      stream.off("error", onError);
      if (gone.signal.aborted) throwUnlessClosed(gone.signal.reason as NodeJS.ErrnoException);
    },
  };
}

/** A reader that closed its pipe has seen enough: that is no error (EPIPE). */
function throwUnlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
}
