import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TransportError } from "../../errors.ts";
import { ipfixVersion } from "../../ipfix/message.ts";
import type { ResumedDomain } from "../../ipfix/message-writer.ts";
import { transportFailure } from "../support/failure.ts";
import { makeFolder } from "../support/folders.ts";
import { findTail } from "./tail.ts";

/** Opening a named pipe would wait for its reader. */
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** A file to append whole Messages to. */
export interface OpenedFile {
  readonly file: FileHandle;
  /** Octets of a Message that an earlier crash left half written; they were cut off. */
  readonly cutBytes: number;
  /** Where the writer has to go on. */
  readonly resume: readonly ResumedDomain[];
}

/**
 * Open an IPFIX file to append to, with its folders; creates it when it is not there.
 * @throws {TransportError} also when the file is something else, which is left as it is.
 */
export async function openToAppend(path: string): Promise<OpenedFile> {
  const file = await attempt(`Cannot open ${path}`, async () => {
    await makeFolder(dirname(path));
    return await open(
      path,
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | nonBlocking,
    );
  });
  try {
    return await attempt(`Cannot append to ${path}`, () => cutTail(file, path));
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Put a fresh, empty file in the place of `path`; who has the old one open keeps it.
 * @throws {TransportError} also when what is there is no IPFIX file, which is left as it is.
 */
export async function openFresh(path: string): Promise<OpenedFile> {
  const unique = `${process.pid}.${randomBytes(4).toString("hex")}`;
  const temporary = join(dirname(path), `.${basename(path)}.${unique}.tmp`);
  const action = `Cannot create ${path}`;
  const file = await attempt(action, async () => {
    await makeFolder(dirname(path));
    await expectReplaceable(path);
    return await open(temporary, "ax");
  });
  try {
    await rename(temporary, path);
  } catch (cause) {
    await file.close();
    await unlink(temporary);
    throw transportFailure(action, cause);
  }
  return { file, cutBytes: 0, resume: [] };
}

/** Whoever mistypes a path must not lose the file that is there. */
async function expectReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  const refusal = `Cannot replace ${path}: not an IPFIX file, expected one or nothing there`;
  if (!found.isFile()) throw new TransportError("io", refusal);
  if (found.size === 0) return;
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    if (bytesRead < 2 || buffer.readUInt16BE() !== ipfixVersion) {
      throw new TransportError("io", refusal);
    }
  } finally {
    await file.close();
  }
}

async function cutTail(file: FileHandle, path: string): Promise<OpenedFile> {
  const status = await file.stat();
  if (!status.isFile()) {
    throw new TransportError("io", `Cannot append to ${path}: not a file, expected an IPFIX file`);
  }
  const tail = await findTail(file);
  if (tail.kind === "foreign") {
    const what = tail.bytes === 0 ? "not an IPFIX file" : `damaged at byte ${tail.bytes}`;
    throw new TransportError("io", `Cannot append to ${path}: ${what}, expected IPFIX Messages`);
  }
  const cutBytes = status.size - tail.bytes;
  if (cutBytes > 0) await file.truncate(tail.bytes);
  return { file, cutBytes, resume: tail.domains };
}

async function attempt<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof TransportError ? cause : transportFailure(action, cause);
  }
}
