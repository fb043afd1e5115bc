/**
 * @file Tiles of a permutable band in which a reduction could run as register tiles, were it not that its points read what
 * others write. In most tiles none does: those are told from the rest by conditions on the tile alone (factorisations and
 * triangular products have such tiles off their diagonals).
 */

import { type Basic, basicOf, type Constraint, constraintsOf, remapBasic } from "../../../ir/analysis/sets/basic.js";
import { eliminate } from "../../../ir/analysis/sets/bounds.js";
import { Work } from "../../../ir/analysis/sets/linear.js";
import { range } from "../../../ir/analysis/sets/space.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { narrowed } from "./cautious-sets.js";
import type { Dependence } from "./dependences.js";
import { knownEmpty } from "./dependences.js";
import { isLegal } from "./legality.js";
import { chooseNest, type NestChoice } from "./nest/choose-nest.js";
import type { Item, Place } from "./place.js";
import { outerCount, rowInItem } from "./place.js";
import type { Band, BandMember, ScheduleNode } from "./schedule-tree.js";
import { type ArrayAccess, type Scop, type Statement, writeOf } from "./scop.js";

/** Positions along each member of a tile: three tiles of numbers of eight bytes stay in the first cache. */
export function tileExtent({ caches }: CpuDescription): number {
  return 2 ** Math.floor(Math.log2(Math.sqrt(caches.l1 / 3 / 8)));
}

/** What a statement of the band is built as in tiles where nothing that it reads is written. */
export type TileChoices = ReadonlyMap<string, NestChoice>;

export interface TiledBand {
  readonly members: readonly BandMember[];
  readonly choices: TileChoices;
}

/** The statements of a band that could be register tiles in tiles of their own; none where the band stays as it is. */
export function tileBand(band: Band, statements: readonly Statement[], cpu: CpuDescription): TiledBand | undefined {
  const choices = new Map<string, NestChoice>();
  const extent = tileExtent(cpu);
  for (const statement of statements) {
    if (!statement.reduction || band.members.length < statement.dims.length || statement.dims.length < 3) continue;
    const verdict = chooseNest({ statement, free: [...statement.dims.keys()], dependences: [] }, cpu);
    if (!("choice" in verdict) || verdict.choice.row === undefined || verdict.choice.stream === undefined) continue;
    const { lane, stream, promoted } = verdict.choice;
    const bounded = dimsOfTiles(band, statement);
    const isPanel = bounded.includes(lane) && bounded.includes(stream);
    const tiles = bounded.map((d) => [d, extent] as const);
    choices.set(statement.name, { ...verdict.choice, tiles, promoted: isPanel ? promoted : [] });
  }
  if (choices.size === 0 || band.members.some(({ tile }) => tile !== 1)) return undefined;
  return { members: band.members.map((member) => ({ ...member, tile: extent })), choices };
}

/** The dims that have members of their own: of all others, such as those of skewed members, a tile may hold more positions. */
function dimsOfTiles({ members }: Band, { name, dims }: Statement): readonly number[] {
  const used = members.map(({ rows }) => [...dims.keys()].filter((d) => rows.get(name)!.at(d - dims.length) !== 0));
  return [...dims.keys()].filter((d) => used.some(([only, ...others]) => only === d && others.length === 0));
}

/** Tiles of some dims of one statement, in which it runs in lanes wherever it does not meet itself. */
export function laneTiles(
  statement: Statement,
  dims: readonly number[],
  cpu: CpuDescription,
): { readonly choices: TileChoices; readonly extents: ReadonlyMap<number, number> } | undefined {
  const verdict = chooseNest({ statement, free: dims, dependences: [] }, cpu);
  if (!("choice" in verdict) || verdict.choice.stream !== undefined) return undefined;
  const extent = tileExtent(cpu);
  const extents = new Map(dims.map((dim) => [dim, dim === verdict.choice.lane ? LONG * extent : extent]));
  return { choices: new Map([[statement.name, { ...verdict.choice, tiles: [...extents] }]]), extents };
}

/** How much longer than high tiles without sums are. */
const LONG = 8;

/** One loop over each of the dims. */
export function loopsOver(statement: Statement, dims: readonly number[]): Band {
  const columns = statement.domain.space.params.length + statement.dims.length + 1;
  const row = (dim: number) => new Array<number>(columns).fill(0).with(columns - statement.dims.length + dim, 1);
  const members = dims.map((dim) => ({ rows: new Map([[statement.name, row(dim)]]), tile: 1, coincident: false }));
  return { kind: "band", members, permutable: true, child: { kind: "leaf" } };
}

/**
 * The first order of a band's members in which the tree that is made with them keeps all dependences. The tree is asked
 * about as it is going to be: that shorter tiles would keep dependences says nothing about long ones.
 */
export function legalOrder(
  scop: Scop,
  members: readonly BandMember[],
  deps: readonly Dependence[],
  treeWith: (order: readonly BandMember[]) => ScheduleNode,
): readonly BandMember[] | undefined {
  return permutations(members).find((order) => isLegal(scop, deps, treeWith(order), { reorderReductions: true }));
}

export function permutations<T>(items: readonly T[]): (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((first) => permutations(items.filter((x) => x !== first)).map((rest) => [first, ...rest]));
}

/**
 * Sets over [parameters, variables] outside of which the statement has the place for itself and reads nothing that it
 * writes there: supersets of where others run, and of where it meets itself.
 */
export function obstacles(place: Place, statement: Statement): readonly Basic[] {
  const outer = outerCount(place);
  const others = place.items.filter((item) => item.statement !== statement);
  const own = place.items.filter((item) => item.statement === statement);
  const shadows = [
    ...others.map((item) => shadow(item.set, outer)),
    ...own.flatMap((x) => own.flatMap((y) => conflicts(place, x, y))),
  ];
  return shadows.filter((basic) => basic !== undefined);
}

function shadow(set: Basic, outer: number): Basic | undefined {
  const dims = range(outer, set.columns - outer);
  const left = eliminate(set, dims, new Work());
  return (
    left &&
    narrowed(
      basicOf(
        set.columns,
        constraintsOf(left).filter((c) => c.kind !== "mod"),
      ),
      outer,
    )
  );
}

/** Where a point writes what another one, of the same place, reads other than as its own sum. */
function conflicts(place: Place, x: Item, y: Item): (Basic | undefined)[] {
  const { statement } = x;
  const outer = outerCount(place);
  const [n, parameters] = [statement.dims.length, place.scop.parameters.length];
  const columns = outer + 2 * n;
  const write = writeOf(statement);
  const own = statement.reduction?.accumulator;
  const reads = statement.accesses.filter(
    (access) => access.array === write.array && access !== own && access !== write,
  );
  const points = [
    ...constraintsOf(remapBasic(x.set, columns, range(0, outer + n))),
    ...constraintsOf(remapBasic(y.set, columns, [...range(0, outer), ...range(outer + n, n)])),
  ];
  return reads.flatMap((read) => {
    const met = basicOf(columns, [...points, ...sameElement(write, read, { parameters, outer, n })]);
    return knownEmpty(met, new Work()) ? [] : [shadow(met, outer)];
  });
}

function sameElement(
  write: ArrayAccess,
  read: ArrayAccess,
  { parameters, outer, n }: { readonly parameters: number; readonly outer: number; readonly n: number },
): Constraint[] {
  return write.indices.map((index, axis): Constraint => {
    const first = rowInItem(index, parameters, outer);
    const second = rowInItem(read.indices[axis]!, parameters, outer);
    const row = [...first, ...new Array<number>(n).fill(0)].map((a, k) => {
      const b = k <= outer ? second[k]! : k > outer + n ? second[k - n]! : 0;
      return a - b;
    });
    return { kind: "eq", row };
  });
}
