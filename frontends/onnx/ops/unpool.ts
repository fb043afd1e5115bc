/** @file What goes with pooling: its inverses (MaxUnpool, Col2Im), and pooling of regions (MaxRoiPool). */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { identityOf } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkLeastRank, checkLength, checkRank } from "./checks.js";
import { kernelOf, padsOf, perAxis } from "./window.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Elements put where `Indices`, places in the flat tensor that was pooled, say; zeros elsewhere. */
function maxUnpool(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkLeastRank(n, 0, 3);
  const [x, places] = [n.value(0), n.value(1)];
  const [batch, channels, ...sizes] = n.shape(0);
  const kernel = kernelOf(n);
  if (kernel.length !== sizes.length)
    return n.invalid(`${kernel.length} kernel sizes for ${sizes.length} spatial axes`);
  const [strides, pads] = [perAxis(n, "strides", sizes.length, 1), padsOf(n, sizes.length)];
  const pooled = sizes.map((d, i) => {
    const whole = dims.add(dims.mul(dims.sub(d, 1), strides[i]!), kernel[i]!);
    return dims.sub(whole, pads[i]![0] + pads[i]![1]);
  });
  const shape: readonly Dim[] = [batch!, channels!, ...pooled];
  const empty = t.fillLike(0, t.fill(0, [dims.product(shape)], "i1"), t.element(x));
  const flat = t.scatterPlaces(empty, t.unsqueeze(t.flatten(places), [1]), t.flatten(x), "set");
  const result = t.reshape(flat, shape);
  if (!n.has(2)) return result;
  const wanted = givenSizes(n, 2, "sizes of the output");
  if (wanted.length !== shape.length) return n.invalid(`${wanted.length} sizes for rank ${shape.length}`);
  const missing = wanted.map((d, i) => dims.sub(d, shape[i]!));
  return t.pad(
    result,
    t.number(0, t.element(x)),
    shape.map(() => 0),
    missing,
  );
}

/** The sizes in input `i`; where only the run knows them, those that the model declares for the output, checked. */
function givenSizes(n: ImportNode, i: number, what: string): readonly Dim[] {
  const sizes = n.dims(i, what);
  const declared = n.declaredSizes(0);
  if (declared === undefined || declared.length < sizes.length) return sizes;
  return sizes.map((d, k) => n.t.unify(d, declared[k + declared.length - sizes.length]!));
}

/** Columns that windows over an image gave, added up where the windows were. */
function columnsToImage(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  checkRank(n, 0, 3);
  const x = n.value(0);
  const image = givenSizes(n, 1, "sizes of the image");
  const rank = image.length;
  const [strides, dilations] = [perAxis(n, "strides", rank, 1), perAxis(n, "dilations", rank, 1)];
  const pads = padsOf(n, rank);
  checkLength(n, 2, rank);
  const blocks = n.dims(2, "sizes of the blocks");
  const wide = image.map((d, i) => dims.add(d, pads[i]![0] + pads[i]![1]));
  const [batch, rows, columns] = n.shape(0);
  const size = dims.product(blocks);
  const channels = dims.floorDiv(rows!, size);
  const windows = wide.map((d, i) => {
    const extent = dims.add(dims.mul(dims.sub(blocks[i]!, 1), dilations[i]!), 1);
    return dims.add(dims.floorDiv(dims.sub(d, extent), strides[i]!), 1);
  });
  t.unify(dims.product(windows), columns!);
  // Place of window w's element k: stride * w + dilation * k on every axis, in the flat image with its margins.
  const shape = [...blocks, ...windows];
  const places = count(rank).map((i) => {
    const at = t.add(t.mul(t.iota(shape, i, "i64"), dilations[i]!), t.mul(t.iota(shape, rank + i, "i64"), strides[i]!));
    return t.mul(at, t.scalar(dims.product(wide.slice(i + 1))));
  });
  const flat = t.flatten(places.reduce((a, b) => t.add(a, b)));
  const empty = t.fillLike(0, t.fill(0, [batch!, channels, dims.product(wide)], "i1"), t.element(x));
  const updates = t.reshape(x, [batch!, channels, dims.mul(size, columns!)]);
  const axes = { window: [0, 1], inserted: [2], to: [2], vector: 1 };
  const summed = t.scatter(empty, t.unsqueeze(flat, [1]), updates, "add", axes);
  const starts = pads.map((p) => p[0]);
  return t.slice(
    t.reshape(summed, [batch!, channels, ...wide]),
    [0, 0, ...starts],
    [batch!, channels, ...image.map((d, i) => dims.add(d, starts[i]!))],
  );
}

/** The largest element of each of `pooled_shape` parts of each region; parts are whole elements and may overlap. */
function maxRoiPool(n: ImportNode): Value {
  const { t } = n;
  checkRank(n, 1, 2);
  checkFloats(n, 0, 1);
  const [x, rois] = [n.value(0), n.value(1)];
  const element = n.element(0);
  const scale = n.float("spatial_scale", 1);
  const pooled = n.ints("pooled_shape");
  if (pooled?.length !== 2 || n.rank(0) !== 4) return n.invalid("it pools [N, C, H, W] to two sizes");
  const least = t.splat(identityOf("max", element), [], element);
  const images = t.take(x, t.convert(t.at(rois, 1, 0), "i64"), 0);
  const reduced = count(2).reduce((y, axis) => {
    const size = t.shape(x)[2 + axis]!;
    const [low, high] = [2 - axis, 4 - axis].map((column) => {
      const edge = t.mul(t.convert(t.at(rois, 1, column), "f32"), scale);
      return t.unsqueeze(t.roundAwayFromZero(edge), [1]);
    }) as [Value, Value];
    // Part p covers [low + floor(p * length), low + ceil((p + 1) * length)) of the axis.
    const length = t.div(t.max(t.add(t.sub(high, low), 1), 1), pooled[axis]!);
    const part = t.unsqueeze(t.iota([pooled[axis]!], 0, "f32"), [0]);
    const [first, end] = [t.floor(t.mul(part, length)), t.ceil(t.mul(t.add(part, 1), length))].map((edge) =>
      t.unsqueeze(t.add(edge, low), [2]),
    ) as [Value, Value];
    const place = t.reshape(t.iota([size], 0, "f32"), [1, 1, size]);
    const isInside = t.and(t.ge(place, first), t.lt(place, end));
    return partMaxima(n, y, isInside, least, axis);
  }, images);
  return t.select(t.eq(reduced, least), 0, reduced);
}

/** The maxima along spatial axis `axis` of [regions, C, H, W] over the places that `isInside` [regions, parts, size] says. */
function partMaxima(n: ImportNode, x: Value, isInside: Value, least: Value, axis: number): Value {
  const { t } = n;
  const [regions, parts, size] = t.shape(isInside);
  const mask = axis === 0 ? [regions!, 1, parts!, size!, 1] : [regions!, 1, 1, parts!, size!];
  const spread = t.unsqueeze(x, [2 + axis]);
  return t.reduce(t.select(t.reshape(isInside, mask), spread, least), [3 + axis], "max");
}

export const unpools: readonly OpRow[] = [
  { name: "MaxUnpool", since: 9, build: maxUnpool },
  { name: "Col2Im", since: 18, build: columnsToImage },
  { name: "MaxRoiPool", since: 1, build: maxRoiPool },
];
