/**
 * @file Places a kernel's buffers in tile SRAM, one after another, each on a boundary of a vector register. All of them
 * are alive for the whole kernel, so the sum is also the least any plan can need.
 */

import { compileError } from "../../../ir/diagnostic.js";
import type { Location } from "../../../ir/location.js";
import { type AcceleratorDescription, vectorBytes } from "../../../machine/accelerator.js";

export interface SramRequest {
  readonly name: string;
  /** Of one copy. */
  readonly bytes: number;
  /** 2 for a double buffer. */
  readonly copies: number;
}

export interface SramPlan {
  /** Address of each request's first copy. */
  readonly addresses: ReadonlyMap<string, number>;
  /** Distance between the copies of a request. */
  readonly strides: ReadonlyMap<string, number>;
  /** What the kernel needs in all. */
  readonly bytes: number;
}

/** The plan, or a `CompileError` PS4302 (exit 4) with limit and demand. */
export function planSram(
  requests: readonly SramRequest[],
  machine: AcceleratorDescription,
  kernel: string,
  at: Location,
): SramPlan {
  const addresses = new Map<string, number>();
  const strides = new Map<string, number>();
  const unit = vectorBytes(machine);
  let next = 0;
  for (const { name, bytes, copies } of requests) {
    const stride = Math.ceil(bytes / unit) * unit;
    addresses.set(name, next);
    strides.set(name, stride);
    next += stride * copies;
  }
  if (next <= machine.sram.bytes) return { addresses, strides, bytes: next };
  const list = requests.map((r) => `${r.name} ${r.copies} x ${r.bytes}`).join(", ");
  throw compileError(
    "PS4302",
    `kernel '${kernel}' needs ${next} bytes of tile SRAM; a tile of ${machine.name} has ${machine.sram.bytes}`,
    {
      at,
      exitCode: 4,
      notes: [{ message: `its buffers: ${list}`, at }],
      fix: "describe a machine with more SRAM in a tile",
    },
  );
}
