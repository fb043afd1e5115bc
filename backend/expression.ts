/**
 * @file Sizes as the manifest writes them: MLIR's affine words (`floordiv`, `mod`) between operands, `min` and `max` as
 * functions. The compiler's own text of dimensions has all four as functions.
 */

import type { Context } from "../ir/context.js";
import type { Dim } from "../ir/dim.js";
import type { DimAtom, DimTerm } from "../ir/dim-polynomial.js";
import { unreachable } from "../ir/unreachable.js";

export function sizeExpression(d: Dim): string {
  return typeof d === "number" ? String(d) : d.terms.map(term).join(" + ");
}

/** The expression of a dimension that a pass left as text. */
export function expressionOfText(text: string, context: Context): string {
  const parsed = context.dims.parse(text);
  if (parsed === undefined) throw new Error(`'${text}' is no dimension`);
  return sizeExpression(parsed);
}

function term({ coefficient, atoms }: DimTerm): string {
  const factors = atoms.map(atom);
  return (coefficient === 1 && factors.length > 0 ? factors : [String(coefficient), ...factors]).join(" * ");
}

function atom(x: DimAtom): string {
  if (x.kind === "symbol") return x.name;
  const [a, b] = [sizeExpression(x.a), sizeExpression(x.b)];
  switch (x.kind) {
    case "floordiv":
    case "mod":
      return `((${a}) ${x.kind} (${b}))`;
    case "min":
    case "max":
      return `${x.kind}(${a}, ${b})`;
    default:
      return unreachable(x);
  }
}
