/**
 * @file Conversion between element types on single numbers, as StableHLO and XLA define it: floats to integers
 * truncate and saturate, NaN becomes 0, integers wrap, anything but zero is true, complex to real takes the real part.
 */

import type { Builder } from "../../../ir/builder.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { ScalarType } from "../../../ir/types.js";
import { signless } from "../../signless.js";
import { constantLike, select } from "./scalars.js";

/** `x`, of StableHLO element `from`, as `to`; `isWithin` where it is NaN or a number that `to` holds when it is cut off. */
export function convertElement(b: Builder, x: Value, from: ElementType, to: ElementType, isWithin = false): Value {
  const source = elementFacts[from];
  const target = elementFacts[to];
  if (from === to) return x;
  if (source.kind === "complex") return fromComplex(b, x, source.part!, to);
  if (target.kind === "complex") {
    const part = target.part!;
    const imaginary = constantOf(b, 0, b.context.types.scalar(part));
    return b.value(
      complex.create,
      { real: convertElement(b, x, from, part), imaginary },
      {},
      { results: [b.context.types.scalar(to)] },
    );
  }
  if (to === "i1") return isNotZero(b, x, source.kind === "float");
  if (source.kind === "float")
    return target.kind === "float" ? floatToFloat(b, x, from, to) : floatToInteger(b, x, to, isWithin);
  return target.kind === "float" ? integerToFloat(b, x, from, to) : integerToInteger(b, x, from, to);
}

function fromComplex(b: Builder, x: Value, part: ElementType, to: ElementType): Value {
  const real = b.value(complex.re, { complex: x }, {}, { results: [b.context.types.scalar(part)] });
  if (elementFacts[to].kind === "complex") {
    const imaginary = b.value(complex.im, { complex: x }, {}, { results: [b.context.types.scalar(part)] });
    const toPart = elementFacts[to].part!;
    const parts = {
      real: convertElement(b, real, part, toPart),
      imaginary: convertElement(b, imaginary, part, toPart),
    };
    return b.value(complex.create, parts, {}, { results: [b.context.types.scalar(to)] });
  }
  if (to !== "i1") return convertElement(b, real, part, to);
  const imaginary = b.value(complex.im, { complex: x }, {}, { results: [b.context.types.scalar(part)] });
  return b.value(i.ori, { lhs: isNotZero(b, real, true), rhs: isNotZero(b, imaginary, true) }, {});
}

function isNotZero(b: Builder, x: Value, isFloat: boolean): Value {
  const zero = constantLike(b, 0, x);
  if (isFloat) return b.value(f.cmpf, { lhs: x, rhs: zero }, { predicate: "une" });
  return b.value(i.cmpi, { lhs: x, rhs: zero }, { predicate: "ne" });
}

function floatToFloat(b: Builder, x: Value, from: ElementType, to: ElementType): Value {
  const results = [b.context.types.scalar(to)];
  if (elementFacts[to].bits > elementFacts[from].bits) return b.value(cast.extf, { in: x }, {}, { results });
  if (elementFacts[to].bits < elementFacts[from].bits) return b.value(cast.truncf, { in: x }, {}, { results });
  // Two formats of one width (f16 and bf16, the 8-bit ones) meet in f32, which holds both.
  const wide = b.value(cast.extf, { in: x }, {}, { results: [b.context.types.scalar("f32")] });
  return b.value(cast.truncf, { in: wide }, {}, { results });
}

/** The cast itself is undefined out of range, so the operand is clamped first and NaN replaced. */
function floatToInteger(b: Builder, x: Value, to: ElementType, isWithin: boolean): Value {
  const isSigned = elementFacts[to].kind === "int";
  const target = numericsOf(to);
  const bits = elementFacts[to].bits;
  // Formats of few bits may not hold the limits; f64 holds those of 32 bits, and powers of two of any width.
  const wide =
    elementFacts[elementOfValue(x)].bits < 32
      ? b.value(cast.extf, { in: x }, {}, { results: [b.context.types.scalar("f32")] })
      : x;
  const low = constantLike(b, isSigned ? -(2 ** (bits - 1)) : 0, wide);
  const beyond = constantLike(b, 2 ** (isSigned ? bits - 1 : bits), wide);
  const type = b.context.types.scalar(signless(to));
  if (isWithin) return withoutNan(b, wide, isSigned, type);
  const isLow = b.value(f.cmpf, { lhs: wide, rhs: low }, { predicate: "olt" });
  const isHigh = b.value(f.cmpf, { lhs: wide, rhs: beyond }, { predicate: "oge" });
  const isNan = b.value(f.cmpf, { lhs: wide, rhs: wide }, { predicate: "uno" });
  const isBad = b.value(i.ori, { lhs: b.value(i.ori, { lhs: isLow, rhs: isHigh }, {}), rhs: isNan }, {});
  const safe = select(b, isBad, constantLike(b, 0, wide), wide);
  const converted = b.value(isSigned ? cast.fptosi : cast.fptoui, { in: safe }, {}, { results: [type] });
  const least = constantOf(b, target.minValue as number | bigint, type);
  const most = constantOf(b, target.maxValue as number | bigint, type);
  return select(b, isLow, least, select(b, isHigh, most, converted));
}

function withoutNan(b: Builder, x: Value, isSigned: boolean, type: ScalarType): Value {
  const isNan = b.value(f.cmpf, { lhs: x, rhs: x }, { predicate: "uno" });
  const safe = select(b, isNan, constantLike(b, 0, x), x);
  return b.value(isSigned ? cast.fptosi : cast.fptoui, { in: safe }, {}, { results: [type] });
}

function integerToFloat(b: Builder, x: Value, from: ElementType, to: ElementType): Value {
  const isSigned = elementFacts[from].kind === "int";
  return b.value(isSigned ? cast.sitofp : cast.uitofp, { in: x }, {}, { results: [b.context.types.scalar(to)] });
}

function integerToInteger(b: Builder, x: Value, from: ElementType, to: ElementType): Value {
  const before = elementFacts[from].bits;
  const after = elementFacts[to].bits;
  const results = [b.context.types.scalar(signless(to))];
  if (before === after) return x;
  if (after < before) return b.value(cast.trunci, { in: x }, {}, { results });
  return b.value(elementFacts[from].kind === "int" ? cast.extsi : cast.extui, { in: x }, {}, { results });
}

function elementOfValue(x: Value): ElementType {
  if (x.type.kind !== "scalar") throw new Error("expected a scalar");
  return x.type.element;
}
