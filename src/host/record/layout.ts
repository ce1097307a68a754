import { ConfigError } from "../../errors.ts";
import { elementByName, elementNames } from "../../ipfix/registry.ts";
import type { Template } from "../../ipfix/template.ts";
import type { FieldTable, RecordReader } from "../../lua/companion/record-reader.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { type FieldAccess, fieldAccess } from "./shape.ts";

/** What a key of a flow stands for. */
export type Access =
  | FieldAccess
  /** A known element that records of this Template do not have. */
  | { readonly kind: "absent"; readonly name: string }
  /** A function of ours, in the Lua registry. */
  | { readonly kind: "method"; readonly ref: number };

/**
 * The keys of one Template's records by the address of the Lua string. Lua keeps one copy of each
 * string of up to 40 octets; anchored ones stay where they are, so the address is the name.
 */
export interface Layout {
  readonly byPointer: Map<number, Access>;
  readonly byName: Map<string, Access>;
  /** The fields that the companion module reads by itself, where there is room for them. */
  readonly table: FieldTable | undefined;
}

/** Lua interns strings up to this length (LUAI_MAXSHORTLEN). */
const internedOctets = 40;

/** The layouts of one engine. */
export class Layouts {
  readonly #state: LuaState;
  readonly #methods: ReadonlyMap<string, number>;
  readonly #layouts = new WeakMap<Template, Layout>();
  readonly #anchored = new Set<number>();
  readonly #reader: RecordReader;

  constructor(state: LuaState, methods: ReadonlyMap<string, number>, reader: RecordReader) {
    this.#state = state;
    this.#methods = methods;
    this.#reader = reader;
  }

  of(template: Template): Layout {
    let layout = this.#layouts.get(template);
    if (layout === undefined) {
      const byName = new Map<string, Access>();
      for (const [name, ref] of this.#methods) byName.set(name, { kind: "method", ref });
      for (const [index, field] of template.fields.entries()) {
        byName.set(field.name, fieldAccess(field, index));
      }
      const table = this.#reader.createTable(template.fields.length);
      layout = { byPointer: new Map(), byName, table };
      this.#layouts.set(template, layout);
    }
    return layout;
  }

  /**
   * What the string at stack index 2 stands for; the next look-up finds it by its address.
   * @throws {ConfigError} `unknown-name` when no registry knows it.
   */
  resolve(layout: Layout, L: StatePointer): Access {
    const { x } = this.#state;
    if (x.lua_type(L, 2) !== lua.type.string) {
      throw new ConfigError("wrong-type", "", "Cannot index a flow: expected an element's name");
    }
    const name = this.#state.toText(L, 2);
    const access = layout.byName.get(name) ?? absent(name);
    const lasting = layout.byName.has(name) || elementByName(name) !== undefined;
    if (lasting && name.length <= internedOctets) {
      const pointer = this.#anchor(L);
      layout.byPointer.set(pointer, access);
      if (layout.table !== undefined && isPlainInteger(access)) {
        this.#reader.addField(layout.table, pointer, access);
      }
    }
    return access;
  }

  #anchor(L: StatePointer): number {
    const { x } = this.#state;
    const pointer = x.lua_topointer(L, 2);
    if (!this.#anchored.has(pointer)) {
      this.#anchored.add(pointer);
      x.lua_pushvalue(L, 2);
      x.luaL_ref(L, lua.registryIndex);
    }
    return pointer;
  }
}

/** An unsigned integer of at most 64 bits at the same place in all records. */
function isPlainInteger(access: Access): access is FieldAccess {
  return (
    access.kind === "field" &&
    access.shape === "unsigned" &&
    access.offset >= 0 &&
    access.length <= 8
  );
}

function absent(name: string): Access {
  const plain = name.replace(/#\d+$/, "");
  if (elementByName(plain) !== undefined || /^\d+\/\d+$/.test(plain)) {
    return { kind: "absent", name };
  }
  const hint = didYouMean(name, elementNames());
  throw new ConfigError("unknown-name", "", `Cannot find the element "${name}"${hint}`);
}
