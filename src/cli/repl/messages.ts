/** What the terminal asks of the REPL's worker. */
export type ReplRequest =
  | { readonly kind: "run"; readonly source: string }
  /** A whole file; its errors bear its name. */
  | { readonly kind: "load"; readonly name: string; readonly source: Uint8Array }
  | { readonly kind: "complete"; readonly line: string };

/** What the worker answers; `print` comes any number of times before `ran`. */
export type ReplReply =
  | { readonly kind: "print"; readonly line: string | Uint8Array }
  /** `complete` is false when more lines are needed; `error` is text for people. */
  | { readonly kind: "ran"; readonly complete: boolean; readonly error?: string }
  | { readonly kind: "completed"; readonly candidates: string[]; readonly word: string };

/** Slots of the shared Int32Array: set to 1 to interrupt; lines on their way to the terminal. */
export const controlSlots = { interrupt: 0, lines: 1 } as const;
