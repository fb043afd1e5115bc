/** @file `complex`: numbers with a real and an imaginary part, taken apart and put together by lowering. */

import type { Attr } from "../../attrs.js";
import { defineOp } from "../../define.js";
import { complexOf, type ElementType, partOf } from "../../element.js";
import { defaultAttr, scalarOf } from "../../kinds.js";
import { type Complex, type Numerics, numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import { printType, type ScalarType } from "../../types.js";
import { fastMath } from "../arith/attributes.js";

const complexScalar = scalarOf("a complex number", "complex<f32>", "complex<f64>");
const partScalar = scalarOf("f32 or f64", "f32", "f64");

/** A constant's value, and the element its parts are written with. */
export interface ComplexConstant extends Complex {
  readonly part: "f32" | "f64";
}

const complexValue: AttrKind<ComplexConstant> = {
  describe: "[real, imaginary]",
  read(a: Attr) {
    if (a.kind !== "array" || a.items.length !== 2) return undefined;
    const [real, imaginary] = a.items;
    if (real?.kind !== "float" || imaginary?.kind !== "float" || real.type !== imaginary.type) return undefined;
    return partScalar.accepts(real.type)
      ? { re: real.value, im: imaginary.value, part: real.type.element as "f32" | "f64" }
      : undefined;
  },
  write(value, context) {
    const type = context.types.scalar(value.part);
    return { kind: "array", items: [value.re, value.im].map((x) => ({ kind: "float", value: x, type })) };
  },
};

export const create = defineOp("complex.create", {
  summary: "The complex number of a real and an imaginary part.",
  operands: { real: partScalar, imaginary: partScalar },
  attrs: {},
  results: { complex: complexScalar },
  traits: ["pure"],
  format: "$real `,` $imaginary attr-dict `:` type($complex)",
  infer({ real, imaginary }, _, { context }) {
    const element = real === imaginary ? complexOf(real.element) : undefined;
    return element
      ? { complex: context.types.scalar(element) }
      : `${printType(real)} and ${printType(imaginary)} make no complex number`;
  },
  evaluate: ({ real, imaginary }) => ({ complex: { re: Number(real), im: Number(imaginary) } }),
});

function part(name: "re" | "im", summary: string, key: string) {
  return defineOp(`complex.${name}`, {
    summary,
    operands: { complex: complexScalar },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: partScalar },
    traits: ["pure"],
    format: "$complex ($fastmath^)? attr-dict `:` type($complex)",
    infer: ({ complex }, _, { context }) => ({ result: partType(complex, (e) => context.types.scalar(e)) }),
    evaluate: ({ complex }) => ({ result: (complex as Complex)[key as "re" | "im"] }),
  });
}

function partType(complex: ScalarType, scalar: (element: ElementType) => ScalarType): ScalarType {
  return scalar(partOf(complex.element));
}

export const re = part("re", "The real part.", "re");
export const im = part("im", "The imaginary part.", "im");

export const abs = defineOp("complex.abs", {
  summary: "The modulus.",
  operands: { complex: complexScalar },
  attrs: { fastmath: defaultAttr(fastMath, []) },
  results: { result: partScalar },
  traits: ["pure"],
  format: "$complex ($fastmath^)? attr-dict `:` type($complex)",
  infer: ({ complex }, _, { context }) => ({ result: partType(complex, (e) => context.types.scalar(e)) }),
  evaluate: ({ complex }, _, { op }) => ({
    result: numericsOf((op.operand(0).type as ScalarType).element).abs(complex),
  }),
});

function unary(name: string, summary: string, f: (n: Numerics) => (x: Scalar) => Scalar) {
  return defineOp(`complex.${name}`, {
    summary,
    operands: { complex: complexScalar },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: complexScalar },
    traits: ["pure"],
    format: "$complex ($fastmath^)? attr-dict `:` type($complex)",
    infer: ({ complex }) => ({ result: complex }),
    evaluate: ({ complex }, _, { op }) => ({
      result: f(numericsOf((op.operand(0).type as ScalarType).element))(complex) as Complex,
    }),
  });
}

function binary(name: string, summary: string, f: (n: Numerics) => (x: Scalar, y: Scalar) => Scalar) {
  return defineOp(`complex.${name}`, {
    summary,
    operands: { lhs: complexScalar, rhs: complexScalar },
    attrs: { fastmath: defaultAttr(fastMath, []) },
    results: { result: complexScalar },
    traits: ["pure"],
    format: "$lhs `,` $rhs ($fastmath^)? attr-dict `:` type($result)",
    infer: ({ lhs, rhs }) => (lhs === rhs ? { result: lhs } : `${printType(lhs)} and ${printType(rhs)} differ`),
    evaluate: ({ lhs, rhs }, _, { op }) => ({
      result: f(numericsOf((op.operand(0).type as ScalarType).element))(lhs, rhs) as Complex,
    }),
  });
}

export const add = binary("add", "Sum.", (n) => n.add);
export const sub = binary("sub", "Difference.", (n) => n.sub);
export const mul = binary("mul", "Product.", (n) => n.mul);
export const div = binary("div", "Quotient.", (n) => n.div);
export const neg = unary("neg", "Negation.", (n) => n.neg);
export const exp = unary("exp", "e to the power z.", (n) => n.exp);
export const log = unary("log", "Principal natural logarithm.", (n) => n.log);
export const sqrt = unary("sqrt", "Root with non-negative real part.", (n) => n.sqrt);

export const constant = defineOp("complex.constant", {
  summary: "A complex number known at compile time.",
  operands: {},
  attrs: { value: complexValue },
  results: { complex: complexScalar },
  traits: ["pure", "constant"],
  format: "attr-dict $value `:` type($complex)",
  infer: (_, { value }, { context }) => ({
    complex: context.types.scalar(value.part === "f32" ? "complex<f32>" : "complex<f64>"),
  }),
  evaluate: (_, { value: { re: real, im: imaginary, part: element } }) => {
    const { fromNumber } = numericsOf(element);
    return { complex: { re: Number(fromNumber(real)), im: Number(fromNumber(imaginary)) } };
  },
});
