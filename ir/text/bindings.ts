/** @file Block arguments that a pretty form declares beside the values they start from: `iter_args(%acc = %init)`. */

import type { Value } from "../graph.js";
import type { Type } from "../types.js";
import type { DeclaredArg, OpParser, OpPrinter } from "./assembly.js";

/** `(%acc = %init, …)`. */
export function printBindings(printer: OpPrinter, args: readonly Value[], inits: readonly Value[]): void {
  printer.text("(");
  args.forEach((arg, i) => {
    if (i > 0) printer.text(", ");
    printer.value(arg);
    printer.text(" = ");
    printer.value(inits[i]!);
  });
  printer.text(")");
}

export interface Bindings {
  readonly names: readonly Omit<DeclaredArg, "type">[];
  readonly values: readonly Value[];
}

export function parseBindings(parser: OpParser): Bindings {
  const names: Omit<DeclaredArg, "type">[] = [];
  const values = parser.list("(", ")", () => {
    names.push(parseName(parser));
    parser.punct("=");
    return parser.operand();
  });
  return { names, values };
}

/** `%i`, declared here. */
export function parseName(parser: OpParser): Omit<DeclaredArg, "type"> {
  const at = parser.location();
  return { name: parser.valueName(), at };
}

/** `(%i, %j)`. */
export function parseNames(parser: OpParser): readonly Omit<DeclaredArg, "type">[] {
  return parser.list("(", ")", () => parseName(parser));
}

/** The names as arguments of one type each. */
export function declare(names: readonly Omit<DeclaredArg, "type">[], types: readonly Type[]): readonly DeclaredArg[] {
  return names.map((n, i) => ({ ...n, type: types[i]! }));
}

/** `(t, u)`, in parentheses even for one type. */
export function printTypeList(printer: OpPrinter, types: readonly Type[]): void {
  printer.text("(");
  printer.types(types);
  printer.text(")");
}
