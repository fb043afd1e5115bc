/** @file Random programs of elementwise operations: the table of each operation's domain. */

import type { AnyOpDef } from "../../../ir/define.js";
import * as chloBroadcast from "../../../ir/dialects/chlo/broadcast.js";
import * as chlo from "../../../ir/dialects/chlo/elementwise.js";
import * as choose from "../../../ir/dialects/stablehlo/choose.js";
import * as convert from "../../../ir/dialects/stablehlo/convert.js";
import * as hlo from "../../../ir/dialects/stablehlo/elementwise.js";
import { type ElementType, elementFacts, partOf } from "../../../ir/element.js";
import type { EntryOptions } from "../random.js";
import {
  build,
  commonFloats,
  commonInts,
  complexes,
  everyElement,
  numbers,
  type Recipe,
  type Recipes,
  smallFloats,
  smallInts,
} from "./recipe.js";

const wide: EntryOptions = { low: -1000, high: 1000, special: true };
const bits = [...commonInts, "i1"] as const;
const signed = [...commonFloats, "i8", "i16", "i32", "i64", ...complexes] as const;
const transcendental = [...commonFloats, ...complexes] as const;

function unary(
  def: unknown,
  elements: readonly ElementType[],
  options: EntryOptions,
  loose = 1,
): readonly [string, Recipe] {
  const make: Recipe["make"] = (r, d) => {
    const element = r.pick(elements);
    // A NaN or an infinity in one part of a complex number leaves the other part's sign to the implementation.
    const special = options.special === true && elementFacts[element].kind !== "complex";
    return [build(d, def, [d.random(r, element, r.shape(), { ...options, special })])];
  };
  return [(def as AnyOpDef).name, { make, loose }];
}

interface BinaryOptions {
  readonly left?: EntryOptions;
  readonly right?: EntryOptions;
  readonly loose?: number;
}

function binary(
  def: unknown,
  elements: readonly ElementType[],
  { left = {}, right = left, loose = 1 }: BinaryOptions = {},
): readonly [string, Recipe] {
  const make: Recipe["make"] = (r, d) => {
    const element = r.pick(elements);
    const shape = r.shape();
    const isComplex = elementFacts[element].kind === "complex";
    const plain = (options: EntryOptions): EntryOptions => ({
      ...options,
      special: options.special === true && !isComplex,
    });
    return [build(d, def, [d.random(r, element, shape, plain(left)), d.random(r, element, shape, plain(right))])];
  };
  return [(def as AnyOpDef).name, { make, loose }];
}

const shifts: BinaryOptions = { left: wide, right: { low: 0, high: 70 } };
const floatsAndInts = [...commonFloats, ...commonInts] as const;

const unaryRecipes = [
  unary(hlo.abs, signed, wide),
  unary(hlo.ceil, [...commonFloats, ...smallFloats], { low: -5, high: 5, special: true }),
  unary(hlo.cbrt, commonFloats, wide),
  unary(hlo.cosine, transcendental, { low: -10, high: 10, special: true }),
  unary(hlo.countLeadingZeros, commonInts, wide),
  unary(hlo.exponential, transcendental, { low: -10, high: 10, special: true }),
  unary(hlo.exponentialMinusOne, transcendental, { low: -2, high: 5, special: true }),
  unary(hlo.floor, [...commonFloats, ...smallFloats], { low: -5, high: 5, special: true }),
  unary(hlo.log, transcendental, { low: 0.001, high: 50, special: true }),
  unary(hlo.logPlusOne, transcendental, { low: -0.9, high: 5, special: true }),
  unary(hlo.logistic, transcendental, { low: -8, high: 8, special: true }),
  unary(hlo.negate, numbers, wide),
  unary(hlo.not, [...bits, ...smallInts], wide),
  unary(hlo.popcnt, commonInts, wide),
  unary(hlo.roundNearestAfz, [...commonFloats, ...smallFloats], { low: -5, high: 5, special: true }),
  unary(hlo.roundNearestEven, [...commonFloats, ...smallFloats], { low: -5, high: 5, special: true }),
  unary(hlo.rsqrt, transcendental, { low: 0.01, high: 50, special: true }),
  unary(hlo.sign, signed, wide),
  unary(hlo.sine, transcendental, { low: -10, high: 10, special: true }),
  unary(hlo.sqrt, transcendental, { low: 0, high: 100, special: true }),
  unary(hlo.tan, transcendental, { low: -1.4, high: 1.4, special: true }, 2),
  unary(hlo.tanh, transcendental, { low: -5, high: 5, special: true }, 2),
  unary(convert.isFiniteOp, [...commonFloats, ...smallFloats], wide),
  unary(convert.real, transcendental, wide, 0),
  unary(convert.imag, transcendental, wide, 0),
  unary(chlo.acos, transcendental, { low: -1, high: 1, special: true }, 2),
  unary(chlo.acosh, transcendental, { low: 1.001, high: 50, special: true }, 4),
  unary(chlo.asin, transcendental, { low: -1, high: 1, special: true }, 2),
  unary(chlo.asinh, transcendental, { low: -50, high: 50, special: true }, 2),
  unary(chlo.atan, transcendental, { low: -5, high: 5, special: true }),
  unary(chlo.atanh, transcendental, { low: -0.99, high: 0.99, special: true }, 4),
  unary(chlo.besselI1e, ["f32", "f64", "f32"], { low: -40, high: 40 }, 2),
  unary(chlo.conj, transcendental, wide, 0),
  unary(chlo.cosh, transcendental, { low: -5, high: 5, special: true }, 2),
  unary(chlo.digamma, commonFloats, { low: -4.9, high: 30 }, 60),
  unary(chlo.erf, commonFloats, { low: -4, high: 4, special: true }),
  unary(chlo.erfInv, commonFloats, { low: -0.999, high: 0.999 }, 20),
  unary(chlo.erfc, commonFloats, { low: -4, high: 8, special: true }, 20),
  unary(chlo.isInf, commonFloats, wide),
  unary(chlo.isNegInf, commonFloats, wide),
  unary(chlo.isPosInf, commonFloats, wide),
  unary(chlo.lgamma, commonFloats, { low: 0.1, high: 50 }, 20),
  unary(chlo.sinh, transcendental, { low: -5, high: 5, special: true }, 2),
  unary(chlo.square, transcendental, { low: -5, high: 5, special: true }),
  unary(chlo.tan, transcendental, { low: -1.4, high: 1.4 }, 2),
];

const binaryRecipes = [
  binary(hlo.add, [...everyElement], { left: { low: -100, high: 100, special: true } }),
  binary(hlo.and, [...bits, ...smallInts], { left: wide }),
  binary(hlo.atan2, commonFloats, { left: { special: true } }),
  binary(hlo.divide, numbers, { left: { low: -100, high: 100, special: true } }),
  binary(hlo.maximum, [...floatsAndInts, "i1"], { left: { low: -3, high: 3, special: true } }),
  binary(hlo.minimum, [...floatsAndInts, "i1"], { left: { low: -3, high: 3, special: true } }),
  binary(hlo.multiply, [...everyElement], { left: { low: -20, high: 20, special: true } }),
  binary(hlo.or, [...bits, ...smallInts], { left: wide }),
  binary(hlo.power, commonFloats, {
    left: { low: 0, high: 5, special: true },
    right: { low: -3, high: 3, special: true },
    loose: 4,
  }),
  binary(hlo.remainder, floatsAndInts, {
    left: { low: -100, high: 100, special: true },
    right: { low: -9, high: 9, special: true },
  }),
  binary(hlo.shiftLeft, commonInts, shifts),
  binary(hlo.shiftRightArithmetic, commonInts, shifts),
  binary(hlo.shiftRightLogical, commonInts, shifts),
  binary(hlo.subtract, [...numbers, ...smallFloats], { left: { low: -100, high: 100, special: true } }),
  binary(hlo.xor, [...bits, ...smallInts], { left: wide }),
  binary(convert.complex, ["f32", "f64"], { left: wide, loose: 0 }),
  binary(chlo.nextAfter, commonFloats, { left: { low: -2, high: 2, special: true }, loose: 0 }),
  binary(chlo.polygamma, ["f32", "f64"], {
    left: { low: 0, high: 4, whole: true },
    right: { low: 0.5, high: 10 },
    loose: 50,
  }),
  binary(chlo.zeta, ["f32", "f64"], { left: { low: 1.1, high: 9 }, right: { low: 0.5, high: 10 }, loose: 20 }),
  binary(chlo.mulhi, ["i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64"], {
    left: { low: -(2 ** 40), high: 2 ** 40, special: true },
  }),
];

/** Broadcasting forms of binary operations: one side's axes may be 1 or missing. */
function broadcasting(
  def: unknown,
  elements: readonly ElementType[],
  { left = {}, right = left, loose = 1 }: BinaryOptions = {},
): readonly [string, Recipe] {
  const make: Recipe["make"] = (r, d) => {
    const element = r.pick(elements);
    const shape = r.shape(r.int(0, 3));
    const thin = shape.map((n) => (r.chance(0.3) ? 1 : n)).slice(r.int(0, shape.length));
    const [a, b] = r.chance(0.5) ? [shape, thin] : [thin, shape];
    const extra =
      def === chloBroadcast.broadcastCompare
        ? { comparison_direction: r.pick(["EQ", "NE", "LT", "LE", "GT", "GE"]) }
        : {};
    return [build(d, def, [d.random(r, element, a, left), d.random(r, element, b, right)], extra)];
  };
  return [(def as AnyOpDef).name, { make, loose }];
}

const broadcastRecipes = [
  broadcasting(chloBroadcast.broadcastAdd, numbers),
  broadcasting(chloBroadcast.broadcastAnd, bits),
  broadcasting(chloBroadcast.broadcastAtan2, commonFloats),
  broadcasting(chloBroadcast.broadcastDivide, floatsAndInts),
  broadcasting(chloBroadcast.broadcastMaximum, floatsAndInts),
  broadcasting(chloBroadcast.broadcastMinimum, floatsAndInts),
  broadcasting(chloBroadcast.broadcastMultiply, numbers),
  broadcasting(chloBroadcast.broadcastNextAfter, commonFloats, { loose: 0 }),
  broadcasting(chloBroadcast.broadcastOr, bits),
  broadcasting(chloBroadcast.broadcastPolygamma, ["f32"], {
    left: { low: 0, high: 4, whole: true },
    right: { low: 0.5, high: 10 },
    loose: 50,
  }),
  broadcasting(chloBroadcast.broadcastPower, commonFloats, {
    left: { low: 0.1, high: 4 },
    right: { low: -3, high: 3 },
    loose: 4,
  }),
  broadcasting(chloBroadcast.broadcastRemainder, floatsAndInts),
  broadcasting(chloBroadcast.broadcastShiftLeft, commonInts, shifts),
  broadcasting(chloBroadcast.broadcastShiftRightArithmetic, commonInts, shifts),
  broadcasting(chloBroadcast.broadcastShiftRightLogical, commonInts, shifts),
  broadcasting(chloBroadcast.broadcastSubtract, numbers),
  broadcasting(chloBroadcast.broadcastXor, bits),
  broadcasting(chloBroadcast.broadcastZeta, ["f32"], {
    left: { low: 1.1, high: 9 },
    right: { low: 0.5, high: 10 },
    loose: 20,
  }),
  broadcasting(chloBroadcast.broadcastComplex, ["f32", "f64"], { loose: 0 }),
  broadcasting(chloBroadcast.broadcastCompare, floatsAndInts, { left: { low: -2, high: 2, whole: true } }),
];

const convertible = [
  ...commonFloats,
  ...commonInts,
  "i1" as const,
  ...complexes,
  ...smallFloats,
  "i4" as const,
  "ui4" as const,
];
const directions = ["EQ", "NE", "LT", "LE", "GT", "GE"] as const;
const sameWidth: readonly (readonly [ElementType, ElementType])[] = [
  ["f32", "i32"],
  ["i32", "f32"],
  ["f64", "ui64"],
  ["bf16", "i16"],
  ["ui16", "f16"],
  ["f8E5M2", "ui8"],
  ["ui32", "i32"],
];
const otherWidth: readonly (readonly [ElementType, ElementType, number])[] = [
  ["i32", "i8", 4],
  ["f64", "f32", 2],
  ["ui64", "bf16", 4],
  ["i16", "ui4", 4],
];

export const elementwiseRecipes: Recipes = {
  ...Object.fromEntries([...unaryRecipes, ...binaryRecipes, ...broadcastRecipes]),
  "stablehlo.convert": {
    make(r, d) {
      const [from, to] = [r.pick(convertible), r.pick(convertible)];
      const shape = r.shape();
      const x = d.random(r, from, shape, { low: -300, high: 300, special: partOf(from) === from });
      return [build(d, convert.convert, [x], {}, { results: [d.tensor(to, shape)] })];
    },
  },
  "stablehlo.bitcast_convert": {
    loose: 0,
    make(r, d) {
      const shape = r.shape();
      if (r.chance(0.5)) {
        const [from, to] = r.pick(sameWidth);
        return [build(d, convert.bitcastConvert, [d.random(r, from, shape)], {}, { results: [d.tensor(to, shape)] })];
      }
      const [large, small, parts] = r.pick(otherWidth);
      const [from, to] = r.chance(0.5) ? [large, small] : [small, large];
      const inShape = from === large ? shape : [...shape, parts];
      const outShape = from === large ? [...shape, parts] : shape;
      return [
        build(d, convert.bitcastConvert, [d.random(r, from, inShape)], {}, { results: [d.tensor(to, outShape)] }),
      ];
    },
  },
  "stablehlo.reduce_precision": {
    loose: 0,
    make(r, d) {
      const element = r.pick(["f32", "f64", "f16", "bf16"] as const);
      const attrs = { exponent_bits: r.int(2, 8), mantissa_bits: r.int(1, 12) };
      return [
        build(
          d,
          convert.reducePrecision,
          [d.random(r, element, r.shape(), { low: -70, high: 70, special: true })],
          attrs,
        ),
      ];
    },
  },
  "stablehlo.compare": {
    make(r, d) {
      const element = r.pick([...commonFloats, ...commonInts, "i1" as const, ...complexes]);
      const { kind } = elementFacts[element];
      const direction = r.pick(kind === "complex" ? directions.slice(0, 2) : directions);
      const written = {
        float: ["FLOAT", "TOTALORDER"],
        complex: ["FLOAT"],
        int: ["SIGNED"],
        uint: ["UNSIGNED"],
        bool: ["UNSIGNED"],
        index: [],
      }[kind];
      const type = r.chance(0.6) ? { compare_type: r.pick(written) } : {};
      const shape = r.shape();
      const options = { low: -2, high: 2, whole: true, special: kind !== "complex" };
      const operands = [d.random(r, element, shape, options), d.random(r, element, shape, options)];
      return [build(d, choose.compare, operands, { comparison_direction: direction, ...type })];
    },
  },
  "stablehlo.select": {
    loose: 0,
    make(r, d) {
      const element = r.pick(everyElement);
      const shape = r.shape();
      const pred = d.random(r, "i1", r.chance(0.3) ? [] : shape);
      return [build(d, choose.select, [pred, d.random(r, element, shape), d.random(r, element, shape)])];
    },
  },
  "stablehlo.clamp": {
    make(r, d) {
      const element = r.pick(floatsAndInts);
      const shape = r.shape();
      const bound = () => d.random(r, element, r.chance(0.5) ? [] : shape, { low: -2, high: 2 });
      const min = bound();
      const x = d.random(r, element, shape, { special: true });
      return [build(d, choose.clamp, [min, x, bound()])];
    },
  },
  "chlo.broadcast_select": {
    loose: 0,
    make(r, d) {
      const element = r.pick(floatsAndInts);
      const shape = r.shape(r.int(1, 3));
      const thin = () => shape.map((n) => (r.chance(0.3) ? 1 : n)).slice(r.int(0, shape.length));
      return [
        build(d, chloBroadcast.broadcastSelect, [
          d.random(r, "i1", thin()),
          d.random(r, element, shape),
          d.random(r, element, thin()),
        ]),
      ];
    },
  },
};
