/**
 * @file What a contraction is made of: from the indexing maps of a structured operation to the roles of its
 * dimensions. One input is read as vectors along the output's contiguous axis, the other as numbers repeated in
 * all lanes; matrix products, batched ones and convolutions differ only in their maps.
 */

import { isMapOfDim } from "../../../ir/affine.js";
import { isFunctionOfDim } from "../../../ir/affine-expr.js";
import { generic } from "../../../ir/dialects/linalg/structured.js";
import type { ElementType } from "../../../ir/element.js";
import type { Operation } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { type Access, accessesOf, hasNeighbours, motionAlong } from "../../structured/access.js";
import { extensionOf, isSumOfExtendedProducts } from "../../structured/forms.js";

export interface Contraction {
  /** Read as vectors. */
  readonly vectors: Access;
  /** Read one number at a time. */
  readonly scalars: Access;
  readonly output: Access;
  /** Dimensions of loops around everything: batches, and what fits no other role. */
  readonly outer: readonly number[];
  /** Dimensions that the scalar side has and the vector side has not, in the output's order. */
  readonly rows: readonly number[];
  /** The dimension along which the output is contiguous, which the scalar side has not. */
  readonly column: number;
  /** Dimensions that are summed over, in the order in which the scalar side stores them. */
  readonly summed: readonly number[];
  /** Sides whose integers have no sign. */
  readonly isUnsigned: { readonly scalars: boolean; readonly vectors: boolean };
}

/** The roles of a contraction's dimensions, or `undefined` where the operation is none that can be tiled. */
export function contractionOf(op: Operation): Contraction | undefined {
  const { inputs, outputs } = generic.operandsOf(op);
  if (inputs.length !== 2 || outputs.length !== 1 || !isSumOfExtendedProducts(op.region(0).blocks[0]!))
    return undefined;
  const operands = accessesOf(op);
  if (operands.some((x) => !hasNeighbours(x.value.type))) return undefined;
  const output = operands[2]!;
  const [x, y] = operands.slice(0, 2).map((side) => elementOf(side.value.type));
  if (!isSummable(x!, elementOf(output.value.type)) || !isSummable(y!, elementOf(output.value.type))) return undefined;
  const last = output.map.results.at(-1);
  if (last?.kind !== "dim" || !output.map.results.every((e) => e.kind === "dim")) return undefined;
  const column = last.position;
  const swapped = !isMapOfDim(operands[1]!.map, column);
  const [scalars, vectors] = swapped ? [operands[1]!, operands[0]!] : [operands[0]!, operands[1]!];
  if (isMapOfDim(scalars.map, column)) return undefined;
  const { iterator_types: kinds } = generic.attrsOf(op);
  const summed = kinds.map((_, d) => d).filter((d) => kinds[d] === "reduction");
  if (summed.length === 0) return undefined;
  const free = output.map.results.flatMap((e) => (e.kind === "dim" && e.position !== column ? [e.position] : []));
  const isUnsigned = (side: 0 | 1): boolean => {
    const body = op.region(0).blocks[0]!;
    return extensionOf(body, body.args[side]!)?.name === "arith.extui";
  };
  const isRow = (d: number): boolean => !isMapOfDim(vectors.map, d) && isMapOfDim(scalars.map, d);
  return {
    vectors,
    scalars,
    output,
    outer: free.filter((d) => !isRow(d)),
    rows: free.filter(isRow),
    column,
    summed: inStorageOrder(summed, scalars),
    isUnsigned: { scalars: isUnsigned(swapped ? 1 : 0), vectors: isUnsigned(swapped ? 0 : 1) },
  };
}

/** Floats that are summed as they are, 16-bit ones that become f32 when they are packed or loaded, and bytes summed in 32 bits. */
function isSummable(element: ElementType, sum: ElementType): boolean {
  if (sum === "i32") return element === "i8";
  if (sum !== "f32" && sum !== "f64") return false;
  return element === sum || (sum === "f32" && (element === "f16" || element === "bf16"));
}

/** As the axes follow each other that they move along, what is contiguous last. */
function inStorageOrder(dims: readonly number[], { map }: Access): readonly number[] {
  const axisOf = (d: number): number => map.results.findLastIndex((e) => isFunctionOfDim(e, d));
  const isLast = (d: number): number => (motionAlong(map, d) === "contiguous" ? 1 : 0);
  return [...dims].sort((a, b) => isLast(a) - isLast(b) || axisOf(a) - axisOf(b) || a - b);
}

/** What a contraction touches, the output first. */
export function accessesIn({ scalars, vectors, output }: Contraction): readonly Access[] {
  return [output, scalars, vectors];
}
