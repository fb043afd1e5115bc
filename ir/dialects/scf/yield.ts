/** @file `scf.yield`, which ends the regions of most of `scf`, and what is asked of regions and their results. */

import { defineOp } from "../../define.js";
import type { Operation, Value } from "../../graph.js";
import { anyType, variadic } from "../../kinds.js";
import { printType, type Type } from "../../types.js";

export const yieldOp = defineOp("scf.yield", {
  summary: "Ends a region and gives its values to the operation around it.",
  operands: { results: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($results `:` type($results))?",
});

export const typesOf = (values: readonly Value[]): readonly Type[] => values.map((x) => x.type);

/** A message where two lists of types differ, sizes that are no numbers apart. */
export function differ(what: string, found: readonly Type[], wanted: readonly Type[]): string | undefined {
  const list = (types: readonly Type[]): string => types.map((t) => printType(t)).join(", ");
  return list(found) === list(wanted) ? undefined : `${what} (${list(found)}) instead of (${list(wanted)})`;
}

/** What is wrong with the entry arguments of region `index` and with what it yields, or nothing. */
export function checkRegion(
  op: Operation,
  index: number,
  { args, yields }: { readonly args?: readonly Type[]; readonly yields?: readonly Type[] },
): readonly string[] {
  const { blocks } = op.region(index);
  const entry = blocks[0];
  const last = blocks.at(-1)?.last;
  const problems = [
    args && differ(`region ${index} takes`, typesOf(entry?.args ?? []), args),
    yields && yieldOp.matches(last) ? differ(`region ${index} yields`, typesOf(last!.operands), yields) : undefined,
  ];
  return problems.filter((p) => p !== undefined);
}
