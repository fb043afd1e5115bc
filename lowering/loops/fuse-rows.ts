/**
 * @file Pass `fuse-rows`: the structured operations of a kernel that share rows become the body of one parallel loop over
 * these, so that a row stays in the cache from the first operation to the last. What the kernel keeps to itself shrinks
 * to one row. Softmax, normalisations and attention within a head are kernels of this kind.
 */

import { type AffineMap, affineMap } from "../../ir/affine.js";
import { affineConstant, affineDim, substituteAffine } from "../../ir/affine-expr.js";
import { Builder } from "../../ir/builder.js";
import { cloneRegion } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { functionBody, functionsOf } from "../../ir/dialects/func.js";
import { generic, index as indexOp } from "../../ir/dialects/linalg/structured.js";
import { layoutOf } from "../../ir/dialects/memref/layout.js";
import { alloc, dim as memrefDim } from "../../ir/dialects/memref/storage.js";
import { subview } from "../../ir/dialects/memref/views.js";
import { keptAxes } from "../../ir/dialects/slices.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { DYNAMIC } from "../../ir/text/mixed-indices.js";
import type { MemRefType } from "../../ir/types.js";
import { ROWS } from "../kernels.js";
import { remark } from "../remarks.js";
import { axisSize } from "../shape-values.js";
import { parallelLoops } from "../structured/build-loops.js";
import { IndexArithmetic, type Position, unflatten } from "../structured/index-arithmetic.js";
import { isRowAxis, rowDims, sharedRows, writtenBy } from "../structured/row-space.js";
import { rootOf } from "./surroundings.js";

export const fuseRows: Pass = {
  name: "fuse-rows",
  summary: "Runs the operations of a kernel row by row.",
  run(module, context) {
    for (const func of functionsOf(module)) if (func.region(0).blocks.length === 1) fuse(func, context);
  },
};

function fuse(func: Operation, context: Context): void {
  const ops = [...functionBody(func).ops()];
  const generics = ops.filter((op) => generic.matches(op) && op.results.length === 0);
  const isOther = (op: Operation): boolean =>
    op.def.traits.includes("pure") || op.def.traits.includes("terminator") || alloc.matches(op);
  if (generics.length < 2 || ops.some((op) => !generics.includes(op) && !isOther(op))) return;
  const wanted = func.extra[ROWS];
  const rows = wanted?.kind === "int" ? Math.min(Number(wanted.value), sharedRows(generics)) : 0;
  if (wanted?.kind !== "int") return;
  if (rows === 0 || !ownsStorage(generics)) {
    remark(func, { ...apart, numbers: { operations: generics.length } });
    return;
  }
  new RowFusion(generics, rows, context).build();
  const what = `${generics.length} operations run in one parallel loop over rows`;
  const why = "a row stays in the cache from the first to the last, and what is kept between them shrinks to one row";
  const numbers = { operations: generics.length, "axes that are rows": rows };
  remark(func, { pass: fuseRows.name, what, why, numbers });
}

const apart = {
  pass: "fuse-rows",
  what: "the operations run one after the other, not row by row",
  why: "one of them writes to a part of something larger, or is read other than row by row",
};

/** What is written is whole arguments and allocations, at least one of them an argument, and is read as what it is. */
function ownsStorage(generics: readonly Operation[]): boolean {
  const written = new Set(generics.flatMap(writtenBy));
  const isWhole = [...written].every((x) => rootOf(x) === x);
  const isReadWhole = generics.every((op) => op.operands.every((x) => rootOf(x) === x || !written.has(rootOf(x))));
  return isWhole && isReadWhole && [...written].some((x) => !alloc.matches(x.definingOp));
}

class RowFusion {
  readonly #generics: readonly Operation[];
  readonly #rows: number;
  readonly #context: Context;
  readonly #written: ReadonlySet<Value>;
  /** Storage of one row in the place of what the kernel keeps to itself. */
  readonly #local = new Map<Value, Value>();

  constructor(generics: readonly Operation[], rows: number, context: Context) {
    this.#generics = generics;
    this.#rows = rows;
    this.#context = context;
    this.#written = new Set(generics.flatMap(writtenBy));
  }

  build(): void {
    const [first] = this.#generics;
    const last = this.#generics.at(-1)!;
    const b = Builder.before(this.#context, last);
    b.at = first!.at;
    // What the kernel gives away is there before the loop.
    const model = [...this.#written].find((x) => !alloc.matches(x.definingOp))!;
    const sizes = Array.from({ length: this.#rows }, (_, axis) => axisSize(b, model, axis));
    const at = new IndexArithmetic(b);
    const total = at.value(sizes.reduce<Position>((x, y) => at.mul(x, y), 1));
    parallelLoops(b, [total], (inner, [flat]) => {
      const position = unflatten(inner, flat!, sizes);
      for (const op of this.#generics) this.#atRow(inner, op, position);
    });
    for (const op of this.#generics) op.erase();
    for (const value of this.#local.keys()) eraseAllocation(value);
  }

  /** The operation on one row: row dimensions go, and operands are the parts that belong to the row. */
  #atRow(b: Builder, op: Operation, position: readonly Value[]): void {
    const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
    const dims = rowDims(op, this.#rows, this.#written)!;
    const kept = kinds.map((_, d) => d).filter((d) => !dims.includes(d));
    const rowOf = new Map(dims.map((d, k) => [d, position[k]!]));
    const parts = op.operands.map((x, k) => this.#part(b, x, maps[k]!, dims, rowOf));
    const operands = parts.map((part) => part.value);
    const { inputs } = generic.operandsOf(op);
    b.at = op.at;
    const made = b.op(
      generic,
      { inputs: operands.slice(0, inputs.length), outputs: operands.slice(inputs.length) },
      {
        indexing_maps: maps.map((map, k) => withoutRows(map, dims, kept, parts[k]!.keepsRank)),
        iterator_types: kept.map((d) => kinds[d]!),
      },
      { results: [], regions: [cloneRegion(op.region(0), new Map())] },
    );
    for (const inner of [...made.walk()]) {
      if (!indexOp.matches(inner)) continue;
      const { dim } = indexOp.attrsOf(inner);
      const row = rowOf.get(dim);
      if (row) inner.result.replaceAllUsesWith(row);
      else inner.setAttr("dim", kept.indexOf(dim));
      if (row) inner.erase();
    }
  }

  #part(b: Builder, x: Value, map: AffineMap, dims: readonly number[], rowOf: ReadonlyMap<number, Value>): Part {
    const pinned = map.results.map((e, axis) =>
      isRowAxis(map, axis, dims) && e.kind === "dim" ? rowOf.get(e.position)! : undefined,
    );
    if (pinned.every((p) => p === undefined)) return { value: x, keepsRank: false };
    if (alloc.matches(x.definingOp) && this.#written.has(x)) return { value: this.#localRow(b, x), keepsRank: false };
    return partAt(b, x, pinned);
  }

  #localRow(b: Builder, x: Value): Value {
    const known = this.#local.get(x);
    if (known) return known;
    const type = x.type as MemRefType;
    const shape = type.shape.slice(this.#rows);
    const made = b.value(
      alloc,
      {
        dynamicSizes: shape.flatMap((d, k) => (typeof d === "number" ? [] : [givenSize(x, this.#rows + k)])),
        symbolOperands: [],
      },
      {},
      { results: [this.#context.types.memref(shape, type.element, { space: type.space })] },
    );
    this.#local.set(x, made);
    return made;
  }
}

/** The size along a symbolic axis that an allocation was made with. */
function givenSize(x: Value, axis: number): Value {
  const { shape } = x.type as MemRefType;
  const before = shape.slice(0, axis).filter((d) => typeof d !== "number").length;
  return x.definingOp!.operand(before);
}

/** Nothing but its sizes is asked for any more. */
function eraseAllocation(x: Value): void {
  for (const user of [...x.users]) {
    const axis = memrefDim.matches(user) ? constantScalarOf(user.operand(1)) : undefined;
    if (axis === undefined) throw new Error(`${user.name} uses storage that has become that of a row`);
    user.result.replaceAllUsesWith(givenSize(x, Number(axis)));
    user.erase();
  }
  x.definingOp!.erase();
}

/** What of an operand belongs to a row. */
interface Part {
  readonly value: Value;
  /** The axes at fixed positions are still there, with one element. */
  readonly keepsRank: boolean;
}

/** The part of a memref at the given positions; axes without one stay whole. */
function partAt(b: Builder, x: Value, pinned: readonly (Value | undefined)[]): Part {
  const type = x.type as MemRefType;
  const sizeOf = (axis: number): number => {
    const d = type.shape[axis]!;
    if (pinned[axis]) return 1;
    return typeof d === "number" ? d : DYNAMIC;
  };
  const axes = type.shape.map((_, axis) => axis);
  const free = axes.filter((axis) => !pinned[axis]);
  const found = keptAxes(
    axes.map(sizeOf),
    free.map((axis) => type.shape[axis]!),
  );
  // A subview says which axes it drops by its sizes alone, which may fit others as well.
  const keepsRank = !found || found.some((axis, k) => axis !== free[k]);
  const kept = keepsRank ? axes : free;
  const shape = kept.map((axis) => (pinned[axis] ? 1 : type.shape[axis]!));
  const { strides } = layoutOf(type);
  const layout = { strides: kept.map((axis) => strides[axis]!), offset: "?" as const };
  const result = b.context.types.memref(shape, type.element, { layout, space: type.space });
  const value = b.value(
    subview,
    {
      source: x,
      offsets: pinned.filter((p) => p !== undefined),
      sizes: axes.filter((axis) => sizeOf(axis) === DYNAMIC).map((axis) => axisSize(b, x, axis)),
      strides: [],
    },
    {
      static_offsets: pinned.map((p) => (p ? DYNAMIC : 0)),
      static_sizes: axes.map(sizeOf),
      static_strides: axes.map(() => 1),
    },
    { results: [result] },
  );
  return { value, keepsRank };
}

/** The map over the dimensions that are left, of the axes that are; where all are, those of rows have one element. */
function withoutRows(map: AffineMap, dims: readonly number[], kept: readonly number[], keepsRank: boolean): AffineMap {
  const renamed = Array.from({ length: map.numDims }, (_, d) => affineDim(Math.max(kept.indexOf(d), 0)));
  const axes = map.results.map((_, axis) => axis).filter((axis) => keepsRank || !isRowAxis(map, axis, dims));
  return affineMap(
    kept.length,
    0,
    axes.map((axis) =>
      isRowAxis(map, axis, dims) ? affineConstant(0) : substituteAffine(map.results[axis]!, renamed),
    ),
  );
}
