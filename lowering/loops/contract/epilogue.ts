/** @file The elementwise operation behind a contraction, run on a few rows of a block while they are in the cache. */

import { affineMap } from "../../../ir/affine.js";
import { affineAdd, affineDim, affineMul } from "../../../ir/affine-expr.js";
import type { Builder } from "../../../ir/builder.js";
import { select } from "../../../ir/dialects/arith/constant.js";
import { generic } from "../../../ir/dialects/linalg/structured.js";
import type { Value } from "../../../ir/graph.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { type Access, mergeMap, motionAlong } from "../../structured/access.js";
import { countedLoop } from "../../structured/build-loops.js";
import { computed } from "../../structured/index-arithmetic.js";
import { mergeAccess } from "../../structured/merge-dimensions.js";
import { widestBits } from "../../vectorize/vector-body.js";
import { buildRange, type Shape } from "../../vectorize/vector-loops.js";
import { canMerge, type Epilogue } from "../surroundings.js";
import type { Point } from "./point.js";
import type { Contraction } from "./roles.js";

/** An epilogue over the merged dimensions of its contraction, all columns as one. */
export interface TiledEpilogue {
  /** The dimension of `shape` for a merged dimension of the contraction. */
  readonly dimOf: ReadonlyMap<number, number>;
  readonly shape: Shape;
  /** Which inputs are the sums. */
  readonly isSum: readonly boolean[];
}

/**
 * `undefined` where the epilogue does not walk all columns as one, or where they are not neighbours in memory, as in a
 * residual of another layout. `runs` are the contraction's merged dimensions.
 */
export function tileEpilogue(
  b: Builder,
  epilogue: Epilogue,
  c: Contraction,
  runs: readonly (readonly number[])[],
  cpu: CpuDescription,
): TiledEpilogue | undefined {
  const others = runs.map((_, r) => r).filter((r) => r !== c.column && !c.summed.includes(r));
  const parts = [...others.map((r) => runs[r]!), runs[c.column]!];
  if (!canMerge(epilogue, parts)) return undefined;
  const accesses = [...epilogue.inputs, epilogue.output];
  if (accesses.some(({ map }) => motionAlong(mergeMap(map, parts).map, others.length) === "strided")) return undefined;
  const operand = (access: Access): Access => mergeAccess(b, access, parts);
  const shape: Shape = {
    kinds: parts.map(() => "parallel"),
    inputs: epilogue.inputs.map(operand),
    outputs: [operand(epilogue.output)],
    body: epilogue.body,
    sizes: [],
    lanes: Math.max(2, cpu.vectorBits / widestBits(epilogue.body)),
    dim: others.length,
    monoid: undefined,
  };
  const given = generic.operandsOf(epilogue.op).inputs;
  const isSum = epilogue.inputs.map(({ value }, k) => value === epilogue.output.value && given[k] !== value);
  return { dimOf: new Map(others.map((r, k) => [r, k])), shape, isSum };
}

/** The part of the output that has been summed up. */
export interface Finished {
  /** Positions of the merged dimensions outside rows and columns. */
  readonly point: Point;
  /** Positions of the row dimensions at a row. */
  readonly rowAt: (b: Builder, row: Value) => Point;
  readonly rows: { readonly from: Value; readonly to: Value };
  readonly columns: { readonly from: Value; readonly to: Value };
  /** Nothing is done where this does not hold. */
  readonly isLast: Value | true;
  /** The sums of these rows and columns, where they are not in the output. */
  readonly sums: Value | undefined;
}

export function buildEpilogue(b: Builder, epilogue: TiledEpilogue, done: Finished): void {
  const { rows, columns, isLast } = done;
  const { dimOf } = epilogue;
  const shape = done.sums ? readingSums(epilogue, done.sums) : epilogue.shape;
  const to =
    isLast === true ? rows.to : b.value(select, { condition: isLast, true_value: rows.to, false_value: rows.from }, {});
  countedLoop(b, { from: rows.from, to, step: 1 }, (inner, row) => {
    const position = new Map([...done.point, ...done.rowAt(inner, row)]);
    const at = new Map([...position].map(([dim, value]) => [dimOf.get(dim)!, value]));
    at.set(
      shape.dim + 1,
      computed(inner, (x) => x.sub(row, rows.from)),
    );
    at.set(shape.dim + 2, columns.from);
    buildRange(inner, shape, at, columns.from, columns.to);
  });
}

/** The sums lie at the row and column within their storage: two more positions say where that begins. */
function readingSums({ shape, isSum }: TiledEpilogue, sums: Value): Shape {
  const { dim } = shape;
  const column = affineAdd(affineDim(dim), affineMul(affineDim(dim + 2), -1));
  const map = affineMap(dim + 3, 0, [affineDim(dim + 1), column]);
  return { ...shape, inputs: shape.inputs.map((x, k) => (isSum[k] ? { value: sums, map } : x)) };
}
