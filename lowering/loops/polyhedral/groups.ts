/** @file Groups of a schedule tree: what stands in its outermost sequences, each with the statements that it runs. */

import type { Filter, ScheduleNode } from "./schedule-tree.js";
import type { Statement } from "./scop.js";

/** The tree with each group as `change` makes it. */
export function mapGroups(
  node: ScheduleNode,
  statements: readonly Statement[],
  change: (group: ScheduleNode, own: readonly Statement[]) => ScheduleNode,
): ScheduleNode {
  if (node.kind !== "sequence") return change(node, statements);
  const children = node.children.map((filter): Filter => {
    const own = statements.filter((s) => filter.statements.includes(s.name));
    return { ...filter, child: mapGroups(filter.child, own, change) };
  });
  return { kind: "sequence", children };
}
