/**
 * @file Systems of linear equations, inverses, determinants of batches of matrices, by elimination with pivots
 * and triangular factors. PyTorch raises an error where a matrix is singular; so do checks of the program.
 */

import type { Dim } from "../../../ir/dim.js";
import {
  type LuFactors,
  luFactors,
  luSolve,
  orderOf,
  signOf,
  solveTriangular,
  type TriangularForm,
} from "../../../ir/forms/linear-algebra.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { conjugate } from "./complex.js";
import { isRowMajor } from "./conversion.js";
import {
  batched,
  check,
  diagonal,
  exchangesOf,
  identity,
  infoOf,
  matrixOf,
  parts,
  singular,
  spread,
  swapped,
} from "./matrix-parts.js";
import { isComplexValue } from "./operands.js";

/** The determinants of factors, [batch]; the exchanges of rows change the sign. */
function determinant(t: TensorBuilder, { lu: factors, exchanged }: LuFactors): Value {
  const product = t.reduce(diagonal(t, factors), [1], "mul");
  return t.mul(product, t.convert(signOf(t, exchanged), t.element(product)));
}

/** PyTorch factors the transposed matrix where that saves a copy, and hands the factors to gradients. */
function factorsForDeterminant(n: Call, name: string): { readonly factors: LuFactors; readonly outer: readonly Dim[] } {
  const { t } = n;
  const { x, outer } = matrixOf(n, name);
  const isTurned = isRowMajor(n, name) && !isComplexValue(t, x);
  return { factors: luFactors(t, batched(t, isTurned ? swapped(t, x) : x)), outer };
}

const det =
  (name: string): Row =>
  (n) => {
    const { factors, outer } = factorsForDeterminant(n, name);
    const result = spread(n.t, determinant(n.t, factors), outer);
    return n.count === 1 ? result : [result, ...parts(n, factors, outer)];
  };

/** The sign, or the direction of a complex number, and the logarithm of the size of determinants. */
function signAndLog(t: TensorBuilder, { lu: factors, exchanged }: LuFactors): readonly [sign: Value, log: Value] {
  const entries = diagonal(t, factors);
  const size = t.abs(entries);
  const signs = isComplexValue(t, entries)
    ? t.select(t.eq(size, 0), 0, t.div(entries, t.convert(t.select(t.eq(size, 0), 1, size), t.element(entries))))
    : t.sign(entries);
  const turned = t.convert(signOf(t, exchanged), t.element(entries));
  return [t.mul(t.reduce(signs, [1], "mul"), turned), t.sum(t.log(size), [1])];
}

const slogdet =
  (name: string): Row =>
  (n) => {
    const { factors, outer } = factorsForDeterminant(n, name);
    const results = signAndLog(n.t, factors).map((y) => spread(n.t, y, outer));
    return n.count === 2 ? results : [...results, ...parts(n, factors, outer)];
  };

function logdet(n: Call): Value {
  const { t } = n;
  const { factors, outer } = factorsForDeterminant(n, "self");
  const [sign, log] = signAndLog(t, factors);
  if (isComplexValue(t, sign)) return spread(t, t.add(t.convert(log, t.element(sign)), t.log(sign)), outer);
  return spread(t, t.select(t.eq(sign, -1), t.fillLike(Number.NaN, log), log), outer);
}

/** Operands of a system with one batch, vectors as columns, and the way back. */
interface System {
  readonly a: Value;
  readonly b: Value;
  readonly outer: readonly Dim[];
  readonly isVector: boolean;
}

function systemOf(n: Call, a: Value, b: Value, allowsVector: boolean): System {
  const { t } = n;
  const [left, right] = [t.shape(a), t.shape(b)];
  const isVector =
    allowsVector && (right.length === 1 || (right.length === left.length - 1 && t.sameDims(right, left.slice(0, -1))));
  const wide = isVector ? t.unsqueeze(b, [right.length]) : b;
  const outer = t.broadcastShapes(left.slice(0, -2), t.shape(wide).slice(0, -2));
  const one = (x: Value): Value => batched(t, t.broadcast(x, [...outer, ...t.shape(x).slice(-2)]));
  return { a: one(a), b: one(wide), outer, isVector };
}

function solved(n: Call, system: System, x: Value): Value {
  const { t } = n;
  const whole = spread(t, x, system.outer);
  return system.isVector ? t.squeeze(whole, [t.rank(whole) - 1]) : whole;
}

/** The solution, and the factors and what went wrong where the operator gives these. */
const solve =
  (checks: boolean, wantsFactors: boolean): Row =>
  (n) => {
    const { t } = n;
    const { x: a, outer } = matrixOf(n, "A");
    const isLeft = n.bool("left");
    const system = systemOf(n, a, n.tensor("B"), isLeft);
    const factors = luFactors(t, isLeft ? system.a : swapped(t, system.a));
    const b = isLeft ? system.b : swapped(t, system.b);
    const y = luSolve(t, factors.lu, factors.order, b);
    const result = solved(n, system, isLeft ? y : swapped(t, y));
    // What is handed out are the factors of A itself, without the batches of the other side.
    const isOwn = checks || (isLeft && t.sameDims(outer, system.outer));
    const own = isOwn ? factors : luFactors(t, batched(t, a));
    const [whole, pivots] = parts(n, own, isOwn ? system.outer : outer);
    const info = infoOf(t, whole);
    if (checks) {
      check(t, info, singular);
      return result;
    }
    return wantsFactors ? [result, whole, pivots, info] : [result, info];
  };

/** The inverse, and what went wrong where the operator tells. */
const inverse =
  (name: string, checks: boolean): Row =>
  (n) => {
    const { t } = n;
    const { x, outer } = matrixOf(n, name);
    const factors = luFactors(t, batched(t, x));
    const result = spread(t, luSolve(t, factors.lu, factors.order, identity(t, factors.lu)), outer);
    const info = spread(t, infoOf(t, factors.lu), outer);
    if (!checks) return [result, info];
    check(t, info, singular);
    return result;
  };

/** The inverse of `x`, for others. */
export function inverseOf(t: TensorBuilder, x: Value): Value {
  const factors = luFactors(t, batched(t, x));
  check(t, infoOf(t, factors.lu), singular);
  return spread(t, luSolve(t, factors.lu, factors.order, identity(t, factors.lu)), t.shape(x).slice(0, -2));
}

const luSolution =
  (names: readonly [lu: string, pivots: string, b: string]): Row =>
  (n) => {
    const { t } = n;
    const { x } = matrixOf(n, names[0]);
    const isLeft = !n.takes("left") || n.bool("left");
    const isAdjoint = n.takes("adjoint") && n.bool("adjoint");
    const system = systemOf(n, x, n.tensor(names[2]), false);
    const size = t.shape(x).at(-1)!;
    const exchanges = t.broadcast(t.reshape(exchangesOf(n, names[1]), [...t.shape(x).slice(0, -2), size]), [
      ...system.outer,
      size,
    ]);
    const order = orderOf(t, t.reshape(exchanges, [t.shape(system.a)[0]!, size]), size);
    if (isLeft) return solved(n, system, luSolve(t, system.a, order, system.b, isAdjoint));
    // x A = b is A^H x^H = b^H.
    const turned = (y: Value): Value => conjugate(t, swapped(t, y));
    return solved(n, system, turned(luSolve(t, system.a, order, turned(system.b), !isAdjoint)));
  };

function triangularSystem(n: Call): Value {
  const { t } = n;
  const { x } = matrixOf(n, "self");
  const system = systemOf(n, x, n.tensor("B"), false);
  const form: TriangularForm = { left: n.bool("left"), lower: !n.bool("upper"), unit: n.bool("unitriangular") };
  return solved(n, system, solveTriangular(t, system.a, system.b, form));
}

/** The older operator: the solution of A x = self and A again. */
function oldTriangularSystem(n: Call): readonly Value[] {
  const { t } = n;
  const { x } = matrixOf(n, "A");
  const isTurned = n.bool("transpose");
  const system = systemOf(n, isTurned ? swapped(t, x) : x, n.tensor("self"), false);
  const form: TriangularForm = { left: true, lower: n.bool("upper") === isTurned, unit: n.bool("unitriangular") };
  const a = t.broadcast(x, [...system.outer, ...t.shape(x).slice(-2)]);
  return [solved(n, system, solveTriangular(t, system.a, system.b, form)), a];
}

/** x of A x = b for the triangular factor of A. */
function withFactor(n: Call, factor: Value, b: Value, isUpper: boolean): Value {
  const { t } = n;
  const form = { left: true, lower: !isUpper, unit: false };
  const first = solveTriangular(t, factor, b, { ...form, adjoint: isUpper });
  return solveTriangular(t, factor, first, { ...form, adjoint: !isUpper });
}

function choleskySolve(n: Call): Value {
  const { x } = matrixOf(n, "input2");
  const system = systemOf(n, x, n.tensor("self"), false);
  return solved(n, system, withFactor(n, system.a, system.b, n.bool("upper")));
}

function choleskyInverse(n: Call): Value {
  const { t } = n;
  const { x, outer } = matrixOf(n, "self");
  const factor = batched(t, x);
  return spread(t, withFactor(n, factor, identity(t, factor), n.bool("upper")), outer);
}

/** A matrix times powers of itself that stand in columns: 1, x, x^2, … */
function vander(n: Call): Value {
  const { t } = n;
  const given = n.tensor("x");
  const x = t.rank(given) === 0 ? t.reshape(given, [1]) : given;
  const size = n.has("N") ? n.int("N") : t.shape(x).at(-1)!;
  if (typeof size !== "number") return n.unsupported("as many powers as only the run knows");
  let power = t.fillLike(1, x);
  const columns: Value[] = [];
  for (let k = 0; k < size; k++) {
    columns.push(t.unsqueeze(power, [t.rank(x)]));
    power = t.mul(power, x);
  }
  if (columns.length === 0) return t.broadcast(t.number(0, n.out), [...t.shape(x), 0], []);
  return t.convert(t.concat(columns, t.rank(x)), n.out);
}

/** The inverse of a tensor whose first `ind` axes together are as large as the others. */
function tensorInverse(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const x = n.tensor("self");
  const [rows, columns] = [t.shape(x).slice(0, n.int("ind")), t.shape(x).slice(n.int("ind"))];
  const size = dims.product(columns);
  t.unify(dims.product(rows), size);
  return t.reshape(inverseOf(t, t.reshape(x, [size, size])), [...columns, ...rows]);
}

/** The tensor whose product with `self` over its last axes is `other`; axes of `dims` are the last ones first. */
function tensorSolution(n: Call): Value {
  const { t } = n;
  const self = n.tensor("self");
  const rank = t.rank(self);
  const last = n.has("dims") ? n.ints("dims").map((axis) => n.normalAxis(axis, rank)) : [];
  const order = [...Array.from({ length: rank }, (_, k) => k).filter((k) => !last.includes(k)), ...last];
  const x = t.transpose(self, order);
  const b = n.tensor("other");
  const columns = t.shape(x).slice(t.rank(b));
  const size = t.context.dims.product(columns);
  const factors = luFactors(t, t.reshape(x, [1, size, size]));
  check(t, infoOf(t, factors.lu), singular);
  return t.reshape(luSolve(t, factors.lu, factors.order, t.reshape(b, [1, size, 1])), columns);
}

/** Where an operator told that something went wrong, the program stops. */
function checkErrors(n: Call): readonly [] {
  check(n.t, n.tensor("info"), `${n.string("api_name")}: a matrix is singular, or not positive definite`);
  return [];
}

export const linearAlgebra: Rows = {
  "aten.linalg_lu_solve": luSolution(["LU", "pivots", "B"]),
  "aten.lu_solve": luSolution(["LU_data", "LU_pivots", "self"]),
  "aten.linalg_det": det("A"),
  "aten._linalg_det": det("A"),
  "aten.det": det("self"),
  "aten.linalg_slogdet": slogdet("A"),
  "aten._linalg_slogdet": slogdet("A"),
  "aten.slogdet": slogdet("self"),
  "aten.logdet": logdet,
  "aten.linalg_solve": solve(true, false),
  "aten.linalg_solve_ex": solve(false, false),
  "aten._linalg_solve_ex": solve(false, true),
  "aten.linalg_inv": inverse("A", true),
  "aten.linalg_inv_ex": inverse("A", false),
  "aten.inverse": inverse("self", true),
  "aten.linalg_solve_triangular": triangularSystem,
  "aten.triangular_solve": oldTriangularSystem,
  "aten.cholesky_solve": choleskySolve,
  "aten.cholesky_inverse": choleskyInverse,
  "aten.linalg_vander": vander,
  "aten.linalg_tensorinv": tensorInverse,
  "aten.linalg_tensorsolve": tensorSolution,
  "aten._linalg_check_errors": checkErrors,
};
