/**
 * @file Runs the schedule of a manifest as a control processor would: buffers are bytes, kernels are interpreted as they
 * stand before code is emitted. What it computes shows that the schedule says all that emitted code does.
 */

import { sizeExpression } from "../../backend/expression.js";
import { allocate, type BufferView, free, load, reinterpretBytes, toArray } from "../../ir/buffer.js";
import type { Context } from "../../ir/context.js";
import { functionBody, lookupFunction } from "../../ir/dialects/func.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Operation } from "../../ir/graph.js";
import { interpret } from "../../ir/interpret.js";
import { CHUNKS } from "../../ir/names.js";
import type { NdArray } from "../../ir/ndarray.js";
import type { MemRefType } from "../../ir/types.js";
import { evaluateExpression, parseExpression } from "../../runtime-lib/bundle/expression.js";
import type { Action, Manifest, PlannedBuffer, Program, Step } from "../../runtime-lib/bundle/generated/manifest.js";

export class CheckFailed extends Error {}

export interface ScheduleRun {
  readonly outputs: readonly NdArray[];
  /** Allocations that were neither freed nor given to the caller. */
  readonly leaked: number;
}

/** Runs entry 0 of target 0 on the bytes of its inputs. `module` is the program as the schedule was read off. */
export function runSchedule(
  manifest: Manifest,
  module: Operation,
  context: Context,
  inputs: readonly Uint8Array[],
  weights: readonly Uint8Array[],
  sizes: ReadonlyMap<string, number> = new Map(),
): ScheduleRun {
  return new Machine(manifest, module, context, new Map(sizes)).run(inputs, weights);
}

class Machine {
  readonly #manifest: Manifest;
  readonly #module: Operation;
  readonly #context: Context;
  readonly #program: Program;
  readonly #symbols: Map<string, number>;
  readonly #heap = new Map<number, BufferView>();
  readonly #outputs = new Map<number, BufferView>();
  #arena: BufferView = allocate("i8", [0]);
  #inputs: readonly BufferView[] = [];
  #weights: readonly BufferView[] = [];

  constructor(manifest: Manifest, module: Operation, context: Context, symbols: Map<string, number>) {
    this.#manifest = manifest;
    this.#module = module;
    this.#context = context;
    this.#program = manifest.targets[0]!.programs[0]!;
    this.#symbols = symbols;
  }

  run(inputs: readonly Uint8Array[], weights: readonly Uint8Array[]): ScheduleRun {
    this.#arena = allocate("i8", [this.#value(this.#program.memory.arenaBytes)]);
    this.#inputs = inputs.map(bytesOf);
    this.#weights = weights.map(bytesOf);
    const { outputs } = this.#manifest.entries[0]!;
    outputs.forEach((output, k) => {
      if (!output.allocatedByRun) this.#outputs.set(k, allocate("i8", [this.#bytes(output.dtype, output.shape)]));
    });
    this.#steps(this.#program.steps);
    const arrays = outputs.map(({ dtype, shape }, k) => {
      const sizes = shape.map((text) => this.#value(text));
      return toArray(reinterpretBytes(this.#outputs.get(k)!, 0, stored(dtype as ElementType), sizes));
    });
    return { outputs: arrays, leaked: this.#heap.size };
  }

  #bytes(dtype: string, shape: readonly string[]): number {
    return shape.reduce((n, text) => n * this.#value(text), elementFacts[dtype as ElementType].storageBytes);
  }

  #value(text: string): number {
    return evaluateExpression(parseExpression(text), this.#symbols);
  }

  #steps(steps: readonly Step[]): void {
    for (const { action } of steps) this.#act(action);
  }

  #act(action: Action): unknown {
    switch (action.kind) {
      case "launch":
        return this.#launch(action.kernel, action.buffers, action.scalars);
      case "copy": {
        const [from, to] = [this.#buffer(action.from), this.#buffer(action.to)];
        const [at, into] = [this.#value(action.fromOffset), this.#value(action.toOffset)];
        return raw(to).set(raw(from).subarray(at, at + this.#value(action.bytes)), into);
      }
      case "if":
        return this.#steps(this.#isSet(action.condition) ? action.body : action.otherwise);
      case "switch": {
        const value = this.#value(action.value);
        return this.#steps(action.cases.find((c) => c.value === value)?.body ?? action.otherwise);
      }
      case "while":
        for (;;) {
          this.#steps(action.before);
          if (!this.#isSet(action.condition)) return;
          this.#steps(action.body);
        }
      case "alloc":
        if (this.#heap.has(action.buffer)) throw new Error(`buffer ${action.buffer} has storage already`);
        this.#heap.set(action.buffer, allocate("i8", [this.#value(this.#planned(action.buffer).size)]));
        return;
      case "free":
        free(this.#taken(action.buffer));
        return;
      case "move": {
        const storage = this.#taken(action.from);
        const { kind, index } = this.#planned(action.to);
        if (kind === "output") this.#outputs.set(index, storage);
        else if (this.#heap.has(action.to)) throw new Error(`buffer ${action.to} has storage already`);
        else this.#heap.set(action.to, storage);
        return;
      }
      case "bind": {
        const element = (action.dtype ?? "i64") as ElementType;
        const at = action.offset === undefined ? 0 : this.#value(action.offset);
        const value = load(reinterpretBytes(this.#buffer(action.buffer), at, element, []), []);
        return this.#symbols.set(this.#manifest.symbols[action.symbol]!.name, Number(value));
      }
      case "define":
        return this.#symbols.set(this.#manifest.symbols[action.symbol]!.name, this.#value(action.value));
      case "require":
        if (this.#isSet(action.buffer)) return;
        throw new CheckFailed(this.#manifest.entries[0]!.checks[action.check]!.message);
      case "collective":
        throw new Error("a program of one device has no collectives");
    }
  }

  #launch(kernel: number, buffers: readonly number[], scalars: readonly string[]): void {
    const { symbol: callee, grid } = this.#manifest.targets[0]!.kernels[kernel]!;
    const func = lookupFunction(this.#module, callee)!;
    const types = functionBody(func).args.map((arg) => arg.type);
    const own = func.extra[CHUNKS] === undefined ? types : types.slice(0, -1);
    let [buffer, scalar] = [0, 0];
    const args = own.map((type) => {
      if (type.kind === "scalar" && type.element === "index") return this.#value(scalars[scalar++]!);
      if (type.kind !== "memref") return BigInt(this.#value(scalars[scalar++]!));
      const shape = type.shape.map((d) => this.#value(sizeExpression(d)));
      return reinterpretBytes(this.#buffer(buffers[buffer++]!), 0, (type as MemRefType).element, shape);
    });
    if (own === types) return void interpret(this.#module, callee, args, this.#context);
    const chunks = grid.reduce((n, text) => n * this.#value(text), 1);
    for (let k = 0; k < chunks; k++) interpret(this.#module, callee, [...args, k], this.#context);
  }

  #planned(index: number): PlannedBuffer {
    return this.#program.buffers[index]!;
  }

  #taken(index: number): BufferView {
    const storage = this.#heap.get(index);
    if (storage === undefined) throw new Error(`buffer ${index} has no storage`);
    this.#heap.delete(index);
    return storage;
  }

  #buffer(id: number): BufferView {
    const { kind, index, offset, size } = this.#planned(id);
    if (kind === "heap") {
      const storage = this.#heap.get(id);
      if (storage === undefined) throw new Error(`buffer ${id} has no storage`);
      return storage;
    }
    const homes = { input: this.#inputs[index], weight: this.#weights[index], output: this.#outputs.get(index) };
    const home = kind === "arena" ? this.#arena : kind === "state" ? undefined : homes[kind];
    if (home === undefined) throw new Error(`${kind} ${index} has no storage`);
    return reinterpretBytes(home, this.#value(offset), "i8", [this.#value(size)]);
  }

  #isSet(id: number): boolean {
    return raw(this.#buffer(id))[0] !== 0;
  }
}

function stored(element: ElementType): ElementType {
  return element === "i1" ? "i8" : element;
}

/** The bytes of a view that begins where its storage does. */
function raw(view: BufferView): Int8Array {
  return view.storage.array.data as Int8Array;
}

function bytesOf(bytes: Uint8Array): BufferView {
  const view = allocate("i8", [bytes.length]);
  raw(view).set(bytes);
  return view;
}
