/** @file An instance of a native library behind the engines' interface. */

import { findDtype } from "../../bundle/dtype.js";
import type { DescribedEntry, ModelDescription } from "../../native/description.js";
import { dtypeCode, dtypeOfCode } from "../../native/dtype-codes.js";
import { checkInputs, checkStateValue } from "../check-inputs.js";
import {
  closedFault,
  entryIndex,
  type KernelCounter,
  type LoadedModel,
  type LoadOptions,
  namedCounters,
  type PlannedOutput,
  stateIndex,
  type TensorData,
  type TensorShape,
} from "../engine.js";
import { PlanCache } from "../plan-cache.js";
import * as records from "../records.js";
import { status, statusError } from "../status.js";
import { addressOf, copyFrom, copyTo, type NativeLibrary } from "./library.js";

const recordBytes = records.tensorRecordBytes(8);

export interface InstanceOptions extends LoadOptions {
  readonly weightsPath?: string;
  /** The instance to share weights with. */
  readonly shareWeights?: bigint;
}

/** A new instance of a library. Throws a `RuntimeFault` where it cannot be made: weights, memory, CPU. */
export function createInstance(library: NativeLibrary, options: InstanceOptions): bigint {
  const error = new Uint8Array(4096);
  const path = options.weightsPath === undefined ? undefined : Buffer.from(`${options.weightsPath}\0`, "utf8");
  const bytes = new Uint8Array(records.optionsRecordBytes(8));
  records.writeOptionsRecord(new DataView(bytes.buffer), 0, 8, {
    threads: options.threads ?? 0,
    memoryLimit: options.memoryLimit ?? 0,
    weightsBytes: 0,
    weightsPath: path === undefined ? 0n : addressOf(path),
    weightsData: 0n,
    shareWeights: options.shareWeights ?? 0n,
    error: addressOf(error),
    errorBytes: error.length,
  });
  const out = new BigUint64Array(1);
  const code = library.functions.create(bytes, new Uint8Array(out.buffer));
  if (code !== status.ok) throw statusError(code, records.readCString(error));
  library.retain();
  return out[0]!;
}

/** The memory of one call: records of inputs and outputs, then their sizes. */
class Call {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly inputs: bigint;
  readonly outputs: bigint;
  /** The bytes behind the records, inputs then outputs; undefined where the run allocates. Kept alive by the call. */
  readonly data: (Uint8Array | undefined)[] = [];
  readonly #entry: DescribedEntry;
  #sizesAt: number;

  constructor(entry: DescribedEntry) {
    this.#entry = entry;
    const ports = [...entry.inputs, ...entry.outputs];
    this.#sizesAt = ports.length * recordBytes;
    const sizes = ports.reduce((sum, port) => sum + port.shape.length, 0);
    this.bytes = new Uint8Array(new ArrayBuffer(Math.max(64, this.#sizesAt + 8 * sizes)));
    this.view = new DataView(this.bytes.buffer);
    this.inputs = addressOf(this.bytes);
    this.outputs = this.inputs + BigInt(entry.inputs.length * recordBytes);
  }

  /** Writes the next record: inputs first, then outputs. */
  put(tensor: TensorShape, data: Uint8Array | undefined): void {
    const { dtype, shape } = tensor;
    const at = this.data.length * recordBytes;
    this.data.push(data);
    records.writeTensorRecord(this.view, at, 8, {
      data: data === undefined ? 0n : addressOf(data),
      dims: this.inputs + BigInt(this.#sizesAt),
      bytes: BigInt(data?.length ?? 0),
      rank: shape.length,
      dtype: dtypeCode(dtype),
    });
    records.writeSizes(this.view, this.#sizesAt, shape);
    this.#sizesAt += 8 * shape.length;
  }

  /** The record of output `k` with its sizes. */
  output(k: number): records.TensorRecord & { readonly shape: readonly number[]; readonly at: number } {
    const at = (this.#entry.inputs.length + k) * recordBytes;
    const record = records.readTensorRecord(this.view, at, 8);
    const shape = records.readSizes(this.view, Number(record.dims - this.inputs), record.rank);
    return { ...record, shape, at };
  }
}

/** Bytes at an address that is a multiple of the element's size: the same ones, or a copy. */
function aligned(tensor: TensorData): Uint8Array {
  const unit = Math.min(8, findDtype(tensor.dtype)!.bytes);
  return tensor.bytes.byteOffset % unit === 0 ? tensor.bytes : tensor.bytes.slice();
}

export class NativeModel implements LoadedModel {
  readonly engine = "native";
  readonly description: ModelDescription;
  readonly #library: NativeLibrary;
  readonly #options: LoadOptions;
  readonly #plans = new PlanCache();
  #handle: bigint;
  #running = 0;

  constructor(library: NativeLibrary, description: ModelDescription, options: LoadOptions, handle: bigint) {
    this.#library = library;
    this.description = description;
    this.#options = options;
    this.#handle = handle;
  }

  get entries(): readonly DescribedEntry[] {
    return this.description.entries;
  }

  plan(entryName: string, inputs: readonly TensorShape[]): readonly PlannedOutput[] {
    const entry = this.#entry(entryName, inputs);
    return this.#plan(entry, inputs);
  }

  run(entryName: string, inputs: readonly TensorData[]): readonly TensorData[] {
    const entry = this.#entry(entryName, inputs);
    const { call, args } = this.#prepare(entry, inputs);
    return this.#finish(entry, call, this.#library.functions.run(...args));
  }

  async runAsync(
    entryName: string,
    inputs: readonly TensorData[],
    signal?: AbortSignal,
  ): Promise<readonly TensorData[]> {
    const entry = this.#entry(entryName, inputs);
    if (this.#running > 0) throw statusError(status.usage, "");
    const { call, args } = this.#prepare(entry, inputs);
    const cancel = () => this.cancel();
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    this.#running++;
    try {
      const code = await new Promise<number>((resolve, reject) => {
        this.#library.functions.run.async(...args, (error, value) => (error ? reject(error) : resolve(value)));
      });
      return this.#finish(entry, call, code);
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#running--;
      if (this.#closing) this.#destroy();
    }
  }

  state(name: string): TensorData {
    const { data, dtype, shape, bytes } = this.#state(name);
    return { dtype, shape, bytes: copyFrom(data, bytes) };
  }

  setState(name: string, value: TensorData): void {
    const state = this.#state(name);
    checkStateValue(name, state, value);
    copyTo(state.data, value.bytes);
  }

  resetState(name?: string): void {
    const index = name === undefined ? -1 : stateIndex(this.description, name);
    this.#check(this.#library.functions.stateReset(this.#live(), index));
  }

  counters(): readonly KernelCounter[] {
    const handle = this.#live();
    const count = this.#library.functions.counters(handle, null, 0);
    const numbers = new BigUint64Array(count);
    if (count > 0) this.#library.functions.counters(handle, numbers, count);
    return namedCounters(this.description, numbers);
  }

  cancel(): void {
    this.#library.functions.cancel(this.#live());
  }

  async share(): Promise<LoadedModel> {
    const handle = createInstance(this.#library, { ...this.#options, shareWeights: this.#live() });
    return new NativeModel(this.#library, this.description, this.#options, handle);
  }

  #closing = false;

  /** A run in progress is cancelled; the instance ends with it. */
  close(): void {
    if (this.#handle === 0n || this.#closing) return;
    if (this.#running === 0) {
      this.#destroy();
      return;
    }
    this.#library.functions.cancel(this.#handle);
    this.#closing = true;
  }

  #destroy(): void {
    this.#library.functions.destroy(this.#handle);
    this.#handle = 0n;
    this.#library.release();
  }

  #live(): bigint {
    if (this.#handle === 0n || this.#closing) throw closedFault();
    return this.#handle;
  }

  #entry(name: string, inputs: readonly TensorShape[]): DescribedEntry {
    this.#live();
    const entry = this.entries[entryIndex(this.description, name)]!;
    checkInputs(this.description, entry, inputs);
    return entry;
  }

  #check(code: number): void {
    if (code !== status.ok) throw statusError(code, this.#library.functions.lastError(this.#handle));
  }

  #plan(entry: DescribedEntry, inputs: readonly TensorShape[]): readonly PlannedOutput[] {
    return this.#plans.get(entry, inputs, () => {
      const call = new Call(entry);
      for (const input of inputs) call.put({ dtype: input.dtype, shape: input.shape }, undefined);
      for (const { dtype, shape } of entry.outputs) call.put({ dtype, shape: shape.map(() => 0) }, undefined);
      this.#check(this.#library.functions.plan(...this.#arguments(entry, call)));
      return entry.outputs.map((output, k) => {
        const { shape, bytes } = call.output(k);
        return { name: output.name, dtype: output.dtype, shape, bytes: shape.includes(-1) ? undefined : Number(bytes) };
      });
    });
  }

  #prepare(entry: DescribedEntry, inputs: readonly TensorData[]) {
    const outputs = this.#plan(entry, inputs);
    const call = new Call(entry);
    for (const input of inputs) call.put(input, aligned(input));
    outputs.forEach((output, k) => {
      const fixed = !entry.outputs[k]!.allocatedByRun && output.bytes !== undefined && output.bytes > 0;
      call.put(output, fixed ? Buffer.allocUnsafeSlow(output.bytes) : undefined);
    });
    return { call, args: this.#arguments(entry, call) };
  }

  #arguments(entry: DescribedEntry, call: Call): [bigint, number, bigint, number, bigint, number] {
    const index = this.entries.indexOf(entry);
    return [this.#live(), index, call.inputs, entry.inputs.length, call.outputs, entry.outputs.length];
  }

  #finish(entry: DescribedEntry, call: Call, code: number): readonly TensorData[] {
    this.#check(code);
    return entry.outputs.map((output, k) => {
      const { data, bytes, shape, at } = call.output(k);
      const own = call.data[entry.inputs.length + k];
      if (own !== undefined) return { dtype: output.dtype, shape, bytes: own };
      const copy = copyFrom(data, Number(bytes));
      this.#library.functions.release(this.#handle, call.bytes.subarray(at, at + recordBytes));
      return { dtype: output.dtype, shape, bytes: copy };
    });
  }

  #state(name: string): { readonly data: bigint; readonly bytes: number } & TensorShape {
    const record = new Uint8Array(new ArrayBuffer(recordBytes));
    this.#check(this.#library.functions.stateGet(this.#live(), stateIndex(this.description, name), record));
    const { data, dims, bytes, rank, dtype } = records.readTensorRecord(new DataView(record.buffer), 0, 8);
    const sizes = copyFrom(dims, 8 * rank);
    const shape = records.readSizes(new DataView(sizes.buffer), 0, rank);
    return { data, bytes: Number(bytes), dtype: dtypeOfCode(dtype), shape };
  }
}
