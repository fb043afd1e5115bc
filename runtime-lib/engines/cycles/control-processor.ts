/**
 * @file The accelerator's control processor: runs an entry's schedule step by step, launching kernels, moving bytes in
 * HBM, and deciding by what stands there. What it cannot do is refused by name when a bundle is loaded: communication
 * between devices, and kernels that take integers.
 */

import { findDtype } from "../../bundle/dtype.js";
import type {
  Action,
  Bind,
  Copy,
  Entry,
  Launch,
  Manifest,
  Require,
  Step,
  Switch,
  Target,
  While,
} from "../../bundle/generated/manifest.js";
import { faultDiagnostic, RuntimeFault, runtimeFault } from "../../diagnostic.js";
import type { Accelerator } from "./accelerator.js";
import { type ScheduleBuffers, scheduleFault } from "./schedule-buffers.js";
import type { Sizes } from "./sizes.js";

/** Throws PS5269 (exit 4), naming every kind of step in `target` that is not run. */
export function checkSchedules({ entries }: Manifest, target: Target): void {
  const problems = target.programs.flatMap((program) => {
    const entry = entries[program.entry]?.name ?? String(program.entry);
    return [...new Set(oddSteps(program.steps, target))].map((what) => `entry '${entry}': ${what}`);
  });
  if (problems.length === 0) return;
  const fix = "run the bundle on another of its targets, or export the model for a CPU";
  throw new RuntimeFault(
    problems.map((p) => faultDiagnostic("PS5269", p, { fix })),
    4,
  );
}

/** What is wrong with steps and those inside them. */
function oddSteps(steps: readonly Step[], target: Target): readonly string[] {
  return steps.flatMap(({ action }) => {
    if (action.kind === "collective") return [`the control processor runs no 'collective' steps (${action.operation})`];
    if (action.kind === "launch" && action.scalars.length > 0) {
      const { symbol } = target.kernels[action.kernel]!;
      return [`a 'launch' step gives '${symbol}' integers; tile programs are given addresses alone`];
    }
    return stepsInside(action).flatMap((inside) => oddSteps(inside, target));
  });
}

function stepsInside(action: Action): readonly (readonly Step[])[] {
  if (action.kind === "if") return [action.body, action.otherwise];
  if (action.kind === "while") return [action.before, action.body];
  if (action.kind === "switch") return [...action.cases.map((c) => c.body), action.otherwise];
  return [];
}

export interface Run {
  readonly manifest: Manifest;
  readonly target: Target;
  readonly entry: Pick<Entry, "checks">;
  readonly steps: readonly Step[];
  readonly buffers: ScheduleBuffers;
  readonly sizes: Sizes;
  /** The most steps to take. */
  readonly stepLimit: number;
}

/**
 * Runs the steps; `checkCancelled` is asked before each. Throws PS5208 (exit 2) for a check that fails, PS5200 for steps
 * that contradict one another, PS5267 (exit 4) at the limit.
 */
export function runSchedule(accelerator: Accelerator, run: Run, checkCancelled: () => void): void {
  new ControlProcessor(accelerator, run, checkCancelled).steps(run.steps);
}

class ControlProcessor {
  readonly #accelerator: Accelerator;
  readonly #run: Run;
  readonly #checkCancelled: () => void;
  #taken = 0;

  constructor(accelerator: Accelerator, run: Run, checkCancelled: () => void) {
    this.#accelerator = accelerator;
    this.#run = run;
    this.#checkCancelled = checkCancelled;
  }

  steps(steps: readonly Step[]): void {
    for (const { action } of steps) this.#step(action);
  }

  /** A step, or a turn of a loop. */
  #count(): void {
    this.#checkCancelled();
    const { stepLimit } = this.#run;
    if (this.#taken++ < stepLimit) return;
    throw runtimeFault("PS5267", `${stepLimit} steps of the schedule have been taken`, { exitCode: 4 });
  }

  #step(action: Action): void {
    this.#count();
    const { buffers, sizes } = this.#run;
    if (action.kind === "launch") this.#launch(action);
    else if (action.kind === "copy") this.#copy(action);
    else if (action.kind === "if") this.steps(buffers.isSet(action.condition) ? action.body : action.otherwise);
    else if (action.kind === "switch") this.#choose(action);
    else if (action.kind === "while") this.#repeat(action);
    else if (action.kind === "alloc") buffers.alloc(action.buffer);
    else if (action.kind === "free") buffers.free(action.buffer);
    else if (action.kind === "move") buffers.move(action.from, action.to);
    else if (action.kind === "bind") this.#define(action.symbol, this.#integer(action));
    else if (action.kind === "define") this.#define(action.symbol, sizes.evaluate(action.value));
    else if (action.kind === "require") this.#require(action);
    else throw new Error(`a '${action.kind}' step has passed the check`);
  }

  #choose({ value, cases, otherwise }: Switch): void {
    const chosen = this.#run.sizes.evaluate(value);
    this.steps(cases.find((c) => c.value === chosen)?.body ?? otherwise);
  }

  #repeat({ before, condition, body }: While): void {
    for (;;) {
      this.steps(before);
      if (!this.#run.buffers.isSet(condition)) return;
      this.steps(body);
      this.#count();
    }
  }

  #require({ check, buffer }: Require): void {
    if (this.#run.buffers.isSet(buffer)) return;
    throw runtimeFault("PS5208", this.#run.entry.checks[check]!.message, { exitCode: 2 });
  }

  #launch({ kernel: index, buffers }: Launch): void {
    const kernel = this.#run.target.kernels[index]!;
    const given = buffers.map((id, k) => {
      const { address, bytes, isWritable } = this.#run.buffers.get(id);
      return { address, bytes, isWritable: isWritable && kernel.arguments[k]?.kind !== "read" };
    });
    this.#accelerator.launch(kernel.symbol, given);
  }

  #copy({ from, fromOffset, to, toOffset, bytes }: Copy): void {
    const { buffers, sizes } = this.#run;
    const length = sizes.evaluate(bytes);
    const source = buffers.bytes(from, sizes.evaluate(fromOffset), length);
    buffers.writable(to, sizes.evaluate(toOffset), length).set(source);
  }

  #define(symbol: number, value: number): void {
    this.#run.sizes.define(this.#run.manifest.symbols[symbol]!.name, value);
  }

  #integer({ buffer, offset, dtype = "i64" }: Bind): number {
    const { buffers, sizes } = this.#run;
    const at = offset === undefined ? 0 : sizes.evaluate(offset);
    const bytes = buffers.bytes(buffer, at, findDtype(dtype)!.bytes);
    const value = readInteger(bytes, dtype);
    if (Number.isSafeInteger(value)) return value;
    throw scheduleFault(`an integer of buffer ${buffer} is beyond 53 bits`);
  }
}

/** A little-endian integer, unsigned where its type's name begins with `u` and for `i1`. */
function readInteger(bytes: Uint8Array, dtype: string): number {
  const bits = bytes.toReversed().reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  const isUnsigned = dtype.startsWith("u") || dtype === "i1";
  return Number(isUnsigned ? bits : BigInt.asIntN(8 * bytes.length, bits));
}
