/**
 * @file Elementwise arithmetic as polynomials in two values, so that sums and products are recognised in whatever order and
 * with whatever constants they were written: x/2 * (1 + t) and (x + x * t) * 0.5 are the same polynomial.
 */

import { square } from "../../../ir/dialects/chlo/elementwise.js";
import { add, divide, multiply, negate, power, subtract } from "../../../ir/dialects/stablehlo/elementwise.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { isNear, numberOf } from "./numbers.js";

/** Coefficients by exponents of the two variables: "1,0" is x, "3,1" is x^3 t. */
export type Polynomial = ReadonlyMap<string, number>;

const DEPTH = 12;
const DEGREE = 6;

const constant = (c: number): Polynomial => new Map([["0,0", c]]);

/** `value` as a polynomial in `x` and `t`; `undefined` where it is none. */
export function polynomialOf(value: Value, x: Value, t: Value | undefined): Polynomial | undefined {
  // Each value once, however often it is used.
  const known = new Map<Value, Polynomial | undefined>([[x, new Map([["1,0", 1]])]]);
  if (t) known.set(t, new Map([["0,1", 1]]));
  const visit = (y: Value, depth: number): Polynomial | undefined => {
    if (known.has(y)) return known.get(y);
    const number = numberOf(y);
    const found = number === undefined ? combined(y, (z) => visit(z, depth - 1), depth) : constant(number);
    known.set(y, found);
    return found;
  };
  return visit(value, DEPTH);
}

/** What an operation makes of the polynomials of its operands. */
function combined(value: Value, of: (operand: Value) => Polynomial | undefined, depth: number): Polynomial | undefined {
  const op = value.definingOp;
  if (!op || depth === 0) return undefined;
  const [a, b] = op.operands as readonly [Value, Value];
  if (negate.matches(op)) return scaledBy(of(a), -1);
  if (square.matches(op)) return powerOf(of(a), 2);
  if (power.matches(op)) return powerOf(of(a), numberOf(b) ?? 0);
  if (divide.matches(op)) return scaledBy(of(a), 1 / (numberOf(b) ?? Number.NaN));
  if (multiply.matches(op)) return product(of(a), of(b));
  if (add.matches(op)) return sum(of(a), of(b));
  return subtract.matches(op) ? sum(of(a), scaledBy(of(b), -1)) : undefined;
}

function scaledBy(p: Polynomial | undefined, c: number): Polynomial | undefined {
  return p && Number.isFinite(c) ? new Map([...p].map(([key, x]) => [key, x * c])) : undefined;
}

function sum(p: Polynomial | undefined, q: Polynomial | undefined): Polynomial | undefined {
  if (!p || !q) return undefined;
  const total = new Map(p);
  for (const [key, x] of q) total.set(key, (total.get(key) ?? 0) + x);
  return total;
}

function product(p: Polynomial | undefined, q: Polynomial | undefined): Polynomial | undefined {
  if (!p || !q) return undefined;
  const total = new Map<string, number>();
  for (const [a, x] of p) {
    for (const [b, y] of q) {
      const exponents = a.split(",").map((e, i) => Number(e) + Number(b.split(",")[i]));
      if (exponents[0]! + exponents[1]! > DEGREE) return undefined;
      const key = exponents.join();
      total.set(key, (total.get(key) ?? 0) + x * y);
    }
  }
  return total;
}

function powerOf(p: Polynomial | undefined, exponent: number): Polynomial | undefined {
  if (!p || !Number.isInteger(exponent) || exponent < 1 || exponent > DEGREE) return undefined;
  let total: Polynomial | undefined = p;
  for (let i = 1; i < exponent; i++) total = product(total, p);
  return total;
}

/** Whether `p` has these coefficients and no others. */
export function isPolynomial(
  p: Polynomial | undefined,
  wanted: Readonly<Record<string, number>>,
  element: ElementType,
) {
  if (!p) return false;
  const names = Object.keys(wanted);
  const rest = [...p].every(([key, x]) => names.includes(key) || x === 0);
  return rest && names.every((key) => isNear(p.get(key), wanted[key]!, element));
}
