/**
 * @file Finds the parts of a schedule tree that hold one statement alone, decides how each is built as a nest of register
 * tiles, and writes that into the tree: bands of cache tiles, and a mark that the generator hands back.
 */

import type { Row } from "../../../ir/analysis/sets/linear.js";
import { SetsTooLarge } from "../../../ir/analysis/sets/linear.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import type { Dependence } from "./dependences.js";
import type { WorthAlone } from "./distribute.js";
import { LANES } from "./lane-loops.js";
import { chooseNest, type NestChoice, type NestVerdict } from "./nest/choose-nest.js";
import { dependencesInNest } from "./nest/nest-dependences.js";
import type { Band, BandMember, ScheduleNode } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";
import type { InLanes } from "./share-rows.js";
import { laneTiles, legalOrder, loopsOver, type TileChoices, tileBand } from "./tile-band.js";
import type { CountLanes } from "./tile-groups.js";

export interface Nests {
  readonly root: ScheduleNode;
  /** By the name of the mark above the nest. */
  readonly choices: ReadonlyMap<string, NestChoice>;
  /** What statements are in tiles that they have for themselves, by the name of the mark above the tile. */
  readonly tiles: ReadonlyMap<string, TileChoices>;
  /** Statements that are left as loops, and why. */
  readonly refused: readonly { readonly statement: Statement; readonly reason: string }[];
}

export function formNests(scop: Scop, root: ScheduleNode, deps: readonly Dependence[], cpu: CpuDescription): Nests {
  const former = new NestFormer(scop, cpu, deps, root);
  const formed = former.form(root, scop.statements, new Map());
  return { root: formed, choices: former.choices, tiles: former.tiles, refused: former.refused };
}

/**
 * Whether a statement becomes a register tile whose sums stay in registers once it has the members' loops alone: it then
 * reads each number many times, which pays for passing over its arrays apart from its neighbours.
 */
export function isTileAlone(scop: Scop, deps: readonly Dependence[], cpu: CpuDescription): WorthAlone {
  return (name, members, child) => {
    const statement = scop.statements.find((s) => s.name === name)!;
    const band: Band = { kind: "band", members, permutable: false, child };
    const own = deps.filter(({ source, target }) => source === statement && target === statement);
    const former = new NestFormer(scop, cpu, own, band);
    former.form(band, [statement], new Map());
    return (
      former.tiles.size > 0 ||
      [...former.choices.values()].some(({ row, stream }) => row !== undefined && stream !== undefined)
    );
  };
}

/** The statements of a tree that run in lanes. */
export function statementsInLanes(scop: Scop, cpu: CpuDescription): InLanes {
  return (root) => {
    const former = new NestFormer(scop, cpu, [], root);
    former.form(root, scop.statements, new Map());
    return new Set([...former.choices.values()].map(({ statement }) => statement.name));
  };
}

/** How many statements of a tree run in lanes. */
export function countLanes(scop: Scop, cpu: CpuDescription): CountLanes {
  return (root, statements) => {
    const former = new NestFormer(scop, cpu, [], root);
    former.form(root, statements, new Map());
    return former.choices.size;
  };
}

/** Rows of the members above, by statement. */
type RowsAbove = ReadonlyMap<string, readonly Row[]>;

class NestFormer {
  readonly choices = new Map<string, NestChoice>();
  readonly refused: { readonly statement: Statement; readonly reason: string }[] = [];
  readonly #scop: Scop;
  readonly #cpu: CpuDescription;

  readonly tiles = new Map<string, TileChoices>();
  readonly #deps: readonly Dependence[];
  readonly #root: ScheduleNode;
  /** Statements below tiles that they share. */
  readonly #inTiles = new Set<string>();

  constructor(scop: Scop, cpu: CpuDescription, deps: readonly Dependence[], root: ScheduleNode) {
    this.#scop = scop;
    this.#cpu = cpu;
    this.#deps = deps;
    this.#root = root;
  }

  form(node: ScheduleNode, here: readonly Statement[], above: RowsAbove): ScheduleNode {
    const [only, ...others] = here;
    const isOne = only && others.length === 0 && !isSunk(node);
    if (isOne && node.kind === "band" && node.members.every(({ tile }) => tile === 1))
      return this.#tiled(node, only, above) ?? this.#nest(node, only, above.get(only.name) ?? []);
    if (node.kind === "band") {
      if (node.members.some(({ tile }) => tile !== 1)) for (const { name } of here) this.#inTiles.add(name);
      return { ...node, child: this.form(node.child, here, withMembers(above, node.members)) };
    }
    if (node.kind === "mark" && node.name === LANES && node.child.kind === "band")
      return this.#nest(node.child, only!, above.get(only!.name) ?? [], true);
    if (node.kind === "mark") return { ...node, child: this.form(node.child, here, above) };
    if (node.kind === "filter") {
      const left = here.filter((s) => node.statements.includes(s.name));
      return { ...node, child: this.form(node.child, left, above) };
    }
    if (node.kind === "sequence") {
      const children = node.children.map((child) => ({
        ...child,
        child: this.form(child.child, this.#named(child.statements), above),
      }));
      return { ...node, children };
    }
    return node;
  }

  #named(names: readonly string[]): readonly Statement[] {
    return this.#scop.statements.filter((s) => names.includes(s.name));
  }

  /** A band of one statement that is held up by few of its tiles. */
  #tiled(node: Band, statement: Statement, above: RowsAbove): ScheduleNode | undefined {
    if (above.size > 0 || !statement.reduction || statement.dims.length < 3) return undefined;
    const verdict = this.#verdict(node, statement, []);
    if ("choice" in verdict && verdict.choice.stream !== undefined && verdict.choice.row !== undefined)
      return undefined;
    const dims = [...statement.dims.keys()];
    const around = (made: ScheduleNode): ScheduleNode => replaced(this.#root, node, made);
    const tiled = tileBand(loopsOver(statement, dims), [statement], this.#cpu);
    const members = tiled && this.#legal(tiled.members, (order) => around(bandOf(order, node)));
    if (members) return this.#marked(members, statement, tiled.choices, this.#nest(node, statement, []));
    return "reason" in verdict ? this.#tiledWithin(statement, around) : undefined;
  }

  /** Tiles below the outermost loop. */
  #tiledWithin(statement: Statement, around: (made: ScheduleNode) => ScheduleNode): ScheduleNode | undefined {
    const [first, ...dims] = [...statement.dims.keys()];
    const within = (child: ScheduleNode): ScheduleNode => ({ ...loopsOver(statement, [first!]), child });
    const tiles = laneTiles(statement, dims, this.#cpu);
    if (!tiles) return undefined;
    const points = loopsOver(statement, dims);
    const tiled = points.members.map((member, k) => ({ ...member, tile: tiles.extents.get(dims[k]!)! }));
    const members = this.#legal(tiled, (order) => around(within(bandOf(order, points))));
    return members && within(this.#marked(members, statement, tiles.choices, points));
  }

  #legal(members: readonly BandMember[], treeWith: (order: readonly BandMember[]) => ScheduleNode) {
    return legalOrder(this.#scop, members, this.#deps, treeWith);
  }

  /** `otherwise`: what runs in tiles that the statement has not for itself. */
  #marked(
    members: readonly BandMember[],
    statement: Statement,
    choices: TileChoices,
    otherwise: ScheduleNode,
  ): ScheduleNode {
    const name = `tile ${statement.name}`;
    this.tiles.set(name, choices);
    return bandOf(members, { kind: "mark", name, child: otherwise });
  }

  #nest(node: Band, statement: Statement, above: readonly Row[], isLane = false): ScheduleNode {
    const verdict = this.#verdict(node, statement, above, isLane);
    if ("reason" in verdict) {
      this.refused.push({ statement, reason: verdict.reason });
      return node;
    }
    const { choice } = verdict;
    const name = `nest ${statement.name}`;
    this.choices.set(name, choice);
    const marked: ScheduleNode = { kind: "mark", name, child: node };
    if (choice.tiles.length === 0) return marked;
    const columns = statement.domain.space.params.length + statement.dims.length;
    const members = choice.tiles.map(([dim, tile]): BandMember => {
      const row = new Array<number>(columns + 1).fill(0).with(columns + 1 - statement.dims.length + dim, 1);
      return { rows: new Map([[statement.name, row]]), tile, coincident: false };
    });
    return bandOf(members, marked);
  }

  /** `isLane`: its only loop was chosen to be lanes. */
  #verdict(node: Band, statement: Statement, above: readonly Row[], isLane = false): NestVerdict {
    const fixed = new Set<number>();
    for (const row of above) {
      const dim = resolved(statement, row, fixed);
      if (dim !== undefined) fixed.add(dim);
    }
    const free: number[] = [];
    for (const { row, tile } of rowsBelow(node, statement)) {
      if (tile !== 1) continue;
      const dim = resolved(statement, row, new Set([...fixed, ...free]));
      if (dim === undefined) return { reason: "its loops run through several dims at once" };
      if (row.at(dim - statement.dims.length)! < 0) return { reason: "a loop runs backwards" };
      free.push(dim);
    }
    if (fixed.size + free.length < statement.dims.length) return { reason: "its order leaves dims open" };
    try {
      const dependences = dependencesInNest(statement, above);
      const isTile = this.#inTiles.has(statement.name);
      return chooseNest({ statement, free, dependences, fixed: above, isLane, isTile }, this.#cpu);
    } catch (error) {
      if (error instanceof SetsTooLarge) return { reason: "its dependences are too large to decide" };
      throw error;
    }
  }
}

const bandOf = (members: readonly BandMember[], child: ScheduleNode): Band => ({
  kind: "band",
  members,
  permutable: true,
  child,
});

/** Whether the innermost loop was chosen to be lanes. */
function isSunk(node: ScheduleNode): boolean {
  if (node.kind === "mark") return node.name === LANES;
  return (node.kind === "band" || node.kind === "filter") && isSunk(node.child);
}

function replaced(root: ScheduleNode, old: ScheduleNode, made: ScheduleNode): ScheduleNode {
  if (root === old) return made;
  if (root.kind === "leaf") return root;
  if (root.kind !== "sequence") return { ...root, child: replaced(root.child, old, made) };
  return { ...root, children: root.children.map((child) => ({ ...child, child: replaced(child.child, old, made) })) };
}

function withMembers(above: RowsAbove, members: readonly BandMember[]): RowsAbove {
  const known = new Map(above);
  for (const { rows, tile } of members)
    if (tile === 1) for (const [name, row] of rows) known.set(name, [...(known.get(name) ?? []), row]);
  return known;
}

/** The one dim of a row that is not known yet. */
function resolved({ dims }: Statement, row: Row, known: ReadonlySet<number>): number | undefined {
  const open = [...dims.keys()].filter((d) => row.at(d - dims.length) !== 0 && !known.has(d));
  return open.length === 1 && Math.abs(row.at(open[0]! - dims.length)!) === 1 ? open[0] : undefined;
}

function rowsBelow(node: ScheduleNode, statement: Statement): { readonly row: Row; readonly tile: number }[] {
  if (node.kind === "leaf") return [];
  if (node.kind === "sequence") {
    const child = node.children.find((filter) => filter.statements.includes(statement.name));
    return child ? rowsBelow(child, statement) : [];
  }
  const below = rowsBelow(node.child, statement);
  if (node.kind !== "band") return below;
  return [...node.members.map(({ rows, tile }) => ({ row: rows.get(statement.name)!, tile })), ...below];
}
