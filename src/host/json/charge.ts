import type { LuaState } from "../../lua/state.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";

/** Instructions that a value costs, and how many values are charged for at once. */
const valueSteps = 16;
const valuesAtOnce = 256;

interface Work {
  readonly state: LuaState;
  /** So far. */
  values: number;
}

/**
 * Charge the run in `L` for another value, so that JSON of any size ends with the run: no
 * instruction of Lua passes meanwhile.
 */
export function chargeValue(work: Work, L: StatePointer): void {
  if (++work.values % valuesAtOnce !== 0) return;
  work.state.guard.module.spend(L, valueSteps * valuesAtOnce);
}

/** Charge for the values since: many small texts cost as much as a large one. */
export function chargeRest({ state, values }: Work, L: StatePointer): void {
  state.guard.module.spend(L, valueSteps * (values % valuesAtOnce));
}
