/** @file Sampling an image at the points of a grid, and grids of affine maps: GridSample, AffineGrid. */

import type { Dim } from "../../../ir/dim.js";
import { elementFacts, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank, checkRank } from "./checks.js";
import { cubicTaps, linearTaps, nearestTap, type PointTaps, sample, sizeLike } from "./sampling.js";

type PaddingMode = "zeros" | "border" | "reflection";

/** The coefficient of GridSample's cubic filter. */
const CUBIC_A = -0.75;

interface GridForm {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly padding: PaddingMode;
  readonly alignCorners: boolean;
}

function gridForm(n: ImportNode): GridForm {
  const word = n.word("mode", ["linear", "bilinear", "nearest", "cubic", "bicubic"]);
  return {
    mode: word === "nearest" ? "nearest" : word.endsWith("cubic") ? "cubic" : "linear",
    padding: n.word("padding_mode", ["zeros", "border", "reflection"]),
    alignCorners: n.flag("align_corners"),
  };
}

function gridSample(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkLeastRank(n, 0, 3);
  checkRank(n, 1, n.rank(0));
  checkFloats(n, 1);
  const form = gridForm(n);
  const [batch, channels, ...sizes] = n.shape(0);
  const outer = n.shape(1).slice(1, -1);
  const rank = sizes.length;
  t.unify(n.shape(1).at(-1)!, rank);
  t.unify(batch!, n.shape(1)[0]!);
  const element = n.element(0);
  const wide = elementFacts[element].bits > 32 && isFloat(element) ? "f64" : "f32";
  const points = t.reshape(t.convert(n.value(1), wide), [batch!, dims.product(outer), rank]);
  // A point names its innermost axis first.
  const axes = sizes.map((size, i) => axisTaps(t, t.at(points, 2, rank - 1 - i), size, form));
  const values = t.convert(sample(t, t.convert(n.value(0), wide), axes), element);
  return t.reshape(values, [batch!, channels!, ...outer]);
}

/** What counts along one axis for coordinates in [-1, 1]. */
function axisTaps(t: TensorBuilder, normal: Value, size: Dim, form: GridForm): PointTaps {
  const length = sizeLike(t, size, normal);
  const at = form.alignCorners
    ? t.mul(t.mul(t.add(normal, 1), 0.5), t.sub(length, 1))
    : t.mul(t.sub(t.mul(t.add(normal, 1), length), 1), 0.5);
  const move = (x: Value): Value => moved(t, x, length, form);
  if (form.mode === "nearest") return { places: move(nearestTap(t, move(at)).places) };
  if (form.mode === "linear") {
    const taps = linearTaps(t, move(at));
    return form.padding === "zeros" ? taps : { ...taps, places: move(taps.places) };
  }
  const taps = cubicTaps(t, at, CUBIC_A);
  return { ...taps, places: move(taps.places) };
}

/** Coordinates brought into the axis, as the padding mode has it. */
function moved(t: TensorBuilder, x: Value, length: Value, { padding, alignCorners }: GridForm): Value {
  if (padding === "zeros") return x;
  const zero = t.number(0, t.element(x));
  const inside = (y: Value): Value => t.clamp(zero, y, t.sub(length, 1));
  if (padding === "border") return inside(x);
  // There and back between the first and the last element, or their outer edges.
  const first = alignCorners ? 0 : -0.5;
  const span = t.max(alignCorners ? t.sub(length, 1) : length, 1);
  const distance = t.abs(t.sub(x, first));
  const turns = t.floor(t.div(distance, span));
  const rest = t.sub(distance, t.mul(turns, span));
  const isBack = t.ne(t.rem(turns, 2), 0);
  return inside(t.add(t.select(isBack, t.sub(span, rest), rest), first));
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
  { name: "GridSample", since: 16, build: gridSample },
  { name: "AffineGrid", since: 20, build: affineGrid },
];
