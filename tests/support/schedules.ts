/** @file What tests ask of schedule trees. */

import type { ScheduleNode } from "../../lowering/loops/polyhedral/schedule-tree.js";

/** The member of the innermost band of one statement, as a row. */
export function innermost(node: ScheduleNode, name: string): readonly number[] | undefined {
  if (node.kind === "leaf") return undefined;
  if (node.kind === "sequence") {
    const child = node.children.find(({ statements }) => statements.includes(name));
    return child && innermost(child, name);
  }
  const below = innermost(node.child, name);
  return below ?? (node.kind === "band" ? node.members.at(-1)!.rows.get(name) : undefined);
}
