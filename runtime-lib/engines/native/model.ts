/** @file An instance of a native library behind the engines' interface. */

import { constants } from "node:buffer";
import { findDtype } from "../../bundle/dtype.js";
import { runtimeFault } from "../../diagnostic.js";
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
import { addressOf, copyFrom, copyTo, type NativeLibrary, type RunArguments } from "./library.js";

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

/**
 * The memory of a call on inputs of certain sizes: records of inputs and outputs, then their sizes. Kept from run to run;
 * only the addresses of the data change.
 */
class Call {
  readonly view: DataView;
  readonly args: RunArguments;
  readonly #bytes: Uint8Array;
  readonly #entry: DescribedEntry;
  readonly #sizesAt: readonly number[];

  constructor(handle: bigint, index: number, entry: DescribedEntry, tensors: readonly TensorShape[]) {
    const sizes = tensors.map((t) => 8 * t.shape.length);
    const first = tensors.length * recordBytes;
    this.#entry = entry;
    this.#sizesAt = sizes.map((_, k) => sizes.slice(0, k).reduce((a, b) => a + b, first));
    // Off the JavaScript heap from the start, so that its address stays.
    this.#bytes = Buffer.allocUnsafeSlow(
      Math.max(
        64,
        sizes.reduce((a, b) => a + b, first),
      ),
    );
    this.view = new DataView(this.#bytes.buffer);
    const at = addressOf(this.#bytes);
    tensors.forEach(({ dtype, shape }, k) => {
      const dims = at + BigInt(this.#sizesAt[k]!);
      const record = { data: 0n, dims, bytes: 0n, rank: shape.length, dtype: dtypeCode(dtype) };
      records.writeTensorRecord(this.view, k * recordBytes, 8, record);
      records.writeSizes(this.view, this.#sizesAt[k]!, shape);
    });
    const [inputs, outputs] = [entry.inputs.length, entry.outputs.length];
    this.args = [handle, index, at, inputs, at + BigInt(inputs * recordBytes), outputs];
  }

  /** Points record `k`, counted over inputs and then outputs, at its data; undefined leaves it to the run. */
  point(k: number, data: Uint8Array | undefined): void {
    this.view.setBigUint64(k * recordBytes, data === undefined ? 0n : addressOf(data), true);
    this.view.setBigUint64(k * recordBytes + 16, BigInt(data?.length ?? 0), true);
  }

  /** Output `k` as the library left it. */
  output(k: number) {
    const index = this.#entry.inputs.length + k;
    const { data, bytes, rank } = records.readTensorRecord(this.view, index * recordBytes, 8);
    return { data, bytes: Number(bytes), shape: records.readSizes(this.view, this.#sizesAt[index]!, rank) };
  }

  /** The bytes of output `k`'s record. */
  record(k: number): Uint8Array {
    const at = (this.#entry.inputs.length + k) * recordBytes;
    return this.#bytes.subarray(at, at + recordBytes);
  }
}

const maxBytes = constants.MAX_LENGTH;

/**
 * Bytes off the JavaScript heap for `what`, not cleared: the run writes all of them, or they are dropped. Throws PS5241
 * (exit 4) where this machine, or this Node in one array, has not as many.
 */
function newBytes(count: number, what: string): Uint8Array {
  if (count > maxBytes) throw tooLarge(count, what);
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(count).buffer, 0, count);
  } catch (error) {
    throw error instanceof RangeError ? tooLarge(count, what) : error;
  }
}

function tooLarge(count: number, what: string): Error {
  return runtimeFault("PS5241", `${what} takes ${count} bytes, and cannot be held`, {
    exitCode: 4,
    fix: "run smaller sizes, or call the library from C",
  });
}

/** Bytes behind a record; undefined where the run allocates them. */
type Buffers = Uint8Array | undefined;

/** What is kept for the last sizes of an entry. */
interface Prepared {
  readonly call: Call;
  readonly outputs: readonly PlannedOutput[];
}

/** Bytes at an address that is a multiple of the element's size: the same ones, or a copy. */
function aligned(tensor: TensorData): Uint8Array {
  const { bytes } = tensor;
  if (bytes.byteOffset % 8 === 0) return bytes;
  return bytes.byteOffset % Math.min(8, findDtype(tensor.dtype)!.bytes) === 0 ? bytes : new Uint8Array(bytes);
}

export class NativeModel implements LoadedModel {
  readonly engine = "native";
  readonly description: ModelDescription;
  readonly #library: NativeLibrary;
  readonly #options: LoadOptions;
  readonly #plans = new PlanCache<Prepared>();
  #handle: bigint;
  /** An asynchronous run is in progress. */
  #running = false;
  /** `close` was called during one. */
  #closing = false;

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
    return this.#prepare(this.#entry(entryName, inputs), inputs).outputs;
  }

  run(entryName: string, inputs: readonly TensorData[]): readonly TensorData[] {
    const entry = this.#entry(entryName, inputs);
    const prepared = this.#prepare(entry, inputs);
    const data = this.#point(entry, prepared, inputs);
    return this.#finish(entry, prepared, data, this.#library.functions.run(...prepared.call.args));
  }

  async runAsync(
    entryName: string,
    inputs: readonly TensorData[],
    signal?: AbortSignal,
  ): Promise<readonly TensorData[]> {
    const entry = this.#entry(entryName, inputs);
    const prepared = this.#prepare(entry, inputs);
    const data = this.#point(entry, prepared, inputs);
    const cancel = () => this.#library.functions.cancel(this.#handle);
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    this.#running = true;
    try {
      const code = await new Promise<number>((resolve, reject) => {
        const settle = (error: unknown, value: number) => (error ? reject(error) : resolve(value));
        this.#library.functions.run.async(...prepared.call.args, settle);
      });
      return this.#finish(entry, prepared, data, code);
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#running = false;
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

  /** A run in progress is cancelled; the instance ends with it. */
  close(): void {
    if (this.#handle === 0n || this.#closing) return;
    if (!this.#running) {
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

  /** Plan and records for inputs of these sizes. Throws while a run is using them. */
  #prepare(entry: DescribedEntry, inputs: readonly TensorShape[]): Prepared {
    if (this.#running) throw statusError(status.usage, "");
    return this.#plans.get(entry, inputs, () => {
      const outputs = entry.outputs.map(({ dtype, shape }) => ({ dtype, shape: shape.map(() => 0) }));
      const call = new Call(this.#handle, this.entries.indexOf(entry), entry, [...inputs, ...outputs]);
      this.#check(this.#library.functions.plan(...call.args));
      const planned = entry.outputs.map(({ name, dtype }, k) => {
        const { shape, bytes } = call.output(k);
        return { name, dtype, shape, bytes: shape.includes(-1) ? undefined : bytes };
      });
      return { call, outputs: planned };
    });
  }

  /** Writes the addresses of inputs and new outputs; returns them, to be kept alive until the call is over. */
  #point(entry: DescribedEntry, { call, outputs }: Prepared, inputs: readonly TensorData[]): readonly Buffers[] {
    const data: Buffers[] = inputs.map(aligned);
    outputs.forEach(({ bytes }, k) => {
      const ours = bytes !== undefined && bytes > 0 && !entry.outputs[k]!.allocatedByRun;
      data.push(ours ? newBytes(bytes, `output '${entry.outputs[k]!.name}'`) : undefined);
    });
    for (let k = 0; k < data.length; k++) call.point(k, data[k]);
    return data;
  }

  #finish(
    entry: DescribedEntry,
    { call, outputs }: Prepared,
    data: readonly Buffers[],
    code: number,
  ): readonly TensorData[] {
    this.#check(code);
    return outputs.map(({ dtype, shape }, k) => {
      const own = data[entry.inputs.length + k];
      if (own !== undefined) return { dtype, shape, bytes: own };
      const given = call.output(k);
      try {
        if (given.bytes > maxBytes) throw tooLarge(given.bytes, `output '${entry.outputs[k]!.name}'`);
        return { dtype, shape: given.shape, bytes: copyFrom(given.data, given.bytes) };
      } finally {
        this.#library.functions.release(this.#handle, call.record(k));
      }
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
