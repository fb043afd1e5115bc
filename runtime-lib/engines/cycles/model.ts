/**
 * @file A model on the emulated accelerator behind the engines' interface: values only. The programs, the schedule and
 * the memory are those a machine would have; how long they would take is not told yet.
 */

import { findDtype } from "../../bundle/dtype.js";
import type { Manifest, Program, Target, Value } from "../../bundle/generated/manifest.js";
import type { DescribedEntry, ModelDescription } from "../../native/description.js";
import { checkInputs, checkStateValue } from "../check-inputs.js";
import {
  closedFault,
  entryIndex,
  type KernelCounter,
  type LoadedModel,
  type PlannedOutput,
  RunCancelled,
  stateIndex,
  type TensorData,
  type TensorShape,
} from "../engine.js";
import type { Accelerator } from "./accelerator.js";
import { runSchedule } from "./control-processor.js";
import { flatCounters } from "./counters.js";
import { evaluate, HbmMemory, type Region } from "./hbm-memory.js";

export interface CyclesParts {
  readonly manifest: Manifest;
  readonly target: Target;
  readonly description: ModelDescription;
  readonly accelerator: Accelerator;
  /** The data section of the weights file; empty for a model without weights. */
  readonly weights: Uint8Array;
  readonly memoryLimit: number;
  /** Another instance over the same programs and weights. */
  readonly again: () => LoadedModel;
}

const noSizes: ReadonlyMap<string, number> = new Map();

export class CyclesModel implements LoadedModel {
  readonly engine = "cycles";
  readonly description: ModelDescription;
  readonly #memory: HbmMemory;
  readonly #weights: readonly Region[];
  readonly #states: readonly Region[];
  #parts: CyclesParts | undefined;
  #isCancelled = false;

  constructor(parts: CyclesParts) {
    const { manifest, weights } = parts;
    this.#parts = parts;
    this.description = parts.description;
    this.#memory = new HbmMemory(parts.memoryLimit);
    this.#weights = manifest.weights.map(({ offset, bytes }) =>
      this.#memory.place(weights.subarray(offset, offset + bytes)),
    );
    this.#states = manifest.states.map((state) => this.#memory.place(new Uint8Array(bytesOf(state, noSizes))));
    this.resetState();
  }

  get entries(): readonly DescribedEntry[] {
    return this.description.entries;
  }

  plan(entryName: string, inputs: readonly TensorShape[]): readonly PlannedOutput[] {
    const { entry, sizes } = this.#prepare(entryName, inputs);
    return entry.outputs.map((output) => {
      const { name, dtype } = output;
      return { name, dtype, shape: shapeOf(output, sizes), bytes: bytesOf(output, sizes) };
    });
  }

  run(entryName: string, inputs: readonly TensorData[]): readonly TensorData[] {
    const { parts, entry, program, sizes } = this.#prepare(entryName, inputs);
    const mark = this.#memory.mark;
    try {
      const place = (bytes: number): Region => this.#memory.place(new Uint8Array(bytes));
      const outputs = entry.outputs.map((output) => place(bytesOf(output, sizes)));
      const regions = {
        inputs: inputs.map((input) => this.#memory.place(input.bytes)),
        outputs,
        states: entry.states.map((state) => this.#states[state]!),
        weights: this.#weights,
        arena: place(evaluate(program.memory.arenaBytes, sizes)),
      };
      runSchedule(parts.accelerator, { target: parts.target, program, regions, memory: this.#memory, sizes }, () =>
        this.#checkCancelled(),
      );
      return entry.outputs.map((output, k) => {
        return { dtype: output.dtype, shape: shapeOf(output, sizes), bytes: outputs[k]!.bytes };
      });
    } finally {
      this.#memory.release(mark);
    }
  }

  /** Runs on this thread; a signal counts only if aborted before. */
  async runAsync(entry: string, inputs: readonly TensorData[], signal?: AbortSignal): Promise<readonly TensorData[]> {
    if (signal?.aborted) this.cancel();
    return this.run(entry, inputs);
  }

  state(name: string): TensorData {
    const { region, shape } = this.#state(name);
    return { ...shape, bytes: region.bytes.slice() };
  }

  setState(name: string, value: TensorData): void {
    const { region, shape } = this.#state(name);
    checkStateValue(name, { ...shape, bytes: region.bytes.length }, value);
    region.bytes.set(value.bytes);
  }

  resetState(name?: string): void {
    const { manifest } = this.#live();
    const only = name === undefined ? undefined : stateIndex(this.description, name);
    manifest.states.forEach(({ weight }, k) => {
      if (only !== undefined && only !== k) return;
      if (weight === undefined) this.#states[k]!.bytes.fill(0);
      else this.#states[k]!.bytes.set(this.#weights[weight]!.bytes);
    });
  }

  /** Of every kernel that was launched: the emulator counts always, and has no clock. */
  counters(): readonly KernelCounter[] {
    return [...this.#live().accelerator.records].map(([kernel, { calls, counters }]) => {
      return { kernel, calls, nanoseconds: 0, work: flatCounters(counters) };
    });
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  async share(): Promise<LoadedModel> {
    return this.#live().again();
  }

  close(): void {
    this.#parts = undefined;
  }

  #live(): CyclesParts {
    if (this.#parts === undefined) throw closedFault();
    return this.#parts;
  }

  #checkCancelled(): void {
    if (!this.#isCancelled) return;
    this.#isCancelled = false;
    throw new RunCancelled();
  }

  #prepare(entryName: string, inputs: readonly (TensorShape | TensorData)[]) {
    const parts = this.#live();
    const index = entryIndex(this.description, entryName);
    const entry = this.entries[index]!;
    checkInputs(this.description, entry, inputs);
    const program: Program = parts.target.programs[index]!;
    return { parts, entry, program, sizes: bindSizes(entry, inputs) };
  }

  #state(name: string): { readonly region: Region; readonly shape: TensorShape } {
    this.#live();
    const index = stateIndex(this.description, name);
    const { dtype, shape } = this.description.states[index]!;
    return { region: this.#states[index]!, shape: { dtype, shape: shape.map((e) => evaluate(e, noSizes)) } };
  }
}

/** Symbols that are an input's size, with their values. */
function bindSizes(entry: DescribedEntry, inputs: readonly TensorShape[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  entry.inputs.forEach(({ shape }, k) => {
    shape.forEach((expression, axis) => {
      if (/^[A-Za-z_]\w*$/.test(expression)) sizes.set(expression, inputs[k]!.shape[axis]!);
    });
  });
  return sizes;
}

function shapeOf({ shape }: Pick<Value, "shape">, sizes: ReadonlyMap<string, number>): readonly number[] {
  return shape.map((expression) => evaluate(expression, sizes));
}

function bytesOf(value: Pick<Value, "shape" | "dtype">, sizes: ReadonlyMap<string, number>): number {
  return shapeOf(value, sizes).reduce((a, b) => a * b, findDtype(value.dtype)!.bytes);
}
