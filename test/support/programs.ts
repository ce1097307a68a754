import { execFileSync, spawnSync } from "node:child_process";

/** Whether a peer is installed here; tests that compare with it skip without. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ["-v"], { stdio: "ignore" }).error === undefined;
}

/** What a peer prints. */
export function runProgram(name: string, args: readonly string[], input = ""): string {
  return execFileSync(name, args, { encoding: "utf8", input });
}
