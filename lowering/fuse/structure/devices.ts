/**
 * @file Structured forms on one device: collectives over a group of that device alone give back what they take, its
 * numbers are 0, and a token, which orders what there is nothing of, is an i1 that is always false.
 */

import { constantOf } from "../../../ir/dialects/arith/constant.js";
import { assert } from "../../../ir/dialects/cf/branch.js";
import { customCall } from "../../../ir/dialects/stablehlo/calls.js";
import type { ReplicaGroups } from "../../../ir/dialects/stablehlo/collectives.js";
import { collectiveBroadcast, collectivePermute } from "../../../ir/dialects/stablehlo/collectives.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { LOOPS } from "../../../ir/names.js";
import type { Converter, Reason, Structure } from "./converter.js";
import { DYNAMIC_REDUCE_WINDOW, dynamicReduceWindow } from "./dynamic-windows.js";
import { filledTensor } from "./generic.js";

const several = "it spans several devices, and this is a program for one";

const spans: Reason = { why: several, fix: "export with --mesh, or for one device" };

function isAlone(groups: ReplicaGroups): boolean {
  return !("mesh" in groups) && groups.every((row) => row.filter((id) => id !== -1).length <= 1);
}

/** Why an operation of this family has no form on one device; `undefined` where it has. */
export function refusalOnOneDevice(op: Operation): Reason | undefined {
  if (collectivePermute.matches(op)) {
    const incoming = collectivePermute.attrsOf(op).source_target_pairs.find(([, target]) => target === 0);
    return incoming && incoming[0] !== 0 ? spans : undefined;
  }
  if (customCall.matches(op)) {
    const { call_target_name: target } = customCall.attrsOf(op);
    if (known.includes(target)) return undefined;
    const fix = "lower the program so that it does without the call, or leave that part to the caller";
    return { why: `nothing is known of the target '${target}'`, fix };
  }
  const groups = Object.hasOwn(forms, op.name) ? op.attrs["replica_groups"] : undefined;
  return groups === undefined || isAlone(groups as ReplicaGroups) ? undefined : spans;
}

const given: Structure = (op, to) => to.operands(op);

const zeros = (to: Converter, op: Operation): readonly Value[] =>
  op.results.map((_, k) => {
    const type = to.resultType(op, k);
    return filledTensor(to, type, to.zero(to.context.types.scalar(type.element)));
  });

const broadcast: Structure = (op, to) => {
  const { replica_groups: groups } = collectiveBroadcast.attrsOf(op);
  const isReached = "mesh" in groups || groups.flat().includes(0);
  return isReached ? to.operands(op) : zeros(to, op);
};

const permute: Structure = (op, to) => {
  const incoming = collectivePermute.attrsOf(op).source_target_pairs.find(([, target]) => target === 0);
  return incoming ? to.operands(op) : zeros(to, op);
};

const token: Structure = (_, to) => [constantOf(to.builder, 0, to.context.types.scalar("i1"))];

/** Targets that mean nothing to a program for one device. */
const annotations = ["Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "annotate_device_placement"];
const ASSERTION = "shape_assertion";
const known = [ASSERTION, DYNAMIC_REDUCE_WINDOW, LOOPS, ...annotations];

/** A message without the numbers that an assertion cannot hold: what follows the last comma before the first one goes. */
function plainMessage(op: Operation): string {
  const message = op.extra["error_message"];
  const text = message?.kind === "string" ? message.value : "a shape assertion failed";
  return text.replace(/,[^,]*\{\d+\}.*$/s, "").replaceAll(/\{\d+\}/g, "…");
}

const custom: Structure = (op, to) => {
  const { call_target_name: target } = customCall.attrsOf(op);
  if (target === ASSERTION) {
    to.builder.op(assert, { arg: to.elementOfScalarTensor(op.operand(0)) }, { msg: plainMessage(op) });
    return [];
  }
  // Loops stay a call until there are buffers to run them on.
  if (target === LOOPS) {
    const results = op.results.map((_, k) => to.resultType(op, k));
    return to.builder.op(customCall, { inputs: to.operands(op) }, customCall.attrsOf(op), { results, extra: op.extra })
      .results;
  }
  return target === DYNAMIC_REDUCE_WINDOW ? dynamicReduceWindow(op, to) : to.operands(op);
};

const forms: Readonly<Record<string, Structure>> = {
  "stablehlo.after_all": token,
  "stablehlo.all_gather": given,
  "stablehlo.all_reduce": given,
  "stablehlo.all_to_all": given,
  "stablehlo.collective_broadcast": broadcast,
  "stablehlo.collective_permute": permute,
  "stablehlo.create_token": token,
  "stablehlo.cross-replica-sum": given,
  "stablehlo.custom_call": custom,
  "stablehlo.partition_id": (op, to) => zeros(to, op),
  "stablehlo.reduce_scatter": given,
  "stablehlo.replica_id": (op, to) => zeros(to, op),
};

export const devices: Readonly<Record<string, Structure>> = Object.fromEntries(
  Object.entries(forms).map(([name, form]) => [name, checked(form)]),
);

function checked(form: Structure): Structure {
  return (op, to) => {
    const reason = refusalOnOneDevice(op);
    if (reason) throw to.unsupported(op, reason.why, reason.fix);
    return form(op, to);
  };
}
