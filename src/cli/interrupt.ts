import { constants } from "node:os";

/** Signals by which people and supervisors end a program; SIGHUP may be ignored (nohup). */
const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Do `work`, whose signal aborts when the process is told to end; the exit code is then that of a
 * program which the signal killed (128 and its number), once `work` has cleaned up. Being told
 * twice ends the process at once.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const abort = new AbortController();
  let name: (typeof signals)[number] | undefined;
  const interrupt = (signal: (typeof signals)[number]): void => {
    name = signal;
    abort.abort(new Error(`ended by ${signal}`));
  };
  for (const signal of signals) process.once(signal, interrupt);
  try {
    return await work(abort.signal);
  } catch (error) {
    if (name === undefined || error !== abort.signal.reason) throw error;
    return 128 + constants.signals[name];
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
