/** One `do --- name +tag -tag !modifier` block of a file of LuaJIT-test-cleanup. */
export interface Section {
  readonly name: string;
  /** Tags that must (`+`) and must not (`-`) hold, such as `+lua<5.2`. */
  readonly conditions: readonly string[];
  /**
   * The file's lines before its first section, and this section, with every other line blank:
   * line numbers stay.
   */
  readonly source: string;
}

const heading = /^do +--- +(.*)$/;

/** What luajit without ffi is, in the suite's words. */
const tags: Readonly<Record<string, number | true>> = {
  lua: 5.1,
  luajit: 2.1,
  bit: true,
  goto: true,
  hexfloat: true,
  jit: true,
  "jit.profile": true,
  "table.new": true,
  x64: true,
  linux: true,
  le: true,
  fpu: true,
  abi64: true,
};

/** Take a file apart. A file without sections is one section. */
export function splitSections(text: string): Section[] {
  const lines = text.split("\n");
  const starts = lines.flatMap((line, i) => (heading.test(line) ? [i] : []));
  const [first] = starts;
  if (first === undefined) return [{ name: "", conditions: [], source: text }];
  return starts.map((start, i) => {
    const end = starts[i + 1] ?? lines.length;
    const words = (heading.exec(lines[start] ?? "")?.[1] ?? "").split(/\s+/);
    const source = lines
      .slice(0, end)
      .map((line, at) => (at < first || at >= start ? line : ""))
      .join("\n");
    const isCondition = (word: string) => /^[-+@]\S/.test(word);
    return {
      name: words.filter((word) => !isCondition(word) && !word.startsWith("!")).join(" "),
      conditions: words.filter(isCondition),
      source,
    };
  });
}

/** Whether luajit without ffi is to run what stands under these conditions. */
export function isWanted(conditions: readonly string[]): boolean {
  return conditions.every((condition) => {
    const [, sign, tag = "", operator, bound] =
      /^([-+])([^<>=]+)(?:(<=|>=|<|>|==)([\d.]+))?$/.exec(condition) ?? [];
    const value = tags[tag];
    const holds =
      typeof value === "number" && bound !== undefined
        ? compare(value, operator, Number(bound))
        : value !== undefined;
    return sign === "-" ? !holds : holds;
  });
}

function compare(value: number, operator: string | undefined, bound: number): boolean {
  if (operator === "<") return value < bound;
  if (operator === "<=") return value <= bound;
  if (operator === ">") return value > bound;
  if (operator === ">=") return value >= bound;
  return value === bound;
}
