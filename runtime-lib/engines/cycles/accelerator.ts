/**
 * @file An accelerator with its programs: launches kernels over the whole grid, tile after tile. Tiles do not talk to each
 * other yet, so any order gives the same values.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import type { TileProgram } from "../../bundle/tiles.js";
import { newCounters, type TileCounters } from "./counters.js";
import { Hbm, type HbmBuffer } from "./hbm.js";
import { Sram } from "./sram.js";
import { TileCore } from "./tile-core.js";

export interface KernelRecord {
  readonly calls: number;
  readonly counters: TileCounters;
}

export class Accelerator {
  readonly machine: AcceleratorDescription;
  readonly #programs: ReadonlyMap<string, TileProgram>;
  readonly #records = new Map<string, { calls: number; readonly counters: TileCounters }>();
  readonly #sram: Sram;
  readonly #bundleLimit: number;

  /** The programs must have been verified for the machine. */
  constructor(machine: AcceleratorDescription, programs: readonly TileProgram[], bundleLimit: number) {
    this.machine = machine;
    this.#programs = new Map(programs.map((p) => [p.name, p]));
    this.#bundleLimit = bundleLimit;
    // One image serves all tiles, as each starts with nothing written.
    this.#sram = new Sram(programs.reduce((most, p) => Math.max(most, p.sramBytes), 0));
  }

  /** Counters by kernel, of those that were launched. */
  get records(): ReadonlyMap<string, KernelRecord> {
    return this.#records;
  }

  /** Runs a kernel on buffers, one for each argument. Throws a `RuntimeFault` for what its program does wrong. */
  launch(kernel: string, buffers: readonly HbmBuffer[]): void {
    const program = this.#programs.get(kernel);
    if (program === undefined) throw new Error(`there is no program '${kernel}'`);
    const record = this.#records.get(kernel) ?? { calls: 0, counters: newCounters() };
    this.#records.set(kernel, record);
    record.calls++;
    const { rows, columns } = this.machine.grid;
    const hbm = new Hbm(buffers);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        this.#sram.reset(program.sramBytes);
        new TileCore({
          machine: this.machine,
          program,
          row,
          column,
          arguments: buffers.map((b) => b.address),
          sram: this.#sram,
          hbm,
          counters: record.counters,
          bundleLimit: this.#bundleLimit,
        }).run();
      }
    }
  }
}
