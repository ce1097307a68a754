import { openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Create a file of its own in the system's folder for such, for its owner only. */
export function createTemporaryFile(): { readonly descriptor: number; readonly path: string } {
  for (;;) {
    const path = join(tmpdir(), `lua_${randomLetters(6)}`);
    try {
      return { descriptor: openSync(path, "wx+", 0o600), path };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function randomLetters(count: number): string {
  const random = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(random, (octet) => letters[octet % letters.length]).join("");
}
