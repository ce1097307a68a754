import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { readUint16 } from "../../bytes/read.ts";
import { DecodeError, TransportError } from "../../errors.ts";
import {
  decodeFileIndex,
  encodeFileIndex,
  type FileIndex,
  FileIndexer,
  findCheckpoint,
  type IndexedFile,
  isCheckpoint,
} from "../../ipfix/files/file-index.ts";
import { ipfixVersion, messageHeaderBytes } from "../../ipfix/message.ts";
import { limits } from "../../limits.ts";
import { createAtomicFile } from "../atomic-file.ts";
import { readBlocks } from "./input.ts";
import { readIpfixFile } from "./ipfix-file.ts";

/** Where to begin to read a file for the sake of one of its records. */
export interface Start {
  /** Octets from the file's beginning. */
  readonly offset: number;
  /** Records before it. */
  readonly records: number;
  /** Messages to decode first, whose records are not wanted: they define what is in force. */
  readonly setup: readonly Uint8Array[];
  /** Records of the whole file, where they are known. */
  readonly total: number | undefined;
}

/** Where to begin when nothing is known. */
export const beginning: Start = { offset: 0, records: 0, setup: [], total: undefined };

/**
 * Where to begin for record `record` (from 0) of the IPFIX file `path`. The file's index is read
 * from `<path>.idx`; one that is missing or does not fit, by size and time of change, is made anew.
 * Small files, compressed ones and whatever is no IPFIX file are read from their beginning.
 * @throws {TransportError} when the file cannot be read.
 */
export async function seekRecord(path: string, record: number): Promise<Start> {
  const refuse = (cause: unknown) => {
    throw TransportError.from(`Cannot open ${path}`, cause);
  };
  // A pipe that was opened and closed again would be lost to who reads it.
  if (!(await stat(path).catch(refuse)).isFile()) return beginning;
  const file = await open(path).catch(refuse);
  try {
    const identity = await identify(file);
    if (!identity || identity.bytes < limits.indexLeastBytes) return beginning;
    const index = (await loadIndex(path, identity)) ?? (await makeIndex(path, file, identity));
    return await startAt(file, index, record);
  } catch (cause) {
    if (cause instanceof TransportError) throw cause;
    throw TransportError.from(`Cannot read ${path}`, cause);
  } finally {
    await file.close();
  }
}

/** Size and time of a file that begins like IPFIX. */
async function identify(file: FileHandle): Promise<IndexedFile | undefined> {
  const status = await file.stat({ bigint: true });
  const head = new Uint8Array(2);
  await file.read(head, 0, 2, 0);
  if (readUint16(head, 0) !== ipfixVersion) return undefined;
  return { bytes: Number(status.size), modifiedNs: String(status.mtimeNs) };
}

async function loadIndex(path: string, file: IndexedFile): Promise<FileIndex | undefined> {
  try {
    return decodeFileIndex(await readFile(`${path}.idx`, "utf8"), file);
  } catch {
    return undefined; // it is made anew, whatever is wrong with it
  }
}

async function makeIndex(path: string, file: FileHandle, before: IndexedFile): Promise<FileIndex> {
  const indexer = new FileIndexer();
  await readIpfixFile(readBlocks(path), { session: indexer });
  const index = indexer.finish();
  const after = await identify(file);
  // A file that grows meanwhile would never fit what was seen of it.
  if (after?.bytes === before.bytes && after.modifiedNs === before.modifiedNs) {
    await saveIndex(`${path}.idx`, encodeFileIndex(before, index));
  }
  return index;
}

/** Where the folder takes no files, or another file has the name, each reader makes its own. */
async function saveIndex(path: string, text: string): Promise<void> {
  try {
    const isOurs = await readFile(path, "utf8").then(
      (old) => old.startsWith("moonfix-index "),
      (error: NodeJS.ErrnoException) => error.code === "ENOENT",
    );
    if (!isOurs) return;
    const output = createAtomicFile(path);
    output.write(new TextEncoder().encode(text));
    await output.commit();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
}

async function startAt(file: FileHandle, index: FileIndex, record: number): Promise<Start> {
  const total = index.records;
  const checkpoint = findCheckpoint(index, record);
  if (!checkpoint) return { ...beginning, total };
  const { offset, records } = checkpoint;
  const head = await readMessage(file, offset);
  if (!head || !isCheckpoint(checkpoint, head)) return beginning;
  const setup: Uint8Array[] = [];
  for (const at of index.setup.filter((one) => one < offset)) {
    const message = await readMessage(file, at);
    if (!message) return beginning;
    setup.push(message);
  }
  return { offset, records, setup, total };
}

/** The Message at `offset`, if there is one. */
async function readMessage(file: FileHandle, offset: number): Promise<Uint8Array | undefined> {
  const header = new Uint8Array(messageHeaderBytes);
  const { bytesRead } = await file.read(header, 0, header.length, offset);
  if (bytesRead < header.length || readUint16(header, 0) !== ipfixVersion) return undefined;
  const message = new Uint8Array(readUint16(header, 2));
  const { bytesRead: length } = await file.read(message, 0, message.length, offset);
  return length === message.length && length >= messageHeaderBytes ? message : undefined;
}

/** Decode the Messages of `start.setup`; damage in them was told when the file was indexed. */
export function decodeSetup(start: Start, decode: (message: Uint8Array) => void): void {
  for (const message of start.setup) {
    try {
      decode(message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
}
