/** @file Random programs of sums of products, transforms, factorisations and normalisations. */

import * as batchNorm from "../../../ir/dialects/stablehlo/batch-norm.js";
import { contract } from "../../../ir/dialects/stablehlo/contraction.js";
import * as convolutions from "../../../ir/dialects/stablehlo/convolution.js";
import * as dots from "../../../ir/dialects/stablehlo/dot.js";
import * as einsums from "../../../ir/dialects/stablehlo/einsum.js";
import * as ffts from "../../../ir/dialects/stablehlo/fft.js";
import * as linear from "../../../ir/dialects/stablehlo/linear-algebra.js";
import type { ElementType } from "../../../ir/element.js";
import { emptyArray, getScalar, type NdArray, setScalar } from "../../../ir/ndarray.js";
import { numericsOf, type Scalar } from "../../../ir/scalar.js";
import type { Random } from "../random.js";
import { build, type Make, type Recipes } from "./recipe.js";

/** Operand and result elements of a product. */
const products: readonly (readonly [ElementType, ElementType])[] = [
  ["f32", "f32"],
  ["f32", "f32"],
  ["f64", "f64"],
  ["f16", "f16"],
  ["bf16", "bf16"],
  ["bf16", "f32"],
  ["f16", "f32"],
  ["i8", "i32"],
  ["ui8", "i32"],
  ["i32", "i32"],
  ["i64", "i64"],
  ["complex<f32>", "complex<f32>"],
];

/** Puts named axes in a random order; gives the shape and where each group went. */
function scatterAxes(
  r: Random,
  groups: readonly (readonly number[])[],
): { readonly shape: number[]; readonly axes: number[][] } {
  const flat = groups.flat();
  const place = r.order(flat.length);
  const shape = new Array<number>(flat.length);
  place.forEach((at, i) => {
    shape[at] = flat[i]!;
  });
  let next = 0;
  return { shape, axes: groups.map((group) => group.map(() => place[next++]!)) };
}

const dotGeneral: Make = (r, d) => {
  const [element, result] = r.pick(products);
  const [batch, contracted] = [r.shape(r.int(0, 2), 3), r.shape(r.int(0, 2), 6)];
  const lhs = scatterAxes(r, [batch, contracted, r.shape(r.int(0, 2), 6)]);
  const rhs = scatterAxes(r, [batch, contracted, r.shape(r.int(0, 2), 6)]);
  const numbers = {
    lhsBatchingDimensions: lhs.axes[0],
    rhsBatchingDimensions: rhs.axes[0],
    lhsContractingDimensions: lhs.axes[1],
    rhsContractingDimensions: rhs.axes[1],
  };
  const free = (side: typeof lhs) => side.shape.filter((_, axis) => side.axes[2]!.includes(axis));
  const shape = [...batch, ...free(lhs), ...free(rhs)];
  const operands = [d.random(r, element, lhs.shape), d.random(r, element, rhs.shape)];
  const precision = r.chance(0.3) ? { precision_config: ["DEFAULT", r.pick(["DEFAULT", "HIGH", "HIGHEST"])] } : {};
  return [
    build(
      d,
      dots.dotGeneral,
      operands,
      { dot_dimension_numbers: numbers, ...precision },
      { results: [d.tensor(result, shape)] },
    ),
  ];
};

const dot: Make = (r, d) => {
  const element = r.pick(["f32", "f64", "i32"] as const);
  const k = r.int(1, 6);
  const operands = [
    d.random(r, element, [...r.shape(r.int(0, 1)), k]),
    d.random(r, element, [k, ...r.shape(r.int(0, 1))]),
  ];
  return [build(d, dots.dot, operands)];
};

const einsum: Make = (r, d) => {
  const config = r.pick(["ab,bc->ac", "abc,acd->abd", "ab,ab->", "a,b->ab", "abc,cb->a", "ab,cb->ca"]);
  const size = new Map([..."abcd"].map((label) => [label, r.int(1, 4)]));
  const [left, right] = config.split("->")[0]!.split(",") as [string, string];
  const shapeOf = (labels: string) => [...labels].map((l) => size.get(l)!);
  const operands = [d.random(r, "f32", shapeOf(left)), d.random(r, "f32", shapeOf(right))];
  return [build(d, einsums.einsum, operands, { einsum_config: config })];
};

const unaryEinsum: Make = (r, d) => {
  const config = r.pick(["ab->ba", "ab->a", "abc->b", "ab->"]);
  const x = d.random(r, "f32", r.shape(config.split("->")[0]!.length));
  return [build(d, einsums.unaryEinsum, [x], { einsum_config: config })];
};

/** Sizes, groups and the window of a convolution over `rank` spatial axes. */
const convolution: Make = (r, d) => {
  const rank = r.int(0, 3);
  const element = r.pick(["f32", "f32", "f64", "bf16", "f16", "i32"] as const);
  const groups = r.int(1, 3);
  const kind = r.pick(["plain", "features", "batch"] as const);
  const [features, batches] = [kind === "features" ? groups : 1, kind === "batch" ? groups : 1];
  const [inputs, outputs, images] = [r.int(1, 3), r.int(1, 2) * groups, r.int(1, 2) * batches];
  const kernelSpace = r.shape(rank, 3);
  const [lhsDilation, rhsDilation] = [kernelSpace.map(() => r.int(1, 2)), kernelSpace.map(() => r.int(1, 2))];
  const space = kernelSpace.map((n, i) => (n - 1) * rhsDilation[i]! + r.int(1, 4));
  const lhs = scatterAxes(r, [[images], [inputs * features], space]);
  const rhs = scatterAxes(r, [[inputs], [outputs], kernelSpace]);
  const out = scatterAxes(r, [[0], [0], space]);
  const numbers = {
    inputBatchDimension: lhs.axes[0]![0],
    inputFeatureDimension: lhs.axes[1]![0],
    inputSpatialDimensions: lhs.axes[2],
    kernelInputFeatureDimension: rhs.axes[0]![0],
    kernelOutputFeatureDimension: rhs.axes[1]![0],
    kernelSpatialDimensions: rhs.axes[2],
    outputBatchDimension: out.axes[0]![0],
    outputFeatureDimension: out.axes[1]![0],
    outputSpatialDimensions: out.axes[2],
  };
  const optional = {
    ...(r.chance(0.7) ? { window_strides: space.map(() => r.int(1, 2)) } : {}),
    ...(r.chance(0.7) ? { padding: space.map(() => [r.int(0, 2), r.int(0, 2)]) } : {}),
    ...(r.chance(0.5) ? { lhs_dilation: lhsDilation } : {}),
    ...(r.chance(0.2) ? { window_reversal: space.map(() => r.chance(0.5)) } : {}),
  };
  const attrs = {
    dimension_numbers: numbers,
    feature_group_count: features,
    batch_group_count: batches,
    rhs_dilation: rhsDilation,
    ...optional,
  };
  const operands = [d.random(r, element, lhs.shape), d.random(r, element, rhs.shape)];
  return [build(d, convolutions.convolution, operands, attrs)];
};

const fft: Make = (r, d) => {
  const kind = r.pick(["FFT", "IFFT", "RFFT", "IRFFT"] as const);
  const lengths = r.shape(r.int(1, 3), 8);
  const [real, complex] = r.chance(0.7) ? (["f32", "complex<f32>"] as const) : (["f64", "complex<f64>"] as const);
  const shape = [...r.shape(r.int(0, 2), 3), ...lengths];
  if (kind === "IRFFT") shape[shape.length - 1] = Math.floor(lengths.at(-1)! / 2) + 1;
  return [
    build(d, ffts.fft, [d.random(r, kind === "RFFT" ? real : complex, shape)], { fft_type: kind, fft_length: lengths }),
  ];
};

/** a a^H + n I: positive definite. */
function definite(r: Random, element: ElementType, shape: readonly number[]): NdArray {
  const a = r.array(element, shape, { low: -1, high: 1 });
  const batch = shape.slice(0, -2).map((_, i) => i);
  const last = shape.length - 1;
  const conjugated: NdArray = { ...a, data: a.data.slice() };
  if (typeof numericsOf(element).zero === "object")
    for (let i = 1; i < conjugated.data.length; i += 2) conjugated.data[i] = -Number(conjugated.data[i]);
  const product = contract(a, conjugated, { batch: [batch, batch], contracting: [[last], [last]] }, element);
  const n = shape[last]!;
  const shift = numericsOf(element).fromNumber(n);
  for (let i = 0; i < product.data.length / (typeof shift === "object" ? 2 : 1); i++) {
    if (Math.floor(i / n) % n === i % n) setScalar(product, i, numericsOf(element).add(getScalar(product, i), shift));
  }
  return product;
}

/** The triangle that a factorisation does not define is cut off before results are compared. */
const cholesky: Make = (r, d) => {
  const element = r.pick(["f32", "f64", "complex<f64>"] as const);
  const n = r.int(1, 5);
  const a = definite(r, element, [...r.shape(r.int(0, 2), 3), n, n]);
  return [build(d, linear.cholesky, [d.argument(a)], { lower: r.chance(0.5) })];
};

const triangularSolve: Make = (r, d) => {
  const element = r.pick(["f32", "f64", "complex<f32>", "complex<f64>"] as const);
  const [n, m] = [r.int(1, 5), r.int(1, 4)];
  const batch = r.shape(r.int(0, 2), 3);
  const left = r.chance(0.5);
  const attrs = {
    left_side: left,
    lower: r.chance(0.5),
    unit_diagonal: r.chance(0.3),
    transpose_a: r.pick(["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"]),
  };
  const a = definite(r, element, [...batch, n, n]);
  const b = d.random(r, element, [...batch, ...(left ? [n, m] : [m, n])]);
  return [build(d, linear.triangularSolve, [d.argument(scaled(a, n)), b], attrs)];
};

/** Divided by n, so that off-diagonal entries stay small beside the diagonal. */
function scaled(a: NdArray, n: number): NdArray {
  const out = emptyArray(a.element, a.shape);
  const numerics = numericsOf(a.element);
  const divisor: Scalar = numerics.fromNumber(n);
  const lanes = typeof divisor === "object" ? 2 : 1;
  for (let i = 0; i < a.data.length / lanes; i++) setScalar(out, i, numerics.div(getScalar(a, i), divisor));
  return out;
}

interface NormCase {
  readonly element: ElementType;
  readonly shape: number[];
  readonly axis: number;
  readonly attrs: Readonly<Record<string, unknown>>;
}

function normCase(r: Random): NormCase {
  // Few entries to a feature have hardly any variance, and XLA computes it as the difference of two large numbers.
  const shape = r.shape(r.int(2, 4), 4).map((n) => n + 2);
  const axis = r.int(0, shape.length - 1);
  return {
    element: r.pick(["f32", "f64", "f32"] as const),
    shape,
    axis,
    attrs: { epsilon: 0.0009765625, feature_index: axis },
  };
}

export const contractionRecipes: Recipes = {
  "stablehlo.dot_general": { make: dotGeneral, loose: 2 },
  "stablehlo.dot": { make: dot, loose: 2 },
  "stablehlo.einsum": { make: einsum, loose: 2 },
  "stablehlo.unary_einsum": { make: unaryEinsum, loose: 2, referee: "refined" },
  "stablehlo.convolution": { make: convolution, loose: 4 },
  "stablehlo.dynamic_conv": {
    referee: "interpreter",
    loose: 4,
    make(r, d) {
      const numbers = {
        inputBatchDimension: 0,
        inputFeatureDimension: 3,
        inputSpatialDimensions: [1, 2],
        kernelInputFeatureDimension: 2,
        kernelOutputFeatureDimension: 3,
        kernelSpatialDimensions: [0, 1],
        outputBatchDimension: 0,
        outputFeatureDimension: 3,
        outputSpatialDimensions: [1, 2],
      };
      const pads = [r.int(0, 2), r.int(0, 2), r.int(0, 2), r.int(0, 2)] as const;
      const padding = d.argument({ element: "i64", shape: [2, 2], data: BigInt64Array.from(pads, BigInt) });
      const operands = [d.random(r, "f32", [2, 5, 4, 2]), d.random(r, "f32", [2, 3, 2, 3]), padding];
      const result = d.tensor("f32", [2, 5 + pads[0] + pads[1] - 1, 4 + pads[2] + pads[3] - 2, 3]);
      const attrs = { dimension_numbers: numbers, feature_group_count: 1, batch_group_count: 1 };
      return [build(d, convolutions.dynamicConv, operands, attrs, { results: [result] })];
    },
  },
  "stablehlo.fft": { make: fft, loose: 4 },
  "stablehlo.cholesky": { make: cholesky, loose: 4 },
  "stablehlo.triangular_solve": { make: triangularSolve, loose: 20 },
  "stablehlo.batch_norm_inference": {
    loose: 4,
    make(r, d) {
      const { element, shape, axis, attrs } = normCase(r);
      const feature = () => d.random(r, element, [shape[axis]!]);
      const operands = [
        d.random(r, element, shape),
        feature(),
        feature(),
        feature(),
        d.random(r, element, [shape[axis]!], { low: 0.1, high: 3 }),
      ];
      return [build(d, batchNorm.batchNormInference, operands, attrs)];
    },
  },
  "stablehlo.batch_norm_training": {
    loose: 20,
    make(r, d) {
      const { element, shape, axis, attrs } = normCase(r);
      const feature = () => d.random(r, element, [shape[axis]!]);
      return d.builder.create(
        batchNorm.batchNormTraining as never,
        [d.random(r, element, shape), feature(), feature()],
        attrs,
      ).results;
    },
  },
  "stablehlo.batch_norm_grad": {
    loose: 20,
    make(r, d) {
      const { element, shape, axis, attrs } = normCase(r);
      const feature = () => d.random(r, element, [shape[axis]!]);
      const operands = [
        d.random(r, element, shape),
        feature(),
        feature(),
        d.random(r, element, [shape[axis]!], { low: 0.5, high: 3 }),
        d.random(r, element, shape),
      ];
      return d.builder.create(batchNorm.batchNormGrad as never, operands, attrs).results;
    },
  },
};
