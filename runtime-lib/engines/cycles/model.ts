/**
 * @file A model on the emulated accelerator behind the engines' interface: values only. The programs, the schedule and
 * the memory are those a machine would have; how long they would take is not told yet.
 */

import type { Manifest, Program, Target } from "../../bundle/generated/manifest.js";
import { runtimeFault } from "../../diagnostic.js";
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
import { HbmMemory, type Region } from "./hbm-memory.js";
import { type ProgramRegions, ScheduleBuffers, scheduleFault } from "./schedule-buffers.js";
import { Sizes, sizesOf } from "./sizes.js";

export interface CyclesParts {
  readonly manifest: Manifest;
  readonly target: Target;
  readonly description: ModelDescription;
  readonly accelerator: Accelerator;
  /** The data section of the weights file; empty for a model without weights. */
  readonly weights: Uint8Array;
  readonly memoryLimit: number;
  /** The most steps of the schedule in one run. */
  readonly stepLimit: number;
  /** Another instance over the same programs and weights. */
  readonly again: () => LoadedModel;
}

const noSizes = new Sizes();

/** What a call needs to know. */
interface Prepared {
  readonly parts: CyclesParts;
  readonly entry: DescribedEntry;
  readonly program: Program;
  readonly sizes: Sizes;
}

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
    this.#states = manifest.states.map((state) => {
      const region = this.#memory.allocate(noSizes.bytesOf(state), `state '${state.name}'`);
      const first = state.weight === undefined ? undefined : manifest.weights[state.weight]!;
      if (first === undefined || first.bytes === region.bytes.length) return region;
      const message = `state '${state.name}' has ${region.bytes.length} bytes, its first value ${first.bytes}`;
      throw runtimeFault("PS5200", message);
    });
    this.resetState();
  }

  get entries(): readonly DescribedEntry[] {
    return this.description.entries;
  }

  plan(entryName: string, inputs: readonly TensorShape[]): readonly PlannedOutput[] {
    const { entry, sizes } = this.#prepare(entryName, inputs);
    return entry.outputs.map((output) => {
      const { name, dtype } = output;
      const shape = output.shape.map((text) => (sizes.isKnown(text) ? sizes.evaluate(text) : -1));
      return { name, dtype, shape, bytes: shape.includes(-1) ? undefined : sizes.bytesOf(output) };
    });
  }

  run(entryName: string, inputs: readonly TensorData[]): readonly TensorData[] {
    const prepared = this.#prepare(entryName, inputs);
    const mark = this.#memory.mark;
    try {
      const regions = this.#regions(prepared, inputs);
      const { parts, entry, program, sizes } = prepared;
      const { manifest, target, accelerator, stepLimit } = parts;
      const buffers = new ScheduleBuffers(program, regions, this.#memory, sizes);
      const { steps } = program;
      runSchedule(accelerator, { manifest, target, entry, steps, buffers, sizes, stepLimit }, () =>
        this.#checkCancelled(),
      );
      return entry.outputs.map((output, k) => {
        const { dtype, name } = output;
        const bytes = regions.outputs[k]?.bytes;
        const wanted = sizes.bytesOf(output);
        if (bytes !== undefined && bytes.length >= wanted)
          return { dtype, shape: sizes.shapeOf(output), bytes: bytes.subarray(0, wanted) };
        throw scheduleFault(`output '${name}' of ${wanted} bytes is given ${bytes?.length ?? "no"} bytes`);
      });
    } finally {
      this.#memory.release(mark);
    }
  }

  /** The tensors of one run. */
  #regions({ entry, program, sizes }: Prepared, inputs: readonly TensorData[]): ProgramRegions {
    return {
      outputs: entry.outputs.map((output) => {
        if (output.allocatedByRun) return undefined;
        return this.#memory.allocate(sizes.bytesOf(output), `output '${output.name}'`);
      }),
      inputs: inputs.map((input) => this.#memory.place(input.bytes)),
      states: entry.states.map((state) => this.#states[state]!),
      weights: this.#weights,
      arena: this.#memory.allocate(sizes.evaluate(program.memory.arenaBytes), "the arena"),
    };
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

  #prepare(entryName: string, inputs: readonly (TensorShape | TensorData)[]): Prepared {
    const parts = this.#live();
    const index = entryIndex(this.description, entryName);
    const entry = this.entries[index]!;
    checkInputs(this.description, entry, inputs);
    const program: Program = parts.target.programs[index]!;
    return { parts, entry, program, sizes: sizesOf(entry, inputs) };
  }

  #state(name: string): { readonly region: Region; readonly shape: TensorShape } {
    this.#live();
    const index = stateIndex(this.description, name);
    const { dtype, shape } = this.description.states[index]!;
    return { region: this.#states[index]!, shape: { dtype, shape: shape.map((e) => noSizes.evaluate(e)) } };
  }
}
