import { DecodeError } from "../../errors.ts";
import type { RecordBatch } from "../batch.ts";
import type { MessageOrigin } from "../message.ts";
import {
  createTransportSession,
  type SessionOptions,
  type SetProblem,
  type TemplateEvent,
  type TransportSession,
} from "../session.ts";

/** One way to show records as lines. */
export interface LineFormat {
  /**
   * Shows one batch: gets it and the Message it is from, and returns what shows its record
   * `index`, or undefined to leave it out. That may throw a DecodeError: the record is damaged.
   */
  batch(batch: RecordBatch, header: MessageOrigin): (index: number) => string | undefined;
  /** A line for a Template or a withdrawal, if the format has such. */
  template?(event: TemplateEvent, header: MessageOrigin): string;
  /** A line for a Set that was left out, if the format has such. */
  problem?(problem: SetProblem, header: MessageOrigin): string;
  /** A line for octets of a file that are lost, from the error's offset on, if it has such. */
  lost?(error: DecodeError, octets: number): string;
  /** A line for a damaged record, if the format has such. */
  damage?(error: DecodeError, header: MessageOrigin): string;
}

/** Which lines are wanted, and where they go. */
export interface LinesOptions {
  readonly format: LineFormat;
  /** Gets each line without line feed. */
  readonly onLine: (line: string) => void;
  /** Lines for Templates, withdrawals and Sets without Template too. Default false. */
  readonly templates?: boolean;
  /** Obey Template Withdrawals; false over UDP. Default true. */
  readonly withdrawals?: boolean;
  /** Learn elements that the exporter describes in type records (RFC 5610). Default false. */
  readonly learnElements?: boolean;
  /** Gets the damage of a record, besides the line the format may have for it. */
  readonly onDamage?: (error: DecodeError) => void;
  /** Address and port of who sends, where there is a network. */
  readonly exporter?: string;
  /** Makes the session: that of IPFIX by default, others for exporters of other protocols. */
  readonly open?: (options: SessionOptions) => TransportSession;
}

/** Create a session whose records come out as lines. */
export function createLines(options: LinesOptions): TransportSession {
  const { format, onLine, templates = false, withdrawals = true } = options;

  function onBatch(batch: RecordBatch): void {
    const show = format.batch(batch, session.header);
    for (let i = 0; i < batch.count; i++) {
      try {
        const line = show(i);
        if (line !== undefined) onLine(line);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        options.onDamage?.(error);
        if (format.damage) onLine(format.damage(error, session.header));
      }
    }
  }

  function onProblem(problem: SetProblem): void {
    if (!templates && problem.code === "set-without-template") return;
    if (format.problem) onLine(format.problem(problem, session.header));
  }

  function onTemplate(event: TemplateEvent): void {
    if (templates && format.template) onLine(format.template(event, session.header));
  }

  const session = (options.open ?? createTransportSession)({
    onBatch,
    onProblem,
    onTemplate,
    withdrawals,
    ...(options.exporter !== undefined && { exporter: options.exporter }),
    learnElements: options.learnElements === true,
  });
  return session;
}

/** Something made once per key, such as a plan per Template, and kept as long as the key lives. */
export function createCache<Key extends WeakKey, Made>(make: (key: Key) => Made) {
  const cache = new WeakMap<Key, { made: Made }>();
  return (key: Key): Made => {
    const known = cache.get(key);
    if (known) return known.made;
    const made = make(key);
    cache.set(key, { made });
    return made;
  };
}
