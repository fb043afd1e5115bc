/** @file Positions of iteration dimensions, and what an access is at them. */

import type { Builder } from "../../../ir/builder.js";
import type { Value } from "../../../ir/graph.js";
import { affinePosition } from "../../affine-position.js";
import type { Access } from "../../structured/access.js";
import { unflatten } from "../../structured/index-arithmetic.js";

/** Positions of iteration dimensions. */
export type Point = ReadonlyMap<number, Value>;

/** An element of a memref, or where a vector of them begins. */
export interface Place {
  readonly base: Value;
  readonly indices: readonly Value[];
}

export function placeIn(b: Builder, { value, map }: Access, point: Point): Place {
  const at = (dim: number): Value => {
    const position = point.get(dim);
    if (!position) throw new Error(`dimension ${dim} has no position`);
    return position;
  };
  return { base: value, indices: map.results.map((e) => affinePosition(b, e, at)) };
}

/** Dimensions that are walked as one. */
export interface Flattened {
  readonly dims: readonly number[];
  readonly sizes: readonly Value[];
}

/** The position of each dimension at a position of all of them as one. */
export function pointAt(b: Builder, { dims, sizes }: Flattened, flat: Value): Point {
  if (dims.length === 0) return new Map();
  const positions = unflatten(b, flat, sizes);
  return new Map(dims.map((d, k) => [d, positions[k]!]));
}
