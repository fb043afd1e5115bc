/**
 * @file Pass `tile-contractions`: matrix products, batched products and convolutions as one recipe. Columns are cut into
 * blocks and the summed dimension into panels; a block's panel is packed, that is copied into a dense scratch whose
 * rows are the summed positions (for a convolution this gathers the window), and a register-level kernel of MR rows by
 * NR columns runs over it. Blocks are independent and become one parallel loop. Tile sizes come from the machine
 * description: NR and MR from its registers, the panel from its caches.
 */

import { stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantIndex } from "../../ir/dialects/arith/constant.js";
import { cmpi } from "../../ir/dialects/arith/integer.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import { elementFacts } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import { SUMMARY } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { elementOf, type MemRefType } from "../../ir/types.js";
import type { CpuDescription } from "../../machine/cpu.js";
import { type Access, extentOf, extentValue } from "../structured/access.js";
import { countedLoop, parallelLoops, type Range, upTo } from "../structured/build-loops.js";
import { computed, IndexArithmetic, type Position, unflatten } from "../structured/index-arithmetic.js";
import { collapsed, mergeAccess, mergeDimensions } from "../structured/merge-dimensions.js";
import { buildEpilogue, type TiledEpilogue, tileEpilogue } from "./build-epilogue.js";
import { accessesIn, type Contraction, contractionOf } from "./contraction.js";
import { type Point, packPanel } from "./pack-panel.js";
import { WeightPacking } from "./pack-weights.js";
import { type PackedPanel, type Panel, RegisterTile, type TileSizes } from "./register-tile.js";
import { surroundingsOf } from "./surroundings.js";

export function tileContractions(cpu: CpuDescription): Pass {
  return {
    name: "tile-contractions",
    summary: "Tiles, packs and register-blocks matrix products and convolutions.",
    run(module, context) {
      const weights = new WeightPacking(module, context);
      for (const func of functionsOf(module)) {
        for (const op of [...func.walk()])
          if (generic.matches(op) && op.results.length === 0) tile(op, func, { cpu, weights }, context);
      }
      weights.finish();
    },
  };
}

/** Bytes of the packed panel: it stays on the stack, and in the second-level cache beside the rows that stream by. */
const PANEL_BYTES = 64 * 1024;
/** Columns of a block, in vectors. */
const BLOCK_VECTORS = 4;

function tileSizes(cpu: CpuDescription, bits: number): TileSizes {
  const lanes = cpu.vectorBits / bits;
  const vectors = 2;
  // Accumulators, the columns' vectors and one repeated number must fit the registers.
  const rows = Math.floor((cpu.vectorRegisters - vectors - 1) / vectors);
  const panel = PANEL_BYTES / (BLOCK_VECTORS * lanes * (bits / 8));
  return { lanes, vectors, rows: Math.min(rows, 12), panel, fused: cpu.fmaPorts > 0 };
}

interface Means {
  readonly cpu: CpuDescription;
  readonly weights: WeightPacking;
}

function tile(op: Operation, func: Operation, { cpu, weights }: Means, context: Context): void {
  if (!contractionOf(op)) return;
  const { fill, epilogue } = surroundingsOf(op);
  const others = epilogue ? [...epilogue.inputs, epilogue.output].map((x) => x.map) : [];
  const { op: merged, runs } = mergeDimensions(op, others, context);
  const contraction = contractionOf(merged);
  const sizes = tileSizes(cpu, elementFacts[elementOf(merged.operand(0).type)].bits);
  if (!contraction || !isWorthTiling(contraction, sizes)) return;
  const b = Builder.before(context, merged);
  const tiled = epilogue && tileEpilogue(b, epilogue, contraction, runs, cpu);
  const output = tiled && mergeAccess(b, epilogue.output, runs).value;
  const whole = output ? { ...contraction, output: { value: output, map: contraction.output.map } } : contraction;
  const packed = weights.argumentFor(func, whole, BLOCK_VECTORS * sizes.lanes);
  const around = { initial: fill?.value, epilogue: tiled, isInLoop: merged.parent !== func, packed };
  new Tiler(whole, sizes, around, b).build(b);
  fill?.op.erase();
  if (tiled) epilogue.op.erase();
  func.setExtra(
    SUMMARY,
    stringAttr(
      `contraction ${sizes.rows}x${sizes.vectors * sizes.lanes} ${elementOf(merged.operand(0).type)}, ${packed ? "packed weights" : "packed columns"}`,
    ),
  );
  const intermediate = contraction.output.value;
  merged.erase();
  if (tiled) eraseStorage(intermediate);
}

/** Storage that is left without a use, and the views of it. */
function eraseStorage(x: Value): void {
  const op = x.definingOp;
  if (!op || x.isUsed) return;
  const [source] = op.operands;
  op.erase();
  if (source?.type.kind === "memref") eraseStorage(source);
}

/** Few rows leave the packing unpaid; few columns leave lanes idle. Symbolic sizes are taken to be large. */
function isWorthTiling(c: Contraction, { lanes }: TileSizes): boolean {
  if (c.row === undefined || c.columns.length === 0 || c.columns.length > 2) return false;
  // Several axes are walked as one, which those of a part of something larger are not.
  const isPart = ({ value: x }: Access): boolean => (x.type as MemRefType).layout !== undefined;
  if ((isPart(c.output) && c.columns.length > 1) || (isPart(c.scalars) && c.summed.length > 1)) return false;
  const rows = extentOf(accessesIn(c), c.row);
  const columns = c.columns
    .map((d) => extentOf(accessesIn(c), d))
    .reduce((n: number, d) => n * (typeof d === "number" ? d : 64), 1);
  return (typeof rows !== "number" || rows >= 4) && columns >= lanes;
}

/** What is done with the tiles besides summing. */
interface Around {
  /** What sums begin with, instead of what the output holds. */
  readonly initial: Value | undefined;
  readonly epilogue: TiledEpilogue | undefined;
  /** There are threads enough outside. */
  readonly isInLoop: boolean;
  /** The vector side as blocks of columns, where it came so. */
  readonly packed: Value | undefined;
}

/** Which lines of columns, which piece of a line, and which part of the rows. */
interface BlockPosition {
  readonly line: Value;
  readonly piece: Value;
  readonly part: Value;
}

class Tiler {
  readonly #c: Contraction;
  readonly #sizes: TileSizes;
  readonly #around: Around;
  readonly #context: Context;
  /** The output with its columns as one axis, the scalar side with its summed axes as one. */
  readonly #output: Value;
  readonly #scalars: Value;
  readonly #rows: Value;
  readonly #columns: Value;
  readonly #width: Value;
  readonly #summed: Value;
  readonly #block: number;
  /** Whole inner rows per block, where a block spans several. */
  readonly #lines: number;

  constructor(c: Contraction, sizes: TileSizes, around: Around, b: Builder) {
    this.#c = c;
    this.#sizes = sizes;
    this.#around = around;
    this.#context = b.context;
    const at = new IndexArithmetic(b);
    const size = (dim: number): Value => extentValue(b, accessesIn(c), dim);
    this.#output = collapseTail(b, c.output.value, c.columns.length);
    this.#scalars = collapseTail(b, c.scalars.value, c.summed.length);
    this.#rows = size(c.row!);
    this.#width = size(c.columns.at(-1)!);
    this.#columns = at.value(c.columns.map(size).reduce<Position>((x, y) => at.mul(x, y), 1));
    this.#summed = at.value(c.summed.map(size).reduce<Position>((x, y) => at.mul(x, y), 1));
    const width = extentOf(accessesIn(c), c.columns.at(-1)!);
    const most = BLOCK_VECTORS * sizes.lanes;
    this.#lines = c.columns.length === 2 && typeof width === "number" ? Math.max(1, Math.floor(most / width)) : 1;
    this.#block = most;
  }

  /** One parallel loop over all blocks of columns, for every point of the outer dimensions. */
  build(b: Builder): void {
    const at = new IndexArithmetic(b);
    const { outer, columns } = this.#c;
    const high = columns.length === 2 ? extentValue(b, accessesIn(this.#c), columns[0]!) : constantIndex(b, 1);
    const perLine = this.#lines > 1 ? constantIndex(b, 1) : at.value(at.ceilDiv(this.#width, this.#block));
    const lines = at.ceilDiv(high, this.#lines);
    const trips = [
      ...outer.map((d) => extentValue(b, accessesIn(this.#c), d)),
      at.value(lines),
      perLine,
      constantIndex(b, this.#rowParts()),
    ];
    const total = at.value(trips.reduce<Position>((x, y) => at.mul(x, y), 1));
    parallelLoops(b, [total], (inner, [flat]) => {
      const position = unflatten(inner, flat!, trips);
      const point = new Map(outer.map((d, k) => [d, position[k]!]));
      const [line, piece, part] = position.slice(outer.length) as [Value, Value, Value];
      this.#buildBlock(inner, point, { line, piece, part });
    });
  }

  /** Rows are split too where blocks of columns alone would leave threads idle. */
  #rowParts(): number {
    const blocks =
      this.#c.columns
        .map((d) => extentOf(accessesIn(this.#c), d))
        .reduce((n: number, d) => n * (typeof d === "number" ? d : 1024), 1) / this.#block;
    const outer = this.#c.outer
      .map((d) => extentOf(accessesIn(this.#c), d))
      .reduce((n: number, d) => n * (typeof d === "number" ? d : 1), 1);
    const rows = extentOf(accessesIn(this.#c), this.#c.row!);
    if (blocks * outer >= 8 || typeof rows !== "number" || this.#around.isInLoop) return 1;
    return Math.max(1, Math.min(8, Math.floor(rows / (2 * this.#sizes.rows))));
  }

  #buildBlock(b: Builder, point: Point, { line, piece, part }: BlockPosition): void {
    const { packed } = this.#around;
    const scratch = packed ? undefined : this.#newScratch(b);
    const at = new IndexArithmetic(b);
    const firstLine = at.value(at.mul(line, this.#lines));
    const firstColumn = at.value(at.mul(piece, this.#block));
    const start = at.value(at.add(at.mul(firstLine, this.#width), firstColumn));
    const lineEnd =
      this.#lines > 1
        ? at.mul(at.add(firstLine, this.#lines), this.#width)
        : at.add(at.mul(firstLine, this.#width), at.min(at.add(firstColumn, this.#block), this.#width));
    const count = at.value(at.sub(at.min(lineEnd, this.#columns), start));
    const { rows } = this.#sizes;
    const parts = this.#rowParts();
    const perPart = at.mul(at.ceilDiv(at.ceilDiv(this.#rows, parts), rows), rows);
    const firstRow = parts === 1 ? constantIndex(b, 0) : at.value(at.min(at.mul(part, perPart), this.#rows));
    const endRow = parts === 1 ? this.#rows : at.value(at.min(at.add(firstRow, perPart), this.#rows));
    countedLoop(b, this.#panels(b), (inner, k0) => {
      const depth = new IndexArithmetic(inner);
      const kc = depth.value(depth.min(depth.sub(this.#summed, k0), this.#sizes.panel));
      if (scratch) {
        const { lanes } = this.#sizes;
        const packer = { c: this.#c, lanes, lines: this.#lines, width: this.#width, scratch };
        packPanel(inner, packer, point, { firstLine, firstColumn, count, k0, kc });
      }
      const panel: PackedPanel = scratch
        ? { value: scratch, block: [], first: 0 }
        : { value: packed!, block: [piece], first: k0 };
      this.#rowTiles(inner, point, panel, { start, count, k0, kc, firstRow, endRow, ...this.#ends(inner, k0, kc) });
    });
  }

  /** A sum of nothing has one panel too, where its output is not there before. */
  #panels(b: Builder): Range {
    const depth = this.#depth();
    const isThere = this.#around.initial === undefined || (typeof depth === "number" && depth > 0);
    return upTo(b, isThere ? this.#summed : computed(b, (at) => at.max(this.#summed, 1)), this.#sizes.panel);
  }

  /** Whether a panel is the first and the last one. */
  #ends(b: Builder, k0: Value, kc: Value): Pick<Panel, "isFirst" | "isLast"> {
    const depth = this.#depth();
    if (typeof depth === "number" && depth <= this.#sizes.panel) return { isFirst: true, isLast: true };
    const isEqual = (lhs: Value, rhs: Value): Value => b.value(cmpi, { lhs, rhs }, { predicate: "eq" });
    return {
      isFirst: isEqual(k0, constantIndex(b, 0)),
      isLast: isEqual(
        computed(b, (at) => at.add(k0, kc)),
        this.#summed,
      ),
    };
  }

  /** How much is summed up, where types say it. */
  #depth(): number | undefined {
    const extents = this.#c.summed.map((d) => extentOf(accessesIn(this.#c), d));
    return extents.every((d) => typeof d === "number") ? extents.reduce((x, y) => x * y, 1) : undefined;
  }

  #newScratch(b: Builder): Value {
    const type = this.#context.types.memref([this.#sizes.panel, this.#block], elementOf(this.#output.type));
    return b.value(memref.alloca, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, { results: [type] });
  }

  /** Register tiles over the rows, the last of which may be lower. */
  #rowTiles(b: Builder, point: Point, packed: PackedPanel, block: Panel): void {
    const at = new IndexArithmetic(b);
    const { rows } = this.#sizes;
    const count = at.sub(block.endRow, block.firstRow);
    const tail = at.value(at.mod(count, rows));
    const whole = at.value(at.sub(block.endRow, tail));
    const operands = { c: this.#c, sizes: this.#sizes, initial: this.#around.initial };
    const places = { output: this.#output, scalars: this.#scalars, packed };
    const tile = new RegisterTile({ ...operands, ...places }, this.#context);
    const columnTiles = (inner: Builder, row: Value, height: number): void => {
      const width = this.#sizes.vectors * this.#sizes.lanes;
      countedLoop(inner, upTo(inner, block.count, width), (here, column) =>
        tile.build(here, point, block, row, column, height),
      );
      this.#finish(inner, point, block, row, height);
    };
    countedLoop(b, { from: block.firstRow, to: whole, step: rows }, (inner, row) => columnTiles(inner, row, rows));
    const total = extentOf(accessesIn(this.#c), this.#c.row!);
    const left = typeof total === "number" ? total % rows : 1;
    if (left > 0)
      countedLoop(b, { from: whole, to: block.endRow, step: left }, (inner, row) => columnTiles(inner, row, left));
  }

  /** After the last panel, what comes behind the contraction, on `height` rows. */
  #finish(b: Builder, point: Point, block: Panel, row: Value, height: number): void {
    if (!this.#around.epilogue) return;
    buildEpilogue(b, this.#around.epilogue, {
      point,
      row: this.#c.row!,
      rows: { from: row, to: computed(b, (at) => at.add(row, height)) },
      columns: { from: block.start, to: computed(b, (at) => at.add(block.start, block.count)) },
      isLast: block.isLast,
    });
  }
}

/** The last `count` axes as one. */
function collapseTail(b: Builder, x: Value, count: number): Value {
  const axes = (x.type as MemRefType).shape.map((_, k) => k);
  const kept = axes.length - Math.max(1, count);
  return collapsed(b, x, [...axes.slice(0, kept).map((k) => [k]), axes.slice(kept)]);
}
