import fc from "fast-check";
import { expect, test } from "vitest";
import { createSequenceState, SequenceWatch } from "../../../src/ipfix/sets/sequence.ts";

/** The counters after Messages of these numbers, each of so many records. */
function watch(messages: readonly (readonly [sequence: number, records: number | undefined])[]) {
  const [sequences, state] = [new SequenceWatch(), createSequenceState()];
  for (const [sequence, records] of messages) {
    sequences.begin(state, sequence);
    sequences.end(state, sequence, records);
  }
  return sequences.counters("recordsLost");
}

const fine = { sequenceGaps: 0, recordsLost: 0, messagesDisordered: 0, exporterRestarts: 0 };

test.for([
  [
    "in order",
    [
      [7, 2],
      [9, 3],
      [12, 1],
    ],
    {},
  ],
  [
    "over the end of 32 bits",
    [
      [4_294_967_295, 2],
      [1, 1],
    ],
    {},
  ],
  [
    "with a gap",
    [
      [0, 2],
      [5, 1],
      [6, 1],
    ],
    { sequenceGaps: 1, recordsLost: 3 },
  ],
  [
    "with one overtaken",
    [
      [0, 2],
      [4, 1],
      [2, 2],
      [5, 1],
    ],
    { sequenceGaps: 1, messagesDisordered: 1 },
  ],
  [
    "from 0 again",
    [
      [900, 2],
      [0, 1],
      [1, 1],
    ],
    { exporterRestarts: 1 },
  ],
  [
    "from far behind",
    [
      [9_000_000, 2],
      [17, 1],
      [18, 1],
    ],
    { exporterRestarts: 1 },
  ],
  [
    "after one nobody could count",
    [
      [0, undefined],
      [77, 1],
      [78, 1],
    ],
    {},
  ],
] as const)("SequenceWatch counts numbers %s", ([, messages, expected]) => {
  expect(watch(messages)).toEqual({ ...fine, ...expected });
});

test("SequenceWatch takes many late Messages in a row for a new beginning", () => {
  const anew = Array.from({ length: 20 }, (_, i) => [i + 1, 1] as const);
  const counts = watch([[500, 1], ...anew, [21, 1]]);
  expect(counts).toMatchObject({ exporterRestarts: 1, sequenceGaps: 0, recordsLost: 0 });
});

test("SequenceWatch finds no loss when Messages overtake each other a little", () => {
  const message = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean());
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 2 }),
      fc.integer({ min: 1, max: 99 }),
      (sent, at) => {
        let sequence = at;
        const messages = sent.map(([records]) => {
          const one = [sequence, records] as const;
          sequence += records;
          return one;
        });
        // The first and the last stay, or nobody could know; neighbours may change places.
        for (let i = 1; i + 2 < messages.length; i += 2) {
          if (!sent[i]?.[1]) continue;
          const [a, b] = messages.slice(i, i + 2) as [(typeof messages)[0], (typeof messages)[0]];
          messages.splice(i, 2, b, a);
        }
        expect(watch(messages)).toMatchObject({ recordsLost: 0, exporterRestarts: 0 });
      },
    ),
  );
});
