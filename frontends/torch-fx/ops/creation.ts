/** @file Tensors out of nothing: filled, counted, random. */

import type { Dim } from "../../../ir/dim.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { hashText, normalNumbers, randomBits, uniformNumbers } from "../../../ir/random-numbers.js";
import type { Call, Row, Rows } from "../call.js";
import { cast } from "./conversion.js";
import { sorted } from "./sorting.js";

/** The sizes of a creating operator: its own argument, or those of the tensor it is like. */
function sizesOf(n: Call): readonly Dim[] {
  return n.takes("size") ? n.dims("size") : n.shape("self");
}

/** A number everywhere, in the element that the graph declares. */
const filled =
  (x: number): Row =>
  (n) =>
    n.t.broadcast(n.t.number(x, n.out), sizesOf(n), []);

/** `fill_value`, or another argument, everywhere. */
const filledWith =
  (name: string): Row =>
  (n) =>
    n.t.broadcast(n.t.reshape(n.operand(name, n.out), []), sizesOf(n), []);

/** What numbers of `start + k * step` are computed in. */
function wide(element: ElementType): ElementType {
  const { kind } = elementFacts[element];
  return kind === "float" || kind === "complex" ? (element === "f64" ? "f64" : "f32") : "i64";
}

/** `start`, `start + step`, … to before `end`. */
function arange(n: Call): Value {
  const { t } = n;
  const computed = wide(n.out);
  const [count] = n.declared().shape;
  const size = count ?? countOf(n);
  const places = t.iota([size], 0, "i64");
  if (computed === "i64") {
    const [start, step] = [n.takes("start") ? n.dim("start") : 0, n.takes("step") ? n.dim("step") : 1];
    const scaled = step === 1 ? places : t.mul(places, t.broadcast(t.scalar(step), [size], []));
    return t.convert(start === 0 ? scaled : t.add(scaled, t.broadcast(t.scalar(start), [size], [])), n.out);
  }
  // PyTorch computes in f64 and rounds once.
  const whole = t.convert(places, "f64");
  const [start, step] = [
    n.takes("start") ? n.operand("start", "f64") : undefined,
    n.takes("step") ? n.operand("step", "f64") : undefined,
  ];
  const scaled = step ? t.mul(whole, t.broadcast(step, [size], [])) : whole;
  return t.convert(start ? t.add(scaled, t.broadcast(start, [size], [])) : scaled, n.out);
}

/** How many whole steps there are before `end`. */
function countOf(n: Call): Dim {
  const { dims } = n.t.context;
  const [start, step] = [n.takes("start") ? n.dim("start") : 0, n.takes("step") ? n.dim("step") : 1];
  return dims.max(0, dims.ceilDiv(dims.sub(n.dim("end"), start), step));
}

/** Whole numbers between limits are computed with as f64. */
const steppedIn = (element: ElementType): ElementType =>
  elementFacts[element].kind === "float" ? (element === "f64" ? "f64" : "f32") : "f64";

/** A limit of `linspace`: where the result is whole, what is whole of it. */
function limit(n: Call, name: string): Value {
  const { t } = n;
  const { kind } = n.argument(name);
  const given = t.reshape(n.operand(name, kind === "int" ? "i64" : kind === "float" ? "f64" : n.element(name)), []);
  return t.convert(cast(t, given, n.out), steppedIn(n.out));
}

/** `steps` numbers evenly from `start` to `end`, both included; computed from the nearer end, as PyTorch does. */
function evenSteps(n: Call): Value {
  const { t } = n;
  const steps = n.int("steps");
  const [start, end] = [limit(n, "start"), limit(n, "end")];
  if (steps === 1) return t.reshape(start, [1]);
  const gap = t.div(t.sub(end, start), Math.max(1, steps - 1));
  const places = t.iota([steps], 0, "i64");
  const back = t.sub(t.fillLike(steps - 1, places), places);
  const forward = t.add(start, t.mul(gap, t.convert(places, t.element(gap))));
  const backward = t.sub(end, t.mul(gap, t.convert(back, t.element(gap))));
  return t.select(t.lt(places, Math.floor(steps / 2)), forward, backward);
}

function linspace(n: Call): Value {
  if (elementFacts[n.out].kind === "complex") return n.unsupported("steps of complex numbers");
  return cast(n.t, evenSteps(n), n.out);
}

/** Powers of `base` with exponents evenly from `start` to `end`; whole results are what is whole of powers in f64. */
function logspace(n: Call): Value {
  const { t } = n;
  if (elementFacts[n.out].kind === "complex") return n.unsupported("powers of complex numbers");
  const exponents = evenSteps(n);
  return cast(t, t.pow(t.fillLike(n.float("base"), exponents), exponents), n.out);
}

/** Ones where the column is the row. */
function eye(n: Call): Value {
  const { t } = n;
  const rows = n.dim("n");
  const shape = [rows, n.takes("m") ? n.dim("m") : rows];
  return t.convert(t.eq(t.iota(shape, 0, "i64"), t.iota(shape, 1, "i64")), n.out);
}

/** The key of a node's random numbers: two nodes give different ones, and a program the same in every run. */
export function keyOf(n: Call): bigint {
  const { at } = n.node;
  return hashText(at.kind === "graph-node" ? at.node : n.node.target);
}

/** The float that random numbers of an element are drawn in. */
const drawn = (element: ElementType): "f32" | "f64" => (element === "f64" ? "f64" : "f32");

const uniform: Row = (n) => n.t.convert(uniformNumbers(n.t, keyOf(n), sizesOf(n), drawn(n.out)), n.out);
const normal: Row = (n) => n.t.convert(normalNumbers(n.t, keyOf(n), sizesOf(n), drawn(n.out)), n.out);

/** Whole numbers from `low` to before `high`. */
function integers(n: Call): Value {
  const { t } = n;
  const low = n.takes("low") ? n.dim("low") : 0;
  const span = t.convert(t.scalar(t.context.dims.sub(n.dim("high"), low)), "ui64");
  const places = t.rem(randomBits(t, keyOf(n), sizesOf(n)), span);
  return t.convert(t.add(t.convert(places, "i64"), t.scalar(low)), n.out);
}

/** 1 with the probability that `p` gives, or that each element is. */
function bernoulli(n: Call): Value {
  const { t } = n;
  const element = drawn(n.element("self"));
  const wanted = n.takes("p") ? n.operand("p", element) : n.operand("self", element);
  return t.convert(t.lt(uniformNumbers(t, keyOf(n), n.shape("self"), element), wanted), n.out);
}

/** Normal numbers with these means and deviations. */
function normalAround(n: Call): Value {
  const { t } = n;
  const element = drawn(n.out);
  const parts = ["mean", "std"].map((name) => n.operand(name, element));
  const shape = n.takes("size") ? n.dims("size") : t.broadcastShapes(...parts.map((x) => t.shape(x)));
  return t.convert(t.add(t.mul(normalNumbers(t, keyOf(n), shape, element), parts[1]!), parts[0]!), n.out);
}

/** Places drawn by the weights of each row: for each sample anew, or each place once at most. */
function multinomial(n: Call): Value {
  const { t } = n;
  const weights = t.convert(n.tensor("self"), drawn(n.element("self")));
  const last = t.rank(weights) - 1;
  const element = t.element(weights);
  const samples = n.dim("num_samples");
  const lead = t.shape(weights).slice(0, -1);
  const repeats = n.bool("replacement");
  // The largest of log(weight) - log(-log(u)) is a draw by the weights; the next ones are those that follow without it.
  const shape = repeats ? [...lead, samples, t.shape(weights)[last]!] : t.shape(weights);
  const u = uniformNumbers(t, keyOf(n), shape, element === "f64" ? "f64" : "f32");
  const noise = t.neg(t.log(t.neg(t.log(t.max(u, 1e-30)))));
  const keys = t.add(repeats ? t.unsqueeze(t.log(weights), [last]) : t.log(weights), noise);
  if (repeats) return t.argReduce(keys, last + 1, "max");
  return t.sliceAxis(sorted(t, keys, last, true).places, last, 0, samples);
}

/** Random numbers in the place of `self`'s: `uniform_`, `normal_` and the like without the underscore. */
const inPlaceOf =
  (draw: (n: Call, shape: readonly Dim[], element: "f32" | "f64") => Value): Row =>
  (n) =>
    n.t.convert(draw(n, n.shape("self"), drawn(n.out)), n.out);

/** The places of the lower or upper triangle, rows first. */
const triangle =
  (isLower: boolean): Row =>
  (n) => {
    const [rows, columns, offset] = [n.int("row"), n.int("col"), n.int("offset")];
    const places: bigint[][] = [[], []];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        if (isLower ? j > i + offset : j < i + offset) continue;
        places[0]!.push(BigInt(i));
        places[1]!.push(BigInt(j));
      }
    }
    const count = places[0]!.length;
    const list = n.t.constant({ element: "i64", shape: [2, count], data: BigInt64Array.from(places.flat()) });
    return n.t.convert(list, n.out);
  };

export const creations: Rows = {
  "aten.arange": arange,
  "aten.linspace": linspace,
  "aten.logspace": logspace,
  "aten.eye": eye,
  "aten.full": filledWith("fill_value"),
  "aten.full_like": filledWith("fill_value"),
  "aten.new_full": filledWith("fill_value"),
  "aten.scalar_tensor": (n) => n.operand("s", n.out),
  "aten.fill": (n) => n.t.broadcast(n.t.reshape(n.operand("value", n.out), []), n.shape("self"), []),
  "aten.zero": (n) => n.t.fillLike(0, n.tensor("self")),
  "aten.zeros": filled(0),
  "aten.zeros_like": filled(0),
  "aten.new_zeros": filled(0),
  "aten.ones": filled(1),
  "aten.ones_like": filled(1),
  "aten.new_ones": filled(1),
  // Memory that nobody has written yet reads as zeros.
  "aten.empty": filled(0),
  "aten.empty_like": filled(0),
  "aten.empty_strided": filled(0),
  "aten.empty_permuted": filled(0),
  "aten.new_empty": filled(0),
  "aten.new_empty_strided": filled(0),
  "aten.tril_indices": triangle(true),
  "aten.triu_indices": triangle(false),

  "aten.rand": uniform,
  "aten.rand_like": uniform,
  "aten.randn": normal,
  "aten.randn_like": normal,
  "aten.randint": integers,
  "aten.randint_like": integers,
  "aten.bernoulli": bernoulli,
  "aten.normal": normalAround,
  "aten.multinomial": multinomial,
  "aten.normal_functional": inPlaceOf((n, shape, element) => {
    const { t } = n;
    return t.add(t.mul(normalNumbers(t, keyOf(n), shape, element), n.float("std")), n.float("mean"));
  }),
  "aten.uniform": inPlaceOf((n, shape, element) => {
    const { t } = n;
    const [from, to] = [n.float("from"), n.float("to")];
    return t.add(t.mul(uniformNumbers(t, keyOf(n), shape, element), to - from), from);
  }),
  "aten.exponential": inPlaceOf((n, shape, element) => {
    const { t } = n;
    return t.div(t.neg(t.log(t.sub(1, uniformNumbers(t, keyOf(n), shape, element)))), n.float("lambd"));
  }),
};
