import { limits } from "../../limits.ts";

/** Tells problems to people, never so often that the telling becomes the problem. */
export interface Notices {
  /** Tell `message` unless something was told under `key` within the last minute. */
  say(key: string, message: string): void;
}

/** How notices are told. */
export interface NoticesOptions {
  readonly onProblem: (message: string) => void;
  /** Milliseconds of a clock that only runs forward. */
  readonly now?: () => number;
}

const minuteMs = 60_000;

/** Create notices: one per key and minute, and at most `limits.noticesPerMinute` in all. */
export function createNotices({ onProblem, now = monotonicMs }: NoticesOptions): Notices {
  const toldAt = new Map<string, number>();
  let said = 0;
  let unsaid = 0;
  let since = now();

  function beginMinute(time: number): void {
    for (const [key, at] of toldAt) if (time - at >= minuteMs) toldAt.delete(key);
    if (unsaid > 0) onProblem(`${unsaid} further problems within a minute were only counted`);
    said = unsaid = 0;
    since = time;
  }

  return {
    say(key, message) {
      const time = now();
      if (time - since >= minuteMs) beginMinute(time);
      if (time - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < minuteMs) return;
      if (said >= limits.noticesPerMinute) {
        unsaid++;
        return;
      }
      said++;
      toldAt.set(key, time);
      onProblem(message);
    },
  };
}

function monotonicMs(): number {
  return performance.now();
}
