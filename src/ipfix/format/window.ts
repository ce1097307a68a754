import type { LineFormat } from "./lines.ts";

/** Which records of a stream are shown: `limit` of them after the first `skip`. */
export interface WindowOptions {
  readonly skip: number;
  readonly limit: number;
}

/** Shows part of what a format would show: a page. */
export class RecordWindow {
  /** Records still to be left out. */
  skip: number;
  /** Records still to be shown. */
  left: number;
  /** While true nothing is shown and nothing counts: what is decoded was asked for by nobody. */
  closed = false;

  constructor({ skip, limit }: WindowOptions) {
    this.skip = skip;
    this.left = limit;
  }

  /** Whether all that is to be shown was shown. */
  get isDone(): boolean {
    return this.left === 0;
  }

  /** `format` for the records within the window. */
  over(format: LineFormat): LineFormat {
    return {
      ...format,
      batch: (batch, header) => {
        if (this.closed || this.isDone) return () => undefined;
        const show = format.batch(batch, header);
        return (index) => (this.#take() ? show(index) : undefined);
      },
    };
  }

  /** Count one record; whether it is within the window. */
  #take(): boolean {
    if (this.skip > 0) {
      this.skip--;
      return false;
    }
    if (this.left === 0) return false;
    this.left--;
    return true;
  }
}
