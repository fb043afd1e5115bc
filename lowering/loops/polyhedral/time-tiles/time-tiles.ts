/**
 * @file Time tiling: what sweeps over large arrays again and again runs several sweeps together, a few rows at a time,
 * while the rows are in a cache. Each sweep follows the one before at the distance that dependences ask for.
 *
 * The order is: tiles of time, tiles of the inner axes, groups of rows along the outermost axis, the sweeps of the tile,
 * and then one statement after the other, each as a nest of its own over the rows of the group. Loops are skewed around the
 * rows only, so that innermost loops are long, dense and free of conditions.
 */

import type { CpuDescription } from "../../../../machine/cpu.js";
import { type Dependence, within } from "../dependences.js";
import { mapGroups } from "../groups.js";
import { isLegal } from "../legality.js";
import { scheduleScop } from "../schedule/schedule-scop.js";
import type { Band, BandMember, Filter, ScheduleNode } from "../schedule-tree.js";
import type { Scop, Statement } from "../scop.js";
import { loopsOver } from "../tile-band.js";
import type { CountLanes } from "../tile-groups.js";
import { findSweep, type Sweep, TIME } from "./sweeps.js";
import { chooseExtents, type TileExtents } from "./tile-extents.js";

export interface TimeTiles {
  readonly root: ScheduleNode;
  readonly made: readonly { readonly sweep: Sweep; readonly extents: TileExtents }[];
}

/** The tree with such groups in tiles of time; it keeps all dependences, or is as it was. */
export function tileTime(
  scop: Scop,
  root: ScheduleNode,
  deps: readonly Dependence[],
  cpu: CpuDescription,
  countLanes: CountLanes,
): TimeTiles {
  const tiler = new TimeTiler(scop, deps, cpu, countLanes);
  const tiled = tiler.groups(root);
  const isKept = tiler.made.length > 0 && isLegal(scop, deps, tiled, { reorderReductions: true });
  return isKept ? { root: tiled, made: tiler.made } : { root, made: [] };
}

class TimeTiler {
  readonly made: { readonly sweep: Sweep; readonly extents: TileExtents }[] = [];
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
      node.kind === "band" ? (this.#group(node, own) ?? node) : node,
    );
  }

  #group(node: Band, statements: readonly Statement[]): ScheduleNode | undefined {
    const { caches } = this.#cpu;
    // Cheaper questions first: what tiles of other passes already order stays.
    if (node.members.some(({ tile }) => tile !== 1)) return undefined;
    const names = statements.map((s) => s.name);
    const inside = within(this.#deps, names);
    const scop: Scop = { ...this.#scop, statements, schedule: node };
    const { root } = scheduleScop(scop, inside, { reorderReductions: true });
    if (root.kind !== "band") return undefined;
    const sweep = findSweep(root, statements, caches.l2 / 2);
    if (typeof sweep === "string") return undefined;
    const extents = chooseExtents(sweep, caches);
    if (!extents) return undefined;
    const made = treeOf(sweep, extents, orderOfStatements(root.child, statements));
    // Points one by one are slower than the memory.
    if (this.#countLanes(made, statements) < statements.length) return undefined;
    if (!isLegal(scop, inside, made, { reorderReductions: true })) return undefined;
    this.made.push({ sweep, extents });
    return made;
  }
}

/** Below a band of all dims nothing but the order of the statements is left. */
function orderOfStatements(node: ScheduleNode, statements: readonly Statement[]): readonly Statement[] {
  if (node.kind !== "sequence") return statements;
  return node.children.flatMap((child) => statements.filter((s) => child.statements.includes(s.name)));
}

function treeOf({ time, across }: Sweep, { sweeps, rows, inner }: TileExtents, order: readonly Statement[]): Band {
  const band = (members: readonly BandMember[], child: ScheduleNode): Band => ({
    kind: "band",
    members,
    permutable: true,
    child,
  });
  const [outermost, ...others] = across;
  const points = order.map((statement): Filter => {
    const dims = [...statement.dims.keys()].filter((dim) => dim !== TIME);
    return { kind: "filter", statements: [statement.name], child: loopsOver(statement, dims) };
  });
  const below: ScheduleNode = points.length === 1 ? points[0]!.child : { kind: "sequence", children: points };
  const tiled = others.flatMap((member, i) => (inner[i] === undefined ? [] : [{ ...member, tile: inner[i] }]));
  return band(
    [{ ...time, tile: sweeps }, ...tiled],
    band([{ ...outermost!, tile: rows }], band([{ ...time, tile: 1 }], below)),
  );
}

/** What was decided, one remark a group. */
export function timeTileRemarks(made: TimeTiles["made"]) {
  return made.map(({ sweep, extents }) => ({
    what: `${sweep.statements.map((s) => s.name).join(", ")} run several sweeps together`,
    why: "their arrays do not stay in the second cache from sweep to sweep, but some rows of them do",
    numbers: {
      sweeps: `${extents.sweeps}`,
      rows: `${extents.rows}`,
      tiles: extents.inner.map((x) => x ?? "whole").join(" x ") || "none",
      "bytes kept": `${Math.round(extents.window)}`,
      "bytes a sweep": `${Math.round(extents.traffic)}`,
    },
  }));
}
