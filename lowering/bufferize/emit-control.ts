/**
 * @file Control flow with buffers: tensors leave its operands, arguments and results, as each has a fixed buffer that
 * values are copied to where they enter, turn or leave, unless they lie there already.
 */

import type { AnyOpDef } from "../../ir/define.js";
import { callOp } from "../../ir/dialects/func.js";
import { condition, forOp, whileOp } from "../../ir/dialects/scf/for.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import { type Block, newRegion, type Operation, type Region, type Value } from "../../ir/graph.js";
import type { EmitRow, Emitter } from "./emitter.js";

const isNumber = (x: Value): boolean => x.type.kind !== "tensor";
const numbers = (values: readonly Value[], to: Emitter): Value[] => values.filter(isNumber).map((x) => to.value(x));
const typesOf = (values: readonly Value[]) => values.filter(isNumber).map((x) => x.type);

const pairs = (from: readonly Value[], to: readonly Value[]): (readonly [Value, Value])[] =>
  from.map((x, i) => [x, to[i]!] as const);

/** Makes `op` again without tensors; its numbers are bound. */
function remake(op: Operation, to: Emitter, operands: readonly Value[], regions: readonly Region[]): void {
  const results = op.results.filter(isNumber);
  const made = to.builder.create(op.def, operands, op.attrs, {
    results: typesOf(op.results),
    regions,
    extra: op.extra,
  });
  results.forEach((r, i) => {
    to.bind(r, made.results[i]!);
  });
}

/** The region of `block` on buffers; `end` emits its terminator. */
function regionOf(block: Block, to: Emitter, end: (terminator: Operation) => void): Region {
  return to.region(typesOf(block.args), (args) => {
    block.args.filter(isNumber).forEach((a, i) => {
      to.bind(a, args[i]!);
    });
    end(to.block(block));
  });
}

/** Ends a region: its tensors go over into `targets`, its numbers are yielded. */
function yieldInto(targets: readonly Value[], to: Emitter): (terminator: Operation) => void {
  return (terminator) => {
    to.transfer(pairs(terminator.operands, targets));
    to.builder.op(yieldOp, { results: numbers(terminator.operands, to) }, {});
  };
}

/** `scf.if`, `scf.index_switch`: every branch leaves its results in the same buffers. */
const branchRow: EmitRow = (op, to) => {
  const regions = op.regions.map((r) =>
    r.blocks[0] ? regionOf(r.blocks[0], to, yieldInto(op.results, to)) : newRegion(),
  );
  remake(op, to, numbers(op.operands, to), regions);
};

const forRow: EmitRow = (op, to) => {
  const body = op.region(0).blocks[0]!;
  const [, ...carried] = body.args;
  to.define(carried);
  to.transfer(pairs(op.operands.slice(3), carried));
  const operands = numbers(op.operands, to);
  remake(op, to, operands, [regionOf(body, to, yieldInto(carried, to))]);
};

const whileRow: EmitRow = (op, to) => {
  const [before, after] = op.regions.map((r) => r.blocks[0]!) as [Block, Block];
  to.define([...before.args, ...after.args]);
  to.transfer(pairs(op.operands, before.args));
  const operands = numbers(op.operands, to);
  const first = regionOf(before, to, (terminator) => {
    const [goOn, ...forwarded] = terminator.operands as readonly [Value, ...Value[]];
    to.transfer(pairs(forwarded, after.args));
    to.builder.op(condition, { condition: to.value(goOn), args: numbers(forwarded, to) }, {});
  });
  const second = regionOf(after, to, yieldInto(before.args, to));
  remake(op, to, operands, [first, second]);
};

/** A kernel gets the buffers of what it reads and of its results. */
const callRow: EmitRow = (op, to) => {
  const { callee } = callOp.attrsOf(op);
  const signature = to.signatures.get(callee);
  if (!signature) throw to.unsupported(op, `@${callee} is no kernel; calls of other functions must be inlined`);
  const places = new Map(signature.results.map(({ arg }, i) => [arg, op.results[i]!]));
  const operands = signature.args.map((_, i) => to.value(places.get(i) ?? op.operand(i)));
  to.builder.op(callOp, { operands }, { callee }, { results: [], extra: op.extra });
};

const rows: readonly (readonly [unknown, EmitRow])[] = [
  [callOp, callRow],
  [forOp, forRow],
  [whileOp, whileRow],
];

export const controlRows: ReadonlyMap<string, EmitRow> = new Map([
  ...rows.map(([def, row]) => [(def as AnyOpDef).name, row] as const),
  ["scf.if", branchRow],
  ["scf.index_switch", branchRow],
]);
