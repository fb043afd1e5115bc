/**
 * @file The reference interpreter: runs each operation's own `evaluate`, slowly and obviously. It is the judge of
 * every pass and engine, at every level of the IR.
 * What never changes during a run (slots of values, groups of operands, which sizes to check) is worked out once per
 * block, in interpret-plan.ts; five million operations and more run per second at loop level.
 */

import type { Context } from "./context.js";
import type { Datum, Evaluation } from "./define.js";
import { lookupFunction } from "./dialects/func.js";
import type { Dim } from "./dim.js";
import type { Operation, Region, Value } from "./graph.js";
import { type BlockPlan, FunctionPlan, type Slot, type Step } from "./interpret-plan.js";
import { formatLocation } from "./location.js";
import type { NdArray } from "./ndarray.js";
import { isShaped, printType, type ShapedType, type Type } from "./types.js";

export interface InterpretOptions {
  /** Functions that the module only declares: the C library's, the runtime's. */
  readonly externals?: Readonly<Record<string, (...args: readonly Datum[]) => readonly Datum[]>>;
  /** Operations executed before the run is given up; a guard for programs that may not end. */
  readonly maxSteps?: number;
  /** Called with every result, for comparing two programs value by value. */
  readonly onValue?: (value: Value, datum: Datum) => void;
}

/** A fault of the program interpreted (an index out of bounds, a missing function), with the operation it happened in. */
export class InterpretError extends Error {
  override readonly name = "InterpretError";
}

/** Calls `@name` of `module`. */
export function interpret(
  module: Operation,
  name: string,
  args: readonly Datum[],
  context: Context,
  options: InterpretOptions = {},
): readonly Datum[] {
  return new Interpreter(module, context, options).call(name, args);
}

interface Callee {
  readonly plan: FunctionPlan;
  readonly entry: BlockPlan;
}

class Interpreter {
  readonly context: Context;
  readonly onValue: InterpretOptions["onValue"];
  readonly #module: Operation;
  readonly #externals: NonNullable<InterpretOptions["externals"]>;
  readonly #maxSteps: number;
  readonly #callees = new Map<string, Callee>();
  readonly #symbols = new Map<string, Operation>();
  readonly #state = new Map<object, unknown>();
  #steps = 0;

  constructor(module: Operation, context: Context, options: InterpretOptions) {
    this.#module = module;
    this.context = context;
    this.onValue = options.onValue;
    this.#externals = options.externals ?? {};
    this.#maxSteps = options.maxSteps ?? Number.POSITIVE_INFINITY;
  }

  call(name: string, args: readonly Datum[]): readonly Datum[] {
    const external = Object.hasOwn(this.#externals, name) ? this.#externals[name] : undefined;
    if (external) return external(...args);
    const { plan, entry } = this.#callee(name);
    return new Frame(this, name, plan).run(entry, args);
  }

  #callee(name: string): Callee {
    const known = this.#callees.get(name);
    if (known) return known;
    const block = this.lookup(name)?.regions[0]?.blocks[0];
    if (!block) throw new InterpretError(`there is no function @${name} with a body`);
    const plan = new FunctionPlan();
    const callee = { plan, entry: plan.block(block) };
    this.#callees.set(name, callee);
    return callee;
  }

  /** The operation of the module that defines `@name`. */
  lookup(name: string): Operation | undefined {
    const known = this.#symbols.get(name) ?? lookupFunction(this.#module, name) ?? this.#otherSymbol(name);
    if (known) this.#symbols.set(name, known);
    return known;
  }

  #otherSymbol(name: string): Operation | undefined {
    for (const op of this.#module.region(0).blocks[0]?.ops() ?? []) {
      if (op.def.traits.includes("symbol") && op.attrs["sym_name"] === name) return op;
    }
    return undefined;
  }

  perRun<T>(key: object, make: () => T): T {
    if (!this.#state.has(key)) this.#state.set(key, make());
    return this.#state.get(key) as T;
  }

  step(): void {
    if (++this.#steps > this.#maxSteps) throw new InterpretError(`more than ${this.#maxSteps} operations`);
  }
}

const NONE: readonly Datum[] = [];

/** One activation of a function: the values of SSA names and of dimension symbols. */
class Frame {
  readonly interpreter: Interpreter;
  readonly plan: FunctionPlan;
  readonly #function: string;
  /** By slot. */
  readonly #values: (Datum | undefined)[] = [];
  readonly #symbols = new Map<string, number>();

  constructor(interpreter: Interpreter, name: string, plan: FunctionPlan) {
    this.interpreter = interpreter;
    this.#function = name;
    this.plan = plan;
  }

  /** Runs from the start of a block; gives what the terminator that leaves its region yields. */
  run(entry: BlockPlan, args: readonly Datum[]): readonly Datum[] {
    let block: BlockPlan | undefined = entry;
    let incoming = args;
    while (block) {
      this.#enter(block, incoming);
      const last: Step | undefined = this.#straight(block);
      block = undefined;
      if (last?.kind === "yield")
        return last.operands.length === 0 ? NONE : last.operands.map((slot) => this.#get(slot));
      if (last?.kind === "branch") {
        const { def, op } = last;
        const branch = def.branch!(this.#inputs(last), op.attrs, new OpEvaluation(this, last));
        block = this.plan.block(op.successors[branch.successor]!);
        incoming = branch.args;
      }
    }
    return NONE;
  }

  #enter(block: BlockPlan, args: readonly Datum[]): void {
    const { args: slots } = block;
    if (slots.length !== args.length) {
      throw new InterpretError(`@${this.#function}: ${args.length} values for ${slots.length} arguments`);
    }
    for (let i = 0; i < slots.length; i++) this.#set(slots[i]!, args[i]!);
  }

  /** The operations of a block up to the one that leaves it, which is returned, not run. */
  #straight(block: BlockPlan): Step | undefined {
    const { steps } = block;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      this.interpreter.step();
      if (step.kind !== "evaluate") return step;
      this.#evaluate(step);
    }
    return undefined;
  }

  #evaluate(step: Step): void {
    const { def, op } = step;
    if (!def.evaluate) throw new InterpretError(`${def.name} cannot be interpreted`);
    try {
      const out = def.evaluate(this.#inputs(step), op.attrs, new OpEvaluation(this, step)) as OpResults;
      if (step.single !== undefined) this.#set(step.results[0]!, out[step.single] as Datum);
      else if (step.results.length > 0) this.#setAll(step, out);
    } catch (error) {
      if (error instanceof InterpretError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new InterpretError(`${formatLocation(op.at)}: ${def.name}: ${message}`, { cause: error });
    }
  }

  #setAll({ def, results }: Step, out: OpResults): void {
    let next = 0;
    for (const name of def.resultNames) {
      const group = out[name];
      if (group === undefined) continue;
      for (const x of Array.isArray(group) ? (group as readonly Datum[]) : [group as Datum]) {
        const slot = results[next++];
        if (slot) this.#set(slot, x);
      }
    }
    if (next !== results.length) throw new Error(`gave ${next} of ${results.length} results`);
  }

  /** The record of operands by name; it is used again at the operation's next turn. */
  #inputs(step: Step): Record<string, Datum | readonly Datum[] | undefined> {
    const record = step.inputs ?? {};
    const { operands, groups } = step;
    for (let g = 0, next = 0; g < groups.length; g++) {
      const group = groups[g]!;
      if (group.form === "one") record[group.name] = this.#get(operands[next++]!);
      else if (group.form === "none") record[group.name] = undefined;
      else {
        const list = new Array<Datum>(group.size);
        for (let k = 0; k < group.size; k++) list[k] = this.#get(operands[next++]!);
        record[group.name] = list;
      }
    }
    return record;
  }

  #get(slot: Slot): Datum {
    const datum = this.#values[slot.index];
    if (datum === undefined) {
      throw new InterpretError(
        `@${this.#function}: a value of type ${printType(slot.value.type)} is read before it is computed`,
      );
    }
    return datum;
  }

  #set(slot: Slot, datum: Datum): void {
    if (datum === undefined) throw new Error(`gave nothing of type ${printType(slot.value.type)}`);
    this.#values[slot.index] = datum;
    if (slot.shape) this.#bind(slot.shape, datum as NdArray);
    this.interpreter.onValue?.(slot.value, datum);
  }

  /** Checks a value's sizes against its type, and learns the symbols they give. */
  #bind(type: ShapedType, { shape }: { readonly shape: readonly number[] }): void {
    if (shape.length !== type.shape.length) {
      throw new InterpretError(
        `@${this.#function}: a value of rank ${shape.length} where the type says ${printType(type)}`,
      );
    }
    for (let i = 0; i < shape.length; i++) {
      if (type.shape[i] !== shape[i]) this.#bindDim(type.shape[i]!, shape[i]!, type);
    }
  }

  #bindDim(dim: Dim, size: number, type: Type): void {
    const { dims } = this.interpreter.context;
    if (typeof dim === "number")
      throw new InterpretError(`@${this.#function}: size ${size} where the type says ${printType(type)}`);
    const names = dims.symbolsOf(dim);
    const isBare = names.length === 1 && dims.symbol(names[0]!) === dim;
    const isFree = isBare && (dims.kind(names[0]!) === "data" || !this.#symbols.has(names[0]!));
    if (isFree) this.#symbols.set(names[0]!, size);
    else if (names.every((n) => this.#symbols.has(n)) && this.evaluateDim(dim) !== size) {
      throw new InterpretError(`@${this.#function}: size ${size} where ${dims.print(dim)} is ${this.evaluateDim(dim)}`);
    }
  }

  evaluateDim(dim: Dim): number {
    return this.interpreter.context.dims.evaluate(dim, this.#symbols);
  }
}

type OpResults = Readonly<Record<string, Datum | readonly Datum[] | undefined>>;

class OpEvaluation implements Evaluation {
  readonly #frame: Frame;
  readonly #step: Step;

  constructor(frame: Frame, step: Step) {
    this.#frame = frame;
    this.#step = step;
  }

  get op(): Operation {
    return this.#step.op;
  }

  get context(): Context {
    return this.#frame.interpreter.context;
  }

  run(index: number, args: readonly Datum[]): readonly Datum[] {
    const known = this.#step.regions[index];
    return known ? this.#frame.run(known, args) : this.runRegion(this.op.region(index), args);
  }

  runRegion(region: Region, args: readonly Datum[]): readonly Datum[] {
    const entry = region.blocks[0];
    if (!entry) throw new InterpretError("the region is empty");
    return this.#frame.run(this.#frame.plan.block(entry), args);
  }

  call(symbol: string, args: readonly Datum[]): readonly Datum[] {
    return this.#frame.interpreter.call(symbol, args);
  }

  lookup(symbol: string): Operation | undefined {
    return this.#frame.interpreter.lookup(symbol);
  }

  perRun<T>(key: object, make: () => T): T {
    return this.#frame.interpreter.perRun(key, make);
  }

  shape(index = 0): readonly number[] {
    return this.sizes(this.op.results[index]!.type);
  }

  sizes(type: Type): readonly number[] {
    if (!isShaped(type)) throw new Error(`${printType(type)} has no sizes`);
    return type.shape.map((d) => (typeof d === "number" ? d : this.#frame.evaluateDim(d)));
  }
}
