/**
 * @file Who wants how many elements along which dimension: vectors of a processor, a matrix unit. What an ask saves is told in bytes that need
 * not be moved, to be held against those that padding copies.
 */

import { generic } from "../../../ir/dialects/linalg/structured.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { MatrixFormat } from "../../../machine/accelerator.js";
import { attentionExtents, isWorthBlocks } from "../../loops/attention/blocking.js";
import { accessesOf, extentOf } from "../../structured/access.js";
import { type AttentionForm, attentionForm } from "../../structured/attention-form.js";
import { isSumOfExtendedProducts, isSumOfProducts } from "../../structured/forms.js";

export interface Ask {
  readonly op: Operation;
  readonly dim: number;
  readonly multiple: number;
  /** A sentence. */
  readonly why: string;
  /** Bytes that are not moved then. */
  readonly saves: number;
}

/** What is asked of one structured operation. */
export type Asks = (op: Operation) => readonly Ask[];

/** Taken for a size that is open. */
const TYPICAL = 512;

/** Elements of a value of an attention: the loops over blocks of queries need whole vectors of them. */
export function attentionAsks(lanes: number): Asks {
  return (op) => {
    const form = generic.matches(op) && op.results.length === 1 ? attentionForm(op, producerOf) : undefined;
    if (!form) return [];
    const extents = attentionExtents(form);
    const { columns } = extents;
    if (columns === undefined || columns % lanes === 0) return [];
    if (!isWorthBlocks({ ...extents, columns: Math.ceil(columns / lanes) * lanes }, lanes)) return [];
    const why = "attention runs by blocks of queries where a value is whole vectors, and its scores stay in the cache";
    return [{ op, dim: form.sums.column, multiple: lanes, why, saves: scoreBytes(form) }];
  };
}

/** Each operation on the scores would write them to memory, and the next read them. */
function scoreBytes({ steps, products, queries, keys }: AttentionForm): number {
  const sizes = products.axes.map((d) => extentOf([queries, keys], d) ?? 1);
  const scores = sizes.reduce<number>((n, d) => n * (typeof d === "number" ? d : TYPICAL), 1);
  // The products, their differences from the greatest, powers and quotients.
  return 2 * 4 * scores * (steps.length + 4);
}

function producerOf(_: Operation, x: Value): Operation | undefined {
  return generic.matches(x.definingOp) ? x.definingOp : undefined;
}

/** A matrix unit takes products whose depth and columns are those of its array, or so many of them: nothing else runs there. */
export function matrixAsks({ rows, columns }: Pick<MatrixFormat, "rows" | "columns">): Asks {
  return (op) => {
    const dims = productDims(op);
    if (!dims) return [];
    const why = "the matrix unit takes its array's rows and columns at a time";
    const ask = (dim: number, multiple: number): Ask => ({ op, dim, multiple, why, saves: Number.POSITIVE_INFINITY });
    return [...dims.depth.map((d) => ask(d, rows)), ...dims.columns.map((d) => ask(d, columns))];
  };
}

interface ProductDims {
  readonly depth: readonly number[];
  readonly columns: readonly number[];
}

/** Of a sum of products: the innermost dimension that is summed, and the innermost that the second factor alone has. */
function productDims(op: Operation): ProductDims | undefined {
  if (!generic.matches(op) || op.operands.length !== 3) return undefined;
  const body = op.region(0).blocks[0]!;
  if (!isSumOfProducts(body) && !isSumOfExtendedProducts(body)) return undefined;
  const [left, right] = accessesOf(op);
  const { iterator_types: kinds } = generic.attrsOf(op);
  const has = (map: typeof left, d: number): boolean =>
    map!.map.results.some((e) => e.kind === "dim" && e.position === d);
  const summed = kinds.flatMap((kind, d) => (kind === "reduction" && has(left, d) && has(right, d) ? [d] : []));
  const own = kinds.flatMap((kind, d) => (kind === "parallel" && has(right, d) && !has(left, d) ? [d] : []));
  return { depth: summed.slice(-1), columns: own.slice(-1) };
}
