/**
 * @file Symbols of sizes when one part of a program takes the place of another: a value that replaces a result may have
 * its sizes under other names, which then go throughout the function. Invariant: afterwards every symbol in a type is
 * a size of some value that can be read, or computed by the operation that first has it.
 */

import type { Context } from "../../ir/context.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { isShaped, type Type } from "../../ir/types.js";

/** What each symbol is to be called. */
export type Renaming = Map<string, Dim>;

/** The name of a size that is nothing but a symbol. */
export function bareSymbol(context: Context, d: Dim): string | undefined {
  if (typeof d === "number") return undefined;
  const [name, ...more] = context.dims.symbolsOf(d);
  return name !== undefined && more.length === 0 && context.dims.symbol(name) === d ? name : undefined;
}

/** `type` under other names. */
export function renameType(context: Context, type: Type, names: ReadonlyMap<string, Dim>): Type {
  if (type.kind === "tuple") return context.types.tuple(type.members.map((t) => renameType(context, t, names)));
  if (!isShaped(type) || type.kind === "vector" || type.shape.every((d) => typeof d === "number")) return type;
  return context.withShape(
    type,
    type.shape.map((d) => context.dims.substitute(d, names)),
  );
}

/** Adds what has to be renamed for `made` to stand where `old` stood. */
export function noteReplacement(context: Context, old: Value, made: Value, names: Renaming): void {
  if (!isShaped(old.type) || !isShaped(made.type)) return;
  made.type.shape.forEach((found, axis) => {
    const wanted = (old.type as { readonly shape: readonly Dim[] }).shape[axis]!;
    if (found === wanted) return;
    const [mine, theirs] = [freeSymbol(context, found), freeSymbol(context, wanted)];
    if (mine !== undefined) names.set(mine, wanted);
    else if (theirs !== undefined) names.set(theirs, found);
  });
}

/** A symbol that data decides, so that nobody outside the function knows it by name. */
function freeSymbol(context: Context, d: Dim): string | undefined {
  const name = bareSymbol(context, d);
  return name !== undefined && context.dims.kind(name) === "data" ? name : undefined;
}

/** Renames symbols in every type inside `func`. */
export function renameSizes(context: Context, func: Operation, names: Renaming): void {
  if (names.size === 0) return;
  const rename = (x: Value): void => {
    x.type = renameType(context, x.type, names);
  };
  for (const op of func.walk()) {
    op.results.forEach(rename);
    for (const region of op.regions) for (const block of region.blocks) block.args.forEach(rename);
  }
}
