/** @file Slopes of sampled functions: central differences, one-sided ones of first or second order at the ends. */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Rows } from "../call.js";
import { cast } from "./conversion.js";
import { wideOf } from "./operands.js";

/** Factors of three neighbours: numbers, or tensors that broadcast against them. */
type Stencil = readonly [Value, Value, Value];

/** Slopes at the first, the middle and the last of three places that are `near` and `far` apart. */
const stencils: Readonly<Record<"first" | "middle" | "last", (t: TensorBuilder, a: Value, b: Value) => Stencil>> = {
  first: (t, a, b) => [
    t.neg(t.div(t.add(t.mul(a, 2), b), t.mul(a, t.add(a, b)))),
    t.div(t.add(a, b), t.mul(a, b)),
    t.neg(t.div(a, t.mul(b, t.add(a, b)))),
  ],
  middle: (t, a, b) => [
    t.neg(t.div(b, t.mul(a, t.add(a, b)))),
    t.div(t.sub(b, a), t.mul(a, b)),
    t.div(a, t.mul(b, t.add(a, b))),
  ],
  last: (t, a, b) => [
    t.div(b, t.mul(a, t.add(a, b))),
    t.neg(t.div(t.add(a, b), t.mul(a, b))),
    t.div(t.add(t.mul(b, 2), a), t.mul(b, t.add(a, b))),
  ],
};

/** The slope along `axis` of size `size`; `gaps` are the distances of neighbours, shaped to go with `x`. */
function slope(n: Call, x: Value, axis: number, gaps: Value): Value {
  const { t } = n;
  const size = t.shape(x)[axis];
  const order = n.int("edge_order");
  if (typeof size !== "number") return n.unsupported("slopes along an axis whose size only the run knows");
  if (size < order + 1) return n.invalid(`slopes of ${size} places`);
  const part = (v: Value, from: number, to: number): Value => t.sliceAxis(v, axis, from, to);
  const [before, after] = [part(gaps, 0, size - 2), part(gaps, 1, size - 1)];
  const apply = (stencil: Stencil, from: number, length: number): Value =>
    stencil.map((factor, k) => t.mul(part(x, from + k, from + k + length), factor)).reduce((a, b) => t.add(a, b));
  const edge = (at: number): Value =>
    t.div(t.sub(part(x, at + 1, at + 2), part(x, at, at + 1)), part(gaps, at, at + 1));
  const bent = (at: number, which: "first" | "last"): Value =>
    apply(stencils[which](t, part(gaps, at, at + 1), part(gaps, at + 1, at + 2)), at, 1);
  const ends = order === 1 ? [edge(0), edge(size - 2)] : [bent(0, "first"), bent(size - 3, "last")];
  const middle = size > 2 ? [apply(stencils.middle(t, before, after), 0, size - 2)] : [];
  return t.concat([ends[0]!, ...middle, ends[1]!], axis);
}

/** The distances of neighbours along `axis` by argument `spacing`, entry `i` of a list: numbers, or the places themselves. */
function gapsOf(n: Call, x: Value, axis: number, i: number): Value {
  const { t } = n;
  const element = t.element(x);
  const size = t.shape(x)[axis]!;
  const count = t.context.dims.sub(size, 1);
  const shape = t.shape(x).map((_, k) => (k === axis ? count : 1));
  const argument = n.has("spacing") ? n.argument("spacing") : undefined;
  if (argument === undefined) return t.broadcast(t.number(1, element), shape, []);
  const own = argument.kind === "list" ? argument.items[i] : argument;
  if (own?.kind === "int" || own?.kind === "float") return t.broadcast(t.number(Number(own.value), element), shape, []);
  if (argument.kind !== "list") return t.broadcast(n.operand("spacing", element), shape, []);
  const given = n.tensors("spacing")[i];
  if (given === undefined) return n.invalid("it has fewer spacings than dimensions");
  const places = cast(t, given, element);
  return t.reshape(t.sub(t.sliceAxis(places, 0, 1, size), t.sliceAxis(places, 0, 0, count)), shape);
}

function gradient(n: Call): readonly Value[] {
  const { t } = n;
  const wide = wideOf(n.out);
  const x = n.operand("self", wide);
  const rank = t.rank(x);
  const listed = n.has("dim") ? n.ints("dim") : Array.from({ length: rank }, (_, k) => k);
  const axes = listed.map((axis) => n.normalAxis(axis, rank));
  return axes.map((axis, i) => t.convert(slope(n, x, axis, gapsOf(n, x, axis, i)), n.out));
}

export const gradients: Rows = { "aten.gradient": gradient };
