import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { forEachOf, type Outcome, type ProgramName, runFile } from "./programs.ts";
import type { Exercise } from "./trees.ts";

/** What both programs made of a suite. */
export interface Score {
  readonly luajit: number;
  readonly moonfix: number;
  /** One line for each exercise where luajit does more. */
  readonly misses: readonly string[];
}

/** How to count what one run achieved. */
type Count = (outcome: Outcome) => number;

/** A file that runs to its end counts one. */
export const finished: Count = ({ status }) => (status === 0 ? 1 : 0);

/** Lines of the Test Anything Protocol that say `ok`. */
export const okLines: Count = ({ stdout }) => stdout.match(/^ok \d+/gm)?.length ?? 0;

/** Run every exercise in both programs, each time in a fresh process, and count. */
export async function score(
  folder: string,
  exercises: readonly Exercise[],
  count: Count,
): Promise<Score> {
  const rows = await forEachOf(exercises, async (exercise) => {
    const luajit = await runExercise("luajit", exercise, folder);
    const moonfix = await runExercise("moonfix", exercise, folder);
    return { exercise, luajit: count(luajit), moonfix: count(moonfix), said: moonfix.lastWords };
  });
  const missed = rows.filter((row) => row.moonfix < row.luajit);
  return {
    luajit: rows.reduce((sum, row) => sum + row.luajit, 0),
    // More than luajit itself achieves is no merit here.
    moonfix: rows.reduce((sum, row) => sum + Math.min(row.moonfix, row.luajit), 0),
    misses: missed.map(
      ({ exercise, luajit, moonfix, said }) => `${exercise.name}: ${moonfix} of ${luajit}: ${said}`,
    ),
  };
}

function runExercise(name: ProgramName, exercise: Exercise, folder: string): Promise<Outcome> {
  if (exercise.source === undefined) return runFile(name, exercise.path, folder);
  // Beside the suite, since its modules are found from the current folder.
  const scratch = join(".moonfix", `${name}-${process.pid}`, fileName(exercise));
  mkdirSync(join(folder, dirname(scratch)), { recursive: true });
  writeFileSync(join(folder, scratch), exercise.source, "latin1");
  return runFile(name, scratch, folder);
}

function fileName({ name, path }: Exercise): string {
  const slug = name.replaceAll(/[^\w.-]+/g, "_").slice(0, 80);
  return join(slug, basename(path));
}
