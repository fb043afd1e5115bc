/**
 * @file Cholesky factors and triangular systems, batched over leading axes.
 * Computed in doubles (pairs of doubles for complex matrices) and rounded once. Source: StableHLO specification.
 */

import { defineOp } from "../../define.js";
import { isComplex, partOf } from "../../element.js";
import { roundingOf } from "../../float-format.js";
import { bool, defaultAttr, floatOrComplexTensor } from "../../kinds.js";
import { emptyArray, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { type Complex, numericsOf } from "../../scalar.js";
import type { Assembly } from "../../text/assembly.js";
import { printSameType } from "../../text/format.js";
import { printType } from "../../types.js";
import { parseAssign, parseSameType } from "./assembly.js";
import { transposition } from "./attributes.js";
import { joinShapes, mayEqual } from "./shapes.js";

/** Complex arithmetic on doubles serves both: a real matrix has imaginary parts 0. */
const z = numericsOf("complex<f64>");
const conjugate = ({ re, im }: Complex): Complex => ({ re, im: -im });
const times = (a: Complex, b: Complex): Complex => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re });
const minus = (a: Complex, b: Complex): Complex => ({ re: a.re - b.re, im: a.im - b.im });

function over(a: Complex, b: Complex): Complex {
  return b.im === 0 ? { re: a.re / b.re, im: a.im === 0 ? 0 : a.im / b.re } : (z.div(a, b) as Complex);
}

type Matrix = Complex[][];

function readMatrix(a: NdArray, start: number, rows: number, columns: number): Matrix {
  const read = (i: number): Complex => {
    const x = getScalar(a, i);
    return typeof x === "object" ? x : { re: Number(x), im: 0 };
  };
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => read(start + r * columns + c)),
  );
}

function writeMatrix(out: NdArray, start: number, matrix: Matrix): void {
  const part = partOf(out.element);
  const round = roundingOf(part as Parameters<typeof roundingOf>[0]);
  const complex = isComplex(out.element);
  matrix
    .flat()
    .forEach(({ re, im }, i) => setScalar(out, start + i, complex ? { re: round(re), im: round(im) } : round(re)));
}

const choleskyAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    if (cholesky.attrsOf(op).lower) printer.text(", lower = true");
    printer.attrDict(op, ["lower"]);
    printer.text(" : ");
    printSameType(op, printer);
  },
  parse(parser, def) {
    const operands = [parser.operand()];
    let lower = false;
    if (parser.tryPunct(",")) {
      parseAssign(parser, "lower");
      lower = parser.identifier("true or false") === "true";
    }
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), { lower });
    parser.punct(":");
    return { operands, attrs, extra, results: parseSameType(parser, operands) };
  },
};

export const cholesky = defineOp("stablehlo.cholesky", {
  summary: "The triangular factor of positive definite matrices: L of L L^H, or U of U^H U; NaN where there is none.",
  operands: { a: floatOrComplexTensor },
  attrs: { lower: defaultAttr(bool, false) },
  results: { result: floatOrComplexTensor },
  traits: ["pure"],
  format: choleskyAssembly,
  infer({ a }, _, { context }) {
    const [rows, columns] = a.shape.slice(-2);
    const isSquare = a.shape.length >= 2 && mayEqual(context, rows!, columns!);
    return isSquare ? { result: a } : `${printType(a)} does not hold square matrices`;
  },
  evaluate({ a }, { lower }) {
    const out = emptyArray(a.element, a.shape);
    const n = a.shape.at(-1)!;
    for (let start = 0; start < sizeOf(a.shape); start += n * n) {
      const matrix = readMatrix(a, start, n, n);
      const factor = lower ? lowerFactor(matrix) : adjoint(lowerFactor(adjoint(matrix)));
      writeMatrix(out, start, factor);
    }
    return { result: out };
  },
});

function adjoint(a: Matrix): Matrix {
  return a.map((_, r) => a.map((row) => conjugate(row[r]!)));
}

/** Reads the lower triangle only; the other one of the result is 0. A matrix that is not positive definite gives NaN. */
function lowerFactor(a: Matrix): Matrix {
  const l = a.map((row) => row.map((): Complex => ({ re: 0, im: 0 })));
  for (let j = 0; j < a.length; j++) {
    let pivot = a[j]![j]!.re;
    for (let k = 0; k < j; k++) pivot -= l[j]![k]!.re ** 2 + l[j]![k]!.im ** 2;
    if (!(pivot > 0)) return a.map((row, r) => row.map((_, c) => ({ re: c > r ? 0 : Number.NaN, im: 0 })));
    l[j]![j] = { re: Math.sqrt(pivot), im: 0 };
    for (let i = j + 1; i < a.length; i++) {
      let x = a[i]![j]!;
      for (let k = 0; k < j; k++) x = minus(x, times(l[i]![k]!, conjugate(l[j]![k]!)));
      l[i]![j] = over(x, l[j]![j]!);
    }
  }
  return l;
}

export const triangularSolve = defineOp("stablehlo.triangular_solve", {
  summary: "Solves op(a) x = b, or x op(a) = b, for triangular matrices a.",
  operands: { a: floatOrComplexTensor, b: floatOrComplexTensor },
  attrs: { left_side: bool, lower: bool, unit_diagonal: bool, transpose_a: transposition },
  results: { result: floatOrComplexTensor },
  traits: ["pure"],
  infer({ a, b }, { left_side: left }, { context }) {
    const [rank, side] = [a.shape.length, left ? -2 : -1];
    const batches = joinShapes(context, a.shape.slice(0, -2), b.shape.slice(0, -2));
    const isSquare = rank >= 2 && mayEqual(context, a.shape.at(-1)!, a.shape.at(-2)!);
    const fits =
      isSquare &&
      b.shape.length === rank &&
      batches &&
      a.element === b.element &&
      mayEqual(context, b.shape.at(side)!, a.shape.at(-1)!);
    return fits ? { result: b } : `${printType(a)} and ${printType(b)} do not fit together`;
  },
  evaluate({ a, b }, { left_side: left, lower, unit_diagonal: unit, transpose_a: form }) {
    const out = emptyArray(b.element, b.shape);
    const n = a.shape.at(-1)!;
    const [rows, columns] = [b.shape.at(-2)!, b.shape.at(-1)!];
    for (let batch = 0; batch < sizeOf(a.shape.slice(0, -2)); batch++) {
      const matrix = readMatrix(a, batch * n * n, n, n);
      const system = form === "NO_TRANSPOSE" ? matrix : form === "ADJOINT" ? adjoint(matrix) : transposed(matrix);
      const isLower = (form === "NO_TRANSPOSE") === lower;
      const right = readMatrix(b, batch * rows * columns, rows, columns);
      // x A = b is A^T x^T = b^T.
      const solution = left
        ? substitute(system, right, isLower, unit)
        : transposed(substitute(transposed(system), transposed(right), !isLower, unit));
      writeMatrix(out, batch * rows * columns, solution);
    }
    return { result: out };
  },
});

function transposed(a: Matrix): Matrix {
  return (a[0] ?? []).map((_, c) => a.map((row) => row[c]!));
}

/** Forward or backward substitution; reads one triangle of `a` only. */
function substitute(a: Matrix, b: Matrix, lower: boolean, unit: boolean): Matrix {
  const n = a.length;
  const x = b.map((row) => [...row]);
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    for (let c = 0; c < (b[0]?.length ?? 0); c++) {
      let value = b[i]![c]!;
      for (let k = lower ? 0 : i + 1; k < (lower ? i : n); k++) value = minus(value, times(a[i]![k]!, x[k]![c]!));
      x[i]![c] = unit ? value : over(value, a[i]![i]!);
    }
  }
  return x;
}
