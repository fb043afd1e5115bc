/**
 * @file Which dim of a statement's nest becomes lanes, which rows of a register tile, which one is stepped through with
 * sums in registers, and how large tiles are: from how its accesses move, what its dependences allow, and the processor.
 */

import { basicOf, constraintsOf } from "../../../../ir/analysis/sets/basic.js";
import { eliminate } from "../../../../ir/analysis/sets/bounds.js";
import { isEmptyBasic } from "../../../../ir/analysis/sets/feasibility.js";
import { coefficient, type Row, rowOf, Work } from "../../../../ir/analysis/sets/linear.js";
import type { Relation } from "../../../../ir/analysis/sets/relation.js";
import { elementFacts } from "../../../../ir/element.js";
import { elementOf, type MemRefType } from "../../../../ir/types.js";
import type { CpuDescription } from "../../../../machine/cpu.js";
import { isStorable } from "../../../vectorize/vector-body.js";
import { chooseMicroKernel } from "../../contract/micro-kernel.js";
import { bytesOf } from "../array-bytes.js";
import { extentOf } from "../dim-ranges.js";
import { type ArrayAccess, readsOf, type Statement, writeOf } from "../scop.js";
import { dimsOfAccess, isLaneOperation } from "./dependence-on-dims.js";
import { foldingOf } from "./folding.js";
import { laneMotion } from "./lane-access.js";
import { laneNeighbours } from "./lane-neighbours.js";
import { type Recurrence, recurrenceOf } from "./recurrence.js";
import { sharedReads } from "./shared-rows.js";

/** Dims are positions in the statement's. */
export interface NestChoice {
  readonly statement: Statement;
  readonly loops: readonly number[];
  readonly row: number | undefined;
  readonly lane: number;
  readonly stream: number | undefined;
  readonly carried: ArrayAccess | undefined;
  /** What makes points along the lanes wait for each other; absent where they do not. */
  readonly recurrence?: Recurrence;
  readonly lanes: number;
  readonly rows: number;
  readonly vectors: number;
  /** Extents of cache tiles, by dim, outermost first. */
  readonly tiles: readonly (readonly [dim: number, extent: number])[];
  /** Reads that are copied to where lanes are neighbours, once for each cache tile. */
  readonly promoted: readonly ArrayAccess[];
  readonly why: readonly string[];
}

/** What is known about a statement where its nest begins. */
export interface NestContext {
  readonly statement: Statement;
  /** Dims that the nest runs through, in the order of the program. */
  readonly free: readonly number[];
  /** Dependences of the statement on itself within one run of the nest, but for those of its reduction. */
  readonly dependences: readonly Relation[];
  /** Rows over [parameters, dims] that have one value in a run of the nest; without them no recurrence is looked for. */
  readonly fixed?: readonly Row[];
  /** Lanes were found to pay before; false where absent. */
  readonly isLane?: boolean;
  /** The nest is one tile of several: what it reads stays in a cache. False where absent. */
  readonly isTile?: boolean;
}

/** Rows one after the other, each of them in lanes that a scan joins. */
function recurring(statement: Statement, free: readonly number[], lanes: number, recurrence: Recurrence): NestChoice {
  const outer = { loops: free.slice(0, -1), row: undefined, lane: free.at(-1)!, stream: undefined };
  const inner = { carried: recurrence.read, lanes, rows: 1, vectors: 1, tiles: [], promoted: [] };
  return { statement, ...outer, ...inner, recurrence, why: [] };
}

export type NestVerdict = { readonly choice: NestChoice } | { readonly reason: string };

/** What a symbolic extent is taken to be. */
const TYPICAL = 512;

export function chooseNest(context: NestContext, cpu: CpuDescription): NestVerdict {
  const { statement, free } = context;
  const refused = whyNotVectors(statement);
  if (refused) return { reason: refused };
  const parallel = free.filter((d) => context.dependences.every((relation) => !carries(relation, statement, d)));
  const written = dimsOfAccess(statement, writeOf(statement));
  const summed = statement.reduction ? parallel.filter((d) => !written.has(d)) : [];
  const lanes = cpu.vectorBits / widestBits(statement);
  const given = context.isLane ? parallel.filter((d) => written.has(d)) : [];
  const lane = given[0] ?? chooseLane(statement, parallel, summed, lanes);
  if (lane === undefined) {
    const recurrence = context.fixed && lanes > 1 ? recurrenceOf(statement, free, context.fixed) : undefined;
    if (recurrence) return { choice: recurring(statement, free, lanes, recurrence) };
    return { reason: "no dim can run in lanes for less than it costs alone" };
  }
  const isFolded = summed.includes(lane);
  const isOnePass = (across: number): boolean => context.isTile !== true && streams(statement, lane, across, cpu);
  const shared = chooseRow(
    statement,
    parallel.filter((d) => written.has(d) && d !== lane),
    lane,
  );
  // What is read once comes from memory faster as one stream than as several side by side.
  const isOneStream = isFolded && statement.dims.length === 2 && shared !== undefined && isOnePass(shared);
  const row = isOneStream ? undefined : shared;
  const steps = isFolded ? undefined : summed.filter((d) => d !== lane).at(-1);
  const stream = steps !== undefined && row === undefined && isOnePass(steps) ? undefined : steps;
  const loops = free.filter((d) => d !== lane && d !== row && d !== stream);
  const carried = isFolded || stream !== undefined ? statement.reduction?.accumulator : undefined;
  const extent = (d: number): number => extentOf(statement, d) ?? TYPICAL;
  const extents = {
    rows: row === undefined ? 1 : extent(row),
    columns: extent(lane),
    depth: stream === undefined ? 1 : extent(stream),
  };
  const overlaps =
    cpu.permutesTwo && row === undefined && laneNeighbours(statement, readsOf(statement), lane, lanes).size > 0;
  const kernel =
    stream === undefined || row === undefined
      ? { rows: row === undefined ? 1 : 4, vectors: isFolded || stream !== undefined || overlaps ? 4 : 1 }
      : chooseMicroKernel(cpu, widestBits(statement), extents);
  const promoted = stream === undefined || row === undefined ? [] : promotable(context, lane, row, stream);
  const tiles =
    stream === undefined || row === undefined
      ? []
      : cacheTiles(cpu, widestBits(statement) / 8, { lane, stream, ...extents, ...kernel, lanes });
  const choice = { statement, loops, row, lane, stream, carried, lanes, tiles, promoted, why: [] };
  return { choice: { ...choice, rows: kernel.rows, vectors: kernel.vectors } };
}

function whyNotVectors(statement: Statement): string | undefined {
  if (statement.domain.basics.some((basic) => basic.congruences.length > 0)) return "its points are not dense";
  if (!statement.body.every(isLaneOperation)) return "its body has operations that do not work on vectors";
  const elements = statement.accesses.map((access) => elementOf(access.array.type));
  if (!elements.every(isStorable)) return "its elements have no vectors";
  return undefined;
}

function widestBits(statement: Statement): number {
  return Math.max(...statement.accesses.map(({ array }) => elementFacts[elementOf(array.type)].bits));
}

/** Whether some dependence goes from one value of the dim to another. `SetsTooLarge` counts as one. */
function carries(relation: Relation, statement: Statement, dim: number): boolean {
  const first = relation.space.params.length;
  const [source, target] = [first + dim, first + statement.dims.length + dim];
  const columns = first + 2 * statement.dims.length;
  return relation.basics.some((basic) =>
    [1, -1].some((sign) => {
      const row = rowOf(columns, -1, [source, -sign], [target, sign]);
      return !isEmptyBasic(basicOf(columns, [...constraintsOf(basic), { kind: "ge", row }]), new Work());
    }),
  );
}

const motionOf = (statement: Statement, access: ArrayAccess, dim: number) =>
  laneMotion({ array: access.array, factors: access.indices.map((row) => row.at(dim - statement.dims.length)!) });

/** Costs of one element in cycles, by how it moves from lane to lane: as part of a vector, alone, or shared. */
const SCALAR_ACCESS = 0.5;
const STRIDED_ACCESS = 1;
/** Of a vector that is turned around in registers. */
const REVERSED_ACCESS = 2;
/** Of a vector that is made once and used by many rows or steps. */
const TURNED_ACCESS = 2;

/** The dim along which points cost least as vectors; `undefined` where none costs less than points one by one. */
function chooseLane(
  statement: Statement,
  parallel: readonly number[],
  summed: readonly number[],
  lanes: number,
): number | undefined {
  const { accesses, body } = statement;
  let best: { readonly dim: number; readonly cost: number } | undefined;
  for (const dim of parallel) {
    const isFolded = summed.includes(dim);
    if (isFolded && !foldingOf(statement)) continue;
    if (!isFolded && !dimsOfAccess(statement, writeOf(statement)).has(dim)) continue;
    const isStepped = !isFolded && summed.length > 0;
    const costs = accesses.map((access) => {
      const motion = motionOf(statement, access, dim);
      const isCarried = access === statement.reduction?.accumulator || access.kind === "write";
      if (isCarried && isFolded) return 0;
      if (isCarried && isStepped) return motion === "contiguous" ? 0 : TURNED_ACCESS / lanes;
      if (motion === "fixed") return SCALAR_ACCESS / lanes;
      if (motion === "contiguous") return 1 / lanes;
      if (motion === "reversed") return REVERSED_ACCESS / lanes;
      // Where sums stay in registers, a strided operand is copied once and read many times.
      return isStepped ? TURNED_ACCESS / lanes : STRIDED_ACCESS;
    });
    const cost = costs.reduce((x, y) => x + y, 0) + body.length / lanes;
    if (!best || cost < best.cost) best = { dim, cost };
  }
  const alone = accesses.length * SCALAR_ACCESS + body.length;
  return best && best.cost < alone ? best.dim : undefined;
}

/** A parallel dim whose neighbours read the same elements, the one that saves the most reads. */
function chooseRow(statement: Statement, candidates: readonly number[], lane: number): number | undefined {
  let best: { readonly dim: number; readonly saved: number } | undefined;
  for (const dim of candidates) {
    const fixed = readsOf(statement).filter((read) => {
      const dims = dimsOfAccess(statement, read);
      return dims.has(lane) && !dims.has(dim);
    }).length;
    const saved = fixed + sharedReads(statement, dim);
    const isLast = !best || saved >= best.saved;
    if (saved > 0 && isLast) best = { dim, saved };
  }
  return best?.dim;
}

/** Whether an array too large for a cache is read once, by steps that leave its rows: better read in its own order. */
function streams(statement: Statement, lane: number, step: number, { caches }: CpuDescription): boolean {
  return readsOf(statement).some(({ array, indices }) => {
    const uses = (dim: number): boolean => indices.some((row) => row.at(dim - statement.dims.length) !== 0);
    return uses(lane) && uses(step) && bytesOf(array.type as MemRefType) > caches.l2 / 2;
  });
}

/**
 * Vectors that are read again for every row, and that nothing in the nest writes. A panel has all steps for all lanes,
 * of which the nest may lack some: what is copied for those must be in the array as well.
 */
function promotable(
  { statement, dependences }: NestContext,
  lane: number,
  row: number | undefined,
  stream: number,
): readonly ArrayAccess[] {
  const { array } = writeOf(statement);
  return readsOf(statement).filter((read) => {
    const dims = dimsOfAccess(statement, read);
    if (read.array === array && dependences.some((relation) => relation.basics.length > 0)) return false;
    if (read === statement.reduction?.accumulator || !dims.has(lane) || (row !== undefined && dims.has(row)))
      return false;
    if (!dims.has(stream) || ![...dims].every((d) => d === lane || d === stream)) return false;
    const uses = (index: Row, dim: number): boolean => index.at(dim - statement.dims.length) !== 0;
    // Along an axis that one of the two alone decides, each position is one that some point of the nest reads.
    return read.indices.every((index) => !uses(index, lane) || !uses(index, stream)) || isBox(statement, lane, stream);
  });
}

/** Whether all values of the one dim come with all values of the other. */
function isBox({ domain, dims }: Statement, x: number, y: number): boolean {
  const column = (dim: number): number => domain.space.params.length + dim;
  const others = [...dims.keys()].filter((d) => d !== x && d !== y).map(column);
  return domain.basics.every((basic) =>
    constraintsOf(eliminate(basic, others) ?? basicOf(0, [])).every(
      ({ row }) => coefficient(row, column(x)) === 0 || coefficient(row, column(y)) === 0,
    ),
  );
}

interface TileFacts {
  readonly lane: number;
  readonly stream: number;
  readonly columns: number;
  readonly depth: number;
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: number;
}

/**
 * The rows of a register tile over the steps of a tile stay in the first cache, and a tile of the vector side in half of
 * the second.
 */
function cacheTiles(cpu: CpuDescription, bytes: number, facts: TileFacts): NestChoice["tiles"] {
  const { lane, stream, columns, depth, vectors, lanes } = facts;
  const most = Math.max(64, Math.floor((0.5 * cpu.caches.l1) / (facts.rows * bytes) / 16) * 16);
  const steps = evenly(depth, most, 8);
  const width = vectors * lanes;
  const across = Math.max(width, Math.floor(cpu.caches.l2 / 2 / (steps * bytes) / width) * width);
  return [
    [stream, steps],
    [lane, evenly(columns, across, width)],
  ];
}

/** `total` in as few parts as `most` allows, of about one size. */
function evenly(total: number, most: number, unit: number): number {
  const part = total / Math.ceil(total / most);
  return Math.min(most, Math.ceil(part / unit) * unit);
}
