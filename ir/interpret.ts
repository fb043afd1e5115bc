/**
 * @file The reference interpreter: runs each operation's own `evaluate`, slowly and obviously. It is the judge of
 * every pass and engine, at every level of the IR.
 */

import type { Context } from "./context.js";
import type { AnyOpDef, Datum, Evaluation } from "./define.js";
import { lookupFunction } from "./dialects/func.js";
import type { Dim } from "./dim.js";
import type { Block, Operation, Region, Value } from "./graph.js";
import { formatLocation } from "./location.js";
import type { NdArray } from "./ndarray.js";
import { groupBySlot, isOptional, isVariadic, type Slots } from "./slots.js";
import { isShaped, printType, type Type } from "./types.js";

export interface InterpretOptions {
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

class Interpreter {
  readonly context: Context;
  readonly #module: Operation;
  readonly #options: InterpretOptions;
  #steps = 0;

  constructor(module: Operation, context: Context, options: InterpretOptions) {
    this.#module = module;
    this.context = context;
    this.#options = options;
  }

  call(name: string, args: readonly Datum[]): readonly Datum[] {
    const func = lookupFunction(this.#module, name);
    const body = func?.region(0);
    if (!body?.blocks[0]) throw new InterpretError(`there is no function @${name} with a body`);
    return new Frame(this, name).run(body, args);
  }

  step(): void {
    const { maxSteps } = this.#options;
    if (maxSteps !== undefined && ++this.#steps > maxSteps)
      throw new InterpretError(`more than ${maxSteps} operations`);
  }

  note(value: Value, datum: Datum): void {
    this.#options.onValue?.(value, datum);
  }
}

/** One activation of a function: the values of SSA names and of dimension symbols. */
class Frame {
  readonly interpreter: Interpreter;
  readonly #function: string;
  readonly #values = new Map<Value, Datum>();
  readonly #symbols = new Map<string, number>();

  constructor(interpreter: Interpreter, name: string) {
    this.interpreter = interpreter;
    this.#function = name;
  }

  /** Runs a region from its entry block; gives what the terminator that leaves it yields. */
  run(region: Region, args: readonly Datum[]): readonly Datum[] {
    let block = region.blocks[0];
    let incoming = args;
    for (;;) {
      if (!block) throw new InterpretError("the region is empty");
      this.#enter(block, incoming);
      const next: { block: Block; args: readonly Datum[] } | { yields: readonly Datum[] } = this.#block(block);
      if ("yields" in next) return next.yields;
      block = next.block;
      incoming = next.args;
    }
  }

  #enter(block: Block, args: readonly Datum[]): void {
    if (block.args.length !== args.length)
      throw new InterpretError(`@${this.#function}: ${args.length} values for ${block.args.length} arguments`);
    block.args.forEach((arg, i) => this.#set(arg, args[i]!));
  }

  #block(block: Block): { block: Block; args: readonly Datum[] } | { yields: readonly Datum[] } {
    for (let op = block.first; op; op = op.next) {
      this.interpreter.step();
      const { def } = op;
      if (def.branch) {
        const { successor, args } = def.branch(this.#inputs(op), op.attrs, new OpEvaluation(this, op));
        return { block: op.successors[successor]!, args };
      }
      if (def.traits.includes("terminator") && !def.evaluate) return { yields: op.operands.map((x) => this.#get(x)) };
      this.#evaluate(op, def);
    }
    return { yields: [] };
  }

  #evaluate(op: Operation, def: AnyOpDef): void {
    if (!def.evaluate) throw new InterpretError(`${def.name} cannot be interpreted`);
    try {
      const out = def.evaluate(this.#inputs(op), op.attrs, new OpEvaluation(this, op)) as Readonly<
        Record<string, Datum | readonly Datum[] | undefined>
      >;
      let next = 0;
      for (const name of def.resultNames) {
        const group = out[name];
        if (Array.isArray(group)) for (const x of group as readonly Datum[]) this.#set(op.results[next++]!, x);
        else if (group !== undefined) this.#set(op.results[next++]!, group as Datum);
      }
      if (next !== op.results.length) throw new Error(`gave ${next} of ${op.results.length} results`);
    } catch (error) {
      if (error instanceof InterpretError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new InterpretError(`${formatLocation(op.at)}: ${def.name}: ${message}`, { cause: error });
    }
  }

  #inputs(op: Operation): Record<string, Datum | readonly Datum[] | undefined> {
    const { def } = op;
    const data = op.operands.map((x) => this.#get(x));
    if (op.segments === undefined && data.length === def.operandNames.length && isPlain(def)) {
      const inputs: Record<string, Datum> = {};
      for (let i = 0; i < data.length; i++) inputs[def.operandNames[i]!] = data[i]!;
      return inputs;
    }
    return groupBySlot(def.operands as Slots, def.operandNames, data, op.segments);
  }

  #get(value: Value): Datum {
    const datum = this.#values.get(value);
    if (datum === undefined)
      throw new InterpretError(
        `@${this.#function}: a value of type ${printType(value.type)} is read before it is computed`,
      );
    return datum;
  }

  #set(value: Value, datum: Datum): void {
    this.#values.set(value, datum);
    this.#bind(value.type, datum);
    this.interpreter.note(value, datum);
  }

  /** Checks a value's sizes against its type, and learns the symbols they give. */
  #bind(type: Type, datum: Datum): void {
    if (!isShaped(type)) return;
    const { shape } = datum as NdArray;
    if (shape.length !== type.shape.length)
      throw new InterpretError(
        `@${this.#function}: a value of rank ${shape.length} where the type says ${printType(type)}`,
      );
    for (let i = 0; i < shape.length; i++) this.#bindDim(type.shape[i]!, shape[i]!, type);
  }

  #bindDim(dim: Dim, size: number, type: Type): void {
    const { dims } = this.interpreter.context;
    if (typeof dim === "number") {
      if (dim !== size)
        throw new InterpretError(`@${this.#function}: size ${size} where the type says ${printType(type)}`);
      return;
    }
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

class OpEvaluation implements Evaluation {
  readonly op: Operation;
  readonly #frame: Frame;

  constructor(frame: Frame, op: Operation) {
    this.#frame = frame;
    this.op = op;
  }

  get context(): Context {
    return this.#frame.interpreter.context;
  }

  run(index: number, args: readonly Datum[]): readonly Datum[] {
    return this.#frame.run(this.op.region(index), args);
  }

  call(symbol: string, args: readonly Datum[]): readonly Datum[] {
    return this.#frame.interpreter.call(symbol, args);
  }

  shape(index = 0): readonly number[] {
    return this.sizes(this.op.results[index]!.type);
  }

  sizes(type: Type): readonly number[] {
    if (!isShaped(type)) throw new Error(`${printType(type)} has no sizes`);
    return type.shape.map((d) => (typeof d === "number" ? d : this.#frame.evaluateDim(d)));
  }
}

const plain = new WeakMap<AnyOpDef, boolean>();

/** True for definitions whose operands are one value each. */
function isPlain(def: AnyOpDef): boolean {
  let is = plain.get(def);
  if (is === undefined) {
    is = def.operandNames.every((n) => !isVariadic(def.operands[n]) && !isOptional(def.operands[n]));
    plain.set(def, is);
  }
  return is;
}
