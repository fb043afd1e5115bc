/** @file What code can be generated for: a CPU, or an accelerator. */

import type { AcceleratorDescription } from "./accelerator.js";
import type { CpuDescription } from "./cpu.js";

export type TargetDescription = CpuDescription | AcceleratorDescription;

export function isAccelerator(target: TargetDescription): target is AcceleratorDescription {
  return target.kind === "spatial";
}
