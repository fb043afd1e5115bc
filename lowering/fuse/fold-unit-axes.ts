/**
 * @file Pass `fold-unit-axes`: a structured operation that reads a tensor reshaped by axes of size 1 alone reads the tensor
 * itself: exporters put such reshapes around every reduction, and they would keep its operations apart.
 */

import { type AffineMap, affineMap } from "../../ir/affine.js";
import { type AffineExpr, affineConstant, affineDim, isFunctionOfDim, substituteAffine } from "../../ir/affine-expr.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic, index as indexOp } from "../../ir/dialects/linalg/structured.js";
import { reshape } from "../../ir/dialects/tensor/shape.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { accessesOf, extentOf, shapeOf } from "../structured/access.js";

export const foldUnitAxes: Pass = {
  name: "fold-unit-axes",
  summary: "Reads through reshapes that only add or drop axes of size 1.",
  run(module) {
    for (const func of functionsOf(module)) {
      for (const op of [...func.walk()]) {
        if (!generic.matches(op)) continue;
        foldInto(op);
        dropUnitReductions(op);
      }
    }
  },
};

function foldInto(op: Operation): void {
  const { inputs } = generic.operandsOf(op);
  const operands = [...op.operands];
  const maps = [...generic.attrsOf(op).indexing_maps];
  for (let k = 0; k < inputs.length; k++) {
    for (let source = unitReshaped(operands[k]!); source; source = unitReshaped(operands[k]!)) {
      const map = withoutUnits(maps[k]!, shapeOf(operands[k]!), shapeOf(source));
      if (!hasExtents(maps.with(k, map))) break;
      operands[k] = source;
      maps[k] = map;
    }
  }
  op.setOperands(operands);
  op.setAttr("indexing_maps", maps);
}

/** What `x` is a reshape of, where the two differ in axes of size 1 alone. */
function unitReshaped(x: Value): Value | undefined {
  const op = x.definingOp;
  if (!op || (!reshape.matches(op) && op.name !== "tensor.expand_shape" && op.name !== "tensor.collapse_shape"))
    return undefined;
  const [source] = op.operands;
  const [from, to] = [realAxes(shapeOf(source!)), realAxes(shapeOf(x))];
  const isSame = from.length === to.length && from.every((a, k) => shapeOf(source!)[a] === shapeOf(x)[to[k]!]);
  return isSame ? source : undefined;
}

function realAxes(shape: readonly Dim[]): readonly number[] {
  return shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
}

/** A map onto `shape` as one onto `source`. Axes of size 1 in the same place in both keep their expression. */
function withoutUnits(map: AffineMap, shape: readonly Dim[], source: readonly Dim[]): AffineMap {
  let next = 0;
  const results = source.map((d): AffineExpr => {
    while (d !== 1 && shape[next] === 1) next++;
    return d !== 1 || shape[next] === 1 ? map.results[next++]! : affineConstant(0);
  });
  return affineMap(map.numDims, map.numSymbols, results);
}

/** Sums over one position are no sums: a convolution of one point becomes a matrix product. A sum stays one. */
function dropUnitReductions(op: Operation): void {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const accesses = accessesOf(op);
  const isUnit = kinds.map((kind, d) => kind === "reduction" && extentOf(accesses, d) === 1);
  const kept = kinds.map((_, d) => d).filter((d) => !isUnit[d]);
  const knowsPlace = [...op.walk()].some((inner) => indexOp.matches(inner));
  if (kept.length === kinds.length || !kept.some((d) => kinds[d] === "reduction") || knowsPlace) return;
  const renamed = kinds.map((_, d): AffineExpr => (isUnit[d] ? affineConstant(0) : affineDim(kept.indexOf(d))));
  const made = maps.map((map) =>
    affineMap(
      kept.length,
      0,
      map.results.map((e) => substituteAffine(e, renamed)),
    ),
  );
  if (!hasExtents(made)) return;
  op.setAttr("indexing_maps", made);
  op.setAttr(
    "iterator_types",
    kept.map((d) => kinds[d]!),
  );
}

/** Loops run as far as some axis that a dimension alone walks. */
function hasExtents(maps: readonly AffineMap[]): boolean {
  const { numDims } = maps[0]!;
  const isBare = (d: number): boolean =>
    maps.some((map) => map.results.some((e) => e.kind === "dim" && isFunctionOfDim(e, d)));
  return Array.from({ length: numDims }, (_, d) => d).every(isBare);
}
