/**
 * @file Structured form of `scatter`: loops over the index vectors in order, and within each over the update's window,
 * cut to the part that lies inside. Window elements of one index vector fall on different elements of the result.
 */

import type { ScatterDimensionNumbers } from "../../../ir/dialects/stablehlo/attributes.js";
import * as hlo from "../../../ir/dialects/stablehlo/scatter.js";
import { otherAxes } from "../../../ir/dialects/stablehlo/shapes.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import { convertElement } from "./convert-element.js";
import type { Converter, Structure } from "./converter.js";
import { sizePosition } from "./data-movement.js";
import { batchAxesOf, boundedIndex } from "./indexing.js";
import { type Loop, loopNest, read, write } from "./loops.js";
import { convertTensor } from "./reductions.js";
import { scalarRegion } from "./scalar-region.js";

const shapeOf = (x: Value): readonly Dim[] => (x.type as TensorType).shape;

/** Where the window of one index vector lies. */
interface Window {
  /** Per axis of the result: where the window begins. */
  readonly starts: readonly Position[];
  /** The part of the window that lies inside, per window axis of the updates. */
  readonly loops: readonly Loop[];
  /** Whether the axes that windows leave out are met. */
  readonly conditions: readonly Value[];
}

const scatter: Structure = (op, to) => {
  const { scatter_dimension_numbers: d, unique_indices: unique } = hlo.scatter.attrsOf(op);
  const { inputs, scatter_indices: oldIndices, updates: oldUpdates } = hlo.scatter.operandsOf(op);
  const indices = to.value(oldIndices);
  const updates = oldUpdates.map((x) => to.value(x));
  const elements = op.results.map((r) => elementOf(r.type));
  const targets = inputs.map((x, k) => convertTensor(to, to.value(x), elementOf(x.type), elements[k]!));
  const vectors = batchAxesOf(indices, d.indexVectorDim).map(
    (axis): Loop => ({ until: sizePosition(to, shapeOf(indices)[axis]!), parallel: unique }),
  );
  const updateRank = shapeOf(updates[0]!).length;
  const batchOf = otherAxes(updateRank, d.updateWindowDims);
  const joinAt = (at: readonly Position[], from: readonly Position[], carried: readonly Value[]) => {
    const old = carried.map((x) => read(to, x, at));
    const next = updates.map((x, k) =>
      convertElement(to.builder, read(to, x, from), elementOf(oldUpdates[k]!.type), elements[k]!),
    );
    const joined = scalarRegion(to, op.region(0).blocks[0]!, [...old, ...next]);
    return carried.map((x, k) => write(to, x, at, joined[k]!));
  };
  const oneVector = (batch: readonly Value[], carried: readonly Value[]): readonly Value[] => {
    const window = windowOf(to, op, { indices, result: targets[0]!, update: updates[0]! }, d, batch);
    const windowAxes = otherAxes(window.starts.length, [...d.insertedWindowDims, ...d.inputBatchingDims]);
    return loopNest(to, whereInside(to, window), carried, (offsets, inner) => {
      const at = new IndexArithmetic(to.builder);
      const target = window.starts.map((s, axis) =>
        windowAxes.includes(axis) ? at.add(s, offsets[windowAxes.indexOf(axis)]!) : s,
      );
      const source = Array.from({ length: updateRank }, (_, axis) =>
        batchOf.includes(axis) ? batch[batchOf.indexOf(axis)]! : offsets[d.updateWindowDims.indexOf(axis)]!,
      );
      return joinAt(target, source, inner);
    });
  };
  return loopNest(to, vectors, targets, oneVector, "scatter");
};

/**
 * The loops over a window that has no turns where its conditions do not hold. A branch would say the same, but one that
 * gives the tensor as it was takes a copy of it: it is needed until all branches have been left.
 */
function whereInside(to: Converter, { loops, conditions }: Window): readonly Loop[] {
  if (conditions.length === 0) return loops;
  const at = new IndexArithmetic(to.builder);
  const isInside = at.and(...conditions);
  const [first = { until: 1, parallel: true }, ...rest] = loops;
  return [{ ...first, until: at.select(isInside, first.until, first.from ?? 0) }, ...rest];
}

interface Tensors {
  readonly indices: Value;
  readonly result: Value;
  readonly update: Value;
}

function windowOf(
  to: Converter,
  op: Operation,
  { indices, result, update }: Tensors,
  d: ScatterDimensionNumbers,
  batch: readonly Value[],
): Window {
  const at = new IndexArithmetic(to.builder);
  const element = elementOf(hlo.scatter.operandsOf(op).scatter_indices.type);
  const indexAxes = batchAxesOf(indices, d.indexVectorDim);
  const vectorAt = (k: number): readonly Position[] =>
    shapeOf(indices).map((_, axis) => (axis === d.indexVectorDim ? k : batch[indexAxes.indexOf(axis)]!));
  const extents = shapeOf(result);
  const windowAxes = otherAxes(extents.length, [...d.insertedWindowDims, ...d.inputBatchingDims]);
  const conditions: Value[] = [];
  const loops: Loop[] = [];
  const starts = extents.map((extent, axis): Position => {
    const k = d.scatterDimsToOperandDims.indexOf(axis);
    const shared = d.inputBatchingDims.indexOf(axis);
    const size = sizePosition(to, extent);
    const length = windowAxes.includes(axis)
      ? sizePosition(to, shapeOf(update)[d.updateWindowDims[windowAxes.indexOf(axis)]!]!)
      : 1;
    if (shared >= 0) return batch[indexAxes.indexOf(d.scatterIndicesBatchingDims[shared]!)]!;
    // Nothing is inside beyond the end; before the beginning, nothing of a window that ends at -1.
    const start = k < 0 ? 0 : startIndex(to, read(to, indices, vectorAt(k)), element, length, size);
    if (windowAxes.includes(axis)) loops.push(insidePart(at, start, length, size));
    else conditions.push(at.compare("sge", start, 0), at.compare("slt", start, size));
    return start;
  });
  return { starts, loops, conditions };
}

/** The start of a window of `length`, kept small: any position where all of it is outside will do for the others. */
function startIndex(
  to: Converter,
  x: Value,
  element: ReturnType<typeof elementOf>,
  length: Position,
  size: Position,
): Position {
  if (typeof length === "number") return boundedIndex(to.builder, x, element, -length, size);
  const at = new IndexArithmetic(to.builder);
  return at.max(boundedIndex(to.builder, x, element, Number.MIN_SAFE_INTEGER, size), at.sub(0, length));
}

function insidePart(at: IndexArithmetic, start: Position, length: Position, size: Position): Loop {
  if (start === 0) return { until: length, parallel: true };
  return { from: at.max(at.sub(0, start), 0), until: at.min(at.sub(size, start), length), parallel: true };
}

export const scatters: Readonly<Record<string, Structure>> = { "stablehlo.scatter": scatter };
