/**
 * @file Numbers that the graph computes: sizes, arithmetic of Python on them, elements of tensors; and assertions on them.
 * What the graph describes as an expression over known sizes is taken from there; these rows are for the rest.
 */

import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import { type Item, isTensor } from "../items.js";

type Integers = (n: Call, a: Dim, b: Dim) => Dim;
type Floats = (n: Call, a: Value, b: Value) => Value;

/** Arguments of Python's operators have no names in a signature. */
const [LEFT, RIGHT] = ["0", "1"];

const none: Item = { kind: "none" };

/** An argument of a Python operator as a number of rank 0 in f64. */
const asFloat = (n: Call, name: string): Value => n.operand(name, "f64");

function asDim(n: Call, name: string): Dim | undefined {
  const item = n.item(name);
  return !isTensor(item) && item.kind === "int" ? item.dim : undefined;
}

/** Integers give an integer where `integers` is there; everything else is computed in f64. */
const arithmetic =
  (floats: Floats, integers?: Integers): Row =>
  (n) => {
    const [a, b] = [asDim(n, LEFT), asDim(n, RIGHT)];
    if (integers && a !== undefined && b !== undefined) return { kind: "int", dim: integers(n, a, b) };
    return { kind: "number", value: floats(n, asFloat(n, LEFT), asFloat(n, RIGHT)) };
  };

const comparison =
  (compare: Floats): Row =>
  (n) => {
    const [a, b] = [asDim(n, LEFT), asDim(n, RIGHT)];
    const isWhole = a !== undefined && b !== undefined;
    const value = isWhole ? compare(n, n.t.scalar(a), n.t.scalar(b)) : compare(n, asFloat(n, LEFT), asFloat(n, RIGHT));
    return { kind: "number", value };
  };

const logical =
  (join: Floats): Row =>
  (n) => ({ kind: "number", value: join(n, n.operand(LEFT, "i1"), n.operand(RIGHT, "i1")) });

/** A number of f64 as an integer, rounded by `round`. */
const rounded =
  (round: (n: Call, x: Value) => Value): Row =>
  (n) => {
    const whole = asDim(n, LEFT);
    if (whole !== undefined) return { kind: "int", dim: whole };
    return { kind: "int", dim: n.t.symbolOf(n.t.convert(round(n, asFloat(n, LEFT)), "i64")) };
  };

const truncated = (n: Call, x: Value): Value => n.t.select(n.t.lt(x, 0), n.t.ceil(x), n.t.floor(x));

/** The only element of a tensor. */
function item(n: Call): Item {
  const { t } = n;
  const x = t.reshape(n.tensor("self"), []);
  const { kind } = elementFacts[t.element(x)];
  if (kind === "int" || kind === "uint") return { kind: "int", dim: n.dim("self") };
  if (kind === "complex") return n.unsupported("a complex number cannot leave its tensor");
  return { kind: "number", value: kind === "bool" ? x : t.convert(x, "f64") };
}

function assertion(n: Call, name: string, message: string): Item {
  n.t.assert(n.t.reshape(n.operand(name, "i1"), []), message);
  return none;
}

const isNonZero: Row = (n) =>
  assertion(n, "self", n.has("assert_msg") ? n.string("assert_msg") : "a check of the model");

export const numbers: Rows = {
  "aten.sym_size.int": (n) => ({ kind: "int", dim: n.shape("self")[n.axis("dim", n.rank("self"))]! }),
  "aten.sym_numel": (n) => ({ kind: "int", dim: n.t.context.dims.product(n.shape("self")) }),
  "aten.item": item,
  "aten._local_scalar_dense": item,

  "_operator.add": arithmetic(
    (n, a, b) => n.t.add(a, b),
    (n, a, b) => n.t.context.dims.add(a, b),
  ),
  "_operator.sub": arithmetic(
    (n, a, b) => n.t.sub(a, b),
    (n, a, b) => n.t.context.dims.sub(a, b),
  ),
  "_operator.mul": arithmetic(
    (n, a, b) => n.t.mul(a, b),
    (n, a, b) => n.t.context.dims.mul(a, b),
  ),
  "_operator.floordiv": arithmetic(
    (n, a, b) => n.t.floor(n.t.div(a, b)),
    (n, a, b) => n.t.context.dims.floorDiv(a, b),
  ),
  "_operator.mod": arithmetic(
    (n, a, b) => n.t.sub(a, n.t.mul(b, n.t.floor(n.t.div(a, b)))),
    (n, a, b) => n.t.context.dims.mod(a, b),
  ),
  "_operator.truediv": arithmetic((n, a, b) => n.t.div(a, b)),
  "_operator.pow": arithmetic((n, a, b) => n.t.pow(a, b)),
  "_operator.neg": (n) => {
    const dim = asDim(n, LEFT);
    if (dim !== undefined) return { kind: "int", dim: n.t.context.dims.mul(dim, -1) };
    return { kind: "number", value: n.t.neg(asFloat(n, LEFT)) };
  },
  "torch.sym_max": arithmetic(
    (n, a, b) => n.t.max(a, b),
    (n, a, b) => n.t.context.dims.max(a, b),
  ),
  "torch.sym_min": arithmetic(
    (n, a, b) => n.t.min(a, b),
    (n, a, b) => n.t.context.dims.min(a, b),
  ),
  "torch.sym_float": (n) => ({ kind: "number", value: asFloat(n, LEFT) }),
  "torch.sym_int": rounded(truncated),
  "math.trunc": rounded(truncated),
  "math.ceil": rounded((n, x) => n.t.ceil(x)),
  "math.floor": rounded((n, x) => n.t.floor(x)),
  "builtins.round": rounded((n, x) => n.t.round(x)),
  "torch._sym_sqrt": (n) => ({ kind: "number", value: n.t.sqrt(asFloat(n, LEFT)) }),
  "math.sqrt": (n) => ({ kind: "number", value: n.t.sqrt(asFloat(n, LEFT)) }),

  "_operator.eq": comparison((n, a, b) => n.t.eq(a, b)),
  "_operator.ne": comparison((n, a, b) => n.t.ne(a, b)),
  "_operator.lt": comparison((n, a, b) => n.t.lt(a, b)),
  "_operator.le": comparison((n, a, b) => n.t.le(a, b)),
  "_operator.gt": comparison((n, a, b) => n.t.gt(a, b)),
  "_operator.ge": comparison((n, a, b) => n.t.ge(a, b)),
  "_operator.and_": logical((n, a, b) => n.t.and(a, b)),
  "_operator.or_": logical((n, a, b) => n.t.or(a, b)),
  "torch.sym_not": (n) => ({ kind: "number", value: n.t.not(n.operand(LEFT, "i1")) }),
  "_operator.not_": (n) => ({ kind: "number", value: n.t.not(n.operand(LEFT, "i1")) }),

  "aten._assert_scalar": isNonZero,
  "aten._assert_async.msg": isNonZero,
  "aten._assert_async.default": isNonZero,
  // What these say of element types and devices has been checked when the graph was made.
  "aten._assert_tensor_metadata": () => none,
  "aten.sym_constrain_range_for_size": () => none,
  "aten.sym_constrain_range": () => none,
};
