/** @file Copies of operations and regions, with operands looked up in a mapping that grows as results are copied. */

import { Block, newRegion, Operation, type Region, type Value } from "./graph.js";

/** Originals to copies; what is not in it stands for itself. */
export type ValueMap = Map<Value, Value>;

/** A detached copy of `op` and all inside it. */
export function cloneOp(op: Operation, map: ValueMap = new Map()): Operation {
  const blocks = new Map<Block, Block>();
  return cloneInto(op, map, blocks);
}

function cloneInto(op: Operation, map: ValueMap, blocks: ReadonlyMap<Block, Block>): Operation {
  const regions = op.regions.map((region) => cloneRegion(region, map));
  const copy = new Operation({
    def: op.def,
    operands: op.operands.map((x) => map.get(x) ?? x),
    attrs: op.attrs,
    extra: op.extra,
    resultTypes: op.results.map((r) => r.type),
    regions,
    successors: op.successors.map((b) => blocks.get(b) ?? b),
    segments: op.segments,
    at: op.at,
  });
  op.results.forEach((r, i) => {
    map.set(r, copy.results[i]!);
  });
  return copy;
}

export function cloneRegion(region: Region, map: ValueMap): Region {
  const blocks = new Map<Block, Block>();
  for (const block of region.blocks) {
    const copy = new Block(block.args.map((a) => a.type));
    block.args.forEach((a, i) => {
      map.set(a, copy.args[i]!);
    });
    blocks.set(block, copy);
  }
  for (const [block, copy] of blocks) for (const op of block.ops()) copy.append(cloneInto(op, map, blocks));
  return newRegion(...blocks.values());
}

/**
 * Copies the operations of `block`, its terminator left out, before `anchor` (or at the end of `into`), with
 * `args` in the place of its arguments. Gives what the terminator would yield.
 */
export function inlineBlock(
  block: Block,
  args: readonly Value[],
  into: Block,
  anchor: Operation | undefined,
  map: ValueMap = new Map(),
): readonly Value[] {
  block.args.forEach((a, i) => {
    map.set(a, args[i]!);
  });
  const { terminator } = block;
  for (const op of block.ops()) if (op !== terminator) into.insertBefore(cloneOp(op, map), anchor);
  return terminator.operands.map((x) => map.get(x) ?? x);
}
