/**
 * @file How a contraction is cut: the micro-kernel, panels of the summed dimensions, blocks of rows and columns, tasks for
 * threads. All from extents and the description of the processor; symbolic extents are taken as typical.
 */

import { evaluateMap } from "../../../ir/affine.js";
import { layoutOf } from "../../../ir/dialects/memref/layout.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { type Access, extentOf, motionAlong } from "../../structured/access.js";
import { type Arithmetic, arithmeticOf } from "./arithmetic.js";
import { chooseMicroKernel, columnsOf, cyclesOf, type Extents, type MicroKernel } from "./micro-kernel.js";
import { accessesIn, type Contraction } from "./roles.js";

export interface Blocking {
  readonly kernel: MicroKernel;
  readonly arithmetic: Arithmetic;
  /** Rows are copied into a panel of their own; else each row dimension but the last is a loop around the tiles. */
  readonly packsRows: boolean;
  /** Summed positions of a panel along the last summed dimension. */
  readonly depth: number;
  /** Positions of the other summed dimensions, as one, of a panel; `undefined` for all of them. */
  readonly lines: number | undefined;
  /** Rows of a packed panel, a multiple of the micro-kernel's. */
  readonly rows: number;
  /** Columns of a block, a multiple of the micro-kernel's. */
  readonly columns: number;
  /** Into how many parts rows and columns are cut for threads. */
  readonly tasks: { readonly rows: number; readonly columns: number };
}

/** What a symbolic extent is taken to be. */
const TYPICAL = 128;
/** Tasks below which threads would idle, or wait for the last one. */
const TASKS = 8;
/** Cycles of the least task: giving threads their work and waiting for them takes several thousand. */
const TASK_CYCLES = 2000;
/** Bytes of a panel of columns that is packed at run time. */
const COLUMN_PANEL_BYTES = 64 * 1024;

/** Empty extents count as one: nothing is cut into parts of nothing. */
const typical = (d: Dim | undefined): number => (typeof d === "number" ? Math.max(1, d) : TYPICAL);

/** `isPacked`: the vector side came packed. `isAlone`: nothing around is parallel. */
export function blockingOf(
  c: Contraction,
  cpu: CpuDescription,
  { isPacked, isAlone }: { readonly isPacked: boolean; readonly isAlone: boolean },
): Blocking {
  const arithmetic = arithmeticOf(c, cpu, isPacked);
  const [{ bits }, { storageBytes }] = [elementFacts[arithmetic.sum], elementFacts[arithmetic.panel]];
  const size = (d: number): number => typical(extentOf(accessesIn(c), d));
  const product = (dims: readonly number[]): number => dims.map(size).reduce((x, y) => x * y, 1);
  const [columns, run, depth] = [size(c.column), size(c.summed.at(-1)!), product(c.summed)];
  const choose = (extents: Extents): MicroKernel => chooseMicroKernel(cpu, bits, extents, arithmetic.isMoved ? 1 : 0);
  const packed: Extents = { rows: product(c.rows), columns, depth: Math.ceil(depth / arithmetic.step) };
  const direct: Extents = { ...packed, rows: product(c.rows.slice(-1)) };
  const [packedKernel, directKernel] = [choose(packed), choose(direct)];
  const outer = product(c.rows.slice(0, -1));
  // Each element is loaded and stored once, by vectors, for each part of the columns; one part is what is compared.
  const copying = (2 * packed.rows * depth) / packedKernel.lanes;
  const packsRows =
    !isReadableInPlace(c, directKernel, cpu) ||
    cyclesOf(packedKernel, packed, cpu) + copying < outer * cyclesOf(directKernel, direct, cpu);
  const kernel = packsRows ? packedKernel : directKernel;
  const most = deepest(arithmetic, kernel, depth, cpu);
  const step = evenly(run, most);
  const isWhole = (isPacked && !packsRows) || arithmetic.step > 1;
  const atOnce = Math.max(1, Math.floor(most / run));
  const isAll = arithmetic.exact !== undefined && atOnce >= depth / run && hasKnownLines(c);
  const lines = run >= most && arithmetic.step === 1 ? 1 : isWhole || isAll ? undefined : atOnce;
  const panel = step * Math.min(depth / run, lines ?? depth / run);
  const bytesPerRow = panel * storageBytes;
  const rowsAtOnce = roundDown(cpu.caches.l2 / 4 / bytesPerRow, kernel.rows);
  const columnBytes = isPacked ? cpu.caches.l2 / 2 : COLUMN_PANEL_BYTES;
  const columnsAtOnce = roundDown(columnBytes / bytesPerRow, columnsOf(kernel));
  const around = product(c.outer) * (packsRows ? 1 : outer);
  const tiled = packsRows ? packed : direct;
  const least = Math.floor((around * cyclesOf(kernel, tiled, cpu)) / TASK_CYCLES);
  const wanted = isAlone ? Math.ceil(Math.min(TASKS, Math.max(1, least)) / around) : 1;
  const tasks = splitTasks(kernel, tiled, wanted);
  return { kernel, arithmetic, packsRows, depth: step, lines, rows: rowsAtOnce, columns: columnsAtOnce, tasks };
}

/** Summed positions of a panel, at most: those that are exact, and all where a step takes several. */
function deepest({ panel, step, exact }: Arithmetic, kernel: MicroKernel, depth: number, cpu: CpuDescription): number {
  if (step > 1) return depth;
  return Math.min(depthOf(kernel, elementFacts[panel].storageBytes, cpu), exact ?? Number.POSITIVE_INFINITY);
}

/** How many lines there are is known when code is made. */
function hasKnownLines(c: Contraction): boolean {
  return c.summed.every((d) => typeof extentOf(accessesIn(c), d) === "number");
}

/** Whether all summed positions are one panel: sums are whole when a tile is done. */
export function isOnePanel(c: Contraction, { depth, lines }: Blocking): boolean {
  const run = extentOf(accessesIn(c), c.summed.at(-1)!);
  return hasKnownLines(c) && Number(run) <= depth && (lines === undefined || c.summed.length === 1);
}

/** Rows of a tile over so many summed positions leave room in the first cache for what streams by. */
function depthOf({ rows }: MicroKernel, bytes: number, cpu: CpuDescription): number {
  return Math.max(64, roundDown((0.75 * cpu.caches.l1) / (rows * bytes), 16));
}

/** `total` in as few parts as `most` allows, of about one size. */
function evenly(total: number, most: number): number {
  if (total <= most) return total;
  const part = total / Math.ceil(total / most);
  return Math.min(most, Math.ceil(part / 16) * 16);
}

function roundDown(x: number, unit: number): number {
  return Math.max(unit, Math.floor(x / unit) * unit);
}

/** Rows and columns in so many parts that threads have `wanted` tasks and the two sides are read as little as may be. */
function splitTasks(kernel: MicroKernel, { rows, columns }: Extents, wanted: number): Blocking["tasks"] {
  const most = { rows: Math.ceil(rows / kernel.rows), columns: Math.ceil(columns / columnsOf(kernel)) };
  let best = { rows: 1, columns: 1 };
  let cost = Number.POSITIVE_INFINITY;
  for (let r = 1; r <= Math.min(wanted, most.rows); r++) {
    const parts = Math.min(Math.ceil(wanted / r), most.columns);
    const missing = wanted / (r * parts);
    const read = missing * (rows * parts + columns * r);
    if (read < cost) [best, cost] = [{ rows: r, columns: parts }, read];
  }
  return best;
}

/**
 * True where the rows of a tile can be read as they lie: summed positions follow each other, and rows do not fall on the
 * same few lines of the first cache.
 */
function isReadableInPlace(
  c: Contraction,
  kernel: MicroKernel,
  { caches, cacheWays, cacheLineBytes }: CpuDescription,
): boolean {
  if (motionAlong(c.scalars.map, c.summed.at(-1)!) !== "contiguous") return false;
  // Each number is loaded again for every block of columns: it is extended once, when it is packed.
  if (elementOf(c.scalars.value.type) !== elementOf(c.output.value.type)) return false;
  const row = c.rows.at(-1);
  if (row === undefined) return true;
  const stride = strideAlong(c.scalars, row);
  if (stride === undefined) return true;
  const bytes = stride * elementFacts[elementOf(c.scalars.value.type)].storageBytes;
  const period = caches.l1 / cacheWays.l1;
  const lines = Math.max(1, period / Math.max(greatestDivisor(bytes, period), cacheLineBytes));
  return kernel.rows / lines <= cacheWays.l1 / 2;
}

/** Elements between positions of a dimension; `undefined` where only the run knows. */
export function strideAlong({ value, map }: Access, dim: number): number | undefined {
  const { strides } = layoutOf(value.type as MemRefType);
  const at = (position: number): readonly number[] =>
    evaluateMap(
      map,
      Array.from({ length: map.numDims }, (_, d) => (d === dim ? position : 0)),
    );
  const [from, to] = [at(0), at(1)];
  let sum = 0;
  for (const [axis, step] of to.entries()) {
    const moved = step - from[axis]!;
    const stride = strides[axis]!;
    if (moved !== 0 && typeof stride !== "number") return undefined;
    if (moved !== 0) sum += moved * (stride as number);
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
