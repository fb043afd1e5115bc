/** @file TreeEnsemble and the older TreeEnsembleRegressor and TreeEnsembleClassifier: their attributes as trees. */

import type { Value } from "../../../ir/graph.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import type { ImportNode, OpRow } from "../context.js";
import { tensorArray } from "../weights.js";
import { checkRank } from "./checks.js";
import { postTransformed } from "./ml.js";
import {
  type Aggregate,
  aggregated,
  depthOf,
  leavesReached,
  type TreeMode,
  type TreeNode,
  type Trees,
  treeModes,
} from "./trees.js";

const numbersOf = (x: NdArray): number[] => Array.from(x.data as ArrayLike<number | bigint>, Number);

/** An attribute that is a list of integers, which must be there. */
function list(n: ImportNode, name: string): readonly number[] {
  return n.ints(name) ?? n.invalid(`attribute '${name}' is missing`);
}

function tensorOf(n: ImportNode, name: string): readonly number[] {
  return numbersOf(tensorArray(n.tensor(name) ?? n.invalid(`attribute '${name}' is missing`)));
}

/** A list of floats, or of doubles in the attribute `name_as_tensor`. */
function floatsOrDoubles(n: ImportNode, name: string): readonly number[] | undefined {
  const tensor = n.tensor(`${name}_as_tensor`);
  return tensor === undefined ? n.floats(name) : numbersOf(tensorArray(tensor));
}

const noSplit = { feature: 0, split: 0, members: [], nanIsTrue: false, whenTrue: 0, whenFalse: 0 } as const;

/** The trees of TreeEnsemble: inner nodes first, then the leaves. */
function treesOf(n: ImportNode): Trees {
  const [features, trueIds, falseIds] = ["nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids"].map((name) =>
    list(n, name),
  ) as [readonly number[], readonly number[], readonly number[]];
  const [trueLeaves, falseLeaves] = [list(n, "nodes_trueleafs"), list(n, "nodes_falseleafs")];
  const [modes, splits] = [tensorOf(n, "nodes_modes"), tensorOf(n, "nodes_splits")];
  const tracks = n.ints("nodes_missing_value_tracks_true");
  const members = memberSets(n, modes);
  const count = features.length;
  const place = (id: number, isLeaf: number): number => (isLeaf !== 0 ? count + id : id);
  const inner = features.map(
    (feature, i): TreeNode => ({
      mode: treeModes[modes[i] ?? -1] ?? n.invalid(`a node has mode ${modes[i]}`),
      feature,
      split: splits[i] ?? 0,
      members: members[i] ?? [],
      nanIsTrue: tracks?.[i] === 1,
      whenTrue: place(trueIds[i]!, trueLeaves[i]!),
      whenFalse: place(falseIds[i]!, falseLeaves[i]!),
      votes: [],
    }),
  );
  const weights = tensorOf(n, "leaf_weights");
  const leaves = list(n, "leaf_targetids").map(
    (target, i): TreeNode => ({ ...noSplit, mode: "LEAF", votes: [{ target, weight: weights[i] ?? 0 }] }),
  );
  return { nodes: [...inner, ...leaves], roots: list(n, "tree_roots"), targets: n.int("n_targets", 1) };
}

/** The sets of the nodes that test membership, which are written one after the other with NaN between. */
function memberSets(n: ImportNode, modes: readonly number[]): readonly (readonly number[])[] {
  const tensor = n.tensor("membership_values");
  const sets: number[][] = [[]];
  for (const value of tensor === undefined ? [] : numbersOf(tensorArray(tensor))) {
    if (Number.isNaN(value)) sets.push([]);
    else sets.at(-1)!.push(value);
  }
  let next = 0;
  return modes.map((mode) => (treeModes[mode] === "BRANCH_MEMBER" ? (sets[next++] ?? []) : []));
}

/** The trees of the older operators: nodes have ids in their tree; `prefix` names the lists of votes. */
function oldTreesOf(n: ImportNode, prefix: "target" | "class", targets: number): Trees {
  const [treeIds, ids] = [list(n, "nodes_treeids"), list(n, "nodes_nodeids")];
  const key = (tree: number, id: number): string => `${tree}:${id}`;
  const at = new Map(ids.map((id, i) => [key(treeIds[i]!, id), i]));
  const find = (tree: number, id: number): number =>
    at.get(key(tree, id)) ?? n.invalid(`tree ${tree} has no node ${id}`);
  const votes: { target: number; weight: number }[][] = ids.map(() => []);
  const weights = floatsOrDoubles(n, `${prefix}_weights`) ?? n.invalid(`attribute '${prefix}_weights' is missing`);
  const [voters, nodes] = [list(n, `${prefix}_treeids`), list(n, `${prefix}_nodeids`)];
  list(n, `${prefix}_ids`).forEach((target, i) => {
    votes[find(voters[i]!, nodes[i]!)]!.push({ target, weight: weights[i]! });
  });
  const modes = n.strings("nodes_modes") ?? n.invalid("attribute 'nodes_modes' is missing");
  const splits = floatsOrDoubles(n, "nodes_values") ?? [];
  const [trueIds, falseIds] = [list(n, "nodes_truenodeids"), list(n, "nodes_falsenodeids")];
  const [features, tracks] = [list(n, "nodes_featureids"), n.ints("nodes_missing_value_tracks_true")];
  const all = ids.map((_, i): TreeNode => {
    const mode: TreeMode = treeModes.find((m) => m === modes[i]) ?? n.invalid(`a node has mode '${modes[i]}'`);
    if (mode === "LEAF") return { ...noSplit, mode, votes: votes[i]! };
    const tree = treeIds[i]!;
    return {
      mode,
      feature: features[i]!,
      split: splits[i] ?? 0,
      members: [],
      nanIsTrue: tracks?.[i] === 1,
      whenTrue: find(tree, trueIds[i]!),
      whenFalse: find(tree, falseIds[i]!),
      votes: [],
    };
  });
  // The first node of a tree is its root.
  const roots = [...new Set(treeIds)].map((tree) => treeIds.indexOf(tree));
  return { nodes: all, roots, targets };
}

function scores(n: ImportNode, trees: Trees, how: Aggregate): Value {
  const { t } = n;
  checkRank(n, 0, 2);
  const element = n.element(0) === "f64" ? "f64" : "f32";
  const depth = depthOf(trees) ?? n.invalid("its trees go round");
  const bad = trees.nodes.flatMap((node) => node.votes).find(({ target }) => target < 0 || target >= trees.targets);
  if (bad !== undefined) return n.invalid(`a leaf is for target ${bad.target} of ${trees.targets}`);
  const places = leavesReached(t, t.convert(n.value(0), element), trees, depth);
  return aggregated(t, places, trees, how, element);
}

const aggregates: readonly Aggregate[] = ["AVERAGE", "SUM", "MIN", "MAX"];
const transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;

function treeEnsemble(n: ImportNode): Value {
  const how = aggregates[n.int("aggregate_function", 1)] ?? n.invalid("attribute 'aggregate_function'");
  const transform = transforms[n.int("post_transform", 0)] ?? n.invalid("attribute 'post_transform'");
  return postTransformed(n, scores(n, treesOf(n), how), transform);
}

function withBase(n: ImportNode, x: Value): Value {
  const base = floatsOrDoubles(n, "base_values");
  if (base === undefined || base.length === 0) return x;
  const element = n.t.element(x);
  return n.t.add(
    x,
    n.t.constant(fromScalars(element, [base.length], element === "f32" ? base.map(Math.fround) : base)),
  );
}

function treeRegressor(n: ImportNode): Value {
  const how = n.word("aggregate_function", ["SUM", "AVERAGE", "MIN", "MAX"]);
  const sums = scores(n, oldTreesOf(n, "target", n.int("n_targets", 1)), how);
  const y = postTransformed(n, withBase(n, sums), n.string("post_transform", "NONE"));
  return n.t.convert(y, "f32");
}

/** Two classes have rules of their own, which the operator's definition leaves open. */
function treeClassifier(n: ImportNode): readonly Value[] {
  const { t } = n;
  const labels = n.ints("classlabels_int64s");
  if (labels === undefined) return n.unsupported("labels that are strings", "use attribute 'classlabels_int64s'");
  if (labels.length < 3)
    return n.unsupported(`${labels.length} classes`, "use TreeEnsemble, and ArgMax or a comparison of its result");
  const sums = withBase(n, scores(n, oldTreesOf(n, "class", labels.length), "SUM"));
  const table = t.constant(fromScalars("i64", [labels.length], labels.map(BigInt)));
  const label = t.take(table, t.argReduce(sums, 1, "max"), 0);
  return [label, t.convert(postTransformed(n, sums, n.string("post_transform", "NONE")), "f32")];
}

const DOMAIN = "ai.onnx.ml";

export const treeEnsembles: readonly OpRow[] = [
  { name: "TreeEnsemble", domain: DOMAIN, since: 5, build: treeEnsemble },
  { name: "TreeEnsembleRegressor", domain: DOMAIN, since: 1, build: treeRegressor },
  { name: "TreeEnsembleClassifier", domain: DOMAIN, since: 1, build: treeClassifier },
];
