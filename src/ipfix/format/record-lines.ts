import { DecodeError } from "../../errors.ts";
import type { RecordBatch } from "../batch.ts";
import { createTransportSession, type TransportSession } from "../session.ts";
import { createElementLearner } from "../sets/element-learner.ts";
import {
  createRecordFormatter,
  formatDamage,
  formatSetProblem,
  formatTemplateEvent,
} from "./record-json.ts";

/** Which lines are wanted, and where they go. */
export interface RecordLinesOptions {
  /** Gets each line without line feed. */
  readonly onLine: (line: string) => void;
  /** Lines for Templates, withdrawals and Sets without Template too. Default false. */
  readonly templates?: boolean;
  /** Obey Template Withdrawals; false over UDP. Default true. */
  readonly withdrawals?: boolean;
  /** Learn elements that the exporter describes in type records (RFC 5610). Default false. */
  readonly learnElements?: boolean;
  /** Gets a record's damage; its line is written all the same. */
  readonly onDamage?: (error: DecodeError) => void;
}

/** Create a session whose records come out as lines of the record schema (JSON). */
export function createRecordLines(options: RecordLinesOptions): TransportSession {
  const { onLine, templates = false, withdrawals = true } = options;
  const learner = options.learnElements ? createElementLearner() : undefined;

  function onBatch(batch: RecordBatch): void {
    learner?.learn(batch);
    const format = createRecordFormatter(batch, session.header.sequence);
    for (let i = 0; i < batch.count; i++) {
      try {
        onLine(format(i));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        options.onDamage?.(error);
        onLine(formatDamage(error, session.header));
      }
    }
  }

  const session = createTransportSession({
    onBatch,
    withdrawals,
    ...(learner && { element: learner.element }),
    ...(templates && { onTemplate: (event) => onLine(formatTemplateEvent(event, session.header)) }),
    onProblem: (problem) => {
      if (templates || problem.code === "reserved-set") {
        onLine(formatSetProblem(problem, session.header));
      }
    },
  });
  return session;
}
