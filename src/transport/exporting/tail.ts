import type { FileHandle } from "node:fs/promises";
import { readUint16 } from "../../bytes/read.ts";
import { DecodeError } from "../../errors.ts";
import { ipfixVersion, messageHeaderBytes } from "../../ipfix/message.ts";
import { createMessageStream } from "../../ipfix/message-stream.ts";
import type { ResumedDomain } from "../../ipfix/message-writer.ts";
import { createTransportSession } from "../../ipfix/session.ts";
import type { Template } from "../../ipfix/template.ts";
import { limits } from "../../limits.ts";

/** How an IPFIX file ends. */
export interface FileTail {
  /**
   * `whole`: with a whole Message, or it is empty. `torn`: within a Message that a crash cut off.
   * `foreign`: with something else.
   */
  readonly kind: "whole" | "torn" | "foreign";
  /** Octets of the whole Messages at its start. */
  readonly bytes: number;
  /** Where a writer has to go on. */
  readonly domains: readonly ResumedDomain[];
}

const blockBytes = 262_144;

/** Read the Messages of a file from its start to find how it ends. */
export async function findTail(file: FileHandle): Promise<FileTail> {
  const follower = new Follower();
  const stream = createMessageStream({ onMessage: (bytes) => follower.follow(bytes) });
  try {
    for await (const block of readBlocks(file, 0)) stream.push(block);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error; // what it found is looked at below
  }
  const { bytes, domains } = follower;
  return { kind: await classify(file, bytes), bytes, domains };
}

/** Follows a Transport Session without a use for its records. */
class Follower {
  /** Octets of the Messages so far. */
  bytes = 0;
  readonly #sequences = new Map<number, number>();
  readonly #templates = new Map<number, Map<number, Template>>();
  #records = 0;
  readonly #session = createTransportSession({
    onBatch: ({ count }) => {
      this.#records += count;
    },
    onTemplate: ({ domain, id, template }) => {
      if (template) this.#templatesOf(domain).set(id, template);
    },
  });

  get domains(): ResumedDomain[] {
    return [...this.#sequences].map(([id, sequence]) => {
      return { id, sequence, templates: [...this.#templatesOf(id).values()] };
    });
  }

  follow(message: Uint8Array): void {
    this.bytes += message.length;
    this.#records = 0;
    try {
      this.#session.decodeMessage(message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error; // a damaged Message is still a whole one
    }
    const { domain, sequence } = this.#session.header;
    if (this.#sequences.size >= limits.sessionDomains && !this.#sequences.has(domain)) return;
    this.#sequences.set(domain, (sequence + this.#records) >>> 0);
  }

  #templatesOf(domain: number): Map<number, Template> {
    const known = this.#templates.get(domain);
    if (known) return known;
    const created = new Map<number, Template>();
    if (this.#templates.size < limits.sessionDomains) this.#templates.set(domain, created);
    return created;
  }
}

async function classify(file: FileHandle, at: number): Promise<FileTail["kind"]> {
  const header = new Uint8Array(messageHeaderBytes);
  const { bytesRead } = await file.read(header, 0, header.length, at);
  if (bytesRead === 0) return "whole";
  if (isHeader(header.subarray(0, bytesRead))) return "torn";
  return at > 0 && (await isZero(file, at)) ? "torn" : "foreign";
}

/** Whether `bytes` is a Message Header or the beginning of one. */
function isHeader(bytes: Uint8Array): boolean {
  if (bytes.length < 2) return bytes[0] === ipfixVersion >>> 8;
  if (readUint16(bytes, 0) !== ipfixVersion) return false;
  return bytes.length < 4 || readUint16(bytes, 2) >= messageHeaderBytes;
}

/** Whether nothing but zeros follows, which a system that crashed leaves behind. */
async function isZero(file: FileHandle, from: number): Promise<boolean> {
  for await (const block of readBlocks(file, from)) {
    if (block.some((octet) => octet !== 0)) return false;
  }
  return true;
}

async function* readBlocks(file: FileHandle, from: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(blockBytes);
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(block, 0, blockBytes, at);
    if (bytesRead === 0) return;
    yield block.subarray(0, bytesRead);
    at += bytesRead;
  }
}
