import fc from "fast-check";
import { expect, test } from "vitest";
import { recordReaderOf } from "../../src/ipfix/record/compile-reader.ts";
import type { PlainRecord } from "../../src/ipfix/record/plain.ts";
import { createTranslation } from "../../src/translators/translation.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";

/** Whether each up-time comes once: only one can become the absolute time. */
function hasTimesOnce(names: readonly unknown[]): boolean {
  const times = names.filter((name) => String(name).endsWith("SysUpTime"));
  return new Set(times).size === times.length;
}

/** Fields of NetFlow in any order and number, with lengths that are 0 or variable now and then. */
const arbitraryFields = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...(["flowStartSysUpTime", "flowEndSysUpTime", "sourceIPv4Address"] as const),
        ...(["protocolIdentifier", "octetDeltaCount", "packetDeltaCount"] as const),
      ),
      fc.tuple(
        fc.constantFrom("interfaceName", "octetDeltaCount", "samplerName"),
        fc.constantFrom(0, 3, 4, 8, 65_535),
      ),
    ),
    { minLength: 1, maxLength: 9 },
  )
  .filter(hasTimesOnce);

const clock = { sysUpTime: 100_000, epochMs: 1_700_000_000_000 };

test("createTranslation() copies every field, or makes its up-time an absolute time", () => {
  fc.assert(
    fc.property(
      arbitraryFields,
      fc.uint8Array({ minLength: 80, maxLength: 80 }),
      (names, octets) => {
        const source = templateOf(256, [...names, "protocolIdentifier"]);
        // Octets of variable length must be within the record: 3 are, behind a length of 3.
        const parts = source.fields.map(({ length }) =>
          length === 65_535 ? [3, ...octets.subarray(0, 3)] : [...octets.subarray(0, length)],
        );
        const record = Uint8Array.from(parts.flat());
        const seen: PlainRecord[] = [];
        const translate = createTranslation(({ template, templates, bytes, offsets, count }) => {
          const read = recordReaderOf(template);
          for (let i = 0; i < count; i++) {
            const [start = 0, end = 0] = [offsets[i], offsets[i + 1]];
            seen.push(read({ bytes, templates, depth: 0 }, start, end));
          }
        });
        translate(batchOf(source, [record, record]), clock);
        const kept = source.fields.filter(({ length }) => length > 0);
        const plain = templateOf(
          256,
          kept.map(({ element, length }) => [element.name, length] as const),
        );
        const read = recordReaderOf(plain)(
          { bytes: record, templates: () => undefined, depth: 0 },
          0,
          record.length,
        );
        const expected = Object.entries(read).map(([name, value]) => {
          const time = /^flow(Start|End)SysUpTime$/.exec(name);
          if (!time) return [name, value];
          const upTime = value as number;
          const epoch = clock.epochMs - ((clock.sysUpTime - upTime) | 0);
          return [`flow${time[1]}Milliseconds`, Math.max(0, epoch)];
        });
        expect(seen).toEqual([Object.fromEntries(expected), Object.fromEntries(expected)]);
      },
    ),
    { numRuns: 1_000 },
  );
});
