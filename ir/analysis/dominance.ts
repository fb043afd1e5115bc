/**
 * @file Dominance: whether a value is defined wherever an operation may read it. Within a block by order,
 * across blocks of a region by the dominator tree, across regions by nesting (isolated operations let nothing in).
 */

import { Block, type Operation, type Region, type Value } from "../graph.js";

export interface Dominance {
  /** True when `value` is available to `op`'s operands. */
  properlyDominates(value: Value, op: Operation): boolean;
}

/** A dominance query object; it caches one dominator tree per region, so the graph must not change under it. */
export function dominanceOf(): Dominance {
  const trees = new Map<Region, ReadonlyMap<Block, Block>>();
  const treeOf = (region: Region): ReadonlyMap<Block, Block> => {
    const tree = trees.get(region) ?? dominatorTree(region);
    trees.set(region, tree);
    return tree;
  };
  return {
    properlyDominates(value, op) {
      const home = value.owner instanceof Block ? value.owner : value.owner.block;
      const definition = value.owner instanceof Block ? undefined : value.owner;
      for (let at: Operation | undefined = op; at; at = at.parent) {
        const { block } = at;
        if (!block) return false;
        if (block === home) return definition === undefined || (definition !== at && definition.isBefore(at));
        if (home && block.region === home.region && block.region) return dominates(treeOf(block.region), home, block);
        if (at.parent?.def.traits.includes("isolated")) return false;
      }
      return false;
    },
  };
}

function dominates(tree: ReadonlyMap<Block, Block>, a: Block, b: Block): boolean {
  for (let block: Block | undefined = b; block; ) {
    if (block === a) return true;
    const up: Block | undefined = tree.get(block);
    if (up === block) return false;
    block = up;
  }
  return false;
}

/** Immediate dominators (the entry's is itself), by iteration over reverse postorder (Cooper, Harvey, Kennedy 2001). */
export function dominatorTree(region: Region): ReadonlyMap<Block, Block> {
  const entry = region.blocks[0];
  const idom = new Map<Block, Block>();
  if (!entry) return idom;
  const order = reversePostorder(entry);
  const rank = new Map(order.map((b, i) => [b, i]));
  const predecessors = new Map<Block, Block[]>();
  for (const block of order) {
    for (const next of block.last?.successors ?? []) predecessors.set(next, [...(predecessors.get(next) ?? []), block]);
  }
  const meet = (x: Block, y: Block): Block => {
    let [a, b] = [x, y];
    while (a !== b) {
      while (rank.get(a)! > rank.get(b)!) a = idom.get(a)!;
      while (rank.get(b)! > rank.get(a)!) b = idom.get(b)!;
    }
    return a;
  };
  idom.set(entry, entry);
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order.slice(1)) {
      const known = (predecessors.get(block) ?? []).filter((p) => idom.has(p));
      const next = known.reduce(meet);
      if (idom.get(block) === next) continue;
      idom.set(block, next);
      changed = true;
    }
  }
  return idom;
}

/** Blocks reachable from `entry`, each before its successors where no cycle forbids it. */
export function reversePostorder(entry: Block): Block[] {
  const seen = new Set<Block>([entry]);
  const order: Block[] = [];
  const stack: { readonly block: Block; next: number }[] = [{ block: entry, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.block.last?.successors[top.next++];
    if (next === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ block: next, next: 0 });
    }
  }
  return order.reverse();
}
