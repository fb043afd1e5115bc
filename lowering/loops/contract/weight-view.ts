/**
 * @file How a contraction sees its vector side: as a matrix of summed positions by columns, packed in blocks that depend on
 * the weight and the processor alone. All that read a weight as the same matrix can then read the same packed form,
 * many rows at a time or one.
 */

import { constantValue } from "../../../ir/affine-expr.js";
import { functionBody } from "../../../ir/dialects/func.js";
import { collapseShape } from "../../../ir/dialects/memref/reshape.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { stridesOf } from "../../../ir/ndarray.js";
import type { PackedLayout, StridedAxis } from "../../../ir/packed-resource.js";
import { hasStaticShape, type MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { QUAD, summedInQuads } from "./arithmetic.js";
import type { Contraction } from "./roles.js";

/** Vectors of a block: what micro-kernels that reach the peak read at a step, on every processor with 16 registers or more. */
const BLOCK_VECTORS = 2;

/** The matrix that the vector side is in memory, in blocks; `undefined` where it is walked as none. */
export function packedLayoutOf(c: Contraction, cpu: CpuDescription): PackedLayout | undefined {
  const { vectors, column, summed } = c;
  const type = vectors.value.type as MemRefType;
  if (type.layout !== undefined || !hasStaticShape(type)) return undefined;
  const strides = stridesOf(type.shape);
  const walked = vectors.map.results.flatMap((e, axis) => (e.kind === "dim" ? [[e.position, axis] as const] : []));
  const others = vectors.map.results.filter((e) => e.kind !== "dim");
  const axes = new Map(walked);
  const wanted = [...summed, column];
  const isMatrix = axes.size === walked.length && wanted.length === axes.size && wanted.every((d) => axes.has(d));
  if (!isMatrix || !others.every((e) => constantValue(e) === 0)) return undefined;
  const axisOf = (d: number) => ({ size: type.shape[axes.get(d)!]!, stride: strides[axes.get(d)!]! });
  const columns = axisOf(column);
  const lanes = cpu.vectorBits / Math.max(32, elementFacts[type.element].bits); // of the sums
  const block = lanes * Math.max(1, Math.min(BLOCK_VECTORS, Math.ceil(columns.size / lanes)));
  const rows = joined(summed.map(axisOf));
  return summedInQuads(c, cpu) ? { rows, columns, block, together: QUAD } : { rows, columns, block };
}

/** Axes that follow each other in memory as one: however a contraction cuts them, the bytes are the same. */
function joined(axes: readonly StridedAxis[]): readonly StridedAxis[] {
  const made: StridedAxis[] = [];
  for (const axis of axes) {
    const before = made.at(-1);
    if (axis.size === 1 && made.length > 0) continue;
    if (before && (before.size === 1 || before.stride === axis.size * axis.stride))
      made.splice(-1, 1, { size: before.size * axis.size, stride: axis.stride });
    else made.push(axis);
  }
  return made;
}

/** The position of the argument that `x` is, or is with axes merged. */
export function argumentBehind(kernel: Operation, x: Value): number | undefined {
  const op = x.definingOp;
  if (op) return collapseShape.matches(op) ? argumentBehind(kernel, op.operand(0)) : undefined;
  const at = functionBody(kernel).args.indexOf(x);
  return at < 0 || (x.type as MemRefType).layout !== undefined ? undefined : at;
}

/** What reads `x`, or `x` with axes merged. */
export function readersOf(x: Value): readonly { readonly op: Operation; readonly operand: number }[] {
  return [...x.users].flatMap((op) =>
    op.operands.flatMap((y, operand) => {
      if (y !== x) return [];
      return collapseShape.matches(op) ? readersOf(op.result) : [{ op, operand }];
    }),
  );
}
