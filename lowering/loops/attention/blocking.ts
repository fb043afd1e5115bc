/**
 * @file How attention is cut: queries into blocks that tasks are made of, keys into chunks whose scores stay in the second
 * cache beside what is read with them, and the micro-kernels of the two products.
 */

import type { Dim } from "../../../ir/dim.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { shapeOf } from "../../structured/access.js";
import type { AttentionForm } from "../../structured/attention-form.js";
import { columnsOf, cyclesOf, type MicroKernel, microKernels } from "../contract/micro-kernel.js";

export interface AttentionBlocking {
  readonly lanes: number;
  /** Queries of a block, whole vectors of them. */
  readonly queries: number;
  /** Keys of a chunk. */
  readonly keys: number;
  /** Whether one chunk holds all keys. */
  readonly isOneChunk: boolean;
  /** Rows of keys by vectors of queries. */
  readonly products: MicroKernel;
  /** Rows of queries by vectors of a value; both divide what there is. */
  readonly sums: MicroKernel;
  /** Elements of a key and of a value. */
  readonly depth: number;
  readonly columns: number;
}

/** Queries of a block, at most: chunks of keys and values are read once for so many. */
const QUERIES = 64;
/** What a symbolic number of keys is taken to be. */
const TYPICAL = 512;

/** The sizes that decide; `undefined` for those that are open. */
export interface AttentionExtents {
  readonly queries: number | undefined;
  readonly keys: number | undefined;
  readonly depth: number | undefined;
  readonly columns: number | undefined;
}

const known = (d: Dim | undefined): number | undefined => (typeof d === "number" ? d : undefined);

export function attentionExtents(form: AttentionForm): AttentionExtents {
  const { queries, keys, values, products, sums, row, key } = form;
  const sizeOf = ({ value, map }: AttentionForm["keys"], dim: number): number | undefined => {
    const axis = map.results.findIndex((e) => e.kind === "dim" && e.position === dim);
    return axis < 0 ? undefined : known(shapeOf(value)[axis]);
  };
  const either = (dim: number): number | undefined => sizeOf(queries, dim) ?? sizeOf(keys, dim);
  return {
    queries: either(products.axes[row]!),
    keys: either(products.axes[key]!),
    depth: either(products.depth),
    columns: sizeOf(values, sums.column) ?? sizeOf(form.output, sums.column),
  };
}

/** Elements of a key or value beyond which a block of queries would leave the first caches. */
const MAX_DEPTH = 512;
/** Queries below which most lanes would idle. */
const MIN_QUERIES = 8;

/** Whether extents are such that blocks of queries pay: not one query at a time, and whole vectors of a value. */
export function isWorthBlocks({ queries, keys, depth, columns }: AttentionExtents, lanes: number): boolean {
  if (depth === undefined || columns === undefined || depth > MAX_DEPTH || columns > MAX_DEPTH) return false;
  return columns % lanes === 0 && (queries ?? MIN_QUERIES) >= MIN_QUERIES && (keys ?? lanes) >= lanes;
}

export function attentionBlocking(form: AttentionForm, cpu: CpuDescription): AttentionBlocking | undefined {
  const extents = attentionExtents(form);
  const lanes = cpu.vectorBits / 32;
  if (!isWorthBlocks(extents, lanes)) return undefined;
  const [depth, columns] = [extents.depth!, extents.columns!];
  const queries = Math.min(QUERIES, Math.ceil((extents.queries ?? QUERIES) / lanes) * lanes);
  // An eighth of the second cache: keys and values of a chunk, queries and sums lie there too.
  const most = Math.max(lanes, Math.floor(cpu.caches.l2 / 8 / (4 * queries * lanes)) * lanes);
  const total = extents.keys ?? TYPICAL;
  const parts = Math.ceil(total / most);
  const keys = extents.keys === undefined ? most : Math.min(most, Math.ceil(total / parts / lanes) * lanes);
  const isOneChunk = extents.keys !== undefined && extents.keys <= keys;
  const best = (
    fits: (k: MicroKernel) => boolean,
    rows: number,
    across: number,
    deep: number,
  ): MicroKernel | undefined =>
    microKernels(cpu, 32)
      .filter(fits)
      .map((kernel) => ({ kernel, cycles: cyclesOf(kernel, { rows, columns: across, depth: deep }, cpu) }))
      .reduce<{ kernel: MicroKernel; cycles: number } | undefined>(
        (a, b) => (a && (a.cycles < b.cycles || (a.cycles === b.cycles && size(a.kernel) >= size(b.kernel))) ? a : b),
        undefined,
      )?.kernel;
  const products = best((k) => queries % columnsOf(k) === 0, keys, queries, depth);
  const sums = best((k) => queries % k.rows === 0 && columns % columnsOf(k) === 0, queries, columns, keys);
  return products && sums && { lanes, queries, keys, isOneChunk, products, sums, depth, columns };
}

const size = ({ rows, vectors }: MicroKernel): number => rows * vectors;
