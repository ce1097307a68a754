import type { LuaState } from "../state.ts";

/** Layout of Lua's tables; `verifyStackLayout` compares it with what the VM does. */
const table = { logNodes: 7, nodes: 16 } as const;
const node = { octets: 24, keyType: 9, key: 16 } as const;
const shortString = 4;
const typeBits = 0x3f;

/**
 * Where the value of the short string at address `key` stands in the table at `address`: it stays
 * there until a key is added. 0 when it is not there.
 */
export function slotOf(state: LuaState, address: number, key: number): number {
  const view = state.glue.view();
  const nodes = view.getUint32(address + table.nodes, true);
  for (let nth = 0; nth < 2 ** view.getUint8(address + table.logNodes); nth++) {
    const at = nodes + node.octets * nth;
    const isString = (view.getUint8(at + node.keyType) & typeBits) === shortString;
    if (isString && view.getUint32(at + node.key, true) === key) return at;
  }
  return 0;
}
