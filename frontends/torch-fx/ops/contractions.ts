/**
 * @file Products of vectors, matrices and stacks of them. Narrow floats are summed up in f32 and rounded once, with whatever
 * is added to the product.
 */

import type { Dim } from "../../../ir/dim.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import { conjugate } from "./complex.js";
import { einsum } from "./einsum.js";
import { inverseOf } from "./linear-algebra.js";
import { wideOf } from "./widths.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The product of the last axis of `x` with the last of `weight`, [outputs, inputs] or [inputs]. */
function linear(n: Call): Value {
  const { t } = n;
  const [x, weight] = [n.tensor("input"), n.tensor("weight")];
  const wide = wideOf(t.element(x));
  const product = t.dot(x, weight, { contract: [[t.rank(x) - 1], [t.rank(weight) - 1]] }, wide);
  const bias = n.optional("bias");
  return t.convert(bias ? t.add(product, t.convert(bias, wide)) : product, n.out);
}

/** NumPy's product of two arguments. */
const product =
  (a: string, b: string): Row =>
  (n) =>
    n.t.convert(n.t.matmul(n.tensor(a), n.tensor(b), wideOf(n.element(a))), n.out);

/** `beta * self + alpha * product`; with beta 0, `self` does not count, whatever it holds. */
const added =
  (multiplied: (n: Call, wide: ElementType) => Value): Row =>
  (n) => {
    const { t } = n;
    const wide = wideOf(n.out);
    const times = (x: Value, name: string): Value => (isNumber(n, name, 1) ? x : t.mul(x, n.operand(name, wide)));
    const own = times(multiplied(n, wide), "alpha");
    if (isNumber(n, "beta", 0)) return t.convert(t.broadcast(own, sizesOf(n, t.shape(own))), n.out);
    return t.convert(t.add(times(t.convert(n.tensor("self"), wide), "beta"), own), n.out);
  };

function sizesOf(n: Call, shape: readonly Dim[]): readonly Dim[] {
  return n.t.broadcastShapes(n.shape("self"), shape);
}

function isNumber(n: Call, name: string, x: number): boolean {
  const argument = n.argument(name);
  return (
    (argument.kind === "int" && argument.value === BigInt(x)) || (argument.kind === "float" && argument.value === x)
  );
}

const ofMatrices =
  (a: string, b: string) =>
  (n: Call, wide: ElementType): Value =>
    n.t.matmul(n.tensor(a), n.tensor(b), wide);

/** The columns of one by the rows of the other. */
const outerOf =
  (a: string, b: string) =>
  (n: Call, wide: ElementType): Value =>
    n.t.mul(n.t.unsqueeze(n.t.convert(n.tensor(a), wide), [1]), n.t.convert(n.tensor(b), wide));

/** Sums over the last axes of both; of a number and a tensor, their product. */
function inner(n: Call): Value {
  const { t } = n;
  const [a, b] = [n.tensor("self"), n.tensor("other")];
  if (t.rank(a) === 0 || t.rank(b) === 0) return t.mul(a, b);
  return t.convert(t.dot(a, b, { contract: [[t.rank(a) - 1], [t.rank(b) - 1]] }, wideOf(t.element(a))), n.out);
}

/** An axis of size 1 goes with one of any size: that is summed over. */
function tensordot(n: Call): Value {
  const { t } = n;
  let [a, b] = [n.tensor("self"), n.tensor("other")];
  const normal = (name: string, x: Value): readonly number[] =>
    n.ints(name).map((axis) => n.normalAxis(axis, t.rank(x)));
  const axes = [normal("dims_self", a), normal("dims_other", b)] as const;
  axes[0].forEach((axis, i) => {
    const other = axes[1][i] ?? n.invalid("it has more dimensions of one tensor than of the other");
    const [left, right] = [t.shape(a)[axis]!, t.shape(b)[other]!];
    if (left === 1 && right !== 1) b = t.sum(b, [other], true);
    else if (right === 1 && left !== 1) a = t.sum(a, [axis], true);
  });
  return t.convert(t.dot(a, b, { contract: axes }, wideOf(t.element(a))), n.out);
}

/** sum over i, j of x1[..., i] * weight[o, i, j] * x2[..., j], and the bias */
function bilinear(n: Call): Value {
  const { t } = n;
  const [a, b] = [n.tensor("input1"), n.tensor("input2")];
  const wide = wideOf(n.out);
  const [lead, last] = [count(t.rank(a) - 1), t.rank(a) - 1];
  // [..., o, j]
  const half = t.dot(a, n.tensor("weight"), { contract: [[last], [1]] }, wide);
  const whole = t.dot(half, t.convert(b, wide), { batch: [lead, lead], contract: [[last + 1], [last]] });
  const bias = n.optional("bias");
  return t.convert(bias ? t.add(whole, t.convert(bias, wide)) : whole, n.out);
}

/** The product of three tensors with new axes where they are told, summed up along others. */
function trilinear(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const product = [1, 2, 3]
    .map((i) => t.unsqueeze(t.convert(n.tensor(`i${i}`), wide), n.ints(`expand${i}`)))
    .reduce((a, b) => t.mul(a, b));
  return t.convert(t.sum(product, n.ints("sumdim")), n.out);
}

/** Every element of one, each times all of the other. */
function kron(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const [a, b] = n.pair();
  const rank = Math.max(t.rank(a), t.rank(b));
  const padded = (x: Value): readonly Dim[] => [...new Array<Dim>(rank - t.rank(x)).fill(1), ...t.shape(x)];
  const [left, right] = [padded(a), padded(b)];
  const spread = (x: Value, sizes: readonly Dim[], first: boolean): Value =>
    t.reshape(
      x,
      sizes.flatMap((d) => (first ? [d, 1] : [1, d])),
    );
  const products = t.mul(spread(a, left, true), spread(b, right, false));
  return t.reshape(
    products,
    left.map((d, i) => dims.mul(d, right[i]!)),
  );
}

/** A product of many matrices; the first and the last may be vectors. */
const chain =
  (name: string): Row =>
  (n) => {
    const { t } = n;
    const wide = wideOf(n.out);
    const [first, ...rest] = n.tensors(name).map((x) => t.convert(x, wide));
    return t.convert(
      rest.reduce((a, b) => t.matmul(a, b), first ?? n.invalid("there is nothing to multiply")),
      n.out,
    );
  };

function matrixPower(n: Call): Value {
  const { t } = n;
  const exponent = n.int("n");
  const self = n.tensor("self");
  const x = exponent < 0 ? inverseOf(n.t, self) : self;
  if (exponent === 0) {
    const [shape, rank] = [t.shape(x), t.rank(x)];
    return t.convert(t.eq(t.iota(shape, rank - 2, "i64"), t.iota(shape, rank - 1, "i64")), n.out);
  }
  let [square, result, rest]: [Value, Value | undefined, number] = [
    t.convert(x, wideOf(n.out)),
    undefined,
    Math.abs(exponent),
  ];
  for (; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? square : t.matmul(result, square);
    if (rest > 1) square = t.matmul(square, square);
  }
  return t.convert(result!, n.out);
}

/** The product of two vectors, the first of them conjugated. */
function vdot(n: Call): Value {
  const { t } = n;
  const [a, b] = [n.tensor("self"), n.tensor("other")];
  return t.convert(t.dot(conjugate(t, a), b, { contract: [[0], [0]] }, wideOf(t.element(a))), n.out);
}

function dotOfVectors(n: Call): Value {
  const { t } = n;
  const [a, b] = [n.tensor("self"), n.tensor(n.takes("tensor") ? "tensor" : "other")];
  return t.convert(t.dot(a, b, { contract: [[0], [0]] }, wideOf(t.element(a))), n.out);
}

/** The products of two tensors, the first of them conjugated, summed along `dim`. */
function vecdot(n: Call): Value {
  const { t } = n;
  const wide = wideOf(n.out);
  const product = t.mul(conjugate(t, t.convert(n.tensor("x"), wide)), t.convert(n.tensor("y"), wide));
  return t.convert(t.sum(product, [n.axis("dim", t.rank(product))]), n.out);
}

export const contractions: Rows = {
  "aten.linear": linear,
  "aten.mm.default": product("self", "mat2"),
  "aten.bmm.default": product("self", "mat2"),
  "aten.mv": product("self", "vec"),
  "aten.matmul": product("self", "other"),
  "aten.linalg_matmul": product("self", "other"),
  "aten.__matmul__": product("self", "other"),
  "aten._int_mm": (n) => n.t.matmul(n.t.convert(n.tensor("self"), "i32"), n.t.convert(n.tensor("mat2"), "i32")),
  "aten.dot": dotOfVectors,
  "aten.vdot": vdot,
  "aten.linalg_vecdot": vecdot,
  "aten.inner": inner,
  "aten.outer": (n) => n.t.convert(outerOf("self", "vec2")(n, n.out), n.out),
  "aten.ger": (n) => n.t.convert(outerOf("self", "vec2")(n, n.out), n.out),
  "aten.addmm.default": added(ofMatrices("mat1", "mat2")),
  "aten.addmv": added(ofMatrices("mat", "vec")),
  "aten.addr": added(outerOf("vec1", "vec2")),
  "aten.baddbmm.default": added(ofMatrices("batch1", "batch2")),
  "aten.addbmm": added((n, wide) =>
    n.t.dot(
      n.tensor("batch1"),
      n.tensor("batch2"),
      {
        contract: [
          [0, 2],
          [0, 1],
        ],
      },
      wide,
    ),
  ),
  "aten.einsum": einsum,
  "aten.tensordot": tensordot,
  "aten.bilinear": bilinear,
  "aten._trilinear": trilinear,
  "aten.kron": kron,
  "aten.chain_matmul": chain("matrices"),
  "aten.linalg_multi_dot": chain("tensors"),
  "aten.linalg_matrix_power": matrixPower,
  "aten.matrix_power": matrixPower,
};
