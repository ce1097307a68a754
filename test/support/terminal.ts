import { PassThrough, Readable } from "node:stream";
import type { Command } from "../../src/cli/command.ts";

/** Run a command without a terminal; resolves with its exit code and what it wrote. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  given: { options?: Record<string, string | boolean>; stdin?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const read = [collect(stdout), collect(stderr)];
  const stdin = Readable.from([Buffer.from(given.stdin ?? "")]);
  const options = { ...defaultsOf(command), ...given.options };
  const code = await command.run({ args, options, stdin, stdout, stderr });
  stdout.end();
  stderr.end();
  const [out = "", err = ""] = await Promise.all(read);
  return { code, stdout: out, stderr: err };
}

function defaultsOf({ options }: Command): Record<string, string | boolean> {
  const entries = Object.entries(options).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

async function collect(stream: Readable): Promise<string> {
  const blocks: Buffer[] = [];
  for await (const block of stream) blocks.push(block as Buffer);
  return Buffer.concat(blocks).toString("utf8");
}
