/**
 * @file Control flow with buffers: tensors leave its operands, arguments and results, as each has a fixed buffer that
 * values are copied to where they enter, turn or leave, unless they lie there already. Only those whose size nobody knows
 * before stay, as buffers passed on.
 */

import { unitAttr } from "../../ir/attrs.js";
import type { AnyOpDef } from "../../ir/define.js";
import { callOp } from "../../ir/dialects/func.js";
import { condition, forOp, whileOp } from "../../ir/dialects/scf/for.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import { customCall } from "../../ir/dialects/stablehlo/calls.js";
import { type Block, newRegion, type Operation, type Region, type Value } from "../../ir/graph.js";
import { KERNEL } from "../kernels.js";
import { bindCarried, typesToCarry, valuesToCarry } from "./carry-buffers.js";
import { calleeOf } from "./effects.js";
import type { EmitRow, Emitter } from "./emitter.js";

const pairs = (from: readonly Value[], to: readonly Value[]): (readonly [Value, Value])[] =>
  from.map((x, i) => [x, to[i]!] as const);

/** Makes `op` again; what of its results stays is bound. */
function remake(op: Operation, to: Emitter, operands: readonly Value[], regions: readonly Region[]): void {
  const results = typesToCarry(op.results, to);
  const made = to.builder.create(op.def, operands, op.attrs, { results, regions, extra: op.extra });
  bindCarried(op.results, made.results, to);
}

/** The region of `block` on buffers; `end` emits its terminator. */
function regionOf(block: Block, to: Emitter, end: (terminator: Operation) => void): Region {
  return to.region(typesToCarry(block.args, to), (args) => {
    bindCarried(block.args, args, to);
    end(to.block(block));
  });
}

/** Moves `from` into `targets`: into fixed buffers here, what is passed on as the values given. */
function handOver(from: readonly Value[], targets: readonly Value[], at: Operation, to: Emitter): readonly Value[] {
  to.transfer(pairs(from, targets));
  return valuesToCarry(from, targets, at, to);
}

/** Ends a region: its values go over into `targets`. */
function yieldInto(targets: readonly Value[], to: Emitter): (terminator: Operation) => void {
  return (terminator) => {
    const results = handOver(terminator.operands, targets, terminator, to);
    to.builder.op(yieldOp, { results }, {});
  };
}

/** `scf.if`, `scf.index_switch`: every branch leaves its results in the same buffers. */
const branchRow: EmitRow = (op, to) => {
  const operands = op.operands.map((x) => to.value(x));
  const end = yieldInto(op.results, to);
  remake(
    op,
    to,
    operands,
    op.regions.map((r) => (r.blocks[0] ? regionOf(r.blocks[0], to, end) : newRegion())),
  );
};

const forRow: EmitRow = (op, to) => {
  const body = op.region(0).blocks[0]!;
  const [, ...carried] = body.args;
  to.define(carried);
  const inits = handOver(op.operands.slice(3), carried, op, to);
  const bounds = op.operands.slice(0, 3).map((x) => to.value(x));
  remake(op, to, [...bounds, ...inits], [regionOf(body, to, yieldInto(carried, to))]);
};

const whileRow: EmitRow = (op, to) => {
  const [before, after] = op.regions.map((r) => r.blocks[0]!) as [Block, Block];
  to.define([...before.args, ...after.args]);
  const inits = handOver(op.operands, before.args, op, to);
  const first = regionOf(before, to, (terminator) => {
    const [goOn, ...forwarded] = terminator.operands as readonly [Value, ...Value[]];
    const args = handOver(forwarded, after.args, terminator, to);
    to.builder.op(condition, { condition: to.value(goOn), args }, {});
  });
  const second = regionOf(after, to, yieldInto(before.args, to));
  remake(op, to, inits, [first, second]);
};

/** A kernel gets the buffers of what it reads and of its results. */
const callRow: EmitRow = (op, to) => {
  const callee = calleeOf(op);
  const signature = to.signatures.get(callee);
  if (!signature) throw to.unsupported(op, `@${callee} is no kernel; calls of other functions must be inlined`);
  const places = new Map(signature.results.map(({ arg }, i) => [arg, op.results[i]!]));
  const operands = signature.args.map((_, i) => to.value(places.get(i) ?? op.operand(i)));
  const extra = callOp.matches(op) ? op.extra : { ...op.extra, [KERNEL]: unitAttr };
  to.builder.op(callOp, { operands }, { callee }, { results: [], extra });
};

const rows: readonly (readonly [unknown, EmitRow])[] = [
  [callOp, callRow],
  [customCall, callRow],
  [forOp, forRow],
  [whileOp, whileRow],
];

export const controlRows: ReadonlyMap<string, EmitRow> = new Map([
  ...rows.map(([def, row]) => [(def as AnyOpDef).name, row] as const),
  ["scf.if", branchRow],
  ["scf.index_switch", branchRow],
]);
