/** @file Hand-written tile programs on an accelerator of one tile: what the emulator's tests share. */

import type { AcceleratorDescription } from "../../../../machine/accelerator.js";
import { parseProgram } from "../../../../machine/assembly.js";
import { acceleratorNamed } from "../../../../machine/presets.js";
import { RuntimeFault } from "../../../../runtime-lib/diagnostic.js";
import { Accelerator, type KernelRecord } from "../../../../runtime-lib/engines/cycles/accelerator.js";
import { verifyPrograms } from "../../../../runtime-lib/engines/cycles/verify-programs.js";

const tiny = acceleratorNamed("p1-tiny")!;

/** One tile, so that counters and faults are those of one program. */
export const machine: AcceleratorDescription = {
  ...tiny,
  name: "one",
  grid: { rows: 1, columns: 1 },
  hbm: { ...tiny.hbm, channels: 1, positions: [{ row: 0, column: 0, edge: "north" }] },
};

export interface Launch {
  readonly sramBytes?: number;
  readonly bundleLimit?: number;
  readonly isWritable?: boolean;
}

/** Runs text on one buffer, whose address is in s0, and changes it; the code is verified first. */
export function launch(text: string, buffer = new Uint8Array(256), options: Launch = {}): KernelRecord {
  const { sramBytes = 4096, bundleLimit = 10_000, isWritable = true } = options;
  const program = { name: "kernel", argumentCount: 1, sramBytes, bundles: parseProgram(text) };
  verifyPrograms([program], machine, "tiles.bin");
  const accelerator = new Accelerator(machine, [program], bundleLimit);
  accelerator.launch("kernel", [{ address: 1024, bytes: buffer, isWritable }]);
  return accelerator.records.get("kernel")!;
}

/** The fault that running the text ends with, as its code and message. */
export function faultOf(text: string, buffer?: Uint8Array<ArrayBuffer>, options?: Launch): string {
  try {
    launch(text, buffer, options);
  } catch (error) {
    if (error instanceof RuntimeFault) return `${error.diagnostics[0]!.code} ${error.diagnostics[0]!.message}`;
    throw error;
  }
  return "no fault";
}

/** Brings 128 bytes of the buffer to SRAM address 0. */
export const bringIn = `
s.imm s1, 32
d.write d0, size0, s1
s.imm s1, 4
d.write d0, element, s1
d.write d0, hbm_stride0, s1
d.write d0, sram_stride0, s1
d.write d0, hbm, s0
d.issue d0, in0
`;
