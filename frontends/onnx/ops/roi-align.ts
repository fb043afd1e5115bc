/** @file RoiAlign: regions of images pooled to a fixed size, each part read at evenly spread points. */

import type { Dim } from "../../../ir/dim.js";
import { readTaps, sizeLike } from "../../../ir/forms/sampling.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkRank } from "./checks.js";

/** Where a region is read along one axis. */
interface RegionTaps {
  /** f32 `[regions, parts * samples, 2]` */
  readonly places: Value;
  readonly weights: Value;
  /** Samples of a part: the same in all regions, where some may count for nothing. */
  readonly samples: Dim;
  /** How many of them count, f32 `[regions]`. */
  readonly amount: Value;
}

function roiAlign(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  if (n.rank(0) !== 4) return n.unsupported(`an input of rank ${n.rank(0)}`, "it pools images: [N, C, H, W]");
  checkRank(n, 1, 2);
  checkRank(n, 2, 1);
  checkFloats(n, 0, 1);
  const parts = [n.int("output_height", 1), n.int("output_width", 1)] as const;
  const [, channels, height, width] = n.shape(0);
  const mode = n.word("mode", ["avg", "max"]);
  const wide = t.element(x) === "f64" ? "f64" : "f32";
  const rois = t.convert(n.value(1), wide);
  const rows = regionTaps(n, rois, 1, parts[0], height!);
  const columns = regionTaps(n, rois, 0, parts[1], width!);
  const [regions] = t.shape(rois);
  const images = t.take(t.convert(x, wide), t.convert(n.value(2), "i64"), 0);
  const grid = crossed(t, rows, columns);
  const { read, weights } = readTaps(t, images, grid);
  const weighted = t.mul(read, t.unsqueeze(weights!, [1]));
  // [regions, C, parts, samples, parts, samples, 2, 2]
  const shape = [regions!, channels!, parts[0], rows.samples, parts[1], columns.samples, 2, 2];
  const apart = t.reshape(weighted, shape);
  if (mode === "max") return t.convert(t.reduce(apart, [3, 5, 6, 7], "max"), t.element(x));
  const amount = t.max(t.mul(rows.amount, columns.amount), 1);
  const mean = t.div(t.sum(apart, [3, 5, 6, 7]), t.reshape(amount, [regions!, 1, 1, 1]));
  return t.convert(mean, t.element(x));
}

/** Every row with every column: points in the order [rows, columns]. */
function crossed(t: TensorBuilder, rows: RegionTaps, columns: RegionTaps) {
  const { dims } = t.context;
  const [regions, down] = t.shape(rows.places);
  const across = t.shape(columns.places)[1]!;
  const points = dims.mul(down!, across);
  const spread = (x: Value, axis: number): Value => {
    const wide = t.broadcast(t.unsqueeze(x, [axis]), [regions!, down!, across, 2]);
    return t.reshape(wide, [regions!, points, 2]);
  };
  return [
    { places: spread(rows.places, 2), weights: spread(rows.weights, 2) },
    { places: spread(columns.places, 1), weights: spread(columns.weights, 1) },
  ];
}

/** Along one axis; `column` of a region is where it starts there, `column + 2` where it ends. */
function regionTaps(n: ImportNode, rois: Value, column: number, parts: number, size: Dim): RegionTaps {
  const { t } = n;
  const { dims } = t.context;
  // Version 10 has no attribute and does not shift by half an element.
  const isShifted =
    n.opset >= 16 && n.word("coordinate_transformation_mode", ["half_pixel", "output_half_pixel"]) === "half_pixel";
  const scale = n.float("spatial_scale", 1);
  const edge = (i: number): Value => t.sub(t.mul(t.at(rois, 1, i), scale), isShifted ? 0.5 : 0);
  const [start, end] = [edge(column), edge(column + 2)];
  const length = isShifted ? t.sub(end, start) : t.max(t.sub(end, start), 1);
  const part = t.div(length, parts);
  const ratio = n.int("sampling_ratio", 0);
  const amount = ratio > 0 ? t.fillLike(ratio, part) : t.max(t.ceil(part), 0);
  const samples = ratio > 0 ? ratio : mostSamples(n, amount);
  const [regions] = t.shape(rois);
  const shape: readonly Dim[] = [regions!, parts, samples];
  const perRegion = (x: Value): Value => t.reshape(x, [regions!, 1, 1]);
  const steps = t.iota(shape, 2, t.element(rois));
  const offset = t.mul(t.add(steps, 0.5), perRegion(t.div(part, t.max(amount, 1))));
  const at = t.add(t.add(t.mul(t.iota(shape, 1, t.element(rois)), perRegion(part)), offset), perRegion(start));
  const counts = t.lt(steps, perRegion(amount));
  const taps = edgeTaps(t, at, counts, size);
  const flat = (x: Value): Value => t.reshape(x, [regions!, dims.mul(parts, samples), 2]);
  return { places: flat(taps.places), weights: flat(taps.weights), samples, amount };
}

/** The largest number of samples that a region asks for. */
function mostSamples({ t }: ImportNode, amount: Value): Dim {
  const most = t.convert(t.reduce(amount, [0], "max"), "i64");
  return t.symbolOf(t.max(most, 1), { min: 1, max: Number.POSITIVE_INFINITY });
}

/** The two elements around each coordinate; within one element of the image those at its edge, farther out nothing. */
function edgeTaps(t: TensorBuilder, at: Value, counts: Value, size: Dim): { places: Value; weights: Value } {
  const length = sizeLike(t, size, at);
  const isNear = t.and(t.and(t.ge(at, -1), t.le(at, length)), counts);
  const inside = t.clamp(t.number(0, t.element(at)), at, t.sub(length, 1));
  const base = t.floor(inside);
  const part = t.sub(inside, base);
  const rank = t.rank(at);
  const pair = (a: Value, b: Value): Value => t.concat([t.unsqueeze(a, [rank]), t.unsqueeze(b, [rank])], rank);
  const places = pair(base, t.min(t.add(base, 1), t.sub(length, 1)));
  return { places, weights: t.select(t.unsqueeze(isNear, [rank]), pair(t.sub(1, part), part), 0) };
}

export const roiAligns: readonly OpRow[] = [{ name: "RoiAlign", since: 10, build: roiAlign }];
