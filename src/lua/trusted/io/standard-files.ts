import { createOutputDevice, openDevice } from "./device.ts";
import { LuaFile } from "./file.ts";

/** The standard files of a program. */
export interface StandardFiles {
  /** Descriptor of standard input; undefined when there is none. */
  readonly stdin: number | undefined;
  readonly stdout: { write(bytes: Uint8Array): void; flush(): void };
  readonly stderr: { write(bytes: Uint8Array): void };
}

const reads = { read: true, write: false, append: false } as const;
const writes = { read: false, write: true, append: false } as const;
const nothing = (): void => undefined;

/** Open the standard files. What `print` prints goes the way of `stdout`: it is not held back. */
export function openStandardFiles({ stdin, stdout, stderr }: StandardFiles) {
  const input = stdin === undefined ? createOutputDevice(nothing, nothing) : openDevice(stdin);
  const output = createOutputDevice(
    (bytes) => stdout.write(bytes),
    () => stdout.flush(),
  );
  const errors = createOutputDevice((bytes) => stderr.write(bytes), nothing);
  const files = {
    stdin: new LuaFile(input, reads),
    stdout: new LuaFile(output, writes),
    stderr: new LuaFile(errors, writes),
  };
  files.stdout.buffering = "no";
  files.stderr.buffering = "no";
  return files;
}
