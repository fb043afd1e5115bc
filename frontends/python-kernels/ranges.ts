/** @file What a loop of a kernel counts through: `range(…)`, and bounds that are the least or greatest of several. */

import { type AffineExpr, affineAdd, affineSub, constantValue } from "../../ir/affine-expr.js";
import type { Expression } from "./ast.js";
import type { Expressions } from "./expressions.js";

/** What `range(…)` says: the bounds, and by how much it counts. */
export interface Counting {
  readonly start: Expression;
  readonly stop: Expression;
  readonly step: number;
}

/** The bounds and the step of `range(…)`; `undefined` where a fault was told. */
export function countingOf(x: Expressions, iter: Expression): Counting | undefined {
  const args = iter.kind === "Call" && iter.func.kind === "Name" && iter.func.id === "range" ? iter.args : undefined;
  if (!args || args.length === 0 || args.length > 3 || (iter.kind === "Call" && iter.keywords.length > 0)) {
    x.fault("PS2802", iter.at, "a loop of a kernel runs over range(…)", "write for i in range(N)");
    return undefined;
  }
  const zero: Expression = { kind: "Constant", at: iter.at, value: { type: "int", value: 0n } };
  const [first, second, third] = args as [Expression, Expression?, Expression?];
  const form = third && x.affine(third);
  const step = third ? form && constantValue(form) : 1;
  if (step === undefined || step === 0) {
    x.fault("PS2802", third!.at, "the step of a range is a number that is not 0");
    return undefined;
  }
  return second ? { start: first, stop: second, step } : { start: zero, stop: first, step };
}

/** `min(a, b)` as several bounds, also where a number or a counter is added or taken away. */
export function boundsOf(x: Expressions, e: Expression, joining: "min" | "max"): readonly AffineExpr[] | undefined {
  const plain = x.affine(e);
  if (plain) return [plain];
  if (e.kind === "Call" && e.func.kind === "Name" && e.func.id === joining && e.args.length > 0) {
    const parts = e.args.map((a) => boundsOf(x, a, joining));
    return parts.every((p) => p !== undefined) ? (parts as readonly (readonly AffineExpr[])[]).flat() : undefined;
  }
  if (e.kind !== "BinOp" || (e.op !== "Add" && e.op !== "Sub")) return undefined;
  const left = boundsOf(x, e.left, joining);
  if (e.op === "Add") {
    const right = boundsOf(x, e.right, joining);
    return left && right?.flatMap((b) => left.map((a) => affineAdd(a, b)));
  }
  const taken = x.affine(e.right);
  return taken && left?.map((a) => affineSub(a, taken));
}
