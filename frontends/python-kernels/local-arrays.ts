/** @file Arrays that a kernel makes for itself. */

import { identityMap } from "../../ir/affine.js";
import { constantValue } from "../../ir/affine-expr.js";
import type { Builder } from "../../ir/builder.js";
import { buildStore } from "../../ir/dialects/affine/access.js";
import { buildFor } from "../../ir/dialects/affine/for.js";
import { alloc } from "../../ir/dialects/memref/storage.js";
import type { Dim } from "../../ir/dim.js";
import type { Value } from "../../ir/graph.js";
import type { Expression } from "./ast.js";
import type { Expressions } from "./expressions.js";
import { elementTypeOf, fullName } from "./names.js";

/** `name = persimmons.zeros((N, M), f64)`; true where the value is such a call. */
export function declareArray(
  x: Expressions,
  target: Expression & { readonly kind: "Name" },
  value: Expression,
): boolean {
  const made =
    value.kind === "Call"
      ? /^(?:persimmons|numpy)\.(zeros|empty|ones)$/.exec(fullName(value.func, x.imports) ?? "")
      : null;
  if (value.kind !== "Call" || !made) return false;
  const [shape, second] = value.args;
  const given = second ?? value.keywords.find((k) => k.arg === "dtype")?.value;
  const type = given ? elementTypeOf(given, x.imports) : "f64";
  if (!shape || !type) {
    x.fault(
      "PS2803",
      value.at,
      "an array has a shape and elements of type f64, f32, i64 or i32",
      "write persimmons.zeros((N, M), f64)",
    );
    return true;
  }
  if (x.scope.find(target.id)) {
    x.fault("PS2802", target.at, `'${target.id}' has a value already`, "use another name for the array");
    return true;
  }
  const axes = shape.kind === "Tuple" || shape.kind === "List" ? shape.elts : [shape];
  const { context } = x.b;
  const dims = axes.map((e) => sizeOf(x, e));
  const sizes = dims.map((d, k) => (typeof d === "number" ? d : x.index(axes[k]!)));
  const dynamicSizes = sizes.filter((s) => typeof s !== "number");
  const results = [context.types.memref(dims, type)];
  const memref = x.b.value(alloc, { dynamicSizes, symbolOperands: [] }, {}, { results });
  x.scope.set(target.id, { kind: "array", memref, type, rank: sizes.length });
  if (made[1] !== "empty") fill(x.b, memref, sizes, x.numbers.constant(made[1] === "ones" ? 1 : 0, type).value);
  return true;
}

function sizeOf(x: Expressions, e: Expression): Dim {
  const d = dimOf(x, e);
  if (d !== undefined && x.b.context.dims.bounds(d).min >= 0) return d;
  x.fault("PS2803", e.at, "the size of an array is made of sizes and whole numbers, and not negative");
  return 0;
}

function dimOf(x: Expressions, e: Expression): Dim | undefined {
  const { dims } = x.b.context;
  const form = x.affine(e);
  const known = form && constantValue(form);
  if (known !== undefined) return known;
  if (e.kind === "Name") {
    const isSize = x.scope.find(e.id)?.kind === "number" && dims.has(e.id);
    return isSize ? dims.symbol(e.id) : undefined;
  }
  if (e.kind !== "BinOp") return undefined;
  const [a, b] = [dimOf(x, e.left), dimOf(x, e.right)];
  if (a === undefined || b === undefined) return undefined;
  if (e.op === "Add") return dims.add(a, b);
  if (e.op === "Sub") return dims.sub(a, b);
  return e.op === "Mult" ? dims.mul(a, b) : undefined;
}

function fill(b: Builder, memref: Value, sizes: readonly (number | Value)[], value: Value): void {
  const nest = (inside: Builder, at: readonly Value[]): void => {
    const size = sizes[at.length];
    if (size === undefined) buildStore(inside, value, memref, at, identityMap(at.length));
    else
      buildFor(inside, { lower: 0, upper: size }, (inner, index) => {
        nest(inner, [...at, index]);
        return [];
      });
  };
  nest(b, []);
}
