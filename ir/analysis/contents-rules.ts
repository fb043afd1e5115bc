/**
 * @file How each StableHLO operation passes on what its operands hold: one row per operation. Arithmetic is done on
 * ratios of symbolic sizes, data movement by the operation's own `evaluate` on element numbers.
 */

import type { Context } from "../context.js";
import type { AnyOpDef } from "../define.js";
import type { ComparisonDirection } from "../dialects/stablehlo/attributes.js";
import { clamp, compare, select } from "../dialects/stablehlo/choose.js";
import { constant, elementsOf, iota } from "../dialects/stablehlo/constants.js";
import { convert } from "../dialects/stablehlo/convert.js";
import {
  dynamicBroadcastInDim,
  dynamicReshape,
  getDimensionSize,
  realDynamicSlice,
} from "../dialects/stablehlo/dynamic-shape.js";
import * as hlo from "../dialects/stablehlo/elementwise.js";
import { gather } from "../dialects/stablehlo/gather.js";
import { dynamicSlice } from "../dialects/stablehlo/indexing.js";
import { reduce } from "../dialects/stablehlo/reduce.js";
import { soleOperation } from "../dialects/stablehlo/region-run.js";
import { broadcastInDim, concatenate, pad, reshape, reverse, slice, transpose } from "../dialects/stablehlo/shape.js";
import type { Dim } from "../dim.js";
import { elementFacts } from "../element.js";
import type { Operation, Value } from "../graph.js";
import { fromScalars, getScalar, type NdArray, sizeOf, stridesOf } from "../ndarray.js";
import { staticShape, type TensorType } from "../types.js";
import { evaluateAlone } from "./evaluate-alone.js";

/** An element: `n / d` with integers n and d > 0, or `undefined`. Elements of integer tensors have d = 1. */
export interface Ratio {
  readonly n: Dim;
  readonly d: Dim;
}
export type Ratios = readonly (Ratio | undefined)[];

/** An operation, and how to look into its operands. */
export interface Inspection {
  readonly op: Operation;
  readonly context: Context;
  /** The elements of a small operand. */
  readonly elements: (x: Value) => Ratios;
  readonly isSmall: (x: Value) => boolean;
}

type Rule = (at: Inspection) => Ratios | undefined;
type Dims = Context["dims"];
type Binary = (a: Ratio, b: Ratio, dims: Dims) => Ratio | undefined;

const whole = (n: Dim): Ratio => ({ n, d: 1 });
const truth = (x: boolean | undefined): Ratio | undefined => (x === undefined ? undefined : whole(x ? 1 : 0));

/** n / d, reduced where d divides n. */
function ratio(n: Dim, d: Dim, dims: Dims): Ratio | undefined {
  if (d === 0 || dims.bounds(d).min < 0) return undefined;
  if (d !== 1 && dims.isDivisibleBy(n, d)) return whole(dims.floorDiv(n, d));
  return { n, d };
}

const isWhole = (...xs: readonly Ratio[]): boolean => xs.every((x) => x.d === 1);
const cross = (a: Ratio, b: Ratio, dims: Dims): readonly [Dim, Dim] => [dims.mul(a.n, b.d), dims.mul(b.n, a.d)];

/** The quotient of integers, which truncates; a ratio of floats. */
function divideElements(a: Ratio, b: Ratio, dims: Dims, isFloat: boolean): Ratio | undefined {
  if (b.n === 0) return undefined;
  if (isFloat) {
    const [n, d] = [dims.mul(a.n, b.d), dims.mul(a.d, b.n)];
    return dims.bounds(d).max < 0 ? ratio(dims.mul(n, -1), dims.mul(d, -1), dims) : ratio(n, d, dims);
  }
  if (dims.isDivisibleBy(a.n, b.n)) return whole(dims.floorDiv(a.n, b.n));
  const sameSign = dims.bounds(a.n).min >= 0 && dims.bounds(b.n).min >= 0;
  if (sameSign) return whole(dims.floorDiv(a.n, b.n));
  const numbers = typeof a.n === "number" && typeof b.n === "number";
  return numbers ? whole(Math.trunc((a.n as number) / (b.n as number)) + 0) : undefined;
}

function remainderElements(a: Ratio, b: Ratio, dims: Dims): Ratio | undefined {
  if (!isWhole(a, b) || b.n === 0) return undefined;
  if (dims.bounds(a.n).min >= 0 && dims.bounds(b.n).min >= 0) return whole(dims.mod(a.n, b.n));
  const numbers = typeof a.n === "number" && typeof b.n === "number";
  return numbers ? whole(((a.n as number) % (b.n as number)) + 0) : undefined;
}

/** `floor(n / d)`, or towards zero, where that is a size. */
function toInteger(a: Ratio, dims: Dims, mode: "floor" | "ceil" | "truncate"): Ratio | undefined {
  if (a.d === 1) return a;
  if (mode === "ceil") return whole(dims.ceilDiv(a.n, a.d));
  if (mode === "truncate" && dims.bounds(a.n).min < 0) return undefined;
  return whole(dims.floorDiv(a.n, a.d));
}

/** Whether a relation holds, where ranges decide. */
function compareElements(direction: ComparisonDirection, a: Ratio, b: Ratio, dims: Dims): boolean | undefined {
  const [x, y] = cross(a, b, dims);
  const less = dims.provablyLess(x, y) ? true : dims.provablyGreaterOrEqual(x, y) ? false : undefined;
  const more = dims.provablyGreater(x, y) ? true : dims.provablyLessOrEqual(x, y) ? false : undefined;
  const equal = dims.provablyEqual(x, y) ? true : less === true || more === true ? false : undefined;
  const not = (z: boolean | undefined): boolean | undefined => (z === undefined ? undefined : !z);
  const answers = { EQ: equal, NE: not(equal), LT: less, GT: more, LE: not(more), GE: not(less) };
  return answers[direction];
}

function chooseBy(direction: ComparisonDirection): Binary {
  return (a, b, dims) => {
    const holds = compareElements(direction, a, b, dims);
    if (holds !== undefined) return holds ? a : b;
    if (!isWhole(a, b)) return undefined;
    return whole(direction === "GE" ? dims.max(a.n, b.n) : dims.min(a.n, b.n));
  };
}

function elementKind(x: Value): string {
  return elementFacts[(x.type as TensorType).element].kind;
}

/** Elements of two operands side by side. Where the result's element is no integer that sizes reach, wrapping is ignored. */
function binary(f: (a: Ratio, b: Ratio, dims: Dims, kind: string) => Ratio | undefined): Rule {
  return ({ op, context, elements }) => {
    const [a, b] = [elements(op.operand(0)), elements(op.operand(1))];
    const kind = elementKind(op.operand(0));
    return a.map((x, i) => (x && b[i] ? f(x, b[i], context.dims, kind) : undefined));
  };
}

function unary(f: (a: Ratio, dims: Dims, op: Operation) => Ratio | undefined): Rule {
  return ({ op, context, elements }) => elements(op.operand(0)).map((x) => x && f(x, context.dims, op));
}

const isZero = (x: Ratio | undefined): boolean | undefined => (x && typeof x.n === "number" ? x.n === 0 : undefined);

/** Logic on i1: one operand may decide alone. */
function logic(decisive: boolean): Rule {
  return ({ op, elements }) => {
    if (elementKind(op.operand(0)) !== "bool") return undefined;
    const [a, b] = [elements(op.operand(0)), elements(op.operand(1))];
    return a.map((x, i) => {
      const [p, q] = [isZero(x), isZero(b[i])].map((z) => (z === undefined ? undefined : !z));
      if (p === decisive || q === decisive) return truth(decisive);
      return p === undefined || q === undefined ? undefined : truth(!decisive);
    });
  };
}

const sumOf: Binary = (a, b, dims) => {
  const [x, y] = cross(a, b, dims);
  return ratio(dims.add(x, y), dims.mul(a.d, b.d), dims);
};
const productOf: Binary = (a, b, dims) => ratio(dims.mul(a.n, b.n), dims.mul(a.d, b.d), dims);

/** The element that a constant holds: an integer, or a float that is a ratio of small ones. */
function constantElement(array: NdArray, i: number): Ratio | undefined {
  const x = getScalar(array, i);
  if (typeof x === "bigint") {
    const limit = BigInt(Number.MAX_SAFE_INTEGER);
    return whole(Number(x > limit ? limit : x < -limit ? -limit : x));
  }
  if (typeof x !== "number" || !Number.isFinite(x) || Math.abs(x) > 2 ** 40) return undefined;
  for (let d = 1; d <= 1024; d *= 2) if (Number.isInteger(x * d)) return { n: x * d + 0, d };
  return undefined;
}

const numbersIn = (array: NdArray): number[] => Array.from(array.data as ArrayLike<number | bigint>, Number);

/** Runs data movement on element numbers: operands named in `moved` are numbered through, the others must be known. */
function movement(...moved: readonly number[]): Rule {
  return ({ op, context, elements, isSmall }) => {
    const sources: (Ratio | undefined)[] = [];
    const data: NdArray[] = [];
    const isMoved = (i: number): boolean => moved.length === 0 || moved.includes(i);
    for (const [i, x] of op.operands.entries()) {
      if (!isSmall(x)) return undefined;
      const known = elements(x);
      const shape = staticShape(x.type as TensorType);
      if (isMoved(i)) {
        data.push(
          fromScalars(
            "i32",
            shape,
            known.map((_, k) => sources.length + k),
          ),
        );
        sources.push(...known);
      } else {
        if (!known.every((k) => k !== undefined && k.d === 1 && typeof k.n === "number")) return undefined;
        data.push(
          fromScalars(
            "i64",
            shape,
            known.map((k) => BigInt(k!.n as number)),
          ),
        );
      }
    }
    const [out] = evaluateAlone(op, data, context);
    return out === undefined ? undefined : numbersIn(out as NdArray).map((k) => sources[k]);
  };
}

const selection: Rule = ({ op, elements }) => {
  const [p, a, b] = op.operands.map(elements) as [Ratios, Ratios, Ratios];
  return a.map((x, i) => {
    const isFalse = isZero(p.length === 1 ? p[0] : p[i]);
    if (isFalse !== undefined) return isFalse ? b[i] : x;
    return x !== undefined && b[i] !== undefined && x.n === b[i].n && x.d === b[i].d ? x : undefined;
  });
};

const clamping: Rule = ({ op, context, elements }) => {
  const [low, x, high] = op.operands.map(elements) as [Ratios, Ratios, Ratios];
  const at = (list: Ratios, i: number): Ratio | undefined => list[list.length === 1 ? 0 : i];
  return x.map((v, i) => {
    const [l, h] = [at(low, i), at(high, i)];
    const raised = v && l && chooseBy("GE")(v, l, context.dims);
    return raised && h && chooseBy("LE")(raised, h, context.dims);
  });
};

const folds = new Map<AnyOpDef, Binary>([
  [hlo.add, sumOf],
  [hlo.multiply, productOf],
  [hlo.maximum, chooseBy("GE")],
  [hlo.minimum, chooseBy("LE")],
] as readonly (readonly [AnyOpDef, Binary])[]);

const reduction: Rule = ({ op, context, elements, isSmall }) => {
  const [x, init] = op.operands;
  const inner = soleOperation(op.region(0));
  const fold = inner && folds.get(inner);
  if (x === undefined || init === undefined || op.operands.length !== 2 || !fold || !isSmall(x)) return undefined;
  if (elementKind(x) === "bool") return undefined;
  const shape = staticShape(x.type as TensorType);
  const strides = stridesOf(shape);
  const { dimensions } = reduce.attrsOf(op);
  const kept = shape.map((_, axis) => axis).filter((axis) => !dimensions.includes(axis));
  const out: (Ratio | undefined)[] = new Array(sizeOf(kept.map((axis) => shape[axis]!))).fill(elements(init)[0]);
  elements(x).forEach((element, flat) => {
    const row = kept.reduce((at, axis) => at * shape[axis]! + (Math.floor(flat / strides[axis]!) % shape[axis]!), 0);
    const sofar = out[row];
    out[row] = element && sofar && fold(sofar, element, context.dims);
  });
  return out;
};

/** `convert` between integers, floats and i1, of elements that both can hold. */
const conversion = unary((x, dims, op) => {
  const [from, to] = [elementKind(op.operand(0)), elementKind(op.result)];
  if (to === "bool") return truth(compareElements("NE", x, whole(0), dims));
  if (to === "uint" && dims.bounds(x.n).min < 0) return undefined;
  return from === "float" && to !== "float" ? toInteger(x, dims, "truncate") : x;
});

const rows: readonly (readonly [AnyOpDef, Rule])[] = [
  [
    constant,
    ({ op, context }) => {
      const array = elementsOf(constant.attrsOf(op).value, context);
      return Array.from({ length: sizeOf(array.shape) }, (_, i) => constantElement(array, i));
    },
  ],
  [
    getDimensionSize,
    ({ op }) => [whole((op.operand(0).type as TensorType).shape[getDimensionSize.attrsOf(op).dimension]!)],
  ],
  [
    iota,
    ({ op, context }) => {
      const [out] = evaluateAlone(op, [], context);
      return out === undefined ? undefined : numbersIn(out as NdArray).map(whole);
    },
  ],
  ...[reshape, broadcastInDim, slice, transpose, reverse, concatenate, pad].map(
    (def) => [def as AnyOpDef, movement()] as const,
  ),
  ...[dynamicReshape, dynamicBroadcastInDim, realDynamicSlice, gather, dynamicSlice].map(
    (def) => [def as AnyOpDef, movement(0)] as const,
  ),
  [convert, conversion],
  [select, selection],
  [clamp, clamping],
  [reduce, reduction],
  [hlo.add, binary((a, b, dims, kind) => (kind === "bool" ? undefined : sumOf(a, b, dims)))],
  [hlo.subtract, binary((a, b, dims) => sumOf(a, { n: dims.mul(b.n, -1), d: b.d }, dims))],
  [hlo.multiply, binary((a, b, dims) => productOf(a, b, dims))],
  [hlo.divide, binary((a, b, dims, kind) => divideElements(a, b, dims, kind === "float"))],
  [hlo.remainder, binary(remainderElements)],
  [hlo.maximum, binary(chooseBy("GE"))],
  [hlo.minimum, binary(chooseBy("LE"))],
  [hlo.and, logic(false)],
  [hlo.or, logic(true)],
  [
    compare,
    ({ op, context, elements }) => {
      const [a, b] = [elements(op.operand(0)), elements(op.operand(1))];
      const { comparison_direction: direction } = compare.attrsOf(op);
      return a.map((x, i) => (x && b[i] ? truth(compareElements(direction, x, b[i], context.dims)) : undefined));
    },
  ],
  [hlo.negate, unary((a, dims) => ({ n: dims.mul(a.n, -1), d: a.d }))],
  [
    hlo.abs,
    unary((a, dims) => (dims.bounds(a.n).min >= 0 ? a : typeof a.n === "number" ? { n: -a.n, d: a.d } : undefined)),
  ],
  [hlo.floor, unary((a, dims) => toInteger(a, dims, "floor"))],
  [hlo.ceil, unary((a, dims) => toInteger(a, dims, "ceil"))],
  [hlo.roundNearestEven, unary((a) => (a.d === 1 ? a : undefined))],
  [
    hlo.not,
    unary((a, _, op) => (elementKind(op.result) === "bool" && typeof a.n === "number" ? truth(a.n === 0) : undefined)),
  ],
];

export const contentRules: ReadonlyMap<AnyOpDef, Rule> = new Map(rows);
