/**
 * @file An instance of a wasm module behind the engines' interface. Inputs are copied into the sandbox and outputs out of
 * it: nothing that a caller holds changes when the module runs again.
 */

import { checkedProduct, findDtype } from "../../bundle/dtype.js";
import type { DescribedEntry, ModelDescription } from "../../native/description.js";
import { dtypeCode } from "../../native/dtype-codes.js";
import { checkInputs, checkStateValue } from "../check-inputs.js";
import {
  closedFault,
  entryIndex,
  type KernelCounter,
  type LoadedModel,
  namedCounters,
  type PlannedOutput,
  stateIndex,
  type TensorData,
  type TensorShape,
} from "../engine.js";
import { PlanCache } from "../plan-cache.js";
import * as records from "../records.js";
import { status, statusError } from "../status.js";
import { brokenPromise, type Sandbox } from "./sandbox.js";

const recordBytes = records.tensorRecordBytes(4);

/** The records of one call in the sandbox: inputs, then outputs, then their sizes. */
class Call {
  readonly at: number;
  readonly outputsAt: number;
  readonly #sandbox: Sandbox;
  readonly #entry: DescribedEntry;
  readonly #data: number[] = [];
  readonly #firstSizes: number;

  constructor(sandbox: Sandbox, entry: DescribedEntry) {
    const ports = [...entry.inputs, ...entry.outputs];
    const sizes = ports.reduce((sum, port) => sum + port.shape.length, 0);
    this.#sandbox = sandbox;
    this.#entry = entry;
    this.at = sandbox.alloc(ports.length * recordBytes + 8 * sizes, "the call");
    this.outputsAt = this.at + entry.inputs.length * recordBytes;
    this.#firstSizes = this.at + ports.length * recordBytes;
  }

  /** Copies data into the sandbox; undefined leaves the record without. */
  copyIn(name: string, bytes: Uint8Array | undefined): number {
    if (bytes === undefined) return 0;
    const at = this.#sandbox.alloc(bytes.length, `input '${name}'`);
    this.#data.push(at);
    this.#sandbox.bytes(at, bytes.length).set(bytes);
    return at;
  }

  /** Writes all records; `data` holds the addresses of the first tensors' bytes. */
  write(tensors: readonly TensorShape[], data: readonly number[]): void {
    const view = this.#sandbox.view();
    let sizesAt = this.#firstSizes;
    tensors.forEach(({ dtype, shape }, k) => {
      records.writeTensorRecord(view, this.at + k * recordBytes, 4, {
        data: BigInt(data[k] ?? 0),
        dims: BigInt(sizesAt),
        bytes: 0n,
        rank: shape.length,
        dtype: dtypeCode(dtype),
      });
      records.writeSizes(view, sizesAt, shape);
      sizesAt += 8 * shape.length;
    });
  }

  /** Output `k` as the module left it: only its data and bytes, and its sizes where they were asked for. */
  output(k: number) {
    const view = this.#sandbox.view();
    const at = this.outputsAt + k * recordBytes;
    const { data, bytes } = records.readTensorRecord(view, at, 4);
    const before = [...this.#entry.inputs, ...this.#entry.outputs.slice(0, k)];
    const sizesAt = before.reduce((sum, port) => sum + 8 * port.shape.length, this.#firstSizes);
    const shape = records.readSizes(view, sizesAt, this.#entry.outputs[k]!.shape.length);
    return { at, data: Number(data), bytes: Number(bytes), shape };
  }

  free(): void {
    for (const at of this.#data) this.#sandbox.free(at);
    this.#sandbox.free(this.at);
  }
}

export class WasmModel implements LoadedModel {
  readonly engine = "wasm";
  readonly description: ModelDescription;
  readonly #plans = new PlanCache<readonly PlannedOutput[]>();
  readonly #handle: number;
  readonly #again: () => Promise<LoadedModel>;
  #sandbox: Sandbox | undefined;

  /** `handle` is the model's instance inside the sandbox; `again` makes another sandbox like it. */
  constructor(sandbox: Sandbox, description: ModelDescription, handle: number, again: () => Promise<LoadedModel>) {
    this.#sandbox = sandbox;
    this.description = description;
    this.#handle = handle;
    this.#again = again;
  }

  get entries(): readonly DescribedEntry[] {
    return this.description.entries;
  }

  plan(entryName: string, inputs: readonly TensorShape[]): readonly PlannedOutput[] {
    const entry = this.#entry(entryName, inputs);
    return this.#plans.get(entry, inputs, () =>
      this.#inCall(entry, (call) => {
        call.write([...inputs, ...emptyOutputs(entry)], []);
        this.#call("plan", entry, call);
        return entry.outputs.map((output, k) => {
          const { shape, bytes } = call.output(k);
          return { name: output.name, dtype: output.dtype, shape, bytes: shape.includes(-1) ? undefined : bytes };
        });
      }),
    );
  }

  run(entryName: string, inputs: readonly TensorData[]): readonly TensorData[] {
    const entry = this.#entry(entryName, inputs);
    return this.#inCall(entry, (call) => {
      const data = inputs.map((input, k) => call.copyIn(entry.inputs[k]!.name, input.bytes));
      call.write([...inputs, ...emptyOutputs(entry)], data);
      this.#call("run", entry, call);
      return entry.outputs.map((output, k) => this.#takeOutput(output.dtype, call, k));
    });
  }

  /** Runs on this thread: the promise is settled when it returns, and a signal counts only if aborted before. */
  async runAsync(
    entryName: string,
    inputs: readonly TensorData[],
    signal?: AbortSignal,
  ): Promise<readonly TensorData[]> {
    if (signal?.aborted) this.cancel();
    return this.run(entryName, inputs);
  }

  state(name: string): TensorData {
    const { at, bytes, dtype, shape } = this.#state(name);
    return { dtype, shape, bytes: this.#live().bytes(at, bytes).slice() };
  }

  setState(name: string, value: TensorData): void {
    const state = this.#state(name);
    checkStateValue(name, state, value);
    this.#live().bytes(state.at, state.bytes).set(value.bytes);
  }

  resetState(name?: string): void {
    const index = name === undefined ? -1 : stateIndex(this.description, name);
    this.#check(this.#live().call("state_reset", this.#handle, index));
  }

  counters(): readonly KernelCounter[] {
    const sandbox = this.#live();
    const count = sandbox.call("counters", this.#handle, 0, 0);
    if (count <= 0) return [];
    const at = sandbox.alloc(8 * count, "the counters");
    sandbox.call("counters", this.#handle, at, count);
    const bytes = sandbox.bytes(at, 8 * count).slice();
    sandbox.free(at);
    return namedCounters(this.description, new BigUint64Array(bytes.buffer));
  }

  cancel(): void {
    this.#live().call("cancel", this.#handle);
  }

  share(): Promise<LoadedModel> {
    this.#live();
    return this.#again();
  }

  close(): void {
    this.#sandbox = undefined; // its memory goes with it
  }

  #live(): Sandbox {
    if (this.#sandbox === undefined) throw closedFault();
    return this.#sandbox;
  }

  #entry(name: string, inputs: readonly TensorShape[]): DescribedEntry {
    this.#live();
    const entry = this.entries[entryIndex(this.description, name)]!;
    checkInputs(this.description, entry, inputs);
    return entry;
  }

  /** Lends a call's memory; after a trap there is nothing left to free. */
  #inCall<T>(entry: DescribedEntry, use: (call: Call) => T): T {
    const call = new Call(this.#live(), entry);
    try {
      return use(call);
    } finally {
      if (!this.#live().isBroken) call.free();
    }
  }

  #call(what: "plan" | "run", entry: DescribedEntry, call: Call): void {
    const index = this.entries.indexOf(entry);
    const counts = [entry.inputs.length, entry.outputs.length] as const;
    this.#check(this.#live().call(what, this.#handle, index, call.at, counts[0], call.outputsAt, counts[1]));
  }

  #check(code: number): void {
    if (code === status.ok) return;
    const sandbox = this.#live();
    throw statusError(code, sandbox.text(sandbox.call("last_error", this.#handle)));
  }

  #takeOutput(dtype: string, call: Call, k: number): TensorData {
    const sandbox = this.#live();
    const { data, bytes, shape, at } = call.output(k);
    if (checkedProduct([...shape, findDtype(dtype)!.bytes]) !== bytes) throw brokenPromise("sizes");
    const copy = sandbox.bytes(data, bytes).slice();
    sandbox.call("release", this.#handle, at);
    return { dtype, shape, bytes: copy };
  }

  #state(name: string): { readonly at: number; readonly bytes: number } & TensorShape {
    const sandbox = this.#live();
    const index = stateIndex(this.description, name);
    const recordAt = sandbox.alloc(recordBytes, "the call");
    try {
      this.#check(sandbox.call("state_get", this.#handle, index, recordAt));
      const { data, dims, bytes } = records.readTensorRecord(sandbox.view(), recordAt, 4);
      const { dtype, shape } = this.description.states[index]!;
      const sizes = sandbox.bytes(Number(dims), 8 * shape.length).slice();
      const given = records.readSizes(new DataView(sizes.buffer), 0, shape.length);
      return { at: Number(data), bytes: Number(bytes), dtype, shape: given };
    } finally {
      if (!sandbox.isBroken) sandbox.free(recordAt);
    }
  }
}

function emptyOutputs(entry: DescribedEntry): readonly TensorShape[] {
  return entry.outputs.map(({ dtype, shape }) => ({ dtype, shape: shape.map(() => 0) }));
}
