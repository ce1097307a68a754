import { ConfigError } from "../../errors.ts";
import { variableLength } from "../../ipfix/element.ts";
import { elementByName, elementNames, isFieldName } from "../../ipfix/registry.ts";
import type { Template } from "../../ipfix/template.ts";
import { limits } from "../../limits.ts";
import { fieldKind, type RecordModule } from "../../lua/record/module.ts";
import { VmArea } from "../../lua/record/vm-area.ts";
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

/** The keys of the records of Templates with equal fields. */
export interface Layout {
  readonly byName: ReadonlyMap<string, Access>;
  /** Addresses of the keys that the companion module knows. */
  readonly keys: Map<string, number>;
  /** Where it stands in the VM's memory, as `record.wat` says; 0 when only the host has it. */
  readonly address: number;
  readonly entries: number;
  /** Entries that may still be taken: half of them stay free, so that a search ends soon. */
  room: number;
}

/** Lua keeps one copy of each string of up to so many octets (LUAI_MAXSHORTLEN). */
const internedOctets = 40;
/** Octets of a layout in the VM's memory before its entries, and of each of these. */
export const headOctets = 16;
export const entryOctets = 16;
/** Room for elements that a script asks for and the Template lacks. */
const absentKeys = 32;

/** The layouts of one engine. */
export class Layouts {
  readonly #state: LuaState;
  readonly #methods: ReadonlyMap<string, number>;
  readonly #known = new WeakMap<Template, Layout>();
  readonly #bySignature = new Map<string, Layout>();
  /** Addresses of strings that stay where they are, since the registry holds them. */
  readonly #anchored = new Set<number>();
  readonly #module: RecordModule;
  readonly #positions: VmArea;

  constructor(state: LuaState, methods: ReadonlyMap<string, number>, module: RecordModule) {
    this.#state = state;
    this.#methods = methods;
    this.#module = module;
    this.#positions = new VmArea(state);
  }

  /** The layout of a Template; made outside of Lua calls. @throws {LuaError} without memory. */
  of(template: Template): Layout {
    const known = this.#known.get(template);
    if (known !== undefined) return known;
    const types = template.fields.map(({ element, name }) => `${name}:${element.type}`).join();
    const signature = `${template.signature}|${types}`;
    let layout = this.#bySignature.get(signature);
    if (layout === undefined) {
      layout = this.#create(template);
      if (layout.address !== 0) this.#bySignature.set(signature, layout);
    }
    this.#known.set(template, layout);
    return layout;
  }

  /**
   * What the string at stack index 2 stands for.
   * @throws {ConfigError} `unknown-name` when no registry knows it.
   */
  resolve(layout: Layout, L: StatePointer): Access {
    if (this.#state.x.lua_type(L, 2) !== lua.type.string) {
      throw new ConfigError("wrong-type", "", "Cannot index a flow: expected an element's name");
    }
    const name = this.#state.toText(L, 2);
    const known = layout.byName.get(name);
    if (known !== undefined) return known;
    const access = absent(name);
    if (elementByName(name) !== undefined) this.#add(layout, L, { name, access });
    return access;
  }

  #create(template: Template): Layout {
    const byName = new Map<string, Access>();
    for (const [name, ref] of this.#methods) byName.set(name, { kind: "method", ref });
    for (const [index, field] of template.fields.entries()) {
      // A name that an exporter gave must not hide a method.
      if (!byName.has(field.name)) byName.set(field.name, fieldAccess(field, index));
    }
    if (this.#bySignature.size >= limits.luaFieldTables) {
      return { byName, keys: new Map(), address: 0, entries: 0, room: 0 };
    }
    const layout = this.#allocate(template, byName);
    this.#state.protect((L) => {
      for (const [name, access] of byName) {
        this.#state.x.lua_settop(L, 1);
        this.#state.pushString(L, name);
        this.#add(layout, L, { name, access });
      }
      return 0;
    });
    return layout;
  }

  #allocate({ fields }: Template, byName: ReadonlyMap<string, Access>): Layout {
    const { glue, x } = this.#state;
    const entries = 2 ** Math.ceil(Math.log2(2 * (byName.size + absentKeys)));
    const lengths = headOctets + entryOctets * entries;
    const octets = lengths + 4 * fields.length;
    const address = x.malloc(octets);
    const layout = { byName, keys: new Map<string, number>(), address };
    if (address === 0) return { ...layout, entries: 0, room: 0 };
    this.#positions.reserve(8 + 8 * fields.length);
    this.#module.usePositions(this.#positions.address);
    glue.bytes().fill(0, address, address + octets);
    const view = glue.view();
    view.setUint32(address, entries - 1, true);
    view.setUint32(address + 4, fields.length, true);
    view.setUint32(address + 8, address + lengths, true);
    for (const [i, { length }] of fields.entries()) {
      view.setUint32(address + lengths + 4 * i, length, true);
    }
    return { ...layout, entries, room: entries / 2 };
  }

  /** Let the companion module find the key at stack index 2 by itself. */
  #add(
    layout: Layout,
    L: StatePointer,
    { name, access }: { readonly name: string; readonly access: Access },
  ): void {
    if (layout.room === 0 || Buffer.byteLength(name) > internedOctets) return;
    layout.room--;
    const key = this.#anchor(L);
    layout.keys.set(name, key);
    const view = this.#state.glue.view();
    let nth = (key >>> 3) & (layout.entries - 1);
    const entry = () => layout.address + headOctets + entryOctets * nth;
    while (view.getUint32(entry(), true) !== 0) nth = (nth + 1) & (layout.entries - 1);
    const [kind, offset, length] = describe(access);
    const index = access.kind === "field" ? access.index : 0;
    view.setUint32(entry(), key, true);
    view.setUint32(entry() + 4, kind | (index << 8), true);
    view.setInt32(entry() + 8, offset, true);
    view.setUint32(entry() + 12, length, true);
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

function describe(access: Access): [kind: number, offset: number, length: number] {
  if (access.kind === "absent") return [fieldKind.absent, 0, 0];
  if (access.kind === "method") return [fieldKind.method, access.ref, 0];
  return [kindOf(access), access.offset, access.length];
}

/** How the companion module reads a field. */
function kindOf({ field, shape, length }: FieldAccess): number {
  const { type } = field.element;
  switch (shape) {
    case "unsigned":
      return length <= 8 ? fieldKind.unsigned : fieldKind.host;
    case "signed":
      return length <= 8 ? fieldKind.signed : fieldKind.host;
    case "string":
      return fieldKind.text;
    case "octets":
      return type === "string" || type === "octetArray" ? fieldKind.octets : fieldKind.misfit;
    case "list":
      return fieldKind.host;
    default:
      return length === variableLength ? fieldKind.host : (plainKinds[type] ?? fieldKind.host);
  }
}

const plainKinds: Readonly<Record<string, number | undefined>> = {
  float32: fieldKind.float,
  float64: fieldKind.float,
  boolean: fieldKind.boolean,
  dateTimeMicroseconds: fieldKind.micros,
  dateTimeNanoseconds: fieldKind.nanos,
  ipv4Address: fieldKind.ipv4,
  ipv6Address: fieldKind.ipv6,
  macAddress: fieldKind.mac,
};

function absent(name: string): Access {
  const plain = name.replace(/#\d+$/, "");
  if (isFieldName(plain) || /^\d+\/\d+$/.test(plain)) {
    return { kind: "absent", name };
  }
  const hint = didYouMean(name, elementNames());
  throw new ConfigError("unknown-name", "", `Cannot find the element "${name}"${hint}`);
}
