import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** Opening a named pipe would wait for its writer. */
const nonBlocking = constants.O_NONBLOCK ?? 0;

/**
 * The text of a file of elements, read while the caller waits: it is no pipe or device, and no
 * larger than `limits.elementFileCharacters` octets.
 * @throws {TransportError}
 */
export function readElementFile(path: string): string {
  const action = `Cannot read the elements of ${path}`;
  try {
    const file = openSync(path, constants.O_RDONLY | nonBlocking);
    try {
      const status = fstatSync(file);
      if (!status.isFile()) throw new TransportError("io", `${action}: it is no regular file`);
      if (status.size > limits.elementFileCharacters) {
        throw new TransportError("io", `${action}: ${status.size} octets are too many`);
      }
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw cause instanceof TransportError ? cause : TransportError.from(action, cause);
  }
}
