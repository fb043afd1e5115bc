/**
 * @file The npm export `persimmons/runtime`: loads bundles and runs them, and brings no compiler along.
 *
 *     const bundle = await loadBundle("digits.psm");
 *     const { probabilities } = await bundle.run({ image: tensor(pixels, [1, 1, 8, 8]) });
 *     console.log(valuesOf(probabilities), bundle.engine);
 */

import type { Entry, Manifest, SizeSymbol } from "./bundle/generated/manifest.js";
import type { FaultDiagnostic } from "./diagnostic.js";
import { bindInputs } from "./engines/check-inputs.js";
import { entryIndex, type KernelCounter, type PlannedOutput, type TensorData } from "./engines/engine.js";
import { type EngineName, type LoadChoice, loadModel, type RunnableModel } from "./load-model.js";

export { type FaultDiagnostic, RuntimeFault } from "./diagnostic.js";
export type { KernelCounter, PlannedOutput, TensorData } from "./engines/engine.js";
export { RunCancelled } from "./engines/engine.js";
export type { EngineName, LoadChoice } from "./load-model.js";
export { type TensorArray, tensor, valuesOf } from "./tensor.js";

/** Tensors by name, or in the entry's order. */
export type RunInputs = Readonly<Record<string, TensorData>> | readonly TensorData[];

export interface RunOptions {
  /** "main" by default. */
  readonly entry?: string;
  /** Aborting it cancels the run (`RunCancelled`). */
  readonly signal?: AbortSignal;
}

/** A loaded bundle: one instance with its own states and memory, for one run at a time. */
export class Bundle {
  readonly #loaded: RunnableModel;

  constructor(loaded: RunnableModel) {
    this.#loaded = loaded;
  }

  /** Absolute path of the directory or packed file. */
  get path(): string {
    return this.#loaded.bundle.path;
  }

  get manifest(): Manifest {
    return this.#loaded.bundle.manifest;
  }

  /** The engine that runs it. */
  get engine(): EngineName {
    return this.#loaded.model.engine;
  }

  /** The variant of the code that runs: "host", "wasm32". */
  get target(): string {
    return this.#loaded.target.name;
  }

  /** What there is to know about the choice of engine. */
  get remarks(): readonly FaultDiagnostic[] {
    return this.#loaded.remarks;
  }

  /** Functions of the model, with their inputs and outputs. */
  get entries(): readonly Entry[] {
    return this.manifest.entries;
  }

  /** The named sizes and their ranges. */
  get symbols(): readonly SizeSymbol[] {
    return this.manifest.symbols;
  }

  /**
   * Runs an entry, off this thread where the engine can. Rejects with a `RuntimeFault` (exit 2) that lists everything
   * wrong with the inputs, or with `RunCancelled`.
   */
  async run(inputs: RunInputs, options: RunOptions = {}): Promise<Readonly<Record<string, TensorData>>> {
    const { model } = this.#loaded;
    const entry = this.#entry(options.entry);
    const outputs = await model.runAsync(entry.name, this.#inOrder(entry, inputs), options.signal);
    return Object.fromEntries(entry.outputs.map((output, k) => [output.name, outputs[k]!]));
  }

  /** Types and sizes of the outputs for such inputs, without running; a size is -1 where only the data decides. */
  plan(inputs: RunInputs, entryName?: string): readonly PlannedOutput[] {
    const entry = this.#entry(entryName);
    return this.#loaded.model.plan(entry.name, this.#inOrder(entry, inputs));
  }

  /** A copy of a state: a tensor that lives from run to run. */
  state(name: string): TensorData {
    return this.#loaded.model.state(name);
  }

  setState(name: string, value: TensorData): void {
    this.#loaded.model.setState(name, value);
  }

  /** Gives one state, or all, the first value again. */
  resetState(name?: string): void {
    this.#loaded.model.resetState(name);
  }

  /** Calls and time of each kernel; empty unless the model was exported with profiling. */
  counters(): readonly KernelCounter[] {
    return this.#loaded.model.counters();
  }

  /** Another instance over the same code, for running at the same time. */
  async share(): Promise<Bundle> {
    return new Bundle({ ...this.#loaded, model: await this.#loaded.model.share() });
  }

  /** Frees its memory. Closing twice is allowed. */
  close(): void {
    this.#loaded.model.close();
  }

  #entry(name = "main"): Entry {
    return this.entries[entryIndex(this.#loaded.model.description, name)]!;
  }

  #inOrder(entry: Entry, inputs: RunInputs): readonly TensorData[] {
    if (isList(inputs)) return inputs;
    const { description } = this.#loaded.model;
    const described = description.entries[entryIndex(description, entry.name)]!;
    return bindInputs(description, described, new Map(Object.entries(inputs)));
  }
}

function isList(inputs: RunInputs): inputs is readonly TensorData[] {
  return Array.isArray(inputs);
}

/**
 * Opens, verifies and loads the bundle at `path`, a directory or a packed file. Rejects with a `RuntimeFault` whose
 * `diagnostics` list everything wrong and whose `exitCode` is the command line's.
 */
export async function loadBundle(path: string, choice: LoadChoice = {}): Promise<Bundle> {
  return new Bundle(await loadModel(path, choice));
}

/** Runs a bundle, or the one at a path, which is then loaded for this run alone. */
export async function run(
  bundle: Bundle | string,
  inputs: RunInputs,
  options: RunOptions & LoadChoice = {},
): Promise<Readonly<Record<string, TensorData>>> {
  if (bundle instanceof Bundle) return bundle.run(inputs, options);
  const loaded = await loadBundle(bundle, options);
  try {
    return await loaded.run(inputs, options);
  } finally {
    loaded.close();
  }
}

/** Calls and time of each kernel of a bundle exported with profiling. */
export function counters(bundle: Bundle): readonly KernelCounter[] {
  return bundle.counters();
}
