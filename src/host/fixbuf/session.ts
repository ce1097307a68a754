import { DecodeError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import type { Element } from "../../ipfix/element.ts";
import {
  createTransportSession,
  type SessionOptions,
  type SetProblem,
  type TemplateEvent,
  type TransportSession,
} from "../../ipfix/session.ts";
import type { WaitingBudget } from "../../ipfix/sets/waiting-sets.ts";
import type { Template } from "../../ipfix/template.ts";
import { createExporterSession } from "../../translators/exporter-session.ts";

/** What a Message held, in the order of the wire. */
export type MessagePart =
  | { readonly kind: "templates"; readonly setId: number; readonly events: TemplateEvent[] }
  | {
      readonly kind: "records";
      readonly batch: RecordBatch;
      /** It came in an earlier Message, before its Template. */
      readonly late: boolean;
    }
  | { readonly kind: "problem"; readonly problem: SetProblem; readonly content: Uint8Array };

/** A Message as `decode` gives it to a script. */
export interface DecodedMessage {
  readonly header: TransportSession["header"];
  readonly parts: readonly MessagePart[];
  /** What ended the Message early; the parts before it are whole. */
  readonly damage: DecodeError | undefined;
}

/** How a session of a script takes Messages. */
export interface ScriptSessionOptions {
  /** Datagrams may be NetFlow or sFlow, and ignore withdrawals; the rest is IPFIX. */
  readonly datagrams: boolean;
  /** The script's own elements; they come before those of the registries. */
  readonly elements: readonly Element[];
  /** Shared by all sessions of an engine. */
  readonly waitingBudget: WaitingBudget;
}

/** The collecting end of one Transport Session that a script drives Message by Message. */
export interface ScriptSession {
  /** @throws {DecodeError} when the octets are no Message at all. */
  decode(octets: Uint8Array<ArrayBuffer>): DecodedMessage;
  /** Fields of all Templates that it keeps. */
  readonly templateFields: number;
  /** The Lua table of each Template, by the key it has there. */
  readonly shown: Map<number, Template>;
  end(): void;
}

/** Create a session for a script. */
export function createScriptSession(options: ScriptSessionOptions): ScriptSession {
  let parts: MessagePart[] = [];
  let message = new Uint8Array(0);
  const own = new Map(options.elements.map((element) => [`${element.pen}/${element.id}`, element]));
  const wanted: SessionOptions = {
    element: (pen, id) => own.get(`${pen}/${id}`),
    learnElements: true,
    waitingBudget: options.waitingBudget,
    onBatch(batch) {
      // What waited for its Template was copied; NetFlow and sFlow are written anew.
      const late = session.header.version === 10 && batch.bytes.buffer !== message.buffer;
      parts.push({ kind: "records", batch: keepBatch(batch, message), late });
    },
    onTemplate(event) {
      const setId = event.options ? 3 : 2;
      const last = parts.at(-1);
      if (last?.kind === "templates" && last.setId === setId) last.events.push(event);
      else parts.push({ kind: "templates", setId, events: [event] });
    },
    onProblem(problem) {
      // The offset counts from the Message, and a datagram may hold several.
      const { offset, octets } = problem;
      const start = options.datagrams ? message.length : offset;
      parts.push({ kind: "problem", problem, content: message.subarray(start, start + octets) });
    },
  };
  const session = options.datagrams
    ? createExporterSession({ ...wanted, now: () => Date.now() })
    : createTransportSession(wanted);
  return {
    decode(octets) {
      parts = [];
      message = octets;
      let damage: DecodeError | undefined;
      try {
        if (options.datagrams) session.decodeDatagram(octets);
        else session.decodeMessage(octets);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        if (parts.length === 0) throw error;
        damage = error;
      }
      return { header: session.header, parts, damage };
    },
    get templateFields() {
      return session.templateFields;
    },
    shown: new Map(),
    end: () => session.end(),
  };
}

/** The batch for later: what makes batches uses its octets and offsets again. */
function keepBatch(batch: RecordBatch, message: Uint8Array): RecordBatch {
  const { bytes, count } = batch;
  const offsets = batch.offsets.slice(0, count + 1);
  if (bytes === message) return { ...batch, offsets };
  const start = offsets[0] ?? 0;
  const own = bytes.slice(start, offsets[count]);
  return { ...batch, bytes: own, offsets: offsets.map((offset) => offset - start) };
}
