import { closeSync, openSync, unlinkSync } from "node:fs";
import { systemError } from "../system-error.ts";
import { createTemporaryFile } from "../temporary.ts";
import { openDevice } from "./device.ts";
import { type FileAccess, LuaFile } from "./file.ts";

/** What C's `fopen` calls each mode, without its `b`. */
const modes = {
  r: { flags: "r", read: true, write: false, append: false },
  "r+": { flags: "r+", read: true, write: true, append: false },
  w: { flags: "w", read: false, write: true, append: false },
  "w+": { flags: "w+", read: true, write: true, append: false },
  a: { flags: "a", read: false, write: true, append: true },
  "a+": { flags: "a+", read: true, write: true, append: true },
} as const satisfies Readonly<Record<string, FileAccess & { readonly flags: string }>>;

const isMode = (text: string): text is keyof typeof modes => Object.hasOwn(modes, text);

/** Open a file as `fopen` does. @throws a system error of Node. */
export function openFile(path: Buffer, mode: string): LuaFile {
  const name = mode.replace("b", "");
  if (!isMode(name) || path.includes(0)) throw systemError("EINVAL");
  return wrap(openSync(path, modes[name].flags), modes[name]);
}

/** A file without a name, which is gone when it is closed. @throws a system error of Node. */
export function openTemporaryFile(): LuaFile {
  const { descriptor, path } = createTemporaryFile();
  unlinkSync(path);
  return wrap(descriptor, modes["w+"]);
}

function wrap(descriptor: number, access: FileAccess): LuaFile {
  try {
    return new LuaFile(openDevice(descriptor), access);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
