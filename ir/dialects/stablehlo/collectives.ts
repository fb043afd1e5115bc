/**
 * @file Operations across devices. Interpreted on one device, whose replica and partition are 0: a group is that
 * device alone, so that collectives give back what they take. Source: StableHLO specification.
 */

import type { Attr } from "../../attrs.js";
import type { Context } from "../../context.js";
import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { i64, optionalAttr, unit, variadic } from "../../kinds.js";
import { filled, fromScalars, type NdArray } from "../../ndarray.js";
import type { AttrKind } from "../../slots.js";
import { printType, type TensorType } from "../../types.js";
import { channelHandle, intMatrix, pairs } from "./attributes.js";
import { hloTensor } from "./constraints.js";
import { givenTensor } from "./shapes.js";

/** Rows of process ids, or a reference to axes of a mesh, which is kept as written. */
export type ReplicaGroups = readonly (readonly number[])[] | { readonly mesh: Attr };

export const replicaGroups: AttrKind<ReplicaGroups> = {
  describe: "rows of process ids (dense<…> : tensor<nxmxi64>) or #stablehlo.replica_group_mesh_axes<…>",
  read(a, context) {
    if (a.kind === "dialect" && a.name === "stablehlo.replica_group_mesh_axes") return { mesh: a };
    return intMatrix.read(a, context);
  },
  write: (value, context) => (isMesh(value) ? value.mesh : intMatrix.write(value, context)),
};

function isMesh(groups: ReplicaGroups): groups is { readonly mesh: Attr } {
  return "mesh" in groups;
}

/** Processes in a group; `undefined` where a mesh decides, or where no groups are given and all processes are one. */
function groupSize(groups: ReplicaGroups): number | undefined {
  return isMesh(groups) ? undefined : groups[0]?.length;
}

/** What is wrong with groups of ids: each id stands once; -1 fills short rows up. */
function checkGroups(groups: ReplicaGroups): string | undefined {
  if (isMesh(groups)) return undefined;
  const ids = groups.flat().filter((id) => id !== -1);
  if (new Set(ids).size !== ids.length) return "a process is in two replica groups";
  return ids.every((id) => id >= 0) ? undefined : "process ids are not negative";
}

const shared = { replica_groups: replicaGroups, channel_handle: optionalAttr(channelHandle) } as const;
const global = { use_global_device_ids: optionalAttr(unit) } as const;

/** The interpreter has one device: groups of more cannot be run on it. No groups at all are one, of that device. */
function checkAlone(groups: ReplicaGroups): void {
  if (!isMesh(groups) && groups.every((row) => row.length <= 1)) return;
  throw new Error("groups of more than one process cannot be interpreted on one device");
}

/** `size * groups` along an axis; unknown where a mesh decides how many there are. */
function scaled({ dims, unknownDim }: Context, size: Dim, groups: ReplicaGroups): Dim {
  const count = groupSize(groups);
  return count === undefined ? unknownDim : dims.mul(size, count);
}

function divided({ dims, unknownDim }: Context, size: Dim, groups: ReplicaGroups): Dim {
  const count = groupSize(groups);
  return count === undefined || count === 0 ? unknownDim : dims.floorDiv(size, count);
}

export const allGather = defineOp("stablehlo.all_gather", {
  summary: "The operands of all processes of a group, end to end along one axis.",
  operands: { operands: variadic(hloTensor) },
  attrs: { all_gather_dim: i64, ...shared, ...global },
  results: { results: variadic(hloTensor) },
  traits: [],
  infer({ operands }, { all_gather_dim: axis, replica_groups: groups }, { context, given }) {
    const bad = operands.find((t) => !(axis >= 0 && axis < t.shape.length));
    if (bad) return `${printType(bad)} has no axis ${axis}`;
    return {
      results: operands.map((t, i) => {
        const asked = given?.[i];
        // A flattened group may span more processes than a row of ids says; the text decides.
        const size = asked?.kind === "tensor" ? asked.shape[axis]! : scaled(context, t.shape[axis]!, groups);
        return context.withShape(t, t.shape.with(axis, size));
      }),
    };
  },
  verify: (_, { replica_groups: groups }) => checkGroups(groups),
  evaluate({ operands }, { replica_groups: groups }) {
    checkAlone(groups);
    return { results: operands };
  },
});

export const allReduce = defineOp("stablehlo.all_reduce", {
  summary: "The operands of all processes of a group, joined element by element with the body.",
  operands: { operands: variadic(hloTensor) },
  attrs: { ...shared, ...global },
  results: { results: variadic(hloTensor) },
  regions: ["computation"],
  traits: [],
  infer: ({ operands }) => ({ results: operands }),
  verify: (_, { replica_groups: groups }) => checkGroups(groups),
  evaluate({ operands }, { replica_groups: groups }) {
    checkAlone(groups);
    return { results: operands };
  },
});

export const reduceScatter = defineOp("stablehlo.reduce_scatter", {
  summary: "The operands of a group joined with the body; each process gets one part along an axis.",
  operands: { operand: hloTensor },
  attrs: { scatter_dimension: i64, ...shared, ...global },
  results: { result: hloTensor },
  regions: ["computation"],
  traits: [],
  infer({ operand }, { scatter_dimension: axis, replica_groups: groups }, inference) {
    if (!(axis >= 0 && axis < operand.shape.length)) return `${printType(operand)} has no axis ${axis}`;
    const asked = givenTensor(inference)?.shape[axis];
    const size = asked ?? divided(inference.context, operand.shape[axis]!, groups);
    return { result: inference.context.withShape(operand, operand.shape.with(axis, size)) };
  },
  verify: (_, { replica_groups: groups }) => checkGroups(groups),
  evaluate({ operand }, { replica_groups: groups }) {
    checkAlone(groups);
    return { result: operand };
  },
});

export const allToAll = defineOp("stablehlo.all_to_all", {
  summary:
    "Each process cuts its operand along one axis, sends a part to every other, and joins what it gets along another.",
  operands: { operands: variadic(hloTensor) },
  attrs: { split_dimension: i64, concat_dimension: i64, split_count: i64, ...shared },
  results: { results: variadic(hloTensor) },
  traits: [],
  infer({ operands }, { split_dimension: split, concat_dimension: concat, split_count: count }, { context }) {
    const { dims } = context;
    const bad = operands.find((t) => ![split, concat].every((axis) => axis >= 0 && axis < t.shape.length));
    if (bad) return `${printType(bad)} has no axes ${split} and ${concat}`;
    if (count < 1) return `split_count ${count} must be positive`;
    const odd = operands.find((t) => typeof t.shape[split] === "number" && t.shape[split] % count !== 0);
    if (odd) return `axis ${split} of ${printType(odd)} is not ${count} parts`;
    const resized = (t: TensorType): TensorType => {
      const shape = t.shape.with(split, dims.floorDiv(t.shape[split]!, count));
      return context.withShape(t, shape.with(concat, dims.mul(shape[concat]!, count)));
    };
    return { results: operands.map(resized) };
  },
  verify: (_, { replica_groups: groups }) => checkGroups(groups),
  evaluate({ operands }, { replica_groups: groups }) {
    checkAlone(groups);
    return { results: operands };
  },
});

export const collectiveBroadcast = defineOp("stablehlo.collective_broadcast", {
  summary: "The operand of the first process of a group, given to all of them.",
  operands: { operands: variadic(hloTensor) },
  attrs: { ...shared, has_dynamic_root: optionalAttr(unit) },
  results: { results: variadic(hloTensor) },
  traits: [],
  infer: ({ operands }) => ({ results: operands }),
  verify: (_, { replica_groups: groups }) => checkGroups(groups),
  evaluate({ operands }, { replica_groups: groups }) {
    checkAlone(groups);
    return { results: isInGroup(groups) ? operands : operands.map(zerosLike) };
  },
});

/** Whether process 0 is in one of the groups. */
function isInGroup(groups: ReplicaGroups): boolean {
  return isMesh(groups) || groups.flat().includes(0);
}

const zerosLike = (x: NdArray): NdArray =>
  filled(x.element, x.shape, isComplexZero(x) ? { re: 0, im: 0 } : typeof x.data[0] === "bigint" ? 0n : 0);
const isComplexZero = (x: NdArray): boolean => x.element.startsWith("complex");

export const collectivePermute = defineOp("stablehlo.collective_permute", {
  summary: "The operand of each source process, given to its target; zeros where nothing is sent.",
  operands: { operand: hloTensor },
  attrs: { source_target_pairs: pairs, channel_handle: optionalAttr(channelHandle) },
  results: { result: hloTensor },
  traits: [],
  infer: ({ operand }) => ({ result: operand }),
  verify(_, { source_target_pairs: moves }) {
    const [sources, targets] = [moves.map((m) => m[0]), moves.map((m) => m[1])];
    const twice = [sources, targets].some((ids) => new Set(ids).size !== ids.length);
    if (twice) return "a process is source or target of two pairs";
    return [...sources, ...targets].every((id) => id >= 0) ? undefined : "process ids are not negative";
  },
  evaluate({ operand }, { source_target_pairs: moves }) {
    const incoming = moves.find(([, target]) => target === 0);
    if (incoming && incoming[0] !== 0) throw new Error(`process ${incoming[0]} cannot be interpreted on one device`);
    return { result: incoming ? operand : zerosLike(operand) };
  },
});

export const crossReplicaSum = defineOp("stablehlo.cross-replica-sum", {
  summary: "The sum of the operands of a group of replicas.",
  operands: { operand: hloTensor },
  attrs: { replica_groups: intMatrix },
  results: { result: hloTensor },
  traits: [],
  infer: ({ operand }) => ({ result: operand }),
  verify: (_, { replica_groups: groups }) => checkGroups(groups),
  evaluate({ operand }, { replica_groups: groups }) {
    checkAlone(groups);
    return { result: operand };
  },
});

function processId(name: "replica_id" | "partition_id", summary: string) {
  return defineOp(`stablehlo.${name}`, {
    summary,
    operands: {},
    attrs: {},
    results: { result: hloTensor },
    traits: ["pure"],
    format: "attr-dict `:` type($result)",
    infer: (_, __, { context }) => ({ result: context.types.tensor([], "ui32") }),
    evaluate: () => ({ result: fromScalars("ui32", [], [0]) }),
  });
}

export const replicaId = processId("replica_id", "The number of this replica; 0 in the interpreter.");
export const partitionId = processId("partition_id", "The number of this partition; 0 in the interpreter.");
