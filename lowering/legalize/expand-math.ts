/**
 * @file `expand-math`: functions of `math` and the remainder of `arith` become polynomials and bit arithmetic, so that no
 * call to a mathematical library is left. What is an instruction on every target stays.
 * Invariant: the same bits on every target, unless `fma` asks for fused operations.
 */

import type { Builder } from "../../ir/builder.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import * as arith from "../../ir/dialects/arith/float.js";
import * as math from "../../ir/dialects/math/functions.js";
import * as integers from "../../ir/dialects/math/integer.js";
import { elementFacts } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { applyRewrites, type Rewrite, type Rewriter, rewrite } from "../../ir/rewrite.js";
import { type BinaryFunction, Float, Int, type UnaryFunction } from "./emit.js";
import { type EmitOptions, IrPrimitives, type LaneType } from "./emit-ir.js";
import { erf, erfc } from "./math/error-function.js";
import { cosh, exp, exp2, expm1, sinh, tanh } from "./math/exponential.js";
import { integerPower } from "./math/integer-power.js";
import { acosh, asinh, atanh } from "./math/inverse-hyperbolic.js";
import { acos, asin, atan, atan2 } from "./math/inverse-trigonometric.js";
import { log, log1p, log2, log10 } from "./math/logarithm.js";
import { pow, powInteger } from "./math/power.js";
import { fmod } from "./math/remainder.js";
import { cbrt, rsqrt } from "./math/roots.js";
import { round } from "./math/rounding.js";
import { cos, sin, sincos, tan } from "./math/trigonometric.js";

/** Operations of one operand, and what they become. */
export const unaryExpansions = {
  acos: [math.acos, acos],
  acosh: [math.acosh, acosh],
  asin: [math.asin, asin],
  asinh: [math.asinh, asinh],
  atan: [math.atan, atan],
  atanh: [math.atanh, atanh],
  cbrt: [math.cbrt, cbrt],
  cos: [math.cos, cos],
  cosh: [math.cosh, cosh],
  erf: [math.erfOp, erf],
  erfc: [math.erfcOp, erfc],
  exp: [math.exp, exp],
  exp2: [math.exp2, exp2],
  expm1: [math.expm1, expm1],
  log: [math.log, log],
  log10: [math.log10, log10],
  log1p: [math.log1p, log1p],
  log2: [math.log2, log2],
  round: [math.round, round],
  rsqrt: [math.rsqrt, rsqrt],
  sin: [math.sin, sin],
  sinh: [math.sinh, sinh],
  tan: [math.tan, tan],
  tanh: [math.tanh, tanh],
} as const satisfies Readonly<Record<string, readonly [unknown, UnaryFunction]>>;

export const binaryExpansions = {
  atan2: [math.atan2, atan2],
  fmod: [arith.remf, fmod],
  pow: [math.powf, pow],
} as const satisfies Readonly<Record<string, readonly [unknown, BinaryFunction]>>;

const why = "no target has an instruction for it";

type Expansion = (floats: readonly Float<Value>[], op: Operation, on: IrPrimitives) => readonly Value[];

/** True for scalars and vectors of f32 or f64; narrower floats are widened by a pass before this one. */
function isExpandable(type: Value["type"]): type is LaneType {
  return (type.kind === "scalar" || type.kind === "vector") && (type.element === "f32" || type.element === "f64");
}

function expansion(root: unknown, options: EmitOptions, expand: Expansion): Rewrite {
  return rewrite(root, {
    why,
    apply(op: Operation, rewriter: Rewriter) {
      const { type } = op.operand(0);
      if (!isExpandable(type)) return false;
      const on = new IrPrimitives(rewriter.before(op), type, options);
      rewriter.replace(
        op,
        expand(
          op.operands.map((x) => new Float<Value>(on, x)),
          op,
          on,
        ),
      );
      return true;
    },
  });
}

/** An integer, or a vector of integers, with the sign repeated up to the width of another element. */
function widened(x: Value, element: "i32" | "i64", builder: Builder): Value {
  const type = x.type as LaneType;
  if (type.element === element) return x;
  const extend = type.element === "index" ? cast.indexCast : cast.extsi;
  return builder.value(extend, { in: x }, {}, { results: [builder.context.types.withElement(type, element)] });
}

/** Brought to 32 bits where it has 64: saturated, its parity kept, as a float of 32 bits cannot tell such powers apart. */
function saturated(x: Value, builder: Builder): Value {
  const type = x.type as LaneType;
  const wide = new Int<Value>(new IrPrimitives(builder, type), x);
  const most = wide.of((1n << 31n) - 2n).or(wide.and(1));
  const least = wide.of(-(1n << 31n)).or(wide.and(1));
  const clamped = wide.gt(most).selectInt(most, wide.lt(least).selectInt(least, wide));
  const target = builder.context.types.withElement(type, "i32");
  return builder.value(cast.trunci, { in: clamped.value }, {}, { results: [target] });
}

function expandFpowi(op: Operation, rewriter: Rewriter, options: EmitOptions): boolean {
  const { type } = op.operand(0);
  if (!isExpandable(type)) return false;
  const builder = rewriter.before(op);
  const on = new IrPrimitives(builder, type, options);
  const exponent = op.operand(1);
  const isWide = (exponent.type as LaneType).element === "i64";
  const fitted =
    type.element === "f64"
      ? widened(exponent, "i64", builder)
      : isWide
        ? saturated(exponent, builder)
        : widened(exponent, "i32", builder);
  rewriter.replace(op, [powInteger(new Float<Value>(on, op.operand(0)), new Int<Value>(on, fitted)).value]);
  return true;
}

/** Narrow integers are computed in 32 bits: what wraps there wraps to the same low bits. */
function expandIpowi(op: Operation, rewriter: Rewriter): boolean {
  const type = op.result.type as LaneType;
  if (type.kind !== "scalar" && (type.kind as string) !== "vector") return false;
  const builder = rewriter.before(op);
  const element = elementFacts[type.element].bits === 64 ? "i64" : "i32";
  const [base, exponent] = op.operands.map((x) => widened(x, element, builder));
  const on = new IrPrimitives(builder, base!.type as LaneType);
  const power = integerPower(new Int<Value>(on, base!), new Int<Value>(on, exponent!)).value;
  const narrow = type.element === "index" ? cast.indexCast : cast.trunci;
  const isSame = power.type === type;
  rewriter.replace(op, [isSame ? power : builder.create(narrow as never, [power], {}, { results: [type] }).result]);
  return true;
}

function rewritesWith(options: EmitOptions): readonly Rewrite[] {
  const tables = [...Object.values(unaryExpansions), ...Object.values(binaryExpansions)];
  const infinity = Number.POSITIVE_INFINITY;
  return [
    ...tables.map(([root, f]) =>
      expansion(root, options, (args) => [(f as (...args: readonly Float<Value>[]) => Float<Value>)(...args).value]),
    ),
    expansion(math.sincos, options, ([x]) => {
      const both = sincos(x!);
      return [both.sin.value, both.cos.value];
    }),
    expansion(math.isnan, options, ([x]) => [x!.isNaN().value]),
    expansion(math.isinf, options, ([x]) => [x!.isInfinite().value]),
    expansion(math.isfinite, options, ([x]) => [x!.abs().lt(infinity).value]),
    rewrite(integers.fpowi, { why, apply: (op, rewriter) => expandFpowi(op, rewriter, options) }),
    rewrite(integers.ipowi, { why, apply: expandIpowi }),
  ];
}

/** Operations of `math` that remain: each is an instruction, or a few, on every target. */
export const kept: ReadonlySet<unknown> = new Set<unknown>([
  math.absf,
  math.ceil,
  math.copysign,
  math.floor,
  math.fma,
  math.roundeven,
  math.sqrt,
  math.trunc,
  integers.absi,
  integers.ctlz,
  integers.ctpop,
  integers.cttz,
]);

/** The pass, for a target with or without fused operations. */
export function expandMathWith(options: EmitOptions): Pass {
  const rewrites = rewritesWith(options);
  return {
    name: "expand-math",
    summary: "Functions of math become polynomials, at most two units in the last place off.",
    run: (module, context) => void applyRewrites(module, context, rewrites),
  };
}

export const expandMath = expandMathWith({});
