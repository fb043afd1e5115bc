/**
 * @file Systems of linear equations, inverses, determinants and factors of batches of matrices, by elimination with
 * pivots, Cholesky factors and reflections. PyTorch raises an error where a matrix is singular; so do checks of the program.
 */

import { cholesky } from "../../../ir/dialects/stablehlo/linear-algebra.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import {
  type LuFactors,
  luFactors,
  luSolve,
  orderOf,
  qrFactors,
  signOf,
  solveTriangular,
  type TriangularForm,
} from "../../../ir/forms/linear-algebra.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { conjugate, imaginary, realPart } from "./complex.js";
import { isRowMajor } from "./conversion.js";
import { isComplexValue } from "./operands.js";

/** The axes before the last two in one. */
function batched(t: TensorBuilder, x: Value): Value {
  return t.reshape(x, [t.context.dims.product(t.shape(x).slice(0, -2)), ...t.shape(x).slice(-2)]);
}

/** `y` with its first axis as the axes `outer`. */
function spread(t: TensorBuilder, y: Value, outer: readonly Dim[]): Value {
  return t.reshape(y, [...outer, ...t.shape(y).slice(1)]);
}

const swapped = (t: TensorBuilder, x: Value): Value => t.moveAxis(x, t.rank(x) - 1, t.rank(x) - 2);

/** A matrix argument of floats, and the axes before its last two. */
function matrixOf(n: Call, name: string): { readonly x: Value; readonly outer: readonly Dim[] } {
  const { t } = n;
  const x = n.tensor(name);
  if (t.rank(x) < 2) return n.invalid(`argument '${name}' is no matrix`);
  if (!["float", "complex"].includes(elementFacts[t.element(x)].kind) || elementFacts[t.element(x)].bits < 32)
    return n.unsupported("matrices of narrow floats or integers", "convert the matrix to float32");
  return { x, outer: t.shape(x).slice(0, -2) };
}

const identity = (t: TensorBuilder, like: Value): Value => {
  const sizes = t.shape(like);
  const rank = sizes.length;
  return t.convert(t.eq(t.iota(sizes, rank - 2, "i64"), t.iota(sizes, rank - 1, "i64")), t.element(like));
};

/** The diagonal of [..., rows, columns]. */
function diagonal(t: TensorBuilder, x: Value): Value {
  const shape = t.shape(x);
  const rank = shape.length;
  const size = t.context.dims.min(shape[rank - 2]!, shape[rank - 1]!);
  const cut = t.slice(
    x,
    shape.map(() => 0),
    [...shape.slice(0, -2), size, size],
  );
  const isOn = t.eq(t.iota(t.shape(cut), rank - 2, "i64"), t.iota(t.shape(cut), rank - 1, "i64"));
  return t.sum(t.select(isOn, cut, 0), [rank - 1]);
}

/** The number of the first 0 on U's diagonal, counted from 1; 0 where there is none. */
function infoOf(t: TensorBuilder, lu: Value): Value {
  const entries = diagonal(t, lu);
  const axis = t.rank(entries) - 1;
  const places = t.add(t.iota(t.shape(entries), axis, "i64"), 1);
  const first = t.reduce(t.select(t.eq(entries, 0), places, Number.MAX_SAFE_INTEGER), [axis], "min");
  return t.convert(t.select(t.ge(first, Number.MAX_SAFE_INTEGER), 0, first), "i32");
}

/** Stops the program where any of `info` says that something went wrong. */
function check(t: TensorBuilder, info: Value, message: string): void {
  t.assert(t.all(t.eq(t.flatten(info), 0), [0]), message);
}

const singular = "a matrix is singular";

/** Factors with batches as they were, exchanges as PyTorch counts them. */
function parts(n: Call, { lu, exchanged }: LuFactors, outer: readonly Dim[]): readonly [lu: Value, pivots: Value] {
  const { t } = n;
  return [spread(t, lu, outer), t.convert(t.add(spread(t, exchanged, outer), 1), "i32")];
}

/** L and U with the exchanges of rows, and what went wrong where the operator tells. */
const luFactor =
  (checks: boolean): Row =>
  (n) => {
    const { t } = n;
    if (!n.bool("pivot")) return n.unsupported("factors without pivots", "leave pivot=True");
    const { x, outer } = matrixOf(n, n.takes("A") ? "A" : "self");
    const [lu, pivots] = parts(n, luFactors(t, batched(t, x)), outer);
    const info = infoOf(t, lu);
    if (!checks) return [lu, pivots, info];
    return [lu, pivots];
  };

/** The parts of [..., rows, columns] below and on or above the diagonal. */
function triangles(t: TensorBuilder, lu: Value): readonly [lower: Value, upper: Value] {
  const shape = t.shape(lu);
  const rank = shape.length;
  const { dims } = t.context;
  const size = dims.min(shape[rank - 2]!, shape[rank - 1]!);
  const zeros = shape.map(() => 0);
  const [left, top] = [
    t.slice(lu, zeros, [...shape.slice(0, -1), size]),
    t.slice(lu, zeros, [...shape.slice(0, -2), size, shape[rank - 1]!]),
  ];
  const gap = (x: Value): readonly [Value, Value] => [
    t.iota(t.shape(x), rank - 2, "i64"),
    t.iota(t.shape(x), rank - 1, "i64"),
  ];
  const [r, c] = gap(left);
  const lower = t.select(t.gt(r, c), left, identity(t, left));
  return [lower, t.select(t.le(...gap(top)), top, 0)];
}

/** P of A = P L U. */
function permutation(t: TensorBuilder, order: Value, like: Value): Value {
  const [batch, rows] = t.shape(order) as readonly [Dim, Dim];
  const isOne = t.eq(t.iota([batch, rows, rows], 1, "i64"), t.unsqueeze(order, [1]));
  return t.convert(isOne, t.element(like));
}

function lu(n: Call): readonly Value[] {
  const { t } = n;
  if (!n.bool("pivot")) return n.unsupported("factors without pivots", "leave pivot=True");
  const { x, outer } = matrixOf(n, "A");
  const factors = luFactors(t, batched(t, x));
  return [permutation(t, factors.order, x), ...triangles(t, factors.lu)].map((y) => spread(t, y, outer));
}

/** Exchanges as PyTorch counts them, from 0 and with one batch. */
function exchangesOf(n: Call, name: string): Value {
  const { t } = n;
  const pivots = n.tensor(name);
  const size = t.shape(pivots).at(-1)!;
  const flat = t.reshape(pivots, [t.context.dims.product(t.shape(pivots).slice(0, -1)), size]);
  return t.sub(t.convert(flat, "i64"), 1);
}

function luUnpack(n: Call): readonly Value[] {
  const { t } = n;
  const { x, outer } = matrixOf(n, "LU_data");
  const none = t.splat(elementFacts[t.element(x)].kind === "complex" ? { re: 0, im: 0 } : 0, [0], t.element(x));
  const order = (): Value => orderOf(t, exchangesOf(n, "LU_pivots"), t.shape(x).at(-2)!);
  const p = n.bool("unpack_pivots") ? spread(t, permutation(t, order(), x), outer) : none;
  return [p, ...(n.bool("unpack_data") ? triangles(t, x) : [none, none])];
}

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

/** The triangular factor; NaN where a matrix is not positive definite. */
function choleskyFactor(t: TensorBuilder, x: Value, isUpper: boolean): Value {
  const factor = t.emit(cholesky, { a: t.settle(x) }, { lower: !isUpper });
  const rank = t.rank(factor);
  const [rows, columns] = [t.iota(t.shape(factor), rank - 2, "i64"), t.iota(t.shape(factor), rank - 1, "i64")];
  return t.select(isUpper ? t.le(rows, columns) : t.ge(rows, columns), factor, 0);
}

const choleskyRow =
  (checks: boolean): Row =>
  (n) => {
    const { t } = n;
    const { x } = matrixOf(n, "self");
    const factor = choleskyFactor(t, x, n.bool("upper"));
    const entries = diagonal(t, factor);
    const axis = t.rank(entries) - 1;
    const parts = isComplexValue(t, entries) ? [realPart(t, entries), imaginary(t, entries)] : [entries];
    const isLost = parts.map((y) => t.any(t.ne(y, y), [axis])).reduce((a, b) => t.or(a, b));
    const info = t.convert(isLost, "i32");
    if (!checks) return [factor, info];
    check(t, info, "a matrix is not positive definite");
    return factor;
  };

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

/** Q and R; `reduced` cuts both to the smaller of rows and columns, `r` leaves Q out. */
function qr(n: Call, name: string, mode: string): readonly Value[] {
  const { t } = n;
  const { x, outer } = matrixOf(n, name);
  if (isComplexValue(t, x)) return n.unsupported("reflections of complex matrices");
  const { q, r } = qrFactors(t, batched(t, x));
  const [batch, rows, columns] = t.shape(r) as readonly [Dim, Dim, Dim];
  const size = mode === "complete" ? rows : t.context.dims.min(rows, columns);
  const cut = t.slice(r, [0, 0, 0], [batch, size, columns]);
  const upper = t.select(t.le(t.iota(t.shape(cut), 1, "i64"), t.iota(t.shape(cut), 2, "i64")), cut, 0);
  if (mode === "r") return [t.splat(0, [0], t.element(x)), spread(t, upper, outer)];
  return [spread(t, t.slice(q, [0, 0, 0], [batch, rows, size]), outer), spread(t, upper, outer)];
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
  "aten.linalg_lu_factor": luFactor(true),
  "aten.linalg_lu_factor_ex": luFactor(false),
  "aten._lu_with_info": luFactor(false),
  "aten.linalg_lu": lu,
  "aten.lu_unpack": luUnpack,
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
  "aten.cholesky": choleskyRow(true),
  "aten.linalg_cholesky": choleskyRow(true),
  "aten.linalg_cholesky_ex": choleskyRow(false),
  "aten.cholesky_solve": choleskySolve,
  "aten.cholesky_inverse": choleskyInverse,
  "aten.linalg_qr": (n) => qr(n, "A", n.string("mode")),
  "aten.qr": (n) => qr(n, "self", n.bool("some") ? "reduced" : "complete"),
  "aten.linalg_vander": vander,
  "aten.linalg_tensorinv": tensorInverse,
  "aten.linalg_tensorsolve": tensorSolution,
  "aten._linalg_check_errors": checkErrors,
};
