import { getPriority, setPriority } from "node:os";
import { platform } from "node:process";

/** Linux's nice value of a sandbox: a lane that has work gets about nine tenths of a core. */
const niceValue = 10;

/**
 * Let the other threads of this process go first where scripts take all the processors. On Linux a
 * nice value belongs to the thread that sets it; elsewhere to the process, so nothing is done.
 */
export function yieldToOthers(): void {
  if (platform !== "linux") return;
  // A process that is nicer already stays so: to be less nice takes a privilege.
  setPriority(Math.max(niceValue, getPriority()));
}
