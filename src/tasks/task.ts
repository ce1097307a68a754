/** What a task does; more kinds come with more built-in tasks. */
export type TaskKind = "pcap_to_ipfix";

/** Where a task is: the last three are final. */
export type TaskState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** Captures to convert, and the IPFIX file they become: absolute real paths. */
export interface TaskInput {
  readonly inputs: readonly string[];
  readonly output: string;
}

/** How far a conversion is. */
export interface TaskProgress {
  /** Octets of the captures that were read, of `totalBytes`. */
  readonly bytes: number;
  readonly totalBytes: number;
  readonly packets: number;
  readonly flows: number;
}

/**
 * What a conversion made. A damaged capture (cut short, most often) is converted up to the damage:
 * the task has succeeded, and `damage` says what is missing.
 */
export interface TaskResult {
  readonly output: string;
  /** Octets of the output. */
  readonly outputBytes: number;
  readonly packets: number;
  /** Octets of the IP packets that were metered. */
  readonly octets: number;
  readonly flows: number;
  readonly damage: readonly TaskDamage[];
}

/** Where a capture is damaged. */
export interface TaskDamage {
  readonly input: string;
  /** A `DecodeErrorCode`. */
  readonly code: string;
  /** Octets from the start of the capture. */
  readonly offset: number;
  readonly message: string;
}

/** Why a task failed: the code of its error, or `crashed` when its thread ended. */
export interface TaskFailure {
  readonly code: string;
  readonly message: string;
}

/** How a task can end. */
export type TaskEnd =
  | { readonly state: "succeeded"; readonly result: TaskResult }
  | { readonly state: "failed"; readonly error: TaskFailure }
  | { readonly state: "cancelled" };

/** A task at one moment; times are milliseconds since the epoch. */
export interface Task {
  readonly id: string;
  readonly kind: TaskKind;
  readonly state: TaskState;
  readonly input: TaskInput;
  readonly progress: TaskProgress;
  readonly createdMs: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
  readonly result?: TaskResult;
  readonly error?: TaskFailure;
}

/** What the main thread tells a task's thread. */
export type TaskCall =
  | { readonly kind: "run"; readonly input: TaskInput }
  | { readonly kind: "cancel" };

/** What a task's thread tells the main thread. */
export type TaskMessage =
  | { readonly kind: "progress"; readonly progress: TaskProgress }
  | { readonly kind: "end"; readonly end: TaskEnd };
