/**
 * @file Packing: what a block of columns reads of the vector side, copied into a dense scratch with one row per summed
 * position. Neighbours in memory are copied as vectors; a transposed operand is turned in registers; for a
 * convolution the rows are the window's positions, so this is where its patches are gathered.
 */

import type { Builder } from "../../ir/builder.js";
import { constantIndex, constantOf } from "../../ir/dialects/arith/constant.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import * as vector from "../../ir/dialects/vector/memory.js";
import type { Value } from "../../ir/graph.js";
import { elementOf, type VectorType } from "../../ir/types.js";
import { affinePosition } from "../affine-position.js";
import { extentValue, motionAlong } from "../structured/access.js";
import { countedLoop, type Range, upTo } from "../structured/build-loops.js";
import { IndexArithmetic, type Position, unflatten } from "../structured/index-arithmetic.js";
import { laneMask, transposeSquare } from "../vectorize/lanes.js";
import { accessesIn, type Contraction } from "./contraction.js";

/** What a pass packs, and where to. */
export interface Packing {
  readonly c: Contraction;
  readonly lanes: number;
  /** Whole lines of columns per block; 1 where a block lies within a line. */
  readonly lines: number;
  /** Columns of a line. */
  readonly width: Value;
  /** Of shape [panel, block]. */
  readonly scratch: Value;
}

/** The part of the vector side at hand. */
export interface PackedBlock {
  readonly firstLine: Value;
  readonly firstColumn: Value;
  /** Columns in the block. */
  readonly count: Value;
  /** The first summed position, and how many. */
  readonly k0: Value;
  readonly kc: Value;
}

/** Positions of iteration dimensions. */
export type Point = ReadonlyMap<number, Value>;

export function packPanel(b: Builder, p: Packing, point: Point, block: PackedBlock): void {
  const { c } = p;
  const isContiguous = motionAlong(c.vectors.map, c.columns.at(-1)!) === "contiguous";
  if (!isContiguous && isTransposed(p)) {
    packTransposed(b, p, new Map([...point, ...lineAt(p, block.firstLine)]), block);
    return;
  }
  countedLoop(b, upTo(b, block.kc), (row, kk) => {
    const at = new IndexArithmetic(row);
    const sizes = c.summed.map((d) => extentValue(row, accessesIn(c), d));
    const k = unflatten(row, at.value(at.add(block.k0, kk)), sizes);
    const summed = new Map([...point, ...c.summed.map((d, i) => [d, k[i]!] as const)]);
    if (p.lines === 1) {
      const where = new Map([...summed, ...lineAt(p, block.firstLine)]);
      const line = { from: block.firstColumn, to: constantIndex(row, 0), count: block.count, kk };
      copyLine(row, p, where, line, isContiguous);
      return;
    }
    countedLoop(row, upTo(row, at.value(at.floorDiv(block.count, p.width))), (line, r) => {
      const here = new IndexArithmetic(line);
      const where = new Map([...summed, ...lineAt(p, here.value(here.add(block.firstLine, r)))]);
      const to = here.value(here.mul(r, p.width));
      copyLine(line, p, where, { from: constantIndex(line, 0), to, count: p.width, kk }, isContiguous);
    });
  });
}

function lineAt({ c }: Packing, line: Value): readonly (readonly [number, Value])[] {
  return c.columns.length === 2 ? [[c.columns[0]!, line]] : [];
}

/** True where neighbours in memory are summed positions of one column. */
function isTransposed({ c, lines }: Packing): boolean {
  const [depth, ...others] = c.summed;
  return lines === 1 && others.length === 0 && motionAlong(c.vectors.map, depth!) === "contiguous";
}

/** Square blocks are read along the summed dimension and turned in registers; what is left goes element by element. */
function packTransposed(b: Builder, p: Packing, point: Point, { firstColumn, count, k0, kc }: PackedBlock): void {
  const { c, lanes, scratch } = p;
  const at = new IndexArithmetic(b);
  const columns = at.value(at.sub(count, at.mod(count, lanes)));
  const depth = at.value(at.sub(kc, at.mod(kc, lanes)));
  const base = c.vectors.value;
  const source = (here: Builder, column: Position, kk: Position): readonly Value[] => {
    const sum = new IndexArithmetic(here);
    const columnAt = sum.value(sum.add(firstColumn, column));
    const where = new Map([...point, [c.columns.at(-1)!, columnAt], [c.summed[0]!, sum.value(sum.add(k0, kk))]]);
    return c.vectors.map.results.map((e) => affinePosition(here, e, (d) => where.get(d)!));
  };
  const square = (here: Builder, column: Value, kk: Value): void => {
    const sum = new IndexArithmetic(here);
    const rows = Array.from({ length: lanes }, (_, i) => {
      const indices = source(here, sum.add(column, i), kk);
      return here.value(vector.load, { base, indices }, {}, { results: [laneVector(here, p)] });
    });
    transposeSquare(here, rows).forEach((row, i) => {
      here.op(vector.store, { valueToStore: row, base: scratch, indices: [sum.value(sum.add(kk, i)), column] }, {});
    });
  };
  const single = (here: Builder, column: Value, kk: Value): void => {
    const value = here.value(memref.load, { memref: base, indices: source(here, column, kk) }, {});
    here.op(memref.store, { value, memref: scratch, indices: [kk, column] }, {});
  };
  const over = (columnRange: Range, depthRange: Range, fill: typeof single): void =>
    countedLoop(b, columnRange, (outer, column) =>
      countedLoop(outer, depthRange, (here, kk) => fill(here, column, kk)),
    );
  over(upTo(b, columns, lanes), upTo(b, depth, lanes), square);
  over(upTo(b, columns), { from: depth, to: kc, step: 1 }, single);
  over({ from: columns, to: count, step: 1 }, upTo(b, kc), single);
}

function laneVector(b: Builder, { c, lanes }: Packing): VectorType {
  return b.context.types.vector([lanes], elementOf(c.vectors.value.type));
}

/** A run of columns: where it begins in the operand and in the scratch, and the scratch's row. */
interface Line {
  readonly from: Value;
  readonly to: Value;
  readonly count: Value;
  readonly kk: Value;
}

/** The elements of a line, by vectors where they are neighbours in memory. */
function copyLine(b: Builder, p: Packing, point: Point, { from, to, count, kk }: Line, isContiguous: boolean): void {
  const { c, lanes, scratch } = p;
  const base = c.vectors.value;
  const read = (at: Builder, column: Value): readonly Value[] => {
    const sum = new IndexArithmetic(at);
    const position = new Map([...point, [c.columns.at(-1)!, sum.value(sum.add(from, column))]]);
    return c.vectors.map.results.map((e) => affinePosition(at, e, (d) => position.get(d)!));
  };
  const target = (at: Builder, column: Value): readonly Value[] => {
    const sum = new IndexArithmetic(at);
    return [kk, sum.value(sum.add(to, column))];
  };
  if (!isContiguous) {
    countedLoop(b, upTo(b, count), (at, column) => {
      const value = at.value(memref.load, { memref: base, indices: read(at, column) }, {});
      at.op(memref.store, { value, memref: scratch, indices: target(at, column) }, {});
    });
    return;
  }
  const type = laneVector(b, p);
  const at = new IndexArithmetic(b);
  const tail = at.value(at.mod(count, lanes));
  const whole = at.value(at.sub(count, tail));
  countedLoop(b, upTo(b, whole, lanes), (here, column) => {
    const value = here.value(vector.load, { base, indices: read(here, column) }, {}, { results: [type] });
    here.op(vector.store, { valueToStore: value, base: scratch, indices: target(here, column) }, {});
  });
  countedLoop(b, { from: whole, to: count, step: lanes }, (here, column) => {
    const mask = laneMask(here, tail, lanes);
    const other = constantOf(here, 0, type);
    const operands = { base, indices: read(here, column), mask, pass_thru: other };
    const value = here.value(vector.maskedLoad, operands, {}, { results: [type] });
    here.op(vector.maskedStore, { base: scratch, indices: target(here, column), mask, valueToStore: value }, {});
  });
}
