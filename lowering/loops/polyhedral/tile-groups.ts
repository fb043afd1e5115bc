/**
 * @file Groups of statements that run through their arrays again and again and in which reductions could be register
 * tiles, such as factorisations: scheduled anew in permutable bands, whose tiles stay in a cache. Within a tile, the order of the members and what shares
 * loops are chosen so that as many statements as possible run in lanes.
 */

import type { MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { bytesOf } from "./array-bytes.js";
import { type Dependence, within } from "./dependences.js";
import { distribute } from "./distribute.js";
import { mapGroups } from "./groups.js";
import { isLegal } from "./legality.js";
import { scheduleScop } from "./schedule/schedule-scop.js";
import type { Band, Filter, ScheduleNode } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";
import { permutations, type TileChoices, tileBand } from "./tile-band.js";

export interface GroupTiles {
  readonly root: ScheduleNode;
  readonly tiles: ReadonlyMap<string, TileChoices>;
}

/** How many statements of a tree would run in lanes. */
export type CountLanes = (root: ScheduleNode, statements: readonly Statement[]) => number;

/** The tree with such groups tiled; it keeps all dependences, or is as it was. */
export function tileGroups(
  scop: Scop,
  root: ScheduleNode,
  deps: readonly Dependence[],
  cpu: CpuDescription,
  countLanes: CountLanes,
): GroupTiles {
  const tiler = new GroupTiler(scop, deps, cpu, countLanes);
  const made = tiler.groups(root);
  const isKept = tiler.tiles.size > 0 && isLegal(scop, deps, made, { reorderReductions: true });
  return isKept ? { root: made, tiles: tiler.tiles } : { root, tiles: new Map() };
}

class GroupTiler {
  readonly tiles = new Map<string, TileChoices>();
  readonly #scop: Scop;
  readonly #deps: readonly Dependence[];
  readonly #cpu: CpuDescription;
  readonly #countLanes: CountLanes;

  constructor(scop: Scop, deps: readonly Dependence[], cpu: CpuDescription, countLanes: CountLanes) {
    this.#scop = scop;
    this.#deps = deps;
    this.#cpu = cpu;
    this.#countLanes = countLanes;
  }

  groups(root: ScheduleNode): ScheduleNode {
    return mapGroups(root, this.#scop.statements, (node, own) =>
      node.kind === "band" ? this.#group(node, own) : node,
    );
  }

  #group(node: Band, statements: readonly Statement[]): ScheduleNode {
    // A statement alone needs no other order than its own.
    if (statements.length === 1 || footprint(statements) <= this.#cpu.caches.l2) return node;
    const names = statements.map((s) => s.name);
    const inside = within(this.#deps, names);
    const scop: Scop = { ...this.#scop, statements, schedule: node };
    const scheduled = scheduleScop(scop, inside, { reorderReductions: true });
    return this.#tiled(scheduled.root, statements, inside) ?? node;
  }

  /** `undefined` where the tree has no band of tiles before other bands. */
  #tiled(root: ScheduleNode, statements: readonly Statement[], deps: readonly Dependence[]): ScheduleNode | undefined {
    if (root.kind === "sequence") {
      const made = root.children.map(({ statements: names, child }) => {
        const own = statements.filter((s) => names.includes(s.name));
        return this.#tiled(child, own, within(deps, names));
      });
      if (made.every((child) => child === undefined)) return undefined;
      const children = root.children.map((filter, k): Filter => ({ ...filter, child: made[k] ?? filter.child }));
      return { kind: "sequence", children };
    }
    if (root.kind !== "band" || !root.permutable || root.members.length < 3) return undefined;
    if (root.members.every(({ coincident }) => coincident)) return undefined;
    const blocked = tileBand(root, statements, this.#cpu);
    if (!blocked) return undefined;
    const { members, choices } = blocked;
    const name = `tile ${statements[0]!.name}`;
    this.tiles.set(name, choices);
    const child: ScheduleNode = { kind: "mark", name, child: this.#points(root, statements, deps) };
    return { kind: "band", members, permutable: true, child };
  }

  /** The order within a tile in which most statements run in lanes. */
  #points(band: Band, statements: readonly Statement[], deps: readonly Dependence[]): ScheduleNode {
    let best: { readonly node: ScheduleNode; readonly count: number } | undefined;
    for (const members of permutations(band.members)) {
      const node = distribute({ ...band, members }, deps, () => true);
      const count = this.#countLanes(node, statements);
      if (!best || count > best.count) best = { node, count };
    }
    return best!.node;
  }
}

/** Bytes of all arrays that the statements touch. */
function footprint(statements: readonly Statement[]): number {
  const arrays = new Set(statements.flatMap((s) => s.accesses.map(({ array }) => array)));
  return [...arrays].reduce((sum, { type }) => sum + bytesOf(type as MemRefType), 0);
}
