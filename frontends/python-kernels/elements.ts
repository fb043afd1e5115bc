/** @file Elements of arrays: which one a subscript names, reading it, writing it. */

import type { AffineExpr } from "../../ir/affine-expr.js";
import type { Builder } from "../../ir/builder.js";
import { buildLoad, buildStore } from "../../ir/dialects/affine/access.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import type { Value } from "../../ir/graph.js";
import type { AffineTable } from "./affine-forms.js";
import type { Expression, ExpressionOf, Span } from "./ast.js";
import { describe } from "./expression-names.js";
import type { Num, Numbers } from "./numbers.js";
import type { Findings, Scope } from "./scope.js";

/** An element of an array, with how it is reached. */
export interface Place {
  readonly memref: Value;
  readonly type: Num["type"];
  readonly name: string;
  readonly affine: readonly AffineExpr[] | undefined;
  readonly indices: readonly Expression[];
}

/** What reads the expressions around. */
interface Reader {
  readonly b: Builder;
  readonly numbers: Numbers;
  readonly table: AffineTable;
  readonly scope: Scope;
  readonly findings: Findings;
  affine(x: Expression): AffineExpr | undefined;
  index(x: Expression): Value;
  unknown(x: ExpressionOf<"Name">): Num;
  fault(code: "PS2802" | "PS2803" | "PS2804", span: Span, message: string, fix?: string): void;
  remark(span: Span, message: string): void;
}

/** The element that `x` names; `A[i][j]` is `A[i, j]`. */
export function placeOf(host: Reader, x: ExpressionOf<"Subscript">): Place | undefined {
  const indices: Expression[] = [];
  let base: Expression = x;
  while (base.kind === "Subscript") {
    indices.unshift(...(base.slice.kind === "Tuple" ? base.slice.elts : [base.slice]));
    base = base.value;
  }
  const array = base.kind === "Name" ? host.scope.find(base.id) : undefined;
  if (base.kind !== "Name" || array?.kind !== "array") {
    if (base.kind === "Name" && !array) host.unknown(base);
    else host.fault("PS2802", base.at, `${describe(base)} is no array`);
    return undefined;
  }
  if (indices.length !== array.rank) {
    const message = `'${base.id}' has rank ${array.rank}, and ${indices.length} indices are given`;
    host.fault("PS2803", x.at, message, "write an index for each axis; parts of arrays are not numbers");
    return undefined;
  }
  if (!indices.every((i) => isIndex(host, i))) return undefined;
  const forms = indices.map((i) => host.affine(i));
  const affine = forms.every((e) => e !== undefined) ? forms : undefined;
  if (!affine) {
    const k = forms.indexOf(undefined);
    host.remark(
      indices[k]!.at,
      `the index ${k} into '${base.id}' is not affine: the loops around it are not optimised`,
    );
  }
  return { memref: array.memref, type: array.type, name: base.id, affine, indices };
}

function isIndex(host: Reader, x: Expression): boolean {
  if (x.kind === "Slice" || x.kind === "Starred") {
    host.fault("PS2802", x.at, "a part of an array cannot be used in a kernel", "loop over its elements");
    return false;
  }
  const negative = x.kind === "UnaryOp" && x.op === "USub" && x.operand.kind === "Constant";
  if (negative) host.fault("PS2803", x.at, "an index is negative", "count from the beginning: N - 1 for -1");
  return !negative;
}

export function loadFrom(host: Reader, { memref: array, type, affine, indices }: Place): Num {
  if (!affine) {
    const at = indices.map((i) => host.index(i));
    return { value: host.b.value(memref.load, { memref: array, indices: at }, {}), type, weak: false };
  }
  const { map, operands } = host.table.mapped(affine);
  return { value: buildLoad(host.b, array, operands, map), type, weak: false };
}

export function storeTo(host: Reader, { memref: array, type, name, affine, indices }: Place, num: Num): void {
  host.findings.written.add(name);
  const { value } = host.numbers.convert(num, type);
  if (!affine) {
    host.b.op(memref.store, { value, memref: array, indices: indices.map((i) => host.index(i)) }, {});
    return;
  }
  const { map, operands } = host.table.mapped(affine);
  buildStore(host.b, value, array, operands, map);
}
