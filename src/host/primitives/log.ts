import type { LogLevel, Primitive } from "../primitive.ts";

const levels: Readonly<Record<LogLevel, string>> = {
  info: "Log what went as planned.",
  warn: "Log what someone should look at.",
  error: "Log what went wrong.",
};

/** `print`, and `log` with a function for each level. */
export const logPrimitives: readonly Primitive[] = [
  {
    name: "print",
    describe: "Print values as `tostring` shows them, between tabs, on a line.",
    parameters: [{ name: "...", type: "any", describe: "Values" }],
    returns: [],
    needs: "nothing",
    example: 'print("flows", 10 / 2)',
    bind: undefined,
  },
  ...(Object.keys(levels) as LogLevel[]).map(logPrimitive),
];

function logPrimitive(level: LogLevel): Primitive {
  const name = `log.${level}`;
  return {
    name,
    describe: levels[level],
    parameters: [{ name: "message", type: "string", describe: "One line" }],
    returns: [],
    needs: "nothing",
    example: `log.${level}("collector is up")`,
    bind: {
      call: (host) => (given) => {
        host.log(level, given.text("message"));
        return [];
      },
    },
  };
}
