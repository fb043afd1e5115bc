/**
 * @file `NAME_E_plan`: from the sizes of the inputs to the values of the symbols, the sizes of the outputs and of
 * the arena. Every fact the program was compiled under is checked here, in the order of the manifest's checks.
 */

import type { Context } from "../../ir/context.js";
import * as a from "../../ir/dialects/llvm/arithmetic.js";
import * as control from "../../ir/dialects/llvm/control.js";
import type { Dim } from "../../ir/dim.js";
import type { Condition, EntryInterface } from "../../ir/entry.js";
import { Block, newRegion, type Operation, type Value } from "../../ir/graph.js";
import { addFunction } from "./kernel.js";
import { FunctionLowering } from "./lower/lowering.js";
import { loadNumber, storeNumber } from "./runtime-abi.js";

/** A fact about an input's size. */
export interface InputSizeCheck {
  readonly input: number;
  readonly axis: number;
  /** The size must equal this, or lie in the range. */
  readonly equals?: Dim;
  readonly min?: number;
  readonly max?: number;
}

/** A fact about sizes; the entry returns 1 + its position when it does not hold. */
export type SizeCheck = InputSizeCheck | Condition;

/** How symbols get their values from input sizes: the first axis whose size is the bare symbol gives it. */
export interface SizeBinding {
  readonly symbol: string;
  readonly input: number;
  readonly axis: number;
}

export interface SizePlan {
  readonly bindings: readonly SizeBinding[];
  readonly checks: readonly SizeCheck[];
}

/** What must be read and checked of an entry's inputs. */
export function planSizes(entry: EntryInterface, context: Context): SizePlan {
  const { dims } = context;
  const bindings: SizeBinding[] = [];
  const checks: SizeCheck[] = [];
  entry.inputs.forEach(({ shape }, input) => {
    shape.forEach((d, axis) => {
      const symbol = bareSymbol(d, context);
      if (symbol === undefined || bindings.some((b) => b.symbol === symbol))
        return void checks.push({ input, axis, equals: d });
      bindings.push({ symbol, input, axis });
      const { min, max } = dims.range(symbol);
      if (min > 0 || max < Number.POSITIVE_INFINITY) checks.push({ input, axis, min, max });
    });
  });
  return { bindings, checks: [...checks, ...entry.conditions] };
}

export function bareSymbol(d: Dim, { dims }: Context): string | undefined {
  if (typeof d === "number") return undefined;
  const [name, ...others] = dims.symbolsOf(d);
  return name !== undefined && others.length === 0 && dims.symbol(name) === d ? name : undefined;
}

export interface PlanFunction {
  readonly name: string;
  readonly entry: EntryInterface;
  /** The model's symbols, in the manifest's order. */
  readonly symbols: readonly string[];
  /** Bytes of the arena. */
  readonly arena: Dim;
}

export function addPlanFunction(
  context: Context,
  module: Operation,
  { name, entry, symbols, arena }: PlanFunction,
): void {
  const block = new Block();
  const region = newRegion(block);
  const to = new FunctionLowering(context, region, block, new Map());
  const [inDims, symbolsOut, outDims, sizes] = [0, 1, 2, 3].map(() => block.addArg(to.pointer)) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const { bindings, checks } = planSizes(entry, context);
  const sizeAt = flatPositions(entry.inputs.map((x) => x.shape));
  const read = (input: number, axis: number): Value => loadNumber(to, inDims, sizeAt(input, axis));
  for (const { symbol, input, axis } of bindings) to.setSymbol(symbol, read(input, axis));
  checks.forEach((check, k) => {
    const condition = "value" in check ? relationOf(to, check) : conditionOf(to, check, read(check.input, check.axis));
    requireThat(to, condition, k + 1);
  });
  symbols.forEach((s, k) => {
    if (to.hasSymbol(s)) storeNumber(to, symbolsOut, k, to.dim(context.dims.symbol(s)));
  });
  entry.outputs
    .flatMap((o) => o.shape)
    .forEach((d, k) => {
      storeNumber(to, outDims, k, isKnown(d, to) ? to.dim(d) : to.integer(-1));
    });
  storeNumber(to, sizes, 0, to.dim(arena));
  finish(to, 0);
  const i32 = context.types.scalar("i32");
  addFunction(context, module, { name, result: i32, args: block.args.map((x) => x.type), region, isPublic: true });
}

/** Position of (tensor, axis) when the sizes of all tensors stand in one list. */
export function flatPositions(shapes: readonly (readonly Dim[])[]): (tensor: number, axis: number) => number {
  const starts: number[] = [0];
  for (const shape of shapes) starts.push(starts.at(-1)! + shape.length);
  return (tensor, axis) => starts[tensor]! + axis;
}

export function isKnown(d: Dim, to: FunctionLowering): boolean {
  return to.context.dims.symbolsOf(d).every((s) => to.hasSymbol(s));
}

function relationOf(to: FunctionLowering, { relation, value }: Condition): Value {
  const predicate = ({ zero: "eq", nonzero: "ne", nonnegative: "sge" } as const)[relation];
  return to.emit(a.icmp, [to.dim(value), to.integer(0)], { predicate });
}

function conditionOf(to: FunctionLowering, check: InputSizeCheck, size: Value): Value {
  if (check.equals !== undefined) return to.emit(a.icmp, [size, to.dim(check.equals)], { predicate: "eq" });
  const atLeast = to.emit(a.icmp, [size, to.integer(check.min ?? 0)], { predicate: "sge" });
  if (check.max === undefined || check.max === Number.POSITIVE_INFINITY) return atLeast;
  return to.emit(a.and, [atLeast, to.emit(a.icmp, [size, to.integer(check.max)], { predicate: "sle" })]);
}

/** Leaves the function with `code` unless `condition` holds. */
function requireThat(to: FunctionLowering, condition: Value, code: number): void {
  const [good, bad] = [to.newBlock(), to.newBlock()];
  to.branch(condition, good, bad);
  to.startBlock(bad);
  finish(to, code);
  to.startBlock(good);
}

/** Returns an i32. */
export function finish(to: FunctionLowering, code: number): void {
  to.builder.op(control.returnOp, { arg: [to.integer(code, to.context.types.scalar("i32"))] }, {});
}
