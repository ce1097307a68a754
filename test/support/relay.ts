import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createMessageStream } from "../../src/ipfix/message-stream.ts";
import { readDatagrams } from "./datagrams.ts";
import { unhex } from "./hex.ts";
import { shared } from "./shared.ts";

/** A stream of Messages of one exporter. */
export interface Stream {
  readonly name: string;
  readonly messages: readonly Uint8Array[];
}

/** The Messages that octets consist of. */
export function messagesIn(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const stream = createMessageStream({ onMessage: (message) => messages.push(message.slice()) });
  stream.push(bytes);
  stream.end();
  return messages;
}

/** Every stream of IPFIX in the corpus: its files, and each source of its captures. */
export function corpusStreams(): Stream[] {
  const [files, captures] = [shared("corpus/files"), shared("corpus/ipfix")];
  if (!files || !captures) return [];
  const streams = readdirSync(files)
    .filter((name) => name.endsWith(".ipfix"))
    .map((name) => ({ name, messages: messagesIn(readFileSync(join(files, name))) }));
  for (const name of readdirSync(captures).filter((entry) => entry.endsWith(".pcap"))) {
    const sources = new Map<string, Uint8Array[]>();
    for (const { from, payload } of readDatagrams(join(captures, name))) {
      if (payload[0] !== 0 || payload[1] !== 10) continue;
      sources.set(from, [...(sources.get(from) ?? []), ...messagesIn(payload)]);
    }
    for (const [from, messages] of sources) streams.push({ name: `${name} ${from}`, messages });
  }
  return streams;
}

/** The Messages as hex, but for the Sequence Number, which counts what the relay sent. */
export function withoutSequence(messages: readonly Uint8Array[]): string[] {
  return messages.map((message) => {
    const text = unhex(message);
    return `${text.slice(0, 16)} ${text.slice(24)}`;
  });
}
