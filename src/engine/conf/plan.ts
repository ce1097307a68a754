import type { Declaration, Wanted, Word } from "./words.ts";

/** One difference between what runs and what is wanted. */
export interface Change {
  readonly kind: "start" | "stop" | "change";
  readonly word: Word;
  readonly name: string;
  /** For people: the options that differ, or where it goes. */
  readonly detail: string;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly unchanged: number;
}

const marks = { start: "+", stop: "-", change: "~" } as const;

/** Compare what runs with what is wanted; where a declaration stands in the file does not count. */
export function planChanges(running: Wanted, wanted: Wanted): Plan {
  const before = byName(running);
  const after = byName(wanted);
  const changes: Change[] = [];
  let unchanged = 0;
  for (const [key, declaration] of before) {
    if (!after.has(key)) changes.push(change("stop", declaration, ""));
  }
  for (const [key, declaration] of after) {
    const old = before.get(key);
    const differing = old === undefined ? [] : differences(old, declaration);
    if (old === undefined) changes.push(change("start", declaration, essence(declaration)));
    else if (differing.length > 0)
      changes.push(change("change", declaration, differing.join(", ")));
    else unchanged++;
  }
  return { changes, unchanged };
}

/** The plan as lines that a person reads: `+ collector edge udp://…`, `= 3 unchanged`. */
export function formatPlan({ changes, unchanged }: Plan): string[] {
  const lines = changes.map(({ kind, word, name, detail }) => {
    const who = word === name ? word : `${word} ${name}`;
    return `${marks[kind]} ${who} ${detail}`.trimEnd();
  });
  return unchanged > 0 ? [...lines, `= ${unchanged} unchanged`] : lines;
}

function change(kind: Change["kind"], { word, name }: Declaration, detail: string): Change {
  return { kind, word, name, detail };
}

function byName(wanted: Wanted): Map<string, Declaration> {
  return new Map(
    Object.values(wanted).flatMap((declarations: readonly Declaration[]) =>
      declarations.map((declaration) => [`${declaration.word} ${declaration.name}`, declaration]),
    ),
  );
}

/** The options whose values differ, as `to: file:a → file:b`. */
function differences(old: Declaration, declaration: Declaration): string[] {
  const before = old.options as Record<string, unknown>;
  const after = declaration.options as Record<string, unknown>;
  return Object.keys(after)
    .filter((option) => JSON.stringify(before[option]) !== JSON.stringify(after[option]))
    .map((option) =>
      isFunction(after[option])
        ? `${option}: new function`
        : `${option}: ${show(before[option])} → ${show(after[option])}`,
    );
}

/** What a person wants to see of a new declaration: where it listens, reads or sends to. */
function essence({ options }: Declaration): string {
  const { listen, capture, to } = options as Record<string, unknown>;
  return show(listen ?? capture ?? to ?? "");
}

function isFunction(value: unknown): boolean {
  return typeof value === "object" && value !== null && "fingerprint" in value;
}

function show(value: unknown): string {
  return Array.isArray(value) ? value.join(" ") : String(value);
}
