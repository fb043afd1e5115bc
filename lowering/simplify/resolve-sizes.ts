/**
 * @file Pass `resolve-sizes`: where the operand that gives a result its sizes holds what other sizes say, the result gets
 * those sizes in its type, in place of symbols that only the run would give values. JAX writes every shape that way. Shape
 * operands that nothing else reads are dead afterwards, and storage of the result is planned before the run.
 */

import { ContentsMemo, contentsOf } from "../../ir/analysis/contents.js";
import type { Context } from "../../ir/context.js";
import { functionBody, functionsOf, updateFunctionType } from "../../ir/dialects/func.js";
import { dynamicIota } from "../../ir/dialects/stablehlo/constants.js";
import * as dynamic from "../../ir/dialects/stablehlo/dynamic-shape.js";
import { dynamicUpdateSlice } from "../../ir/dialects/stablehlo/indexing.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { isShaped, type TensorType } from "../../ir/types.js";
import { bareSymbol, type Renaming, renameSizes, renameType } from "./size-names.js";

type Sizes = readonly (Dim | undefined)[];
/** The sizes of the result that operands say, by axis. */
type Says = (op: Operation, contents: (x: Value) => Sizes, context: Context) => Sizes;

const shapeOf = (x: Value): readonly Dim[] => (x.type as TensorType).shape;

const inOperand =
  (k: number): Says =>
  (op, contents) =>
    contents(op.operand(k));

/** size + low + high + (size - 1) * interior, where there is an element to have gaps behind it. */
const ofPad: Says = (op, contents, { dims }) => {
  const [low, high, interior] = [2, 3, 4].map((k) => contents(op.operand(k))) as [Sizes, Sizes, Sizes];
  return shapeOf(op.operand(0)).map((size, axis) => {
    const [l, h, gap] = [low[axis], high[axis], interior[axis]];
    if (l === undefined || h === undefined || gap === undefined) return undefined;
    if (gap !== 0 && dims.bounds(size).min < 1) return undefined;
    return dims.add(dims.add(size, dims.add(l, h)), dims.mul(dims.sub(size, 1), gap));
  });
};

/** ceil((limit - start) / stride) */
const ofSlice: Says = (op, contents, { dims }) => {
  const [start, limit, stride] = [1, 2, 3].map((k) => contents(op.operand(k))) as [Sizes, Sizes, Sizes];
  return shapeOf(op.operand(0)).map((_, axis) => {
    const [s, l, step] = [start[axis], limit[axis], stride[axis]];
    if (s === undefined || l === undefined || step === undefined || dims.bounds(step).min < 1) return undefined;
    return dims.ceilDiv(dims.sub(l, s), step);
  });
};

const ofCut: Says = (op, contents) => {
  const { dimension } = dynamic.setDimensionSize.attrsOf(op);
  return shapeOf(op.operand(0)).map((size, axis) => (axis === dimension ? contents(op.operand(1))[0] : size));
};

const table: Readonly<Record<string, Says>> = {
  [dynamic.dynamicBroadcastInDim.name]: inOperand(1),
  [dynamicIota.name]: inOperand(0),
  [dynamic.dynamicPad.name]: ofPad,
  [dynamic.dynamicReshape.name]: inOperand(1),
  [dynamic.realDynamicSlice.name]: ofSlice,
  [dynamic.setDimensionSize.name]: ofCut,
};

export const resolveSizes: Pass = {
  name: "resolve-sizes",
  summary: "Gives computed shapes the sizes that they are computed from.",
  run(module, context) {
    for (const func of functionsOf(module)) {
      limitBlocks(func, context);
      const names = namesIn(func, context);
      if (names.size === 0) continue;
      renameSizes(context, func, names);
      updateFunctionType(func, context);
    }
  },
};

/**
 * A block that replaces a part of a tensor whenever the function runs has at most the tensor's size; callers who ask for
 * more are told so before the run.
 */
function limitBlocks(func: Operation, context: Context): void {
  const { dims } = context;
  if (func.region(0).blocks.length === 0) return;
  for (const op of functionBody(func).ops()) {
    if (!dynamicUpdateSlice.matches(op)) continue;
    const [whole, block] = [shapeOf(op.operand(0)), shapeOf(op.operand(1))];
    block.forEach((size, axis) => {
      const symbol = typeof size === "number" ? undefined : bareSymbol(context, size);
      const room = dims.bounds(whole[axis]!).max;
      if (symbol === undefined || dims.kind(symbol) !== "input" || dims.range(symbol).max <= room) return;
      dims.narrow(symbol, { min: 0, max: room });
    });
  }
}

/** What each symbol turns out to be; in program order, so that a size is known when it is read. */
function namesIn(func: Operation, context: Context): Renaming {
  const names: Renaming = new Map();
  const memo = new ContentsMemo();
  const contents = (x: Value): Sizes => contentsOf(x, context, memo) ?? [];
  const passed = passedSymbols(func, context);
  for (const op of func.walk()) {
    if (names.size > 0) for (const r of op.results) r.type = renameType(context, r.type, names);
    const said = table[op.name]?.(op, contents, context) ?? [];
    for (const [axis, size] of said.entries()) {
      const symbol = bareSymbol(context, shapeOf(op.result)[axis]!);
      if (symbol === undefined || size === undefined || context.dims.kind(symbol) !== "data") continue;
      if (context.dims.bounds(size).min < 0 || context.dims.symbolsOf(size).includes(symbol)) continue;
      if (typeof size === "number" && passed.has(symbol)) continue;
      if (passed.has(symbol)) for (const s of context.dims.symbolsOf(size)) passed.add(s);
      note(symbol, size, names, context);
      op.result.type = renameType(context, op.result.type, names);
    }
  }
  return names;
}

/**
 * Symbols that are sizes of what loops and branches take, pass on and give. They may become other symbols, not numbers: in
 * text a value that goes round has one type, and what joins it elsewhere is of any size.
 */
function passedSymbols(func: Operation, context: Context): Set<string> {
  const names = new Set<string>();
  const add = ({ type }: Value): void => {
    if (!isShaped(type)) return;
    for (const d of type.shape) for (const s of context.dims.symbolsOf(d)) names.add(s);
  };
  for (const op of func.walk()) {
    if (op === func || op.regions.length === 0) continue;
    for (const x of [...op.operands, ...op.results]) add(x);
    for (const { blocks } of op.regions)
      for (const block of blocks) for (const x of [...block.args, ...block.terminator.operands]) add(x);
  }
  return names;
}

/** What is known already is told of the new size as well, so that one substitution is enough. */
function note(symbol: string, size: Dim, names: Renaming, { dims }: Context): void {
  const one = new Map([[symbol, size]]);
  for (const [known, d] of names) names.set(known, dims.substitute(d, one));
  names.set(symbol, size);
}
