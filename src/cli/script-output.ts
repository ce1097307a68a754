import { writeSync } from "node:fs";
import { TransportError } from "../errors.ts";
import { EngineEnd } from "../lua/errors.ts";
import type { CommandInput } from "./command.ts";

/** Octets gathered before they are written, where no person waits for each line. */
const chunkBytes = 16_384;

/** How long to wait for a reader whose pipe is full. */
const retryMs = 5;

/** Whoever read the output has gone, as `head` does: the script has no use any more. */
export class OutputClosed extends EngineEnd {}

/** Where a script prints. It runs without pause, so lines are written while it runs. */
export interface ScriptOutput {
  /** Print a line without its line feed. @throws {OutputClosed} */
  line(line: string | Uint8Array): void;
  /** Print octets, which may be a view. @throws {OutputClosed} */
  write(bytes: Uint8Array): void;
  /** Write what is gathered. @throws {OutputClosed} */
  flush(): void;
}

/** Create the output of a script: line by line on a terminal, else in larger pieces. */
export function createScriptOutput(stream: CommandInput["stdout"]): ScriptOutput {
  const file = "fd" in stream && typeof stream.fd === "number" ? stream.fd : undefined;
  const most = stream.isTTY === true ? 0 : chunkBytes;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let text = "";

  function gather(): void {
    if (text === "") return;
    parts.push(Buffer.from(text));
    bytes += text.length;
    text = "";
  }

  function flush(): void {
    gather();
    const all = Buffer.concat(parts);
    parts = [];
    bytes = 0;
    if (all.length === 0) return;
    if (file === undefined) stream.write(all);
    else writeAll(file, all);
  }

  function add(octets: Uint8Array): void {
    gather();
    parts.push(octets);
    bytes += octets.length;
  }

  return {
    write(octets) {
      add(octets.slice());
      if (bytes >= most) flush();
    },
    line(line) {
      if (typeof line === "string") text += `${line}\n`;
      else {
        add(line);
        add(Buffer.from("\n"));
      }
      if (bytes + text.length >= most) flush();
    },
    flush,
  };
}

/** Write all of `bytes`, however slow the reader is. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") throw new OutputClosed();
      if (code !== "EAGAIN") throw TransportError.from("Cannot write standard output", error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}
