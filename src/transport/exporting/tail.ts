import type { FileHandle } from "node:fs/promises";
import { readUint16 } from "../../bytes/read.ts";
import { ipfixVersion, messageHeaderBytes } from "../../ipfix/message.ts";

/** How an IPFIX file ends. */
export type FileTail =
  /** With a whole Message, or it is empty. */
  | { readonly kind: "whole"; readonly bytes: number }
  /** Within a Message that a crash cut off: `bytes` octets are whole Messages. */
  | { readonly kind: "torn"; readonly bytes: number }
  /** It holds something else from `bytes` on. */
  | { readonly kind: "foreign"; readonly bytes: number };

/** Octets looked at together: most Messages are smaller, so that few reads are needed. */
const blockBytes = 262_144;

/** Walk the Messages of a file from its start to find how it ends. */
export async function findTail(file: FileHandle): Promise<FileTail> {
  const { size } = await file.stat();
  const block = new Uint8Array(blockBytes);
  let blockAt = 0;
  let filled = 0;
  for (let at = 0; ; ) {
    if (at === size) return { kind: "whole", bytes: at };
    const needed = Math.min(messageHeaderBytes, size - at);
    if (at + needed > blockAt + filled) {
      blockAt = at;
      filled = (await file.read(block, 0, blockBytes, at)).bytesRead;
    }
    const header = block.subarray(at - blockAt, at - blockAt + needed);
    if (!isHeader(header)) {
      const zeros = await isZero(file, at, block);
      return { kind: zeros && at > 0 ? "torn" : "foreign", bytes: at };
    }
    const end = at + (needed < 4 ? messageHeaderBytes : readUint16(header, 2));
    if (end > size) return { kind: "torn", bytes: at };
    at = end;
  }
}

/** Whether `bytes` is a Message Header or the beginning of one. */
function isHeader(bytes: Uint8Array): boolean {
  if (bytes.length < 2) return bytes[0] === ipfixVersion >>> 8;
  if (readUint16(bytes, 0) !== ipfixVersion) return false;
  return bytes.length < 4 || readUint16(bytes, 2) >= messageHeaderBytes;
}

/** Whether nothing but zeros follows, which a system that crashed leaves behind. */
async function isZero(file: FileHandle, from: number, block: Uint8Array): Promise<boolean> {
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(block, 0, block.length, at);
    if (bytesRead === 0) return true;
    if (block.subarray(0, bytesRead).some((octet) => octet !== 0)) return false;
    at += bytesRead;
  }
}
