/** @file Random programs of operations that make, move and index elements. All of them are compared bit for bit. */

import type { Attr } from "../../../ir/attrs.js";
import * as tensors from "../../../ir/dialects/chlo/tensors.js";
import * as constants from "../../../ir/dialects/stablehlo/constants.js";
import * as dynamic from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import * as gathers from "../../../ir/dialects/stablehlo/gather.js";
import * as indexing from "../../../ir/dialects/stablehlo/indexing.js";
import * as shapes from "../../../ir/dialects/stablehlo/shape.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars, type NdArray, sizeOf } from "../../../ir/ndarray.js";
import { convertScalar } from "../../../ir/scalar.js";
import type { Draft } from "../draft-program.js";
import type { Random } from "../random.js";
import { build, everyElement, type Make, numbers, type Recipes } from "./recipe.js";

/** A constant of these entries. */
export function constantOf(d: Draft, array: NdArray): Value {
  const value: Attr = { kind: "dense", type: d.tensor(array.element, array.shape), splat: false, data: array };
  return build(d, constants.constant, [], { value });
}

/** A tensor of one axis with these sizes, as a constant or as an argument. */
function sizesOf(r: Random, d: Draft, sizes: readonly number[]): Value {
  const element = r.pick(["i32", "i64"] as const);
  const array = fromScalars(
    element,
    [sizes.length],
    sizes.map((n) => convertScalar(BigInt(n), "i64", element)),
  );
  return r.chance(0.5) ? constantOf(d, array) : d.argument(array);
}

/** Another shape of as many entries. */
function reshaped(r: Random, shape: readonly number[]): number[] {
  const factors: number[] = [];
  for (let rest = sizeOf(shape), f = 2; rest > 1; f++) {
    while (rest % f === 0) {
      factors.push(f);
      rest /= f;
    }
  }
  const out = new Array<number>(r.int(factors.length > 0 ? 1 : 0, 4)).fill(1);
  for (const f of factors) out[r.int(0, out.length - 1)]! *= f;
  return out;
}

interface Padding {
  readonly low: number[];
  readonly high: number[];
  readonly interior: number[];
}

function padding(r: Random, shape: readonly number[]): Padding {
  const interior = shape.map(() => r.int(0, 2));
  const low = shape.map(() => r.int(-1, 2));
  const high = shape.map((n, i) => Math.max(r.int(-1, 2), -(n + (n - 1) * interior[i]! + low[i]!)));
  return { low, high, interior };
}

const broadcasting: Make = (r, d) => {
  const shape = r.shape(r.int(0, 4), 4);
  const axes = r.order(shape.length).slice(0, r.int(0, shape.length));
  const from = axes.map((axis) => (r.chance(0.3) ? 1 : shape[axis]!));
  const element = r.pick(everyElement);
  return [
    build(
      d,
      shapes.broadcastInDim,
      [d.random(r, element, from)],
      { broadcast_dimensions: axes },
      { results: [d.tensor(element, shape)] },
    ),
  ];
};

interface SliceRange {
  readonly starts: number[];
  readonly limits: number[];
  readonly strides: number[];
}

function ranges(r: Random, shape: readonly number[]): SliceRange {
  const starts = shape.map((n) => r.int(0, n));
  return { starts, limits: shape.map((n, i) => r.int(starts[i]!, n)), strides: shape.map(() => r.int(1, 3)) };
}

const slicing: Make = (r, d) => {
  const shape = r.shape(r.int(0, 4));
  const { starts, limits, strides } = ranges(r, shape);
  const attrs = { start_indices: starts, limit_indices: limits, strides };
  return [build(d, shapes.slice, [d.random(r, r.pick(everyElement), shape)], attrs)];
};

/** Start indices, some of them outside. */
function starts(r: Random, d: Draft, shape: readonly number[]): Value[] {
  const element = r.pick(["i32", "i64", "ui32", "i8"] as const);
  return shape.map((n) => d.random(r, element, [], { low: element === "ui32" ? 0 : -2, high: n + 2 }));
}

const dynamicSlicing: Make = (r, d) => {
  const shape = r.shape(r.int(1, 3));
  const sizes = shape.map((n) => r.int(0, n));
  const x = d.random(r, r.pick(everyElement), shape);
  return [build(d, indexing.dynamicSlice, [x, ...starts(r, d, shape)], { slice_sizes: sizes })];
};

const dynamicUpdating: Make = (r, d) => {
  const shape = r.shape(r.int(1, 3));
  const element = r.pick(everyElement);
  const operands = [
    d.random(r, element, shape),
    d.random(
      r,
      element,
      shape.map((n) => r.int(0, n)),
    ),
  ];
  return [build(d, indexing.dynamicUpdateSlice, [...operands, ...starts(r, d, shape)])];
};

interface GatherCase {
  readonly operand: number[];
  readonly indices: number[];
  readonly sizes: number[];
  readonly numbers: Readonly<Record<string, unknown>>;
}

/** Axes of the operand are batched, collapsed or kept, at random; some are indexed. */
export function gatherCase(r: Random): GatherCase {
  const operand = r.shape(r.int(1, 4), 4);
  const rank = operand.length;
  const roles = operand.map(() => r.pick(["window", "collapsed", "window", "batching"] as const));
  const axesOf = (role: string) => roles.flatMap((x, axis) => (x === role ? [axis] : []));
  const batching = axesOf("batching");
  const indexed = r.order(rank).filter((axis) => roles[axis] !== "batching" && r.chance(0.7));
  const sizes = operand.map((n, axis) => (roles[axis] === "window" ? r.int(1, n) : 1));
  const free = r.shape(r.int(0, 2), 3);
  const batchSizes = [...batching.map((axis) => operand[axis]!), ...free];
  const place = r.order(batchSizes.length);
  const batch = place.map((i) => batchSizes[i]!);
  const vectorAxis = indexed.length === 1 && r.chance(0.3) ? batch.length : r.int(0, batch.length);
  const omitted = vectorAxis === batch.length && indexed.length === 1 && r.chance(0.5);
  const indices = omitted ? batch : batch.toSpliced(vectorAxis, 0, indexed.length);
  const shifted = (i: number) => (!omitted && i >= vectorAxis ? i + 1 : i);
  const windows = axesOf("window").length;
  return {
    operand,
    indices,
    sizes,
    numbers: {
      offsetDims: r.subset(batch.length + windows, windows),
      collapsedSliceDims: axesOf("collapsed"),
      operandBatchingDims: batching,
      startIndicesBatchingDims: batching.map((_, k) => shifted(place.indexOf(k))),
      startIndexMap: indexed,
      indexVectorDim: vectorAxis,
    },
  };
}

const gathering: Make = (r, d) => {
  const { operand, indices, sizes, numbers } = gatherCase(r);
  const x = d.random(r, r.pick(everyElement), operand);
  const at = d.random(r, r.pick(["i32", "i64"] as const), indices, { low: -2, high: 6 });
  return [build(d, gathers.gather, [x, at], { dimension_numbers: numbers, slice_sizes: sizes })];
};

/** Programs whose shape operands decide: XLA wants static programs, so StableHLO's own interpreter referees. */
const dynamicRecipes: Recipes = {
  "stablehlo.dynamic_iota": {
    referee: "interpreter",
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      const attrs = { iota_dimension: r.int(0, shape.length - 1) };
      return [
        build(d, constants.dynamicIota, [sizesOf(r, d, shape)], attrs, {
          results: [d.tensor(r.pick(["f32", "i32", "i64"] as const), shape)],
        }),
      ];
    },
  },
  "stablehlo.dynamic_reshape": {
    referee: "interpreter",
    make(r, d) {
      const shape = r.shape();
      const element = r.pick(["f32", "f64", "i32"] as const);
      const to = reshaped(r, shape);
      return [
        build(
          d,
          dynamic.dynamicReshape,
          [d.random(r, element, shape), sizesOf(r, d, to)],
          {},
          { results: [d.tensor(element, to)] },
        ),
      ];
    },
  },
  "stablehlo.dynamic_broadcast_in_dim": {
    referee: "interpreter",
    make(r, d) {
      const shape = r.shape(r.int(0, 3), 4);
      const axes = r.order(shape.length).slice(0, r.int(0, shape.length));
      const from = axes.map((axis) => (r.chance(0.3) ? 1 : shape[axis]!));
      const operands = [d.random(r, "f32", from), sizesOf(r, d, shape)];
      return [
        build(
          d,
          dynamic.dynamicBroadcastInDim,
          operands,
          { broadcast_dimensions: axes },
          { results: [d.tensor("f32", shape)] },
        ),
      ];
    },
  },
  "stablehlo.dynamic_pad": {
    referee: "interpreter",
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      const { low, high, interior } = padding(r, shape);
      const element = r.pick(["i32", "i64"] as const);
      const amounts = [low, high, interior].map((list) =>
        d.argument(
          fromScalars(
            element,
            [list.length],
            list.map((n) => convertScalar(BigInt(n), "i64", element)),
          ),
        ),
      );
      const result = shape.map((n, i) => n + (n - 1) * interior[i]! + low[i]! + high[i]!);
      return [
        build(
          d,
          dynamic.dynamicPad,
          [d.random(r, "f32", shape), d.random(r, "f32", []), ...amounts],
          {},
          { results: [d.tensor("f32", result)] },
        ),
      ];
    },
  },
  "stablehlo.real_dynamic_slice": {
    referee: "refined",
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      const { starts: from, limits, strides } = ranges(r, shape);
      const operands = [from, limits, strides].map((list) =>
        constantOf(d, fromScalars("i64", [list.length], list.map(BigInt))),
      );
      const result = from.map((s, i) => Math.ceil((limits[i]! - s) / strides[i]!));
      return [
        build(
          d,
          dynamic.realDynamicSlice,
          [d.random(r, "f32", shape), ...operands],
          {},
          { results: [d.tensor("f32", result)] },
        ),
      ];
    },
  },
  "stablehlo.dynamic_gather": {
    referee: "interpreter",
    make(r, d) {
      const { operand, indices, sizes, numbers } = gatherCase(r);
      const x = d.random(r, "f32", operand);
      const at = d.random(r, "i64", indices, { low: -2, high: 6 });
      const n = d.argument(fromScalars("i64", [sizes.length], sizes.map(BigInt)));
      const plain = build(d, gathers.gather, [x, at], { dimension_numbers: numbers, slice_sizes: sizes });
      return [build(d, gathers.dynamicGather, [x, at, n], { dimension_numbers: numbers }, { results: [plain.type] })];
    },
  },
  "stablehlo.get_dimension_size": {
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      return [
        build(d, dynamic.getDimensionSize, [d.random(r, "f32", shape)], { dimension: r.int(0, shape.length - 1) }),
      ];
    },
  },
};

export const movementRecipes: Recipes = {
  ...dynamicRecipes,
  "stablehlo.constant": {
    loose: 0,
    make: (r, d) => [constantOf(d, r.array(r.pick(everyElement), r.shape(r.int(0, 3), 6), { special: true }))],
  },
  "stablehlo.iota": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      return [
        build(
          d,
          constants.iota,
          [],
          { iota_dimension: r.int(0, shape.length - 1) },
          { results: [d.tensor(r.pick(numbers), shape)] },
        ),
      ];
    },
  },
  "stablehlo.reshape": {
    loose: 0,
    make(r, d) {
      const shape = r.shape();
      const element = r.pick(everyElement);
      return [
        build(
          d,
          shapes.reshape,
          [d.random(r, element, shape)],
          {},
          { results: [d.tensor(element, reshaped(r, shape))] },
        ),
      ];
    },
  },
  "stablehlo.broadcast_in_dim": { loose: 0, make: broadcasting },
  "stablehlo.broadcast": {
    loose: 0,
    make: (r, d) => [
      build(d, shapes.broadcast, [d.random(r, r.pick(everyElement), r.shape())], {
        broadcast_sizes: r.shape(r.int(0, 2), 3),
      }),
    ],
  },
  "stablehlo.transpose": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(0, 4));
      return [
        build(d, shapes.transpose, [d.random(r, r.pick(everyElement), shape)], { permutation: r.order(shape.length) }),
      ];
    },
  },
  "stablehlo.reverse": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(0, 4));
      return [
        build(d, shapes.reverse, [d.random(r, r.pick(everyElement), shape)], { dimensions: r.subset(shape.length) }),
      ];
    },
  },
  "stablehlo.slice": { loose: 0, make: slicing },
  "stablehlo.concatenate": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      const axis = r.int(0, shape.length - 1);
      const element = r.pick(everyElement);
      const inputs = Array.from({ length: r.int(1, 4) }, () => d.random(r, element, shape.with(axis, r.int(0, 4))));
      return [build(d, shapes.concatenate, inputs, { dimension: axis })];
    },
  },
  "stablehlo.pad": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(0, 3));
      const element = r.pick(everyElement);
      const { low, high, interior } = padding(r, shape);
      const attrs = { edge_padding_low: low, edge_padding_high: high, interior_padding: interior };
      return [build(d, shapes.pad, [d.random(r, element, shape), d.random(r, element, [])], attrs)];
    },
  },
  "stablehlo.dynamic_slice": { loose: 0, make: dynamicSlicing },
  "stablehlo.dynamic_update_slice": { loose: 0, make: dynamicUpdating },
  "stablehlo.gather": { loose: 0, make: gathering },
  "stablehlo.torch_index_select": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(1, 3));
      const dim = r.int(0, shape.length - 1);
      const batch = r.int(0, dim);
      const index = [...shape.slice(0, batch), ...r.shape(r.int(0, 2), 3)];
      const at = d.random(r, "i32", index, { low: 0, high: shape[dim]! - 1 });
      return [
        build(d, indexing.torchIndexSelect, [d.random(r, r.pick(numbers), shape), at], { dim, batch_dims: batch }),
      ];
    },
  },
  "chlo.constant": {
    loose: 0,
    make(r, d) {
      const array = r.array(r.pick(["f32", "i32"] as const), r.shape());
      const value: Attr = { kind: "dense", type: d.tensor(array.element, array.shape), splat: false, data: array };
      return [build(d, tensors.constant, [], { value })];
    },
  },
  "chlo.constant_like": {
    loose: 0,
    make(r, d) {
      const value: Attr = { kind: "float", value: r.int(-8, 8) / 4, type: d.context.types.scalar("f32") };
      return [build(d, tensors.constantLike, [d.random(r, "f32", r.shape())], { value })];
    },
  },
  "chlo.top_k": {
    loose: 0,
    make(r, d) {
      const shape = r.shape(r.int(1, 3), 8);
      const element: ElementType = r.pick(["f32", "bf16", "i32", "ui8", "f64"]);
      const x = d.random(r, element, shape, { low: -3, high: 3, whole: r.chance(0.5) });
      return d.builder.create(tensors.topK as never, [x], { k: r.int(1, shape.at(-1)!) }).results;
    },
  },
};
