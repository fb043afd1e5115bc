/**
 * @file Operations on the bits of elements: `bitcast_convert`, also where one element becomes several or several become
 * one, and `reduce_precision`. Low bits come first, as in memory.
 */

import { affineMap, identityMap } from "../../../ir/affine.js";
import { affineConstant, affineDim } from "../../../ir/affine-expr.js";
import type { Builder } from "../../../ir/builder.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import * as complex from "../../../ir/dialects/complex/complex.js";
import { reducePrecision } from "../../../ir/dialects/stablehlo/convert.js";
import { type ElementType, elementFacts, isFloat, partOf } from "../../../ir/element.js";
import { floatFormats } from "../../../ir/float-format.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type ScalarType } from "../../../ir/types.js";
import { signless } from "../../signless.js";
import type { Converter, Structure } from "./converter.js";
import { type Input, parallel } from "./generic.js";
import { compareInts, constantLike, type ScalarContext, select } from "./scalars.js";

const bitsOf = (element: ElementType): number => elementFacts[element].bits;
const integerOf = (bits: number): ElementType => `i${bits}` as ElementType;

/** The bits of a number as an integer of its width, or of one as a number. */
export function reinterpret(b: Builder, x: Value, to: ElementType): Value {
  const type = b.context.types.scalar(signless(to));
  return x.type === type ? x : b.value(cast.bitcast, { in: x }, {}, { results: [type] });
}

/** Row of `bitcast_convert` between elements of one width. */
export function bitcastBody(op: Operation): ((c: ScalarContext, ...args: readonly Value[]) => Value) | undefined {
  const [from, to] = [elementOf(op.operand(0).type), elementOf(op.result.type)];
  if (bitsOf(from) !== bitsOf(to)) return undefined;
  if (partOf(from) === from && partOf(to) === to) return ({ b }, x) => reinterpret(b, x!, to);
  const width = wordWidth(from, to);
  return ({ b }, x) => joinWords(b, splitWords(b, x!, from, width), to);
}

/** The width of the words that both elements are made of. */
function wordWidth(from: ElementType, to: ElementType): number {
  return Math.min(bitsOf(partOf(from)), bitsOf(partOf(to)));
}

function partsOf(b: Builder, x: Value, element: ElementType): readonly Value[] {
  const part = partOf(element);
  if (part === element) return [x];
  const results = [b.context.types.scalar(part)];
  return [complex.re, complex.im].map((def) => b.value(def, { complex: x }, {}, { results }));
}

/** The integers of `width` bits that make up a number, lowest first. */
function splitWords(b: Builder, x: Value, element: ElementType, width: number): readonly Value[] {
  const partBits = bitsOf(partOf(element));
  return partsOf(b, x, element).flatMap((part) => {
    const bits = reinterpret(b, part, integerOf(partBits));
    if (partBits === width) return [bits];
    const results = [b.context.types.scalar(integerOf(width))];
    return Array.from({ length: partBits / width }, (_, k) => {
      const moved = k === 0 ? bits : b.value(i.shrui, { lhs: bits, rhs: constantLike(b, k * width, bits) }, {});
      return b.value(cast.trunci, { in: moved }, {}, { results });
    });
  });
}

function joinWords(b: Builder, words: readonly Value[], element: ElementType): Value {
  const part = partOf(element);
  const perPart = words.length / (part === element ? 1 : 2);
  const parts = part === element ? [words] : [words.slice(0, perPart), words.slice(perPart)];
  const [real, imaginary] = parts.map((w) => reinterpret(b, joinPart(b, w, bitsOf(part)), part));
  if (imaginary === undefined) return real!;
  const results = [b.context.types.scalar(element)];
  return b.value(complex.create, { real: real!, imaginary }, {}, { results });
}

function joinPart(b: Builder, words: readonly Value[], bits: number): Value {
  if (words.length === 1) return words[0]!;
  const results = [b.context.types.scalar(integerOf(bits))];
  const width = bits / words.length;
  return words
    .map((word, k) => {
      const wide = b.value(cast.extui, { in: word }, {}, { results });
      return k === 0 ? wide : b.value(i.shli, { lhs: wide, rhs: constantLike(b, k * width, wide) }, {});
    })
    .reduce((lhs, rhs) => b.value(i.ori, { lhs, rhs }, {}));
}

/** Between widths; the axis that appears or disappears is the last one. */
export const bitcastBetweenWidths: Structure = (op, to) => {
  const [from, into] = [elementOf(op.operand(0).type), elementOf(op.result.type)];
  return [bitsOf(from) > bitsOf(into) ? narrowed(op, to, from, into) : widened(op, to, from, into)];
};

function narrowed(op: Operation, to: Converter, from: ElementType, into: ElementType): Value {
  const type = to.resultType(op);
  const rank = type.shape.length;
  const width = wordWidth(from, into);
  const each = bitsOf(into) / width;
  const map = affineMap(
    rank,
    0,
    Array.from({ length: rank - 1 }, (_, k) => affineDim(k)),
  );
  return parallel(to, type, [{ value: to.value(op.operand(0)), map }], ({ b, index }, [x]) => {
    const words = splitWords(b, x!, from, width);
    const place = index(rank - 1);
    const chosen = Array.from({ length: each }, (_, word) => {
      const candidates = words.filter((_, k) => k % each === word);
      return candidates.reduce((others, candidate, k) =>
        select(b, compareInts(b, "eq", place, constantOf(b, k, place.type as ScalarType)), candidate, others),
      );
    });
    return joinWords(b, chosen, into);
  });
}

function widened(op: Operation, to: Converter, from: ElementType, into: ElementType): Value {
  const type = to.resultType(op);
  const rank = type.shape.length;
  const width = wordWidth(from, into);
  const value = to.value(op.operand(0));
  const inputs = Array.from({ length: bitsOf(into) / bitsOf(from) }, (_, k): Input => {
    const map = affineMap(rank, 0, [...identityMap(rank).results, affineConstant(k)]);
    return { value, map };
  });
  return parallel(to, type, inputs, ({ b }, parts) => {
    const words = parts.flatMap((x) => splitWords(b, x, from, width));
    return joinWords(b, words, into);
  });
}

/** An integer pattern of `bits` as the constant beside `like`. */
function pattern(b: Builder, bits: bigint, like: Value): Value {
  return constantLike(b, BigInt.asIntN(bitsOf((like.type as ScalarType).element), bits), like);
}

/**
 * Row of `reduce_precision`: the significand is rounded to nearest even by adding into the bits, where a carry runs
 * over into the exponent; then what the exponent cannot hold becomes infinite or zero. A format without significand
 * has no NaN, which becomes infinity. `undefined` for elements without infinities.
 */
export function reducePrecisionBody(
  op: Operation,
): ((c: ScalarContext, ...args: readonly Value[]) => Value) | undefined {
  const { exponent_bits: exponentBits, mantissa_bits: mantissaBits } = reducePrecision.attrsOf(op);
  const element = elementOf(op.operand(0).type);
  if (!isFloat(element) || floatFormats[element].flavour !== "ieee") return undefined;
  const own = floatFormats[element];
  return ({ b }, x) => {
    const bits = reinterpret(b, x!, integerOf(own.bits));
    const rounded =
      mantissaBits >= own.mantissaBits ? bits : roundSignificand(b, bits, own.mantissaBits - mantissaBits);
    const kept = exponentBits >= own.exponentBits ? rounded : limitExponent(b, rounded, element, exponentBits);
    const isNan = b.value(f.cmpf, { lhs: x!, rhs: x! }, { predicate: "uno" });
    const infinity = constantLike(b, Number.POSITIVE_INFINITY, x!);
    return select(b, isNan, mantissaBits > 0 ? x! : infinity, reinterpret(b, kept, element));
  };
}

/** Rounds the last `dropped` bits away. Infinity, whose significand is 0, stays. */
function roundSignificand(b: Builder, bits: Value, dropped: number): Value {
  const last = 1n << BigInt(dropped);
  const isOdd = b.value(
    i.andi,
    {
      lhs: b.value(i.shrui, { lhs: bits, rhs: constantLike(b, dropped, bits) }, {}),
      rhs: pattern(b, 1n, bits),
    },
    {},
  );
  const half = b.value(i.addi, { lhs: isOdd, rhs: pattern(b, last / 2n - 1n, bits) }, {});
  const sum = b.value(i.addi, { lhs: bits, rhs: half }, {});
  return b.value(i.andi, { lhs: sum, rhs: pattern(b, -last, bits) }, {});
}

function limitExponent(b: Builder, bits: Value, element: ElementType, exponentBits: number): Value {
  const own = floatFormats[element as keyof typeof floatFormats];
  const reach = 2 ** (exponentBits - 1) - 1;
  const field = (exponent: number): Value => pattern(b, BigInt(exponent) << BigInt(own.mantissaBits), bits);
  const ofExponent = ((1n << BigInt(own.exponentBits)) - 1n) << BigInt(own.mantissaBits);
  const exponent = b.value(i.andi, { lhs: bits, rhs: pattern(b, ofExponent, bits) }, {});
  const sign = b.value(i.andi, { lhs: bits, rhs: pattern(b, 1n << BigInt(own.bits - 1), bits) }, {});
  const isHigh = compareInts(b, "ugt", exponent, field(own.bias + reach));
  const isLow = compareInts(b, "ule", exponent, field(own.bias - reach));
  const infinite = b.value(i.ori, { lhs: sign, rhs: pattern(b, ofExponent, bits) }, {});
  return select(b, isHigh, infinite, select(b, isLow, sign, bits));
}

/** Whether the elements have one width: then it is an elementwise operation. */
export const keepsWidth = (op: Operation): boolean =>
  bitsOf(elementOf(op.operand(0).type)) === bitsOf(elementOf(op.result.type));
