/**
 * @file What a contraction is made of: from the indexing maps of a structured operation to the roles of its
 * dimensions. One input is read as vectors along the output's contiguous axis, the other as numbers repeated in
 * all lanes; matrix products, batched ones and convolutions differ only in their maps.
 */

import { type AffineMap, axisOfDim, isMapOfDim } from "../../ir/affine.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Operation, Value } from "../../ir/graph.js";
import { elementOf } from "../../ir/types.js";
import { type Access, accessesOf, hasNeighbours } from "../structured/access.js";
import { isSumOfProducts } from "../structured/forms.js";

export interface Contraction {
  /** Read as vectors. */
  readonly vectors: Access;
  /** Read one number at a time. */
  readonly scalars: Access;
  readonly output: Access;
  /** Dimensions of loops around everything: batches, and what fits no other role. */
  readonly outer: readonly number[];
  /** The dimension of rows: free in `scalars`; absent for a single row. */
  readonly row: number | undefined;
  /** Dimensions of columns: free in `vectors`, side by side at the end of the output, the last one contiguous. */
  readonly columns: readonly number[];
  /** Dimensions that are summed over, in the order in which `scalars` stores them. */
  readonly summed: readonly number[];
}

/** The roles of a contraction's dimensions, or `undefined` where the operation is none that can be tiled. */
export function contractionOf(op: Operation): Contraction | undefined {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const { inputs, outputs } = generic.operandsOf(op);
  if (inputs.length !== 2 || outputs.length !== 1 || !isSumOfProducts(op.region(0).blocks[0]!)) return undefined;
  const operands = accessesOf(op);
  if (operands.some((x) => !isPlain(x.value))) return undefined;
  const output = operands[2]!;
  const last = output.map.results.at(-1);
  if (last?.kind !== "dim" || !output.map.results.every((e) => e.kind === "dim")) return undefined;
  const swapped = !isMapOfDim(operands[1]!.map, last.position);
  const [scalars, vectors] = swapped ? [operands[1]!, operands[0]!] : [operands[0]!, operands[1]!];
  if (isMapOfDim(scalars.map, last.position)) return undefined;
  return assignRoles(kinds, { scalars, vectors, output });
}

function isPlain({ type }: Value): boolean {
  return hasNeighbours(type) && (elementOf(type) === "f32" || elementOf(type) === "f64");
}

function assignRoles(
  kinds: readonly string[],
  access: Pick<Contraction, "scalars" | "vectors" | "output">,
): Contraction | undefined {
  const { scalars, vectors, output } = access;
  const columns = columnRun(output.map, vectors.map, scalars.map);
  const summed = summedInOrder(kinds, scalars.map);
  if (!summed || summed.length === 0) return undefined;
  const free = kinds.map((_, d) => d).filter((d) => kinds[d] === "parallel" && !columns.includes(d));
  const rows = free.filter((d) => !isMapOfDim(vectors.map, d) && axisOfDim(scalars.map, d) >= 0);
  const row = rows.at(-1);
  return { ...access, outer: free.filter((d) => d !== row), row, columns, summed };
}

/** The longest run at the end of the output whose dimensions only the vector side has. */
function columnRun(output: AffineMap, vectors: AffineMap, scalars: AffineMap): readonly number[] {
  const run: number[] = [];
  for (let axis = output.results.length - 1; axis >= 0; axis--) {
    const e = output.results[axis]!;
    if (e.kind !== "dim" || !isMapOfDim(vectors, e.position) || isMapOfDim(scalars, e.position)) break;
    run.unshift(e.position);
  }
  return run;
}

/** The summed dimensions as the last axes of the scalar side hold them; `undefined` where it holds them otherwise. */
function summedInOrder(kinds: readonly string[], map: AffineMap): readonly number[] | undefined {
  const count = kinds.filter((k) => k === "reduction").length;
  const tail = map.results.slice(map.results.length - count);
  const dims = tail.map((e) => (e.kind === "dim" && kinds[e.position] === "reduction" ? e.position : -1));
  return dims.includes(-1) || new Set(dims).size !== count ? undefined : dims;
}

/** What a contraction touches, the output first. */
export function accessesIn({ scalars, vectors, output }: Contraction): readonly Access[] {
  return [output, scalars, vectors];
}
