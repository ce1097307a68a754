import type { LuaState } from "../state.ts";
import { debugRecord, ownFiles } from "../vm/call-stack.ts";
import { lua, type StatePointer } from "../vm/exports.ts";
import { replaced, tableEntries } from "../vm/patches.ts";

/** Octets of one name in a message; Lua's own are shorter. */
const longestName = 256;

/**
 * Give the VM the functions that make its messages as LuaJIT words them: `attempt to index local
 * 'a' (a nil value)`, at the line of the script when the mistake shows in a file of our own.
 */
export function speakAsLuaJit(state: LuaState): void {
  const { glue, x } = state;
  const record = x.malloc(debugRecord.bytes + 4);
  const what = record + debugRecord.bytes;
  if (record === 0) throw new Error("Cannot create a Lua state: not enough memory");
  glue.bytes().set(Buffer.from("Sl\0"), what);

  /** `conf.lua:5: `, or nothing for C functions and beyond the last call. */
  function position(L: StatePointer, level: number): string {
    for (; x.lua_getstack(L, level, record) !== 0; level++) {
      x.lua_getinfo(L, what, record);
      const line = glue.view().getInt32(record + debugRecord.line, true);
      if (line <= 0) return "";
      const source = textAt(record + debugRecord.source);
      if (!source.startsWith(ownFiles)) return `${source}:${line}: `;
    }
    return "";
  }

  /** The C string at `at`, each octet a character. */
  function textAt(at: number): string {
    const bytes = glue.bytes().subarray(at, at + longestName);
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
  }

  function pushText(L: StatePointer, text: string): void {
    state.pushString(L, Buffer.from(text, "latin1"));
  }

  const functions = {
    typeError: (L, value, operation, variable) => {
      const text = attempt(textAt(operation), typeAt(value), textAt(variable));
      pushText(L, position(L, 0) + text);
      x.lua_error(L);
    },
    where: (L, level) => pushText(L, position(L, level)),
  } satisfies Record<keyof typeof replaced, (...args: StatePointer[]) => void>;

  /** The type of the value whose `TValue` lies at `value`: a tag follows its eight octets. */
  function typeAt(value: number): string {
    return typeNames[(glue.bytes()[value + 8] as number) & 0x0f] ?? "userdata";
  }

  Object.entries(replaced).forEach(([name, { parameters }], nth) => {
    const slot = glue.addFunction(functions[name as keyof typeof replaced], parameters, 0);
    if (slot !== tableEntries + nth) throw new Error(`Cannot start a Lua VM: no slot for ${name}`);
  });
}

const typeNames: Readonly<Record<number, string>> = {
  [lua.type.nil]: "nil",
  [lua.type.boolean]: "boolean",
  [lua.type.number]: "number",
  [lua.type.string]: "string",
  [lua.type.table]: "table",
  [lua.type.function]: "function",
  [lua.type.thread]: "thread",
};

const named = /^ \((local|upvalue|global|field|method) '([\s\S]+)'\)$/;

/** What Lua 5.4 calls fields whose name it does not know; LuaJIT calls them nothing. */
const nameless: ReadonlySet<string> = new Set(["?", "integer index"]);

/** The message in LuaJIT's words; `variable` is Lua 5.4's ` (local 'a')`, or empty. */
function attempt(operation: string, type: string, variable: string): string {
  const [, kind, name = "?"] = named.exec(variable) ?? [];
  if (nameless.has(name)) return `attempt to ${operation} a ${type} value`;
  return `attempt to ${operation} ${kind} '${name}' (a ${type} value)`;
}
