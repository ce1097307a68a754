/**
 * A clause such as `, did you mean "listen"?` for the candidate nearest to `name`, or nothing when
 * none is near: within a third of its letters, where swapping two neighbours counts as one change,
 * and where leaving letters out counts as two: `srcPort` is near `sourceTransportPort`.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : `, did you mean "${nearest}"?`;
}

/** Longest name worth comparing: the longest element name has 57 characters. */
const longestName = 80;

/** Shorter names are short for too many others. */
const shortestAbbreviation = 5;
const abbreviationDistance = 2;

function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > longestName) return undefined;
  const wanted = name.toLowerCase();
  const farthest = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = farthest + 1;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const near = Math.abs(other.length - wanted.length) <= farthest;
    const distance = Math.min(
      near ? editDistance(wanted, other) : Number.POSITIVE_INFINITY,
      abbreviates(wanted, other) ? abbreviationDistance : Number.POSITIVE_INFINITY,
    );
    const shorter = best === undefined || candidate.length < best.length;
    if (distance < bestDistance || (distance === bestDistance && best !== undefined && shorter)) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

/** Whether `short` is `long` with letters left out, and begins and ends as it does. */
function abbreviates(short: string, long: string): boolean {
  if (short.length < shortestAbbreviation || short.length >= long.length) return false;
  if (short[0] !== long[0] || short.at(-1) !== long.at(-1)) return false;
  let matched = 0;
  for (const letter of long) if (letter === short[matched]) matched++;
  return matched === short.length;
}

/** Optimal string alignment distance between `a` and `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(substitution, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
