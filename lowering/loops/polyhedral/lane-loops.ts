/**
 * @file Outer loops as lanes: where points wait for each other along their inner loops (recurrences), but the turns of a
 * loop around them do not, some turns of that loop run side by side. The loop becomes a loop over strips of its turns,
 * and the turns of a strip become the innermost loop around every statement (strip-mine and sink; Nuzman and Zaks,
 * "Outer-loop vectorization - revisited for short SIMD architectures", PACT 2008).
 */

import { elementFacts } from "../../../ir/element.js";
import { elementOf } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { type Dependence, within } from "./dependences.js";
import { extentOf } from "./dim-ranges.js";
import { costAlone, costInLanes, dimOf, hasVectors, motionAlong, pointsOf, widestBits } from "./lane-cost.js";
import { carriedWithin, isCoincident, isLegal } from "./legality.js";
import type { Band, BandMember, Filter, ScheduleNode } from "./schedule-tree.js";
import { type Scop, type Statement, writeOf } from "./scop.js";

/** The name of the marks above loops that become lanes. */
export const LANES = "lanes";

export interface LaneLoop {
  readonly statements: readonly Statement[];
  /** Turns of a strip. */
  readonly strip: number;
  /** Cycles of all points before and after, as the cost model sees them. */
  readonly alone: number;
  readonly inLanes: number;
}

export interface LaneLoops {
  readonly root: ScheduleNode;
  readonly loops: readonly LaneLoop[];
}

/** How much less lanes must cost. */
const WORTH = 0.75;

/** The tree with such loops sunk; it keeps all dependences, or is as it was. `inLanes`: statements that are vectors already. */
export function laneLoops(
  scop: Scop,
  root: ScheduleNode,
  deps: readonly Dependence[],
  cpu: CpuDescription,
  inLanes: ReadonlySet<string>,
): LaneLoops {
  const { node, loops } = new LaneLoopFinder(cpu, inLanes).find(root, scop.statements, deps);
  const isKept = loops.length > 0 && isLegal(scop, deps, node, { reorderReductions: true });
  return isKept ? { root: node, loops } : { root, loops: [] };
}

/** A subtree with the loops that were sunk in it, and the cycles of all of its points. */
interface Found {
  readonly node: ScheduleNode;
  readonly loops: readonly LaneLoop[];
  readonly cost: number;
}

class LaneLoopFinder {
  readonly #cpu: CpuDescription;
  readonly #inLanes: ReadonlySet<string>;

  constructor(cpu: CpuDescription, inLanes: ReadonlySet<string>) {
    this.#cpu = cpu;
    this.#inLanes = inLanes;
  }

  /** `deps`: those between points that have the same values of all members above. */
  find(node: ScheduleNode, here: readonly Statement[], deps: readonly Dependence[]): Found {
    const asIs: Found = { node, loops: [], cost: this.#costBefore(here) };
    // What runs in lanes already stays.
    if (here.every((s) => this.#inLanes.has(s.name))) return asIs;
    if (node.kind === "sequence") {
      const found = node.children.map(({ statements, child }) => {
        const own = here.filter((s) => statements.includes(s.name));
        return this.find(child, own, within(deps, statements));
      });
      const children = node.children.map((filter, k): Filter => ({ ...filter, child: found[k]!.node }));
      const cost = found.reduce((sum, each) => sum + each.cost, 0);
      return { node: { kind: "sequence", children }, loops: found.flatMap(({ loops }) => loops), cost };
    }
    if (node.kind !== "band" || node.members.some(({ tile }) => tile !== 1)) return asIs;
    const [first, ...rest] = node.members;
    const child: ScheduleNode = rest.length > 0 ? { ...node, members: rest } : node.child;
    const below = this.find(child, here, carriedWithin(deps, [first!]));
    const sunk = this.#sunk(first!, child, here, deps);
    if (sunk && sunk.cost < below.cost) return sunk;
    return { ...below, node: { ...node, members: [first!], child: below.node } };
  }

  /** `undefined` where the member's turns wait for each other, or lanes save little. */
  #sunk(
    member: BandMember,
    child: ScheduleNode,
    here: readonly Statement[],
    deps: readonly Dependence[],
  ): Found | undefined {
    const dims = new Map<Statement, number>();
    for (const s of here) {
      const dim = dimOf(s, member);
      if (dim === undefined) return undefined;
      dims.set(s, dim);
    }
    const lanes = this.#cpu.vectorBits / widestBits(here);
    if (lanes < 2 || child.kind === "leaf") return undefined;
    const alone = this.#costBefore(here);
    const inLanes = here.reduce((sum, s) => sum + pointsOf(s) * laneCost(s, dims.get(s)!, lanes, here), 0);
    if (inLanes > WORTH * alone || !isCoincident(member, deps)) return undefined;
    const below = sink(child, member, here);
    if (!below) return undefined;
    const strip = this.#strip(here, dims, lanes);
    const node: Band = { kind: "band", members: [{ ...member, tile: strip }], permutable: false, child: below };
    return { node, loops: [{ statements: here, strip, alone, inLanes }], cost: inLanes };
  }

  #costBefore(here: readonly Statement[]): number {
    return here.reduce((sum, s) => {
      // Vectors along an inner loop have neighbours in memory there, or are made in registers; sums become such vectors.
      const hasLanes = this.#inLanes.has(s.name) || s.reduction !== undefined;
      const cost = hasLanes
        ? costAlone(s, false) / (this.#cpu.vectorBits / widestBits([s]))
        : costAlone(s, waits(s, here));
      return sum + pointsOf(s) * cost;
    }, 0);
  }

  /** As many turns as half of the first cache has room for: a line for each strided lane, else one element. */
  #strip(here: readonly Statement[], dims: ReadonlyMap<Statement, number>, lanes: number): number {
    const most = Math.max(...here.map((s) => extentOf(s, dims.get(s)!) ?? Number.POSITIVE_INFINITY));
    const moves = new Map(
      here.flatMap((s) =>
        s.accesses.map((access) => {
          const motion = motionAlong(s, access, dims.get(s)!);
          const bytes =
            motion === "fixed" ? 0 : motion === "strided" ? LINE : elementFacts[elementOf(access.array.type)].bits / 8;
          return [access.array, bytes] as const;
        }),
      ),
    );
    const bytes = [...moves.values()].reduce((x, y) => x + y, 0);
    const room = Math.min(this.#cpu.caches.l1 / 2 / Math.max(1, bytes), most);
    return Math.max(1, 2 ** Math.floor(Math.log2(room / lanes))) * lanes;
  }
}

function laneCost(s: Statement, dim: number, lanes: number, here: readonly Statement[]): number {
  return hasVectors(s) ? costInLanes(s, dim, lanes) : costAlone(s, waits(s, here));
}

/** Whether it reads what it, or a statement beside it, writes. */
function waits({ accesses }: Statement, here: readonly Statement[]): boolean {
  const written = new Set(here.map((s) => writeOf(s).array));
  return accesses.some((access) => access.kind === "read" && written.has(access.array));
}

/** Bytes that one access brings into a cache. */
const LINE = 64;

/** The member below everything else, for each statement alone; `undefined` where a leaf holds several. */
function sink(node: ScheduleNode, member: BandMember, here: readonly Statement[]): ScheduleNode | undefined {
  if (node.kind === "sequence") {
    const children: Filter[] = [];
    for (const filter of node.children) {
      const own = here.filter((s) => filter.statements.includes(s.name));
      const child = sink(filter.child, member, own);
      if (!child) return undefined;
      children.push({ ...filter, child });
    }
    return { kind: "sequence", children };
  }
  if (node.kind !== "leaf") {
    if (node.kind === "mark" || (node.kind === "band" && node.members.some(({ tile }) => tile !== 1))) return undefined;
    const child = sink(node.child, member, here);
    return child && { ...node, child };
  }
  const [only, ...others] = here;
  if (!only || others.length > 0) return undefined;
  const rows = new Map([[only.name, member.rows.get(only.name)!]]);
  const band: Band = { kind: "band", members: [{ rows, tile: 1, coincident: true }], permutable: true, child: node };
  return { kind: "mark", name: LANES, child: band };
}
