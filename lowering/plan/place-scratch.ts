/**
 * @file Pass `place-scratch`: the storage that kernels make for themselves. A little lies on the stack; more becomes an
 * argument that the caller allocates, one piece for each chunk, as chunks run at the same time.
 */

import { type Attr, type AttrDict, arrayAttr, unitAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import * as i from "../../ir/dialects/arith/integer.js";
import { callOp, funcOp, functionBody, functionName, functionsOf, updateFunctionType } from "../../ir/dialects/func.js";
import { alloc, alloca } from "../../ir/dialects/memref/storage.js";
import { view } from "../../ir/dialects/memref/views.js";
import type { Dim } from "../../ir/dim.js";
import { Block, type Operation, type Value } from "../../ir/graph.js";
import { CHUNKS } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import type { MemRefType } from "../../ir/types.js";
import { dictionaries } from "../bufferize/bufferize-function.js";
import { dimValue, SizesOfValues } from "../shape-values.js";
import { type ArenaPlan, planArena } from "./arena.js";
import { type Allocation, allocationsIn } from "./lifetimes.js";

/** Kernels with no more bytes of their own keep them on the stack. */
export const STACK_BYTES = 16 * 1024;
/** Marks a kernel's argument that is storage of its own. */
export const SCRATCH = "psm.scratch";

export const placeScratch: Pass = {
  name: "place-scratch",
  summary: "Puts the kernels' own storage on the stack, or makes it an argument.",
  run(module, context) {
    const calls = callsByName(module);
    for (const func of [...functionsOf(module)]) {
      if (funcOp.attrsOf(func).sym_visibility !== "private" || func.region(0).blocks.length === 0) continue;
      placeIn(func, calls.get(functionName(func)) ?? [], context);
    }
  },
};

function callsByName(module: Operation): ReadonlyMap<string, readonly Operation[]> {
  const calls = new Map<string, Operation[]>();
  for (const op of module.walk()) {
    if (!callOp.matches(op)) continue;
    const { callee } = callOp.attrsOf(op);
    calls.set(callee, [...(calls.get(callee) ?? []), op]);
  }
  return calls;
}

function placeIn(func: Operation, calls: readonly Operation[], context: Context): void {
  const allocations = allocationsIn(functionBody(func));
  if (allocations.length === 0) return;
  // All symbols of a kernel have values when it is called.
  const plan = planArena(allocations, () => true, context);
  const isFixed = allocations.every((a) => a.op.operands.length === 0);
  if (isFixed && typeof plan.total === "number" && plan.total <= STACK_BYTES)
    allocations.forEach((a) => toStack(a, func, context));
  else toArgument(func, plan, calls, context);
}

/** Made once, at the start of the function: in a loop the stack would grow. */
function toStack({ op, type }: Allocation, func: Operation, context: Context): void {
  const body = functionBody(func);
  const b = new Builder(context, body, body.first);
  b.at = op.at;
  const made = b.value(alloca, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, { results: [type] });
  op.result.replaceAllUsesWith(made);
  op.erase();
}

function toArgument(func: Operation, plan: ArenaPlan, calls: readonly Operation[], context: Context): void {
  const { dims, types } = context;
  const chunks = chunksOf(func, context);
  const type = types.memref([dims.mul(plan.total, chunks ?? 1)], "i8");
  const position = functionBody(func).args.length - (chunks === undefined ? 0 : 1);
  const scratch = insertArgument(func, position, type);
  viewScratch(func, scratch, plan, chunks !== undefined, context);
  updateFunctionType(func, context);
  for (const call of calls) passScratch(call, position, type, context);
}

function chunksOf(func: Operation, context: Context): Dim | undefined {
  const attr = func.extra[CHUNKS];
  if (attr === undefined) return undefined;
  const chunks =
    attr.kind === "string" ? context.dims.parse(attr.value) : attr.kind === "int" ? Number(attr.value) : undefined;
  if (chunks === undefined) throw new Error(`@${functionName(func)}: ${CHUNKS} is no size`);
  return chunks;
}

/** Adds an argument before position `at`; the chunk's number stays last. */
function insertArgument(func: Operation, at: number, type: MemRefType): Value {
  const body = functionBody(func);
  const attrs = dictionaries(func, "arg_attrs");
  const all: AttrDict[] = body.args.map((_, k) => attrs[k] ?? {});
  const made = body.addArg(type);
  body.args.splice(at, 0, body.args.pop()!);
  body.args.forEach((arg, k) => {
    arg.index = k;
  });
  all.splice(at, 0, { [SCRATCH]: unitAttr });
  func.setAttr("arg_attrs", arrayAttr(all.map((entries): Attr => ({ kind: "dict", entries }))));
  return made;
}

/** A chunk's piece begins at its number times the bytes of one. */
function viewScratch(func: Operation, scratch: Value, plan: ArenaPlan, isChunked: boolean, context: Context): void {
  const body = functionBody(func);
  const start = new Builder(context, body, body.first);
  const sizes = new SizesOfValues(start, body.args);
  const chunk = isChunked ? body.args.at(-1)! : undefined;
  const base = chunk && start.value(i.muli, { lhs: chunk, rhs: dimValue(start, plan.total, sizes) }, {});
  const offsets = [...plan.offsets].map(([allocation, offset]) => {
    const within = dimValue(start, offset, sizes);
    return { allocation, at: base ? start.value(i.addi, { lhs: base, rhs: within }, {}) : within };
  });
  for (const { allocation, at } of offsets) {
    const { op, type } = allocation;
    const b = Builder.before(context, op);
    op.result.replaceAllUsesWith(
      b.value(view, { source: scratch, byte_shift: at, sizes: op.operands }, {}, { results: [type] }),
    );
    op.erase();
  }
}

/** The caller allocates before the call, or before the loop that launches its chunks. */
function passScratch(call: Operation, position: number, type: MemRefType, context: Context): void {
  const anchor = call.parent?.name === "scf.parallel" ? call.parent : call;
  const b = Builder.before(context, anchor);
  // Sizes that the kernel has only multiplied with others are those of the caller's own arguments.
  const given = call.operands.filter((x) => isAvailable(x, anchor));
  const sizes = new SizesOfValues(b, [...given, ...argumentsAround(anchor)]);
  const dynamicSizes = type.shape.filter((d) => typeof d !== "number").map((d) => dimValue(b, d, sizes));
  const made = b.value(alloc, { dynamicSizes, symbolOperands: [] }, {}, { results: [type] });
  call.setOperands([...call.operands.slice(0, position), made, ...call.operands.slice(position)]);
}

/** The arguments of the function that `op` is in. */
function argumentsAround(op: Operation): readonly Value[] {
  let around = op;
  while (around.parent && around.parent.name !== "builtin.module") around = around.parent;
  return functionBody(around).args;
}

/** Not the counter of the loop that launches the chunks. */
function isAvailable(x: Value, anchor: Operation): boolean {
  return !(x.owner instanceof Block && x.owner.parent === anchor);
}
