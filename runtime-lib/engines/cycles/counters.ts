/** @file What the emulator counts of a kernel, over all its launches and tiles. */

import { groupOf } from "../../../machine/opcodes.js";
import type { TileProgram } from "../../bundle/tiles.js";

export interface TileCounters {
  /** Bundles issued; with the stalls that are not modelled here they would be cycles. */
  bundles: number;
  /** Cycles in which a program asked that nothing issues. */
  delayCycles: number;
  /** Instructions by the group of their opcode: "d" for "d.issue". */
  readonly instructions: Record<string, number>;
  /** Bytes of tensors brought from HBM into tiles, padding apart, and back. */
  dmaInBytes: number;
  dmaOutBytes: number;
  /** Multiply-adds of the matrix unit. */
  macs: number;
}

export function newCounters(): TileCounters {
  return { bundles: 0, delayCycles: 0, instructions: {}, dmaInBytes: 0, dmaOutBytes: 0, macs: 0 };
}

/** Adds what a program executed, given how often each of its bundles was. */
export function countExecuted(counters: TileCounters, { bundles }: TileProgram, executed: Float64Array): void {
  bundles.forEach((bundle, k) => {
    const times = executed[k]!;
    if (times === 0) return;
    counters.bundles += times;
    for (const { opcode } of bundle) {
      const group = groupOf(opcode.name);
      counters.instructions[group] = (counters.instructions[group] ?? 0) + times;
    }
  });
}

/** The counters as one flat record, for reports. */
export function flatCounters({ instructions, ...rest }: TileCounters): Readonly<Record<string, number>> {
  const groups = Object.keys(instructions).sort();
  return { ...rest, ...Object.fromEntries(groups.map((g) => [`instructions.${g}`, instructions[g]!])) };
}
