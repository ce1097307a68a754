import { setImmediate } from "node:timers/promises";

/** Turns of the event loop without anything new after which the kernel's buffers are empty. */
const quietTurns = 3;

/**
 * Let the event loop run until `count()` stands still, which means that the kernel has nothing
 * more to hand out, or until `maximumMs` passed because more keeps arriving.
 */
export async function settled(count: () => number, maximumMs: number): Promise<void> {
  const end = performance.now() + maximumMs;
  let last = count();
  for (let turns = 0; turns < quietTurns && performance.now() < end; turns++) {
    await setImmediate();
    if (count() === last) continue;
    last = count();
    turns = -1;
  }
}
