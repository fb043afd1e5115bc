/**
 * @file The accelerator's control processor: runs an entry's schedule step by step, launching kernels and moving bytes in
 * HBM. It takes the steps that the compiler makes for accelerators; a schedule with others is refused when it is loaded.
 */

import type { Action, Manifest, Program, Step, Target } from "../../bundle/generated/manifest.js";
import { faultDiagnostic, RuntimeFault } from "../../diagnostic.js";
import type { Accelerator } from "./accelerator.js";
import type { HbmBuffer } from "./hbm.js";
import { evaluate, type HbmMemory, type ProgramRegions, planBuffers } from "./hbm-memory.js";

type Runnable = Extract<Action, { readonly kind: "launch" | "copy" | "alloc" | "free" }>;

function isRunnable(action: Action): action is Runnable {
  return ["launch", "copy", "alloc", "free"].includes(action.kind);
}

/** Throws PS5269 (exit 4), naming every kind of step in `target` that is not run. */
export function checkSchedules({ entries }: Manifest, target: Target): void {
  const problems = target.programs.flatMap((program) => {
    const odd = new Set(program.steps.filter((s) => !isRunnable(s.action)).map((s) => s.action.kind));
    const entry = entries[program.entry]?.name ?? String(program.entry);
    return [...odd].map((kind) => `entry '${entry}': the control processor runs no '${kind}' steps`);
  });
  if (problems.length === 0) return;
  const fix = "run the bundle on another of its targets, or export the model for a CPU";
  throw new RuntimeFault(
    problems.map((p) => faultDiagnostic("PS5269", p, { fix })),
    4,
  );
}

export interface Run {
  readonly target: Target;
  readonly program: Program;
  readonly regions: ProgramRegions;
  readonly memory: HbmMemory;
  readonly sizes: ReadonlyMap<string, number>;
}

/** Runs the program's steps; `isCancelled` is asked before each. */
export function runSchedule(accelerator: Accelerator, run: Run, checkCancelled: () => void): void {
  const buffers = planBuffers(run.program, run.regions, run.sizes);
  for (const step of run.program.steps) {
    checkCancelled();
    runStep(accelerator, run, buffers, step);
  }
}

function runStep(accelerator: Accelerator, run: Run, buffers: (HbmBuffer | undefined)[], { action }: Step): void {
  const buffer = (index: number): HbmBuffer => {
    const found = buffers[index];
    if (found === undefined) throw new Error(`buffer ${index} has no storage yet`);
    return found;
  };
  if (!isRunnable(action)) throw new Error(`a '${action.kind}' step has passed the check`);
  switch (action.kind) {
    case "launch": {
      const kernel = run.target.kernels[action.kernel]!;
      const given = action.buffers.map((index, k) => {
        const { address, bytes, isWritable } = buffer(index);
        return { address, bytes, isWritable: isWritable && kernel.arguments[k]?.kind !== "read" };
      });
      accelerator.launch(kernel.symbol, given);
      return;
    }
    case "copy": {
      const [from, to, bytes] = [action.fromOffset, action.toOffset, action.bytes].map((e) => evaluate(e, run.sizes));
      buffer(action.to).bytes.set(buffer(action.from).bytes.subarray(from, from! + bytes!), to);
      return;
    }
    case "alloc": {
      const planned = run.program.buffers[action.buffer]!;
      const region = run.memory.place(new Uint8Array(evaluate(planned.size, run.sizes)));
      buffers[action.buffer] = { ...region, isWritable: true };
      return;
    }
    case "free":
      buffers[action.buffer] = undefined;
  }
}
