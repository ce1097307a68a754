import { DecodeError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import type { TemplateEvent } from "../../ipfix/session.ts";
import type { Template } from "../../ipfix/template.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { pushRecord, setInteger, setMember } from "./lists.ts";
import type { DecodedMessage, MessagePart, ScriptSession } from "./session.ts";

/** Where a Message is pushed to, and what knows its Templates. */
interface Target {
  readonly state: LuaState;
  readonly L: StatePointer;
  readonly session: ScriptSession;
  /** Stack index of the table of Templates, by `domain * 65536 + id`. */
  readonly known: number;
  /** What was wrong with a record or a list in it; the others are there. */
  damage: DecodeError | undefined;
}

/**
 * Push a Message as a table: its header, and in `sets` what its Sets held, in the order of the
 * wire. Templates are the same table from Message to Message, kept in the table at `known`.
 */
export function pushMessage(
  where: Pick<Target, "state" | "L" | "session" | "known">,
  { header, parts, damage }: DecodedMessage,
): void {
  const target: Target = { ...where, damage };
  const { state, L } = target;
  const { x } = state;
  state.reserve(L, 16);
  x.lua_createtable(L, 0, 8);
  const { version } = header;
  if (typeof version === "number") setInteger(state, L, "version", version);
  else setMember(state, L, "version", () => state.pushString(L, version));
  setInteger(state, L, "length", header.length);
  setInteger(state, L, "export_time", header.exportTime);
  setInteger(state, L, "sequence", header.sequence);
  setInteger(state, L, "domain", header.domain);
  setMember(state, L, "sets", () => {
    x.lua_createtable(L, parts.length, 0);
    for (const [i, part] of parts.entries()) {
      pushSet(target, part);
      x.lua_rawseti(L, -2, BigInt(i + 1));
    }
  });
  const wrong = target.damage;
  if (wrong === undefined) return;
  setMember(state, L, "damage", () => state.pushString(L, wrong.message));
}

function pushSet(target: Target, part: MessagePart): void {
  const { state, L } = target;
  const { x } = state;
  x.lua_createtable(L, 0, 4);
  if (part.kind === "templates") {
    setInteger(state, L, "id", part.setId);
    setMember(state, L, "templates", () => {
      x.lua_createtable(L, part.events.length, 0);
      for (const [i, event] of part.events.entries()) {
        pushEvent(target, event);
        x.lua_rawseti(L, -2, BigInt(i + 1));
      }
    });
  } else if (part.kind === "problem") {
    const { setId, code } = part.problem;
    setInteger(state, L, "id", setId);
    setMember(state, L, "problem", () => state.pushString(L, code));
    setMember(state, L, "raw", () => state.pushString(L, part.content));
  } else {
    setInteger(state, L, "id", part.batch.template.id);
    setInteger(state, L, "domain", part.batch.domain);
    setMember(state, L, "template", () =>
      pushTemplate(target, part.batch.domain, part.batch.template),
    );
    if (part.late) setMember(state, L, "late", () => state.x.lua_pushboolean(L, 1));
    setMember(state, L, "records", () => pushRecords(target, part.batch));
  }
}

function pushRecords(target: Target, batch: RecordBatch): void {
  const { state, L } = target;
  const { bytes, templates, template, offsets, count } = batch;
  const source = { bytes, templates, depth: 0 };
  state.x.lua_createtable(L, count, 0);
  let records = 0;
  for (let i = 0; i < count; i++) {
    const [start = 0, end = 0] = [offsets[i], offsets[i + 1]];
    const top = state.x.lua_gettop(L);
    try {
      pushRecord(state, L, { template, source, start, end });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // A damaged list: the record is left out, as everywhere else.
      state.x.lua_settop(L, top);
      target.damage ??= error;
      continue;
    }
    state.x.lua_rawseti(L, -2, BigInt(++records));
  }
}

/** Push a Template that was announced, or `{ id, withdrawn = true }`. */
function pushEvent(target: Target, { domain, id, template }: TemplateEvent): void {
  if (template !== undefined) {
    pushTemplate(target, domain, template);
    return;
  }
  const { state, L } = target;
  state.x.lua_createtable(L, 0, 2);
  setInteger(state, L, "id", id);
  setMember(state, L, "withdrawn", () => state.x.lua_pushboolean(L, 1));
}

/** Push the table of a Template: the one of before when it is the same Template. */
function pushTemplate(target: Target, domain: number, template: Template): void {
  const { state, L, session, known } = target;
  const { x } = state;
  const key = 65_536 * domain + template.id;
  if (session.shown.get(key)?.signature === template.signature) {
    if (x.lua_rawgeti(L, known, BigInt(key)) === lua.type.table) return;
    x.lua_settop(L, -2);
  }
  session.shown.set(key, template);
  x.lua_createtable(L, 0, 4);
  setInteger(state, L, "id", template.id);
  setInteger(state, L, "scope", template.scopeCount);
  setMember(state, L, "fields", () => pushFields(target, template));
  x.lua_pushvalue(L, -1);
  x.lua_rawseti(L, known, BigInt(key));
}

function pushFields({ state, L }: Target, { fields }: Template): void {
  const { x } = state;
  x.lua_createtable(L, fields.length, 0);
  for (const [i, { element, name, length }] of fields.entries()) {
    x.lua_createtable(L, 0, 6);
    setMember(state, L, "name", () => state.pushString(L, name));
    setMember(state, L, "type", () => state.pushString(L, element.type));
    setInteger(state, L, "pen", element.pen);
    setInteger(state, L, "id", element.id);
    setInteger(state, L, "length", length);
    x.lua_rawseti(L, -2, BigInt(i + 1));
  }
}
