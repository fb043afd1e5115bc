/**
 * @file The one interface of the engines: load a variant of a bundle, run its entries, read states and counters.
 * Tensors are dense, row-major, little-endian; bytes are views, never copied more than the engine's memory demands.
 * Faults are `RuntimeFault`s: PS5200 a description that contradicts itself, PS5201 no such entry, PS5202-PS5208 wrong
 * inputs, PS5209 states, PS522x toolchains, CPUs and the compile cache, PS5230 weights, PS524x the wasm sandbox,
 * PS5250 a model that is closed,
 * PS526x the emulated accelerator (cycles/faults.ts).
 */

import { type RuntimeFault, runtimeFault } from "../diagnostic.js";
import type { DescribedEntry, ModelDescription } from "../native/description.js";

/** Type and size of a tensor. */
export interface TensorShape {
  /** A name of `bundle/dtype.ts`: "f32". */
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface TensorData extends TensorShape {
  /** The elements: one byte each where they are narrower than a byte; complex as real part, imaginary part. */
  readonly bytes: Uint8Array;
}

/** A size that only the run decides is -1, and `bytes` is then undefined. */
export interface PlannedOutput extends TensorShape {
  readonly name: string;
  readonly bytes: number | undefined;
}

export interface KernelCounter {
  readonly kernel: string;
  readonly calls: number;
  /** 0 in the wasm and cycles engines, which have no clock. */
  readonly nanoseconds: number;
  /** What the emulator counted (cycles): instructions by group, bytes moved, multiply-adds. */
  readonly work?: Readonly<Record<string, number>>;
}

/** What an engine needs of a bundle: one target's module, and where the files are. */
export interface ModelVariant {
  readonly description: ModelDescription;
  /** The LLVM module as text: kernels.T.ll. */
  readonly modulePath: string;
  /** weights.safetensors; absent for a model without weights. */
  readonly weightsPath?: string;
}

export interface LoadOptions {
  /** Threads a run may use; by default one per CPU. The wasm engine has one. */
  readonly threads?: number;
  /** Bytes for states, arena and outputs (native), or for everything, weights included (wasm). */
  readonly memoryLimit?: number;
}

export interface Engine {
  readonly name: "native" | "wasm" | "cycles";
  /** Compiles the variant (or finds it in the cache) and makes an instance. Rejects with a `RuntimeFault`. */
  load(variant: ModelVariant, options?: LoadOptions): Promise<LoadedModel>;
}

/** An instance: its own states and memory. One call at a time; `share` makes more. */
export interface LoadedModel {
  readonly engine: Engine["name"];
  readonly description: ModelDescription;
  readonly entries: readonly DescribedEntry[];
  /** What a run on such inputs would give. Throws a `RuntimeFault` (exit 2) listing every problem of the inputs. */
  plan(entry: string, inputs: readonly TensorShape[]): readonly PlannedOutput[];
  /** Runs on this thread. Throws a `RuntimeFault`, or `RunCancelled`. */
  run(entry: string, inputs: readonly TensorData[]): readonly TensorData[];
  /** Like `run`, off this thread where the engine can (native). An aborted signal cancels the run. */
  runAsync(entry: string, inputs: readonly TensorData[], signal?: AbortSignal): Promise<readonly TensorData[]>;
  /** A copy of a state. Throws where it has no size yet. */
  state(name: string): TensorData;
  /** Overwrites a state with a tensor of its type and size. */
  setState(name: string, value: TensorData): void;
  /** Gives one state, or all, the first value again. */
  resetState(name?: string): void;
  /** Empty unless the model was exported for profiling or runs on the cycles engine, which always counts. */
  counters(): readonly KernelCounter[];
  /** Ends the run in progress, or else the next. */
  cancel(): void;
  /** Another instance over the same code and, where the engine can, the same weights. */
  share(): Promise<LoadedModel>;
  /** Frees everything; later calls throw PS5250. Closing twice is allowed. */
  close(): void;
}

/** A run that was cancelled; the process would end with 130. */
export class RunCancelled extends Error {
  override readonly name = "RunCancelled";
  readonly exitCode = 130;

  constructor() {
    super("the run was cancelled");
  }
}

/** The index of an entry. Throws PS5201 (exit 2), naming those there are. */
export function entryIndex(description: ModelDescription, name: string): number {
  const index = description.entries.findIndex((e) => e.name === name);
  if (index >= 0) return index;
  const there = description.entries.map((e) => `'${e.name}'`).join(", ");
  throw runtimeFault("PS5201", `the model has no entry '${name}'`, { exitCode: 2, fix: `its entries: ${there}` });
}

/** The index of a state. Throws PS5209 (exit 2), naming those there are. */
export function stateIndex(description: ModelDescription, name: string): number {
  const index = description.states.findIndex((s) => s.name === name);
  if (index >= 0) return index;
  const there = description.states.map((s) => `'${s.name}'`).join(", ");
  const fix = there === "" ? "the model has none" : `its states: ${there}`;
  throw runtimeFault("PS5209", `the model has no state '${name}'`, { exitCode: 2, fix });
}

/** Throws PS5250 for a call on a closed model. */
export function closedFault(): RuntimeFault {
  return runtimeFault("PS5250", "the model is closed", { exitCode: 2, fix: "load it again" });
}

/** The counters as the library gives them (calls, nanoseconds per kernel) under their kernels' names. */
export function namedCounters(description: ModelDescription, numbers: BigUint64Array): readonly KernelCounter[] {
  const kernels = numbers.length === 0 ? [] : description.kernels;
  return kernels.map((kernel, k) => {
    return { kernel, calls: Number(numbers[2 * k]), nanoseconds: Number(numbers[2 * k + 1]) };
  });
}
