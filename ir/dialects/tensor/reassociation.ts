/**
 * @file Reassociation: how groups of neighbouring axes of one shape are single axes of another, as `expand_shape` and
 * `collapse_shape` of `tensor` and `memref` write it: `[[0, 1], [2]]`.
 */

import type { Attr } from "../../attrs.js";
import type { Dim, DimTable } from "../../dim.js";
import type { AttrKind } from "../../slots.js";

/** For each collapsed axis, the expanded axes it stands for. */
export type Reassociation = readonly (readonly number[])[];

export const reassociation: AttrKind<Reassociation> = {
  describe: "groups of axes such as [[0, 1], [2]]",
  read(a) {
    if (a.kind !== "array") return undefined;
    const groups = a.items.map((group) => (group.kind === "array" ? readGroup(group.items) : undefined));
    return groups.includes(undefined) ? undefined : (groups as Reassociation);
  },
  write(groups, context) {
    const type = context.types.scalar("i64");
    const number = (n: number): Attr => ({ kind: "int", value: BigInt(n), type });
    return { kind: "array", items: groups.map((g) => ({ kind: "array", items: g.map(number) })) };
  },
  pretty: {
    print: (groups) => `[${groups.map((g) => `[${g.join(", ")}]`).join(", ")}]`,
    parse: (parser) => parser.attribute(),
  },
};

function readGroup(items: readonly Attr[]): readonly number[] | undefined {
  return items.every((x) => x.kind === "int") ? items.map((x) => Number((x as { value: bigint }).value)) : undefined;
}

/** What is wrong with the groups for shapes of these ranks, or `undefined`. */
export function checkReassociation(groups: Reassociation, collapsed: number, expanded: number): string | undefined {
  const inOrder = groups.flat().every((axis, i) => axis === i) && groups.flat().length === expanded;
  if (groups.length !== collapsed) return `${groups.length} groups for rank ${collapsed}`;
  const scalar = collapsed === 0; // rank 0 expands to any number of axes of size 1
  return inOrder || scalar ? undefined : `the groups must list the axes 0 to ${expanded - 1} in order`;
}

/** The sizes after each group has become one axis. */
export function collapsedShape(groups: Reassociation, expanded: readonly Dim[], dims: DimTable): readonly Dim[] {
  return groups.map((group) => dims.product(group.map((axis) => expanded[axis]!)));
}
