/**
 * @file The loops of a contraction around its micro-kernel: tasks for threads, panels of the summed dimensions, blocks of
 * packed rows, blocks of columns, register tiles, and what comes behind the last panel.
 */

import type { Builder } from "../../../ir/builder.js";
import { constantIndex } from "../../../ir/dialects/arith/constant.js";
import { andi, cmpi } from "../../../ir/dialects/arith/integer.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import { extentOf, extentValue } from "../../structured/access.js";
import { countedLoop, parallelLoops, type Range, upTo } from "../../structured/build-loops.js";
import { computed, IndexArithmetic, type Position, unflatten } from "../../structured/index-arithmetic.js";
import type { Blocking } from "./blocking.js";
import { extended, moved } from "./copy-line.js";
import { buildEpilogue, type TiledEpilogue } from "./epilogue.js";
import { columnsOf } from "./micro-kernel.js";
import { packColumns } from "./pack-columns.js";
import { packRows } from "./pack-rows.js";
import { PanelStorage } from "./panel-storage.js";
import { type Flattened, type Place, type Point, placeIn, pointAt } from "./point.js";
import { buildRegisterTile } from "./register-tile.js";
import { accessesIn, type Contraction } from "./roles.js";

/** What is done with the tiles besides summing. */
export interface Around {
  /** What sums begin with, instead of what the output holds. */
  readonly initial: Value | undefined;
  readonly epilogue: TiledEpilogue | undefined;
  /** The vector side as blocks of columns, where it came so. */
  readonly weights: Value | undefined;
  /** Sums are of another element than what comes behind them writes: those of a few rows stay in storage of their own. */
  readonly keepsSums: boolean;
}

/** A range of positions. */
interface Span {
  readonly from: Value;
  readonly to: Value;
}

/** The part of the summed dimensions at hand. */
interface Panel {
  readonly lines: Span;
  readonly depth: Span;
  readonly isFirst: Value | true;
  readonly isLast: Value | true;
}

/** A block of rows and columns against a panel. */
interface Block extends Panel {
  readonly point: Point;
  readonly rows: Span;
  readonly columns: Span;
  readonly packedRows: Value | undefined;
  readonly packedColumns: Value | undefined;
  readonly sums: Value | undefined;
}

export class ContractionTiler {
  readonly #c: Contraction;
  readonly #blocking: Blocking;
  readonly #around: Around;
  /** Row dimensions that are loops around everything, and those that are tiled as one. */
  readonly #outer: readonly number[];
  readonly #rows: Flattened;
  /** All summed dimensions but the last. */
  readonly #lines: Flattened;
  readonly #rowCount: Value;
  readonly #columnCount: Value;
  readonly #lineCount: Value;
  readonly #run: Value;
  readonly #storage: PanelStorage;

  constructor(c: Contraction, blocking: Blocking, around: Around, b: Builder) {
    this.#c = c;
    this.#blocking = blocking;
    this.#around = around;
    const size = (dim: number): Value => extentValue(b, accessesIn(c), dim);
    const flattened = (dims: readonly number[]): Flattened => ({ dims, sizes: dims.map(size) });
    const count = ({ sizes }: Flattened): Value =>
      computed(b, (at) => sizes.reduce<Position>((x, y) => at.mul(x, y), 1));
    const tiled = blocking.packsRows ? c.rows : c.rows.slice(-1);
    this.#outer = [...c.outer, ...c.rows.filter((d) => !tiled.includes(d))];
    this.#rows = flattened(tiled);
    this.#lines = flattened(c.summed.slice(0, -1));
    this.#rowCount = count(this.#rows);
    this.#lineCount = count(this.#lines);
    this.#columnCount = size(c.column);
    this.#run = size(c.summed.at(-1)!);
    this.#storage = new PanelStorage(c, blocking, tiled);
  }

  /** One parallel loop over all tasks, for every point of the outer dimensions. */
  build(b: Builder): void {
    const { tasks, kernel } = this.#blocking;
    const trips = [
      ...this.#outer.map((d) => extentValue(b, accessesIn(this.#c), d)),
      constantIndex(b, tasks.rows),
      constantIndex(b, tasks.columns),
    ];
    const total = computed(b, (at) => trips.reduce<Position>((x, y) => at.mul(x, y), 1));
    parallelLoops(b, [total], (inner, [flat]) => {
      const position = unflatten(inner, flat!, trips);
      const point = new Map(this.#outer.map((d, k) => [d, position[k]!]));
      const [rowPart, columnPart] = position.slice(this.#outer.length) as [Value, Value];
      const rows = partOf(inner, this.#rowCount, tasks.rows, rowPart, kernel.rows);
      const columns = partOf(inner, this.#columnCount, tasks.columns, columnPart, columnsOf(kernel));
      this.#task(inner, point, rows, columns);
    });
  }

  #task(b: Builder, point: Point, rows: Span, columns: Span): void {
    const { lines } = this.#blocking;
    const rowPanel = this.#blocking.packsRows ? this.#storage.rowPanel(b) : undefined;
    const columnPanel = this.#around.weights ? undefined : this.#storage.columnPanel(b);
    const sums = this.#around.keepsSums ? this.#storage.sumsOfRows(b) : undefined;
    const lineRange = { from: constantIndex(b, 0), to: this.#lineCount, step: lines ?? 1 };
    const overLines = (fill: (b: Builder, span: Span) => void): void => {
      if (lines === undefined || this.#lines.dims.length === 0) fill(b, lineRange);
      else countedLoop(b, lineRange, (inner, from) => fill(inner, spanFrom(inner, from, lines, this.#lineCount)));
    };
    overLines((outer, span) => {
      countedLoop(outer, this.#depthRange(outer), (inner, k0) => {
        const depth = spanFrom(inner, k0, this.#blocking.depth, this.#run);
        const panel = { lines: span, depth, ...this.#ends(inner, span, depth) };
        this.#panel(inner, { ...panel, point, rows, columns, packedRows: rowPanel, packedColumns: columnPanel, sums });
      });
    });
  }

  /** A sum of nothing has one panel too, where its output is not there before. */
  #depthRange(b: Builder): Range {
    const known = this.#staticRun();
    const isThere = this.#around.initial === undefined || (known !== undefined && known > 0);
    const to = isThere ? this.#run : computed(b, (at) => at.max(this.#run, 1));
    return { from: constantIndex(b, 0), to, step: this.#blocking.depth };
  }

  #staticRun(): number | undefined {
    const size = extentOf(accessesIn(this.#c), this.#c.summed.at(-1)!);
    return typeof size === "number" ? size : undefined;
  }

  /** Whether a panel is the first and the last one. */
  #ends(b: Builder, lines: Span, depth: Span): Pick<Panel, "isFirst" | "isLast"> {
    const { lines: step, depth: part } = this.#blocking;
    const run = this.#staticRun();
    const isOneLine = step === undefined || this.#lines.dims.length === 0;
    if (isOneLine && run !== undefined && run <= part) return { isFirst: true, isLast: true };
    const isEqual = (lhs: Value, rhs: Value): Value => b.value(cmpi, { lhs, rhs }, { predicate: "eq" });
    const both = (lhs: Value, rhs: Value): Value => b.value(andi, { lhs, rhs }, {});
    const zero = constantIndex(b, 0);
    // An empty run ends where it begins, which is not where a panel of it would.
    const end = computed(b, (at) => at.max(depth.from, at.min(depth.to, this.#run)));
    const isLastRun = isEqual(
      computed(b, (at) => at.min(this.#run, end)),
      this.#run,
    );
    return {
      isFirst: both(isEqual(lines.from, zero), isEqual(depth.from, zero)),
      isLast: both(isEqual(lines.to, this.#lineCount), isLastRun),
    };
  }

  #panel(b: Builder, block: Block): void {
    const { rows, packedRows } = block;
    const { arithmetic } = this.#blocking;
    if (!packedRows) {
      this.#columnBlocks(b, block);
      return;
    }
    countedLoop(b, { ...rows, step: this.#blocking.rows }, (inner, from) => {
      const part = spanFrom(inner, from, this.#blocking.rows, rows.to);
      packRows(
        inner,
        {
          c: this.#c,
          lanes: this.#blocking.kernel.lanes,
          panel: packedRows,
          convert: arithmetic.isMoved ? moved : extended(this.#c.isUnsigned.scalars),
          rowAt: (at, row) => pointAt(at, this.#rows, row),
          lineAt: (at, line) => pointAt(at, this.#lines, line),
        },
        { point: block.point, rows: part, lines: block.lines, depth: block.depth },
      );
      this.#columnBlocks(inner, { ...block, rows: part });
    });
  }

  #columnBlocks(b: Builder, block: Block): void {
    const { columns, packedColumns } = block;
    countedLoop(b, { ...columns, step: this.#blocking.columns }, (inner, from) => {
      const part = spanFrom(inner, from, this.#blocking.columns, columns.to);
      if (packedColumns)
        packColumns(
          inner,
          {
            c: this.#c,
            lanes: this.#blocking.kernel.lanes,
            panel: packedColumns,
            convert: extended(this.#c.isUnsigned.vectors),
            lineAt: (at, line) => pointAt(at, this.#lines, line),
          },
          {
            point: block.point,
            columns: { from, count: computed(inner, (at) => at.sub(part.to, part.from)) },
            lines: block.lines,
            depth: block.depth,
          },
        );
      this.#rowTiles(inner, { ...block, columns: part });
    });
  }

  /** Register tiles over the rows, the last of which may be lower. */
  #rowTiles(b: Builder, block: Block): void {
    const { rows: height } = this.#blocking.kernel;
    const at = new IndexArithmetic(b);
    const { from, to } = block.rows;
    const whole = at.value(at.sub(to, at.mod(at.sub(to, from), height)));
    countedLoop(b, { from, to: whole, step: height }, (inner, row) => this.#columnTiles(inner, block, row, height));
    const left = this.#leftRows();
    if (left > 0)
      countedLoop(b, { from: whole, to, step: left }, (inner, row) => this.#columnTiles(inner, block, row, left));
  }

  /** Rows that no whole tile covers, where that is known; else tiles of one row take them. */
  #leftRows(): number {
    const sizes = this.#rows.dims.map((d) => extentOf(accessesIn(this.#c), d));
    if (!sizes.every((d) => typeof d === "number")) return 1;
    return sizes.reduce((x, y) => x * y, 1) % this.#blocking.kernel.rows;
  }

  #columnTiles(b: Builder, block: Block, row: Value, height: number): void {
    const { kernel, arithmetic } = this.#blocking;
    const points = Array.from({ length: height }, (_, i) => {
      const at = computed(b, (x) => x.add(row, i));
      return new Map([...block.point, ...pointAt(b, this.#rows, at)]);
    });
    countedLoop(b, { ...block.columns, step: columnsOf(kernel) }, (inner, column) => {
      const left = computed(inner, (at) => at.sub(block.columns.to, column));
      buildRegisterTile(inner, {
        element: elementOf(this.#c.output.value.type),
        arithmetic,
        convert: extended(this.#c.isUnsigned.vectors),
        kernel,
        height,
        columns: left,
        depth: this.#depthOf(inner, block),
        initial: this.#around.initial,
        isFirst: block.isFirst,
        output: (at, i, j) => {
          const position = computed(at, (x) => x.add(column, j * kernel.lanes));
          if (block.sums) {
            const within = computed(at, (x) => x.sub(position, block.columns.from));
            return { base: block.sums, indices: [constantIndex(at, i), within] };
          }
          return placeIn(at, this.#c.output, new Map([...points[i]!, [this.#c.column, position]]));
        },
        scalar: (at, i, depth) => this.#scalar(at, block, points[i]!, row, i, depth),
        vector: (at, j, depth) => this.#vector(at, block, column, j, depth),
      });
    });
    this.#finish(b, block, row, height);
  }

  /** Loops over the panel's summed positions: over its lines, where there are several, and along the last dimension. */
  #depthOf(b: Builder, { lines, depth }: Block): readonly Range[] {
    const { step } = this.#blocking.arithmetic;
    if (step > 1)
      return [
        upTo(
          b,
          computed(b, (at) => at.ceilDiv(at.mul(this.#lineCount, this.#run), step)),
        ),
      ];
    const along = { ...depth, to: computed(b, (at) => at.min(depth.to, this.#run)), step: 1 };
    if (this.#lines.dims.length === 0) return [along];
    return [{ ...lines, step: 1 }, along];
  }

  #scalar(b: Builder, block: Block, point: Point, row: Value, i: number, depth: readonly Value[]): Place {
    const [line, k] = this.#lineAndRun(b, depth);
    if (!block.packedRows) {
      const summed = [...pointAt(b, this.#lines, line), [this.#c.summed.at(-1)!, k] as const];
      return placeIn(b, this.#c.scalars, new Map([...point, ...summed]));
    }
    const first = computed(b, (at) => at.add(at.sub(row, block.rows.from), i));
    const { step } = this.#blocking.arithmetic;
    const place = step > 1 ? computed(b, (at) => at.mul(k, step)) : this.#inPanel(b, block, line, k);
    return { base: block.packedRows, indices: [first, place] };
  }

  #vector(b: Builder, block: Block, column: Value, j: number, depth: readonly Value[]): Place {
    const { kernel } = this.#blocking;
    const [line, k] = this.#lineAndRun(b, depth);
    if (block.packedColumns) {
      const at = computed(b, (x) => x.add(x.sub(column, block.columns.from), j * kernel.lanes));
      return { base: block.packedColumns, indices: [this.#inPanel(b, block, line, k), at] };
    }
    const isInSteps = this.#blocking.arithmetic.step > 1;
    const position = isInSteps ? k : computed(b, (at) => at.add(at.mul(line, this.#run), k));
    return this.#weight(b, column, j * kernel.lanes, position);
  }

  /** Of packed weights, `offset` columns into a tile; where its last vectors are beyond all blocks, somewhere in them. */
  #weight(b: Builder, column: Value, offset: number, position: Value): Place {
    const base = this.#around.weights!;
    const [blocks, , length] = (base.type as MemRefType).shape as readonly number[] as [number, number, number];
    const together = this.#blocking.arithmetic.step;
    const block = length / together;
    const step = columnsOf(this.#blocking.kernel);
    const at = new IndexArithmetic(b);
    // Tiles begin at multiples of `step`, so of what divides it.
    const [start, within] =
      step % block === 0
        ? [at.add(at.floorDiv(column, block), Math.floor(offset / block)), offset % block]
        : [at.floorDiv(at.add(column, offset), block), at.mod(at.add(column, offset), block)];
    const tile = (blocks * block) % step === 0 ? start : at.min(start, blocks - 1);
    return { base, indices: [at.value(tile), position, at.value(at.mul(within, together))] };
  }

  #lineAndRun(b: Builder, depth: readonly Value[]): readonly [line: Value, k: Value] {
    return depth.length === 1 ? [constantIndex(b, 0), depth[0]!] : [depth[0]!, depth[1]!];
  }

  /** A summed position within a packed panel. */
  #inPanel(b: Builder, { lines, depth }: Panel, line: Value, k: Value): Value {
    return computed(b, (at) => {
      const within = at.sub(k, depth.from);
      return this.#lines.dims.length === 0
        ? within
        : at.add(at.mul(at.sub(line, lines.from), at.sub(depth.to, depth.from)), within);
    });
  }

  /** After the last panel, what comes behind the contraction, on `height` rows. */
  #finish(b: Builder, block: Block, row: Value, height: number): void {
    if (!this.#around.epilogue) return;
    buildEpilogue(b, this.#around.epilogue, {
      point: block.point,
      rowAt: (at, position) => pointAt(at, this.#rows, position),
      rows: { from: row, to: computed(b, (at) => at.add(row, height)) },
      columns: block.columns,
      isLast: block.isLast,
      sums: block.sums,
    });
  }
}

/** Part `part` of `parts`, each but the last a multiple of `unit`; none is more than one unit larger than another. */
function partOf(b: Builder, count: Value, parts: number, part: Value, unit: number): Span {
  if (parts === 1) return { from: constantIndex(b, 0), to: count };
  const at = new IndexArithmetic(b);
  const units = at.ceilDiv(count, unit);
  const begin = (k: Position): Position => at.mul(at.floorDiv(at.mul(k, units), parts), unit);
  return { from: at.value(begin(part)), to: at.value(at.min(begin(at.add(part, 1)), count)) };
}

function spanFrom(b: Builder, from: Value, length: number, end: Value): Span {
  return { from, to: computed(b, (at) => at.min(at.add(from, length), end)) };
}
