/**
 * @file Ensembles of decision trees (ai.onnx.ml). All rows go down all trees at once: a loop as long as the deepest tree
 * takes each place one node on, reading the nodes' tables; leaves lead to themselves.
 */

import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { identityOf, type TensorBuilder } from "../../../ir/tensor-builder.js";

/** Comparisons, by their numbers in TreeEnsemble. */
export const treeModes = [
  "BRANCH_LEQ",
  "BRANCH_LT",
  "BRANCH_GTE",
  "BRANCH_GT",
  "BRANCH_EQ",
  "BRANCH_NEQ",
  "BRANCH_MEMBER",
  "LEAF",
] as const;
export type TreeMode = (typeof treeModes)[number];

export interface TreeNode {
  readonly mode: TreeMode;
  readonly feature: number;
  readonly split: number;
  /** What BRANCH_MEMBER looks among. */
  readonly members: readonly number[];
  /** Whether NaN takes the true branch. */
  readonly nanIsTrue: boolean;
  /** Indices of nodes. */
  readonly whenTrue: number;
  readonly whenFalse: number;
  /** Of a leaf: what it adds to which targets. */
  readonly votes: readonly { readonly target: number; readonly weight: number }[];
}

export interface Trees {
  readonly nodes: readonly TreeNode[];
  readonly roots: readonly number[];
  readonly targets: number;
}

export type Aggregate = "SUM" | "AVERAGE" | "MIN" | "MAX";

/** Branches from the farthest root to a leaf; `undefined` where nodes go round. */
export function depthOf({ nodes, roots }: Trees): number | undefined {
  let [depth, level] = [0, [...new Set(roots)]];
  while (true) {
    const open = level.filter((i) => nodes[i]!.mode !== "LEAF");
    if (open.length === 0) return depth;
    level = [...new Set(open.flatMap((i) => [nodes[i]!.whenTrue, nodes[i]!.whenFalse]))];
    if (++depth > nodes.length) return undefined;
  }
}

/** The node in which each row of `x` [rows, features] ends in each tree: i64 `[rows, trees]`. */
export function leavesReached(t: TensorBuilder, x: Value, trees: Trees, depth: number): Value {
  const { nodes, roots } = trees;
  const rows = t.shape(x)[0]!;
  const table = (f: (node: TreeNode, i: number) => number): Value =>
    t.constant(
      fromScalars(
        "i64",
        [nodes.length],
        nodes.map((node, i) => BigInt(f(node, i))),
      ),
    );
  const start = t.constant(fromScalars("i64", [1, roots.length], roots.map(BigInt)));
  const init = t.broadcast(start, [rows, roots.length]);
  if (depth === 0) return init;
  const step = (b: TensorBuilder, places: Value): Value => {
    const read = (values: Value): Value => b.take(values, places, 0);
    const value = b.takeAlong(x, read(table((node) => node.feature)), 1);
    const isTrue = decided(b, trees, places, value);
    const yes = read(table((node, i) => (node.mode === "LEAF" ? i : node.whenTrue)));
    const no = read(table((node, i) => (node.mode === "LEAF" ? i : node.whenFalse)));
    return b.select(isTrue, yes, no);
  };
  const { state } = buildLoop(t, {
    init: [init],
    trips: depth,
    body: (b, _, [places]) => ({ state: [step(b, places!)], stacked: [] }),
  });
  return state[0]!;
}

/** The comparisons of the nodes at `places` with the rows' own values. */
function decided(t: TensorBuilder, { nodes }: Trees, places: Value, value: Value): Value {
  const element = t.element(value);
  const splits = t.constant(
    fromScalars(
      element,
      [nodes.length],
      nodes.map((node) => node.split),
    ),
  );
  const split = t.take(splits, places, 0);
  const compare: Readonly<Record<Exclude<TreeMode, "LEAF">, () => Value>> = {
    BRANCH_LEQ: () => t.le(value, split),
    BRANCH_LT: () => t.lt(value, split),
    BRANCH_GTE: () => t.ge(value, split),
    BRANCH_GT: () => t.gt(value, split),
    BRANCH_EQ: () => t.eq(value, split),
    BRANCH_NEQ: () => t.ne(value, split),
    BRANCH_MEMBER: () => memberOf(t, nodes, places, value),
  };
  const used = [...new Set(nodes.map((node) => node.mode))].filter((mode) => mode !== "LEAF");
  const flags = (f: (node: TreeNode) => boolean): Value =>
    t.take(
      t.constant(
        fromScalars(
          "i1",
          [nodes.length],
          nodes.map((node) => Number(f(node))),
        ),
      ),
      places,
      0,
    );
  const [first, ...others] = used;
  const isTrue = others.reduce(
    (result, mode) =>
      t.select(
        flags((node) => node.mode === mode),
        compare[mode](),
        result,
      ),
    compare[first!](),
  );
  const tracks = nodes.some((node) => node.nanIsTrue) ? flags((node) => node.nanIsTrue) : undefined;
  // Without this, a NaN is unequal to everything.
  const isNan = t.ne(value, value);
  if (tracks !== undefined) return t.select(isNan, tracks, isTrue);
  return used.includes("BRANCH_NEQ") ? t.and(isTrue, t.not(isNan)) : isTrue;
}

function memberOf(t: TensorBuilder, nodes: readonly TreeNode[], places: Value, value: Value): Value {
  const width = Math.max(...nodes.map((node) => node.members.length), 1);
  const rows = nodes.flatMap(({ members }) => [
    ...members,
    ...new Array<number>(width - members.length).fill(Number.NaN),
  ]);
  const table = t.constant(fromScalars(t.element(value), [nodes.length, width], rows));
  return t.any(t.eq(t.take(table, places, 0), t.unsqueeze(value, [2])), [2]);
}

/** What the leaves in `places` [rows, trees] give: `[rows, targets]`, of the element of the rows. */
export function aggregated(
  t: TensorBuilder,
  places: Value,
  trees: Trees,
  how: Aggregate,
  element: "f32" | "f64",
): Value {
  const { nodes, targets, roots } = trees;
  const isExtreme = how === "MIN" || how === "MAX";
  const join = how === "MIN" ? "min" : how === "MAX" ? "max" : "add";
  const none = isExtreme ? Number(identityOf(join, element)) : 0;
  const rows = nodes.flatMap(({ votes }) => {
    const row = new Array<number>(targets).fill(none);
    for (const { target, weight } of votes) {
      const before = row[target]!;
      row[target] =
        how === "MIN" ? Math.min(before, weight) : how === "MAX" ? Math.max(before, weight) : before + weight;
    }
    return row;
  });
  const round = element === "f32" ? Math.fround : (x: number): number => x;
  const table = t.constant(fromScalars(element, [nodes.length, targets], rows.map(round)));
  const joined = t.reduce(t.take(table, places, 0), [1], join);
  if (isExtreme) return t.select(t.eq(joined, none), 0, joined);
  return how === "AVERAGE" ? t.div(joined, roots.length) : joined;
}
