import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** The texts of C's `strerror`, where libuv words an error differently. */
const texts: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EBADF: "Bad file descriptor",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENOENT: "No such file or directory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTEMPTY: "Directory not empty",
  ENXIO: "No such device or address",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  EROFS: "Read-only file system",
  ESPIPE: "Illegal seek",
  ETXTBSY: "Text file busy",
  EXDEV: "Invalid cross-device link",
};

/** A failure of the system as C's library tells it. */
export interface SystemFailure {
  readonly text: string;
  readonly errno: number;
}

/** What Node threw, in C's words; undefined for what is no failure of the system. */
export function describeSystemError(error: unknown): SystemFailure | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || typeof errno !== "number") return undefined;
  const text = texts[code] ?? getSystemErrorMap().get(errno)?.[1] ?? code;
  return { text: text.slice(0, 1).toUpperCase() + text.slice(1), errno: Math.abs(errno) };
}

/** The error that the system would have given under this name. */
export function systemError(code: "EBADF" | "EINVAL" | "ESPIPE"): NodeJS.ErrnoException {
  return Object.assign(new Error(texts[code]), { code, errno: -constants.errno[code] });
}
