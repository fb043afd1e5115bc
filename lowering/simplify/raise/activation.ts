/**
 * @file GELU and SiLU, found at their one transcendental function: what goes into that is a polynomial in x, and what is
 * made of it a polynomial in x and its value, so that every order of factors and every fold of constants is the same form.
 */

import { type GeluForm, gelu, swish } from "../../../ir/composites/activation.js";
import type { AnyOpDef } from "../../../ir/define.js";
import { erf, erfc } from "../../../ir/dialects/chlo/elementwise.js";
import {
  add,
  divide,
  exponential,
  logistic,
  multiply,
  negate,
  subtract,
  tanh,
} from "../../../ir/dialects/stablehlo/elementwise.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { isCommonFloat, isNumber, isWritten, numberOf, otherThan } from "./numbers.js";
import { isPolynomial, type Polynomial, polynomialOf } from "./polynomial.js";
import { onlyUser, type Raiser } from "./raiser.js";

/** sqrt(2/pi) and 0.044715 of the form with a hyperbolic tangent. */
const LINEAR = Math.sqrt(2 / Math.PI);
const CUBIC = LINEAR * 0.044715;

/** What the transcendental function is applied to, and what the whole is in terms of x and its value t. */
interface GeluSpelling {
  readonly inner: Readonly<Record<string, number>>;
  readonly outer: Readonly<Record<string, number>>;
  readonly form: GeluForm;
}

const plus = { "1,0": 0.5, "1,1": 0.5 };
const minus = { "1,0": 0.5, "1,1": -0.5 };
const half = { "1,1": 0.5 };
const cubic = (c: number) => ({ "1,0": c * LINEAR, "3,0": c * CUBIC });

const spellings: ReadonlyMap<AnyOpDef, readonly GeluSpelling[]> = new Map<unknown, readonly GeluSpelling[]>([
  [
    erf,
    [
      { inner: { "1,0": Math.SQRT1_2 }, outer: plus, form: "none" },
      { inner: { "1,0": -Math.SQRT1_2 }, outer: minus, form: "none" },
    ],
  ],
  [erfc, [{ inner: { "1,0": -Math.SQRT1_2 }, outer: half, form: "none" }]],
  [tanh, [{ inner: cubic(1), outer: plus, form: "tanh" }]],
  // (1 + tanh(u)) / 2 = sigmoid(2u)
  [logistic, [{ inner: cubic(2), outer: { "1,1": 1 }, form: "tanh" }]],
]) as ReadonlyMap<AnyOpDef, readonly GeluSpelling[]>;

/** The roots that `raiseActivation` begins at. */
export const activationRoots: readonly unknown[] = [erf, erfc, tanh, logistic, exponential];

/** How far candidates for x are looked for, and how far up the end of the form. */
const DEPTH = 6;

export function raiseActivation(op: Operation, raiser: Raiser): boolean {
  if (!isCommonFloat(elementOf(op.result.type))) return false;
  if (exponential.matches(op)) return raiseWrittenSigmoid(op, raiser);
  return candidates(op.operand(0)).some(
    (x) => raiseGelu(op, x, raiser) || (logistic.matches(op) && raiseSwish(op.result, op.operand(0), x, raiser)),
  );
}

function raiseGelu(op: Operation, x: Value, raiser: Raiser): boolean {
  const inner = polynomialOf(op.operand(0), x, undefined);
  const element = elementOf(x.type);
  for (const spelling of spellings.get(op.def) ?? []) {
    if (!isPolynomial(inner, spelling.inner, element)) continue;
    const root = climb(op.result, x, (p) => isPolynomial(p, spelling.outer, element));
    if (root && raiser.raise(root, [x], (t) => gelu(t, x, spelling.form))) return true;
  }
  return false;
}

/** x * t, where t is the sigmoid of alpha * x. */
function raiseSwish(t: Value, argument: Value, x: Value, raiser: Raiser): boolean {
  const alpha = linearIn(polynomialOf(argument, x, undefined));
  if (alpha === undefined) return false;
  const root = climb(t, x, (p) => isPolynomial(p, { "1,1": 1 }, elementOf(x.type)));
  return root !== undefined && raiser.raise(root, [x], (b) => swish(b, x, tidy(alpha, x))) !== undefined;
}

/** 1 / (1 + e^-u), or x / (1 + e^-u) at once. */
function raiseWrittenSigmoid(op: Operation, raiser: Raiser): boolean {
  const total = onlyUser(op.result);
  if (!add.matches(total) || otherThan(total!, 1) !== op.result) return false;
  const quotient = onlyUser(total!.result);
  if (!divide.matches(quotient) || quotient!.operand(1) !== total!.result) return false;
  const above = quotient!.operand(0);
  return candidates(op.operand(0)).some((x) => {
    const alpha = linearIn(polynomialOf(op.operand(0), x, undefined));
    if (alpha === undefined) return false;
    if (above === x) return raiser.raise(quotient!, [x], (b) => swish(b, x, tidy(-alpha, x))) !== undefined;
    if (!isNumber(above, 1)) return false;
    const root = climb(quotient!.result, x, (p) => isPolynomial(p, { "1,1": 1 }, elementOf(x.type)));
    return root !== undefined && raiser.raise(root, [x], (b) => swish(b, x, tidy(-alpha, x))) !== undefined;
  });
}

/** The factor c of c * x. */
function linearIn(p: Polynomial | undefined): number | undefined {
  const c = p?.get("1,0");
  return p && c !== undefined && c !== 0 && [...p].every(([key, y]) => key === "1,0" || y === 0) ? c : undefined;
}

/** 1 exactly where rounding made it nearly that. */
const tidy = (alpha: number, x: Value): number => (isWritten(alpha, 1, elementOf(x.type)) ? 1 : alpha);

/** Values that may be the x of a form, outermost first. */
function candidates(top: Value): readonly Value[] {
  const found = new Set<Value>();
  let level: readonly Value[] = [top];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const next: Value[] = [];
    for (const value of level) {
      if (found.has(value) || numberOf(value) !== undefined) continue;
      found.add(value);
      const op = value.definingOp;
      if (op && isArithmetic(op)) next.push(...op.operands);
    }
    level = next;
  }
  return [...found];
}

const arithmetic: readonly unknown[] = [add, subtract, multiply, divide, negate];
const isArithmetic = (op: Operation): boolean =>
  arithmetic.includes(op.def) || op.name === "chlo.square" || op.name === "stablehlo.power";

/** The first operation on the way up from `t` that is what `accepts` asks for, as a polynomial in x and t. */
function climb(t: Value, x: Value, accepts: (p: Polynomial | undefined) => boolean): Operation | undefined {
  let op = onlyUser(t);
  for (let depth = 0; op && depth < DEPTH; depth++) {
    if (!isArithmetic(op) || op.results.length !== 1) return undefined;
    if (accepts(polynomialOf(op.result, x, t))) return op;
    op = onlyUser(op.result);
  }
  return undefined;
}
