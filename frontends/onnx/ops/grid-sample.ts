/** @file Sampling an image at the points of a grid, and grids of affine maps: GridSample, AffineGrid. */

import type { Dim } from "../../../ir/dim.js";
import { type GridForm, gridSample } from "../../../ir/forms/grid-sample.js";
import { sizeLike } from "../../../ir/forms/sampling.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank, checkRank } from "./checks.js";

function gridForm(n: ImportNode): GridForm {
  const word = n.word("mode", ["linear", "bilinear", "nearest", "cubic", "bicubic"]);
  return {
    mode: word === "nearest" ? "nearest" : word.endsWith("cubic") ? "cubic" : "linear",
    padding: n.word("padding_mode", ["zeros", "border", "reflection"]),
    alignCorners: n.flag("align_corners"),
  };
}

function sampled(n: ImportNode): Value {
  checkLeastRank(n, 0, 3);
  checkRank(n, 1, n.rank(0));
  checkFloats(n, 1);
  return gridSample(n.t, n.value(0), n.value(1), gridForm(n));
}

/** Where each place of an image of sizes `size` comes from under affine maps. */
function affineGrid(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkRank(n, 0, 3);
  checkFloats(n, 0);
  const theta = n.value(0);
  const element = n.element(0);
  const declared = n.declaredSizes(0);
  const [batch, , ...given] = n.dims(1, "sizes of the image");
  const sizes = given.map((d, i) => (declared === undefined ? d : t.unify(d, declared[i + 1]!)));
  const rank = sizes.length;
  if (rank !== 2 && rank !== 3) return n.invalid(`a grid of ${rank} axes`);
  t.unify(batch!, n.shape(0)[0]!);
  const columns = count(rank).map((i) => {
    const axis = rank - 1 - i;
    const along = normalPlaces(n, sizes[axis]!);
    return t.unsqueeze(t.broadcast(along, [...sizes], [axis]), [rank]);
  });
  const homogeneous = t.concat([...columns, t.fillLike(1, columns[0]!)], rank);
  const points = t.convert(t.reshape(homogeneous, [dims.product(sizes), rank + 1]), element);
  const mapped = t.matmul(points, t.transpose(theta, [0, 2, 1]));
  return t.reshape(mapped, [n.shape(0)[0]!, ...sizes, rank]);
}

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** `size` places from -1 to 1: on the ends with `align_corners`, else in the middle of equal parts. */
function normalPlaces(n: ImportNode, size: Dim): Value {
  const { t } = n;
  const places = t.iota([size], 0, n.element(0) === "f64" ? "f64" : "f32");
  const length = sizeLike(t, size, places);
  if (!n.flag("align_corners")) return t.sub(t.div(t.add(t.mul(places, 2), 1), length), 1);
  const spread = t.sub(t.div(t.mul(places, 2), t.max(t.sub(length, 1), 1)), 1);
  return t.select(t.gt(length, 1), spread, 0);
}

export const grids: readonly OpRow[] = [
  { name: "GridSample", since: 16, build: sampled },
  { name: "AffineGrid", since: 20, build: affineGrid },
];
