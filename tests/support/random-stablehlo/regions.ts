/** @file Random programs of operations with regions, calls, tuples, random bits and collectives. */

import type { Builder } from "../../../ir/builder.js";
import type { AnyOpDef } from "../../../ir/define.js";
import * as calls from "../../../ir/dialects/stablehlo/calls.js";
import { compare, select } from "../../../ir/dialects/stablehlo/choose.js";
import * as collectives from "../../../ir/dialects/stablehlo/collectives.js";
import { constant } from "../../../ir/dialects/stablehlo/constants.js";
import * as flow from "../../../ir/dialects/stablehlo/control-flow.js";
import * as hlo from "../../../ir/dialects/stablehlo/elementwise.js";
import * as randoms from "../../../ir/dialects/stablehlo/random.js";
import * as reductions from "../../../ir/dialects/stablehlo/reduce.js";
import * as windows from "../../../ir/dialects/stablehlo/reduce-window.js";
import { returnOp } from "../../../ir/dialects/stablehlo/return.js";
import * as scatters from "../../../ir/dialects/stablehlo/scatter.js";
import * as sorts from "../../../ir/dialects/stablehlo/sort.js";
import * as tuples from "../../../ir/dialects/stablehlo/tuples.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Region, Value } from "../../../ir/graph.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { Draft } from "../draft-program.js";
import type { Random } from "../random.js";
import { gatherCase } from "./movement.js";
import { build, commonFloats, commonInts, type Make, type Recipes } from "./recipe.js";

const forget = (def: unknown) => def as AnyOpDef;

/** A region that returns what `fill` makes of its arguments. */
function body(
  d: Draft,
  elements: readonly ElementType[],
  fill: (b: Builder, args: readonly Value[]) => readonly Value[],
): Region {
  const types = elements.map((e) => d.tensor(e));
  return d.builder.region(types, (b, args) => {
    b.op(returnOp, { results: fill(b, args) }, {});
  });
}

/** One of the operations on two elements that reductions are made of, with the value it begins with. */
interface Joining {
  readonly region: Region;
  readonly init: NdArray;
}

function joining(r: Random, d: Draft, element: ElementType): Joining {
  const n = numericsOf(element);
  const start = (x: Parameters<typeof fromScalars>[2][number]) => fromScalars(element, [], [x]);
  const { kind } = elementFacts[element];
  const choices: readonly (readonly [AnyOpDef, NdArray])[] = [
    [forget(hlo.add), start(n.zero)],
    [forget(hlo.multiply), start(n.one)],
    ...(kind === "complex"
      ? []
      : ([
          [forget(hlo.maximum), start(n.minValue)],
          [forget(hlo.minimum), start(n.maxValue)],
        ] as const)),
    ...(kind === "int" || kind === "uint" || kind === "bool"
      ? ([
          [forget(hlo.and), start(n.not(n.zero))],
          [forget(hlo.or), start(n.zero)],
          [forget(hlo.xor), start(n.zero)],
        ] as const)
      : []),
  ];
  const [def, init] = r.pick(choices);
  const region = body(d, [element, element], (b, [x, y]) => [
    b.create(def, r.chance(0.8) ? [x!, y!] : [y!, x!], {}).result,
  ]);
  return { region, init };
}

/** The larger of two elements and its position: the body of argmax. */
function argmaxBody(d: Draft, element: ElementType): Region {
  return body(d, [element, "i32", element, "i32"], (b, [x, i, y, j]) => {
    const greater = b.value(compare, { lhs: x!, rhs: y! }, { comparison_direction: "GT" });
    const equal = b.value(compare, { lhs: x!, rhs: y! }, { comparison_direction: "EQ" });
    const first = b.value(compare, { lhs: i!, rhs: j! }, { comparison_direction: "LT" });
    const ties = b.value(hlo.and, { lhs: equal, rhs: first }, {});
    const keep = b.value(hlo.or, { lhs: greater, rhs: ties }, {});
    return [
      b.value(select, { pred: greater, on_true: x!, on_false: y! }, {}),
      b.value(select, { pred: keep, on_true: i!, on_false: j! }, {}),
    ];
  });
}

const reducible = [...commonFloats, ...commonInts, "i1" as const, "complex<f32>" as const];

const reduce: Make = (r, d) => {
  const shape = r.shape(r.int(0, 4), 4);
  const dimensions = r.subset(shape.length);
  if (r.chance(0.25)) {
    const operands = [d.argument(r.distinct("f32", shape)), d.random(r, "i32", shape, { low: 0, high: 99 })];
    const inits = [
      d.argument(fromScalars("f32", [], [Number.NEGATIVE_INFINITY])),
      d.argument(fromScalars("i32", [], [0])),
    ];
    return d.builder.create(
      forget(reductions.reduce),
      [...operands, ...inits],
      { dimensions },
      { regions: [argmaxBody(d, "f32")], segments: [2, 2] },
    ).results;
  }
  const element = r.pick(reducible);
  const { region, init } = joining(r, d, element);
  const operands = [d.random(r, element, shape, { low: -2, high: 2 }), d.argument(init)];
  return d.builder.create(forget(reductions.reduce), operands, { dimensions }, { regions: [region], segments: [1, 1] })
    .results;
};

const map: Make = (r, d) => {
  const shape = r.shape();
  const region = body(d, ["f32", "f32"], (b, [x, y]) => {
    const product = b.value(hlo.multiply, { lhs: x!, rhs: y! }, {});
    return [b.value(hlo.subtract, { lhs: product, rhs: y! }, {})];
  });
  return [
    build(
      d,
      reductions.map,
      [d.random(r, "f32", shape), d.random(r, "f32", shape)],
      { dimensions: shape.map((_, i) => i) },
      { regions: [region] },
    ),
  ];
};

const reduceWindow: Make = (r, d) => {
  const shape = r.shape(r.int(1, 3), 6);
  const sizes = shape.map((n) => r.int(1, Math.min(n, 3)));
  const element = r.pick(["f32", "f32", "f64", "i32", "ui8", "bf16"] as const);
  const { region, init } = joining(r, d, element);
  const attrs = {
    window_dimensions: sizes,
    ...(r.chance(0.7) ? { window_strides: shape.map(() => r.int(1, 2)) } : {}),
    ...(r.chance(0.3) ? { base_dilations: shape.map(() => r.int(1, 2)) } : {}),
    ...(r.chance(0.3)
      ? {
          window_dilations: sizes.map((n, i) =>
            n === 1 ? 1 : r.int(1, Math.max(1, Math.floor((shape[i]! - 1) / (n - 1)))),
          ),
        }
      : {}),
    ...(r.chance(0.6) ? { padding: shape.map(() => [r.int(0, 2), r.int(0, 2)]) } : {}),
  };
  const operands = [d.random(r, element, shape, { low: -2, high: 2 }), d.argument(init)];
  return d.builder.create(forget(windows.reduceWindow), operands, attrs, { regions: [region], segments: [1, 1] })
    .results;
};

const selectAndScatter: Make = (r, d) => {
  const shape = r.shape(r.int(1, 3), 6);
  const sizes = shape.map((n) => r.int(1, Math.min(n, 3)));
  const strides = shape.map(() => r.int(1, 2));
  const source = shape.map((n, i) => Math.floor((n - sizes[i]!) / strides[i]!) + 1);
  const prefers = body(d, ["f32", "f32"], (b, [x, y]) => [
    b.value(compare, { lhs: x!, rhs: y! }, { comparison_direction: "GE" }),
  ]);
  const adds = body(d, ["f32", "f32"], (b, [x, y]) => [b.value(hlo.add, { lhs: x!, rhs: y! }, {})]);
  const operands = [d.argument(r.distinct("f32", shape)), d.random(r, "f32", source), d.random(r, "f32", [])];
  return [
    build(
      d,
      windows.selectAndScatter,
      operands,
      { window_dimensions: sizes, window_strides: strides },
      { regions: [prefers, adds] },
    ),
  ];
};

/** Updates whose windows lie inside or outside as a whole, to distinct places where the order of joining would show. */
const scatter: Make = (r, d) => {
  // XLA loses all updates but the last where no axis is indexed (they all go to one place).
  let drawn = gatherCase(r);
  while ((drawn.numbers["startIndexMap"] as readonly number[]).length === 0) drawn = gatherCase(r);
  const { operand, indices, sizes, numbers } = drawn;
  const g = numbers as Record<string, readonly number[]> & { readonly indexVectorDim: number };
  const element = r.pick(["f32", "i32", "f64", "bf16"] as const);
  const whole = operand.map((n, axis) => (g["startIndexMap"]!.includes(axis) ? sizes[axis]! : n));
  const windowAxes = operand.flatMap((_, axis) =>
    g["collapsedSliceDims"]!.includes(axis) || g["operandBatchingDims"]!.includes(axis) ? [] : [axis],
  );
  const batch = indices.filter((_, axis) => axis !== g.indexVectorDim);
  const rank = batch.length + windowAxes.length;
  const windowSizes = windowAxes.map((axis) => (g["startIndexMap"]!.includes(axis) ? 1 : whole[axis]!));
  let [w, b] = [0, 0];
  const updates = Array.from({ length: rank }, (_, axis) =>
    g["offsetDims"]!.includes(axis) ? windowSizes[w++]! : batch[b++]!,
  );
  const region = body(d, [element, element], (inner, [x, y]) => [
    inner.create(r.pick([forget(hlo.add), forget(hlo.maximum)]), [x!, y!], {}).result,
  ]);
  const attrs = {
    scatter_dimension_numbers: {
      updateWindowDims: g["offsetDims"],
      insertedWindowDims: g["collapsedSliceDims"],
      inputBatchingDims: g["operandBatchingDims"],
      scatterIndicesBatchingDims: g["startIndicesBatchingDims"],
      scatterDimsToOperandDims: g["startIndexMap"],
      indexVectorDim: g.indexVectorDim,
    },
  };
  const operands = [
    d.random(r, element, operand),
    d.random(r, "i32", indices, { low: -1, high: 5 }),
    d.random(r, element, updates),
  ];
  return d.builder.create(forget(scatters.scatter), operands, attrs, { regions: [region], segments: [1, 1, 1] })
    .results;
};

const sort: Make = (r, d) => {
  const shape = r.shape(r.int(1, 3), 6);
  const element = r.pick(["f32", "i32", "ui8", "f64", "bf16"] as const);
  const descending = r.chance(0.5);
  const attrs = { dimension: r.int(-shape.length, shape.length - 1), is_stable: true };
  const direction = descending ? "GT" : "LT";
  const keys = d.random(r, element, shape, {
    low: -3,
    high: 3,
    whole: true,
    special: elementFacts[element].kind === "float",
  });
  const total = elementFacts[element].kind === "float" ? { compare_type: "TOTALORDER" as const } : {};
  const order = (b: Builder, x: Value, y: Value) => [
    b.value(compare, { lhs: x, rhs: y }, { comparison_direction: direction, ...total }),
  ];
  if (r.chance(0.5)) {
    const region = body(d, [element, element], (b, [x, y]) => order(b, x!, y!));
    return d.builder.create(forget(sorts.sort), [keys], attrs, { regions: [region] }).results;
  }
  const region = body(d, [element, element, "i32", "i32"], (b, [x, y]) => order(b, x!, y!));
  return d.builder.create(forget(sorts.sort), [keys, d.random(r, "i32", shape)], attrs, { regions: [region] }).results;
};

function branch(d: Draft, x: Value, def: unknown): Region {
  return d.builder.region([], (b) => {
    b.op(returnOp, { results: [b.create(forget(def), [x, x], {}).result] }, {});
  });
}

const whileLoop: Make = (r, d) => {
  const shape = r.shape();
  const limit = r.int(0, 6);
  const scalar = d.tensor("i32");
  const types = [scalar, d.tensor("f32", shape)];
  const number = (b: Builder, n: number) =>
    b.value(constant, {}, { value: { kind: "dense", type: scalar, splat: true, data: fromScalars("i32", [], [n]) } });
  const condition = d.builder.region(types, (b, [i]) => {
    b.op(
      returnOp,
      { results: [b.value(compare, { lhs: i!, rhs: number(b, limit) }, { comparison_direction: "LT" })] },
      {},
    );
  });
  const step = d.builder.region(types, (b, [i, x]) => {
    const next = b.value(hlo.add, { lhs: i!, rhs: number(b, 1) }, {});
    b.op(returnOp, { results: [next, b.value(hlo.add, { lhs: x!, rhs: x! }, {})] }, {});
  });
  const init = d.argument(fromScalars("i32", [], [0]));
  return d.builder.create(forget(flow.whileOp), [init, d.random(r, "f32", shape)], {}, { regions: [condition, step] })
    .results;
};

const alone = { replica_groups: [[0]] };

/** A collective on one device gives back what it takes. */
function collective(def: unknown, attrs: Readonly<Record<string, unknown>>, joins: boolean): Make {
  return (r, d) => {
    const x = d.random(r, "f32", r.shape(r.int(1, 3)));
    const regions = joins
      ? { regions: [body(d, ["f32", "f32"], (b, [a, c]) => [b.value(hlo.add, { lhs: a!, rhs: c! }, {})])] }
      : {};
    return [build(d, def, [x], attrs, regions)];
  };
}

export const regionRecipes: Recipes = {
  "stablehlo.reduce": { make: reduce, loose: 2 },
  "stablehlo.map": { make: map },
  "stablehlo.reduce_window": { make: reduceWindow, loose: 2 },
  "stablehlo.select_and_scatter": { make: selectAndScatter, loose: 2 },
  "stablehlo.scatter": { make: scatter, loose: 4 },
  "stablehlo.sort": { make: sort, loose: 0 },
  "stablehlo.if": {
    make(r, d) {
      const x = d.random(r, "f32", r.shape());
      return [
        build(
          d,
          flow.ifOp,
          [d.random(r, "i1", [])],
          {},
          { regions: [branch(d, x, hlo.add), branch(d, x, hlo.multiply)] },
        ),
      ];
    },
  },
  "stablehlo.case": {
    make(r, d) {
      const x = d.random(r, "f32", r.shape());
      const regions = [branch(d, x, hlo.add), branch(d, x, hlo.multiply), branch(d, x, hlo.subtract)].slice(
        0,
        r.int(1, 3),
      );
      return [build(d, flow.caseOp, [d.random(r, "i32", [], { low: -2, high: 4 })], {}, { regions })];
    },
  },
  "stablehlo.while": { make: whileLoop },
  "stablehlo.optimization_barrier": {
    loose: 0,
    make: (r, d) =>
      d.builder.create(
        forget(flow.optimizationBarrier),
        [d.random(r, "f32", r.shape()), d.random(r, "i32", r.shape())],
        {},
      ).results,
  },
  "stablehlo.composite": {
    make(r, d) {
      const x = d.random(r, "f32", r.shape());
      d.function("decomposed", [x.type, x.type], (b, [a, c]) => [
        b.value(hlo.add, { lhs: a!, rhs: c! }, {}),
        b.value(hlo.multiply, { lhs: a!, rhs: c! }, {}),
      ]);
      const attrs = {
        name: "psm.pair",
        decomposition: "decomposed",
        composite_attributes: { n: { kind: "int", value: 3n, type: d.context.types.scalar("i64") } },
      };
      return d.builder.create(forget(calls.composite), [x, x], attrs, { results: [x.type, x.type] }).results;
    },
  },
  "stablehlo.tuple": {
    loose: 0,
    make(r, d) {
      const pair = build(d, tuples.tupleOp, [d.random(r, "f32", r.shape()), d.random(r, "i32", r.shape())]);
      return [build(d, tuples.getTupleElement, [pair], { index: r.int(0, 1) })];
    },
  },
  "stablehlo.rng_bit_generator": {
    loose: 0,
    make(r, d) {
      const algorithm = r.pick(["DEFAULT", "PHILOX", "THREE_FRY"] as const);
      const words = algorithm === "THREE_FRY" ? 2 : r.int(2, 3);
      const word = () => (BigInt(r.int(0, 2 ** 32 - 1)) << 32n) | BigInt(r.int(0, 2 ** 32 - 1));
      const near = () => (r.chance(0.3) ? 2n ** 64n - 1n : word());
      const state = d.argument({ element: "ui64", shape: [words], data: BigUint64Array.from({ length: words }, near) });
      const output = d.tensor(r.pick(["ui32", "ui64", "ui8", "ui16"] as const), r.shape(r.int(0, 3), 6));
      return d.builder.create(
        forget(randoms.rngBitGenerator),
        [state],
        { rng_algorithm: algorithm },
        { results: [state.type, output] },
      ).results;
    },
  },
  "stablehlo.all_gather": { make: collective(collectives.allGather, { all_gather_dim: 0, ...alone }, false), loose: 0 },
  "stablehlo.all_reduce": { make: collective(collectives.allReduce, alone, true), loose: 0 },
  "stablehlo.reduce_scatter": {
    make: collective(collectives.reduceScatter, { scatter_dimension: 0, ...alone }, true),
    loose: 0,
  },
  "stablehlo.all_to_all": {
    make: collective(
      collectives.allToAll,
      { split_dimension: 0, concat_dimension: 0, split_count: 1, ...alone },
      false,
    ),
    loose: 0,
  },
  "stablehlo.collective_broadcast": {
    make: collective(collectives.collectiveBroadcast, alone, false),
    loose: 0,
    referee: "none",
  },
  "stablehlo.collective_permute": {
    make: collective(collectives.collectivePermute, { source_target_pairs: [[0, 0]] }, false),
    loose: 0,
  },
  "stablehlo.cross-replica-sum": { make: collective(collectives.crossReplicaSum, alone, false), loose: 0 },
  "stablehlo.replica_id": { make: (_, d) => [build(d, collectives.replicaId, [])], loose: 0 },
  "stablehlo.partition_id": { make: (_, d) => [build(d, collectives.partitionId, [])], loose: 0 },
};
