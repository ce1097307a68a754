import type { RecordFilter } from "../where/filter.ts";
import type { LineFormat } from "./lines.ts";

/** `format` for those records only that `filter` matches; `onMatch` is told of each. */
export function filterLines(
  format: LineFormat,
  filter: RecordFilter,
  onMatch: () => void = () => undefined,
): LineFormat {
  return {
    ...format,
    batch(batch, header) {
      const show = format.batch(batch, header);
      const matches = filter.of(batch);
      return (index) => {
        if (!matches(index)) return undefined;
        onMatch();
        return show(index);
      };
    },
  };
}
