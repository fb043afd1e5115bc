/** @file `scf` to blocks and branches. Values that a region yields become arguments of the block behind it. */

import * as a from "../../../ir/dialects/llvm/arithmetic.js";
import type { Block, Operation, Region, Value } from "../../../ir/graph.js";
import type { FunctionLowering, Row } from "./lowering.js";

export function entryOf(region: Region): Block {
  const block = region.blocks[0];
  if (!block) throw new Error("a region has no block");
  return block;
}

export function bindAll(to: FunctionLowering, old: readonly Value[], made: readonly Value[]): void {
  old.forEach((v, i) => {
    if (v.type.kind === "memref") to.bindPointer(v, made[i]!);
    else to.bind(v, made[i]!);
  });
}

/** What a value is when it crosses a block boundary: memrefs are their pointers, and must be dense. */
export function crossing(to: FunctionLowering, old: Value): Value {
  return old.type.kind === "memref" ? to.address(old).pointer : to.value(old);
}

const forRow: Row = (op, to) => {
  const [lower, upper, step, ...inits] = op.operands as readonly [Value, Value, Value, ...Value[]];
  loop(
    to,
    { lower: to.value(lower), upper: to.value(upper), step: to.value(step), inits: inits.map((v) => crossing(to, v)) },
    op,
    (args) => {
      const body = entryOf(op.region(0));
      bindAll(to, body.args, args);
      return to.block(body).operands.map((v) => crossing(to, v));
    },
  );
};

export interface Bounds {
  readonly lower: Value;
  readonly upper: Value;
  readonly step: Value;
  readonly inits: readonly Value[];
}

/** A counted loop; `body` gets the counter and the carried values, and gives the next ones. Binds the results of `op`. */
export function loop(
  to: FunctionLowering,
  { lower, upper, step, inits }: Bounds,
  op: Operation,
  body: (args: readonly Value[]) => readonly Value[],
): void {
  const types = [lower.type, ...inits.map((v) => v.type)];
  const header = to.newBlock(types);
  const inside = to.newBlock();
  const after = to.newBlock();
  to.jump(header, [lower, ...inits]);
  to.startBlock(header);
  const [counter, ...carried] = header.args as [Value, ...Value[]];
  to.branch(to.emit(a.icmp, [counter, upper], { predicate: "slt" }), inside, after);
  to.startBlock(inside);
  const next = body([counter, ...carried]);
  to.jump(header, [to.add(counter, step), ...next]);
  to.startBlock(after);
  bindAll(to, op.results, carried);
}

/** Two regions, the second maybe absent, and what they yield. */
export function branchOn(op: Operation, to: FunctionLowering, condition: Value): void {
  const [yes, no] = [to.newBlock(), to.newBlock()];
  const after = to.newBlock(op.results.map((r) => to.type(r.type)));
  to.branch(condition, yes, no);
  [yes, no].forEach((block, k) => {
    const region = op.regions[k];
    to.startBlock(block);
    to.jump(after, region?.blocks[0] ? to.block(entryOf(region)).operands.map((v) => crossing(to, v)) : []);
  });
  to.startBlock(after);
  bindAll(to, op.results, after.args);
}

const ifRow: Row = (op, to) => branchOn(op, to, to.value(op.operand(0)));

const whileRow: Row = (op, to) => {
  const before = entryOf(op.region(0));
  const body = entryOf(op.region(1));
  const header = to.newBlock(op.operands.map((v) => to.type(v.type)));
  const inside = to.newBlock();
  const after = to.newBlock();
  to.jump(
    header,
    op.operands.map((v) => crossing(to, v)),
  );
  to.startBlock(header);
  bindAll(to, before.args, header.args);
  const [condition, ...passed] = to.block(before).operands as readonly [Value, ...Value[]];
  const values = passed.map((v) => crossing(to, v));
  to.branch(to.value(condition), inside, after);
  to.startBlock(inside);
  bindAll(to, body.args, values);
  to.jump(
    header,
    to.block(body).operands.map((v) => crossing(to, v)),
  );
  to.startBlock(after);
  bindAll(to, op.results, values);
};

/** Parallel loops that are left at this level run one after the other. */
const parallelRow: Row = (op, to) => {
  const [lowers, uppers, steps] = [0, 1, 2].map((k) => group(op, k)) as [
    readonly Value[],
    readonly Value[],
    readonly Value[],
  ];
  const inits = group(op, 3);
  if (inits.length > 0) throw new Error("a parallel reduction must be sequential before it is lowered");
  const body = entryOf(op.region(0));
  const nest = (k: number, counters: readonly Value[]): void => {
    if (k === lowers.length) {
      bindAll(to, body.args, counters);
      to.block(body);
      return;
    }
    sequential(to, to.value(lowers[k]!), to.value(uppers[k]!), to.value(steps[k]!), (counter) =>
      nest(k + 1, [...counters, counter]),
    );
  };
  nest(0, []);
};

function group(op: Operation, k: number): readonly Value[] {
  const segments = op.segments ?? [];
  const start = segments.slice(0, k).reduce((x, y) => x + y, 0);
  return op.operands.slice(start, start + (segments[k] ?? 0));
}

/** A counted loop without carried values. */
export function sequential(
  to: FunctionLowering,
  lower: Value,
  upper: Value,
  step: Value,
  body: (counter: Value) => void,
): void {
  const header = to.newBlock([lower.type]);
  const inside = to.newBlock();
  const after = to.newBlock();
  to.jump(header, [lower]);
  to.startBlock(header);
  const counter = header.args[0]!;
  to.branch(to.emit(a.icmp, [counter, upper], { predicate: "slt" }), inside, after);
  to.startBlock(inside);
  body(counter);
  to.jump(header, [to.add(counter, step)]);
  to.startBlock(after);
}

const executeRegion: Row = (op, to) => {
  const yielded = to.block(entryOf(op.region(0))).operands;
  bindAll(
    to,
    op.results,
    yielded.map((v) => crossing(to, v)),
  );
};

/** A chain of comparisons: the default region is the first, then one per case. */
const indexSwitch: Row = (op, to) => {
  const cases = op.attrs["cases"] as readonly number[];
  const selector = to.value(op.operand(0));
  const after = to.newBlock(op.results.map((r) => to.type(r.type)));
  const finish = (region: Region): void =>
    to.jump(
      after,
      to.block(entryOf(region)).operands.map((v) => crossing(to, v)),
    );
  cases.forEach((value, k) => {
    const hit = to.newBlock();
    const next = to.newBlock();
    to.branch(to.emit(a.icmp, [selector, to.integer(value)], { predicate: "eq" }), hit, next);
    to.startBlock(hit);
    finish(op.region(k + 1));
    to.startBlock(next);
  });
  finish(op.region(0));
  to.startBlock(after);
  bindAll(to, op.results, after.args);
};

export const controlRows: Readonly<Record<string, Row>> = {
  "scf.for": forRow,
  "scf.if": ifRow,
  "scf.while": whileRow,
  "scf.parallel": parallelRow,
  "scf.execute_region": executeRegion,
  "scf.index_switch": indexSwitch,
};
