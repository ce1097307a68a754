import { ConfigError } from "../../errors.ts";
import type { LuaState } from "../state.ts";

/** Octets behind an area that may be read, never used: integers are read as 8 octets. */
const slack = 8;

/** An area of the VM's memory that grows. It is kept for as long as the VM lives. */
export class VmArea {
  /** Where it starts; 0 while it is empty. Growth moves it. */
  address = 0;
  /** Octets that may be used. */
  octets = 0;
  readonly #state: LuaState;

  constructor(state: LuaState) {
    this.#state = state;
  }

  /**
   * Have room for `octets`; the first `used` ones stay as they are.
   * @throws {ConfigError} `limit` when the VM has no more memory.
   */
  reserve(octets: number, used = 0): void {
    if (octets <= this.octets) return;
    const { x, glue } = this.#state;
    const wanted = Math.max(octets, Math.ceil(1.5 * this.octets));
    const address = x.malloc(wanted + slack);
    if (address === 0) throw new ConfigError("limit", "", "not enough memory");
    if (used > 0) glue.bytes().copyWithin(address, this.address, this.address + used);
    if (this.address !== 0) x.free(this.address);
    this.address = address;
    this.octets = wanted;
  }
}
