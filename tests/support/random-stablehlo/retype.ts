/**
 * @file A random program over other elements: the element of its first result is replaced by another everywhere. Whether
 * StableHLO allows that is for the verifier to say.
 */

import { type ElementType, elementFacts, isComplex, isFloat } from "../../../ir/element.js";
import { roundTo } from "../../../ir/float-format.js";
import { emptyArray, getScalar, type NdArray, setScalar, sizeOf } from "../../../ir/ndarray.js";
import { type Complex, numericsOf, type Scalar } from "../../../ir/scalar.js";
import type { RandomProgram } from "../random-stablehlo.js";

/** The element that the program is about: of its first result, or where that is a truth value, of its first input. */
export function mainElement({ text, inputs }: RandomProgram): ElementType {
  const result = /func\.return .*: tensor<(?:[\dx?]*x)?([\w<>]+?)>(?:,|$)/m.exec(text)?.[1] as ElementType | undefined;
  return result === undefined || result === "i1" ? (inputs[0]?.element ?? result ?? "f32") : result;
}

export function retyped(program: RandomProgram, to: ElementType): RandomProgram {
  const from = mainElement(program);
  if (from === to) return program;
  const escaped = from.replace(/[<>]/g, (c) => `\\${c}`);
  const text = program.text.replace(new RegExp(`(?<=tensor<|[\\d?]x)${escaped}(?=[>,])`, "g"), to);
  return { ...program, text, inputs: program.inputs.map((x) => (x.element === from ? convertArray(x, to) : x)) };
}

function convertArray(x: NdArray, to: ElementType): NdArray {
  const out = emptyArray(to, x.shape);
  const count = sizeOf(x.shape);
  for (let i = 0; i < count; i++) setScalar(out, i, convertEntry(getScalar(x, i), getScalar(x, (i + 1) % count), to));
  return out;
}

/** The number as an entry of another element; `other` becomes the imaginary part. */
function convertEntry(entry: Scalar, other: Scalar, to: ElementType): Scalar {
  const x = realPart(entry);
  if (isComplex(to)) return { re: roundPart(x, to), im: roundPart(realPart(other), to) };
  if (to === "i1") return x > 0 ? 1 : 0;
  if (isFloat(to)) return roundTo(to, x);
  const n = numericsOf(to);
  const whole = Number.isFinite(x) ? Math.trunc(x) : 0;
  const sized = elementFacts[to].kind === "uint" ? Math.abs(whole) : whole;
  return n.fromNumber(Math.min(Math.max(sized, n.toNumber(n.minValue)), n.toNumber(n.maxValue)));
}

/** Finite, as an infinite part leaves the other one's sign open. */
function roundPart(x: number, to: ElementType): number {
  return roundTo(elementFacts[to].part!, Number.isFinite(x) ? x : 1);
}

function realPart(entry: Scalar): number {
  return typeof entry === "object" ? (entry as Complex).re : Number(entry);
}
