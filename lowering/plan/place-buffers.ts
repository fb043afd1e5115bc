/**
 * @file Pass `place-buffers`: the allocations of host functions become views of one arena, an argument that follows all
 * others. What must be allocated during the run (its size has no limit before) is freed after its last use.
 */

import { intAttr, stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantIndex } from "../../ir/dialects/arith/constant.js";
import { funcOp, functionBody, functionsOf, updateFunctionType } from "../../ir/dialects/func.js";
import { dealloc } from "../../ir/dialects/memref/storage.js";
import { view } from "../../ir/dialects/memref/views.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { ARENA_BYTES, ARENA_LOWER_BOUND } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { isControlFlow } from "../bufferize/timeline.js";
import { dimValue, SizesOfValues } from "../shape-values.js";
import { type ArenaPlan, planArena } from "./arena.js";
import { type Allocation, allocationsIn } from "./lifetimes.js";

export const placeBuffers: Pass = {
  name: "place-buffers",
  summary: "Puts the host's buffers into one arena; frees what is allocated during the run.",
  run(module, context) {
    for (const func of functionsOf(module)) {
      if (funcOp.attrsOf(func).sym_visibility !== "private" && func.region(0).blocks.length > 0) placeIn(func, context);
    }
  },
};

function placeIn(func: Operation, context: Context): void {
  const allocations = allocationsIn(functionBody(func));
  // Control flow passes on what others allocated, whose size is open.
  const placeable = allocations.filter((a) => !a.isGiven && !isControlFlow(a.op));
  const plan = planArena(placeable, (symbol) => context.dims.kind(symbol) === "input", context);
  if (plan.offsets.size > 0) {
    const offsets = offsetValues(func, plan, context);
    const arena = functionBody(func).addArg(context.types.memref([plan.total], "i8"));
    for (const [allocation, offset] of plan.offsets) replaceByView(allocation, arena, offsets.get(offset)!, context);
  }
  for (const a of allocations) if (!plan.offsets.has(a) && !a.isGiven) freeAfterUse(a, context);
  const text = (d: Dim) =>
    typeof d === "number" ? intAttr(d, context.types.scalar("i64")) : stringAttr(context.dims.print(d));
  func.setExtra(ARENA_BYTES, text(plan.total));
  func.setExtra(ARENA_LOWER_BOUND, text(plan.lowerBound));
  updateFunctionType(func, context);
}

/** Every offset once, at the start of the function. */
function offsetValues(func: Operation, plan: ArenaPlan, context: Context): ReadonlyMap<Dim, Value> {
  const body = functionBody(func);
  const b = new Builder(context, body, body.first);
  const sizes = new SizesOfValues(b, body.args);
  const made = new Map<Dim, Value>();
  for (const offset of plan.offsets.values()) {
    if (!made.has(offset))
      made.set(offset, typeof offset === "number" ? constantIndex(b, offset) : dimValue(b, offset, sizes));
  }
  return made;
}

/** The view takes its sizes from where the allocation took them. */
function replaceByView({ op, value, type }: Allocation, arena: Value, offset: Value, context: Context): void {
  const b = Builder.before(context, op);
  const made = b.value(view, { source: arena, byte_shift: offset, sizes: op.operands }, {}, { results: [type] });
  value.replaceAllUsesWith(made);
  op.erase();
}

function freeAfterUse({ op, value, lastUse }: Allocation, context: Context): void {
  const block = op.block!;
  const after = lastUse.def.traits.includes("terminator") ? lastUse : lastUse.next;
  const b = new Builder(context, block, after);
  b.at = op.at;
  b.op(dealloc, { memref: value }, {});
}
