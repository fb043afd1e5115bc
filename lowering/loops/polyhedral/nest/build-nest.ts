/**
 * @file A nest of one statement as loops around register tiles: rows side by side, each as vectors. Where the nest is no
 * box, tiles that lie in it whole are separated from those at its edges, which are guarded.
 */

import type { Basic } from "../../../../ir/analysis/sets/basic.js";
import { type Bound, eliminate } from "../../../../ir/analysis/sets/bounds.js";
import { coefficient, type Row, scaleRow } from "../../../../ir/analysis/sets/linear.js";
import type { Builder } from "../../../../ir/builder.js";
import { constantOf } from "../../../../ir/dialects/arith/constant.js";
import type { Value } from "../../../../ir/graph.js";
import { elementOf } from "../../../../ir/types.js";
import { carryingLoop, countedLoop, type Range } from "../../../structured/build-loops.js";
import { IndexArithmetic, type Position } from "../../../structured/index-arithmetic.js";
import { foldLanes } from "../../../vectorize/lanes.js";
import { type ArrayAccess, writeOf } from "../scop.js";
import { foldingOf } from "./folding.js";
import { laneMotion } from "./lane-access.js";
import { buildPanel, type Panel, type PanelAxis } from "./panel.js";
import { type BlockPlace, type BlockPlan, PointBlock } from "./point-block.js";
import { type Recurrence, scanLanes } from "./recurrence.js";
import { type ColumnBounds, type ColumnValues, columnBounds, type Extent, extentAt, rowAt } from "./rows.js";

export interface NestPlan extends BlockPlan {
  /** Columns: `outer` ones with known values, parameters first, then the dims. Without congruences. */
  readonly points: Basic;
  readonly parameters: number;
  /** Dims that are loops around the tiles, outermost first. */
  readonly loops: readonly number[];
  /** Rows and vectors of a whole tile. */
  readonly rows: number;
  readonly vectors: number;
  /** Reads that are copied to where lanes are neighbours, once for the nest. */
  readonly promoted: readonly ArrayAccess[];
  /** Most values that the nest has of the stream and of the lanes' dim. */
  readonly panelShape: readonly [steps: number, lanes: number];
}

/** `outer`: the values of the columns in front of the dims. */
export function buildNest(b: Builder, plan: NestPlan, outer: readonly Position[]): void {
  new NestBuilder(plan).build(b, [...outer, ...plan.statement.dims.map(() => undefined)]);
}

class NestBuilder {
  readonly #plan: NestPlan;
  #panels: ReadonlyMap<Value, Panel> = new Map();

  constructor(plan: NestPlan) {
    this.#plan = plan;
  }

  build(b: Builder, values: ColumnValues): void {
    this.#panels = this.#promote(b, values);
    this.#loops(b, values, this.#plan.loops);
  }

  #promote(b: Builder, values: ColumnValues): ReadonlyMap<Value, Panel> {
    const { promoted, statement, lane, stream, points, outer, lanes, panelShape, parameters } = this.#plan;
    if (stream === undefined) return new Map();
    const at = new IndexArithmetic(b);
    const axes = [stream, lane].map((dim) => {
      const others = [...statement.dims.keys()].filter((d) => d !== dim).map((d) => outer + d);
      const bounds = columnBounds(points, outer + dim, others);
      return bounds && { column: outer + dim, ...extentAt(at, bounds, () => values) };
    });
    if (axes.some((axis) => axis === undefined)) return new Map();
    const [steps, across] = axes as [PanelAxis, PanelAxis];
    return new Map(
      promoted.map((access) => {
        const rowsOver = (dim: number) => access.indices.map((index) => index[parameters + dim + 1]!);
        const source = (here: IndexArithmetic, step: Position, column: Position): readonly Position[] => {
          const point = values.with(steps.column, step).with(across.column, column);
          const dims = point.slice(outer);
          return access.indices.map((index) => rowAt(here, index, [...values.slice(0, parameters), ...dims]));
        };
        const motion = (dim: number) => laneMotion({ array: access.array, factors: rowsOver(dim) });
        const copy = { array: access.array, source, lanes, alongSteps: motion(stream), alongLanes: motion(lane) };
        return [access.op.result, buildPanel(b, copy, [steps, across], panelShape)] as const;
      }),
    );
  }

  #column(dim: number): number {
    return this.#plan.outer + dim;
  }

  /** Bounds of a dim, where dims that come behind it in the nest are whatever they can be. */
  #bounds(dim: number): ColumnBounds | undefined {
    const { loops, row, lane, stream, points } = this.#plan;
    const order = [...loops, row, lane, stream].filter((d) => d !== undefined);
    const inner = order.slice(order.indexOf(dim) + 1).map((d) => this.#column(d));
    return columnBounds(points, this.#column(dim), inner);
  }

  #loops(b: Builder, values: ColumnValues, left: readonly number[]): void {
    const [dim, ...inner] = left;
    if (dim === undefined) {
      this.#rows(b, values);
      return;
    }
    const bounds = this.#bounds(dim);
    if (!bounds) return;
    const extent = extentAt(new IndexArithmetic(b), bounds, () => values);
    if (isOneValue(bounds)) {
      this.#loops(b, set(values, this.#column(dim), extent.from), inner);
      return;
    }
    countedLoop(b, rangeOf(b, extent, 1), (here, x) => this.#loops(here, set(values, this.#column(dim), x), inner));
  }

  /** Whole tiles of rows, and then what is left of them. */
  #rows(b: Builder, values: ColumnValues): void {
    const { row, rows } = this.#plan;
    if (row === undefined) {
      this.#lanes(b, values, 1);
      return;
    }
    const bounds = this.#bounds(row);
    if (!bounds) return;
    const at = new IndexArithmetic(b);
    const { from, to } = extentAt(at, bounds, () => values);
    const count = at.max(at.sub(to, from), 0);
    const left = at.mod(count, rows);
    const whole = at.sub(at.max(to, from), left);
    const tile = (height: number) => (here: Builder, x: Value) =>
      this.#lanes(here, set(values, this.#column(row), x), height);
    countedLoop(b, rangeOf(b, { from, to: whole }, rows), tile(rows));
    const height = typeof left === "number" ? left : 1;
    if (height > 0) countedLoop(b, rangeOf(b, { from: whole, to }, height), tile(height));
  }

  /** Vectors along a tile of rows: those that all rows have, and those at the edges. */
  #lanes(b: Builder, values: ColumnValues, height: number): void {
    const spans = this.#spans(b, values, height);
    if (!spans) return;
    if (this.#plan.recurrence) {
      this.#scanned(b, values, spans, this.#plan.recurrence);
      return;
    }
    if (this.#isFolded) {
      this.#folded(b, values, height, spans);
      return;
    }
    for (const { extent, vectors, isGuarded } of spans)
      countedLoop(b, rangeOf(b, extent, vectors * this.#plan.lanes), (here, x) =>
        this.#tile(here, this.#place(set(values, this.#column(this.#plan.lane), x), height, vectors, isGuarded)),
      );
  }

  /** Vector after vector, with the last element of each going to the next one. */
  #scanned(b: Builder, values: ColumnValues, spans: readonly Span[], { factor }: Recurrence): void {
    const { statement, lane, lanes, isFused } = this.#plan;
    const type = b.context.types.vector([lanes], elementOf(writeOf(statement).array.type));
    const at = (x: Position, isGuarded: boolean): PointBlock =>
      new PointBlock(this.#plan, this.#place(set(values, this.#column(lane), x), 1, 1, isGuarded));
    // A row without points may lie outside of the array.
    let carried = [at(spans[0]!.extent.from, true).before(b)];
    for (const { extent, isGuarded } of spans)
      carried = [
        ...carryingLoop(b, rangeOf(b, extent, lanes), carried, (here, x, [before]) => {
          const block = at(x, isGuarded);
          // Adding -0 changes no number.
          const [rest] = block.results(here, undefined, [constantOf(here, -0, type)]);
          const { elements, last } = scanLanes(here, rest!, before!, { factor, lanes, isFused });
          block.store(here, [elements], this.#edges());
          return [last];
        }),
      ];
  }

  #place(values: ColumnValues, rows: number, vectors: number, isGuarded: boolean): BlockPlace {
    return {
      values,
      parameters: values.slice(0, this.#plan.parameters),
      panels: this.#panels,
      rows,
      vectors,
      isGuarded,
    };
  }

  /** Consecutive parts of the lanes' dim, by how it is covered. */
  #spans(b: Builder, values: ColumnValues, height: number): readonly Span[] | undefined {
    const { lane, lanes, vectors } = this.#plan;
    const bounds = this.#bounds(lane);
    if (!bounds) return undefined;
    const at = new IndexArithmetic(b);
    const any = this.#extent(at, bounds, values, height, 1, "any");
    const all = this.#extent(at, bounds, values, height, 1, "all");
    const isUneven = this.#dependsOnRow(bounds.lower);
    const before = isUneven
      ? at.mul(at.ceilDiv(at.max(at.sub(at.min(all.from, any.to), any.from), 0), lanes), lanes)
      : 0;
    const begin = at.add(any.from, before);
    const end = at.max(begin, all.to);
    const spans: Span[] = [{ extent: { from: any.from, to: begin }, vectors: 1, isGuarded: true }];
    let from = begin;
    for (const count of new Set([vectors, 1])) {
      const to = at.sub(end, at.mod(at.sub(end, from), count * lanes));
      spans.push({ extent: { from, to }, vectors: count, isGuarded: false });
      from = to;
    }
    spans.push({ extent: { from, to: any.to }, vectors: 1, isGuarded: true });
    return spans.filter(({ extent }) => typeof extent.from !== "number" || extent.from !== extent.to);
  }

  #dependsOnRow(bounds: readonly Bound[]): boolean {
    const { row } = this.#plan;
    return row !== undefined && bounds.some((bound) => coefficient(bound.row, this.#column(row)) !== 0);
  }

  /** Positions that any, or all, of the tile's rows and lanes have; `width` lanes from the one in `values` on. */
  #extent(
    at: IndexArithmetic,
    bounds: ColumnBounds,
    values: ColumnValues,
    height: number,
    width: number,
    which: "any" | "all",
  ): Extent {
    const { row, lane } = this.#plan;
    const reach = [
      ...(row === undefined ? [] : [[this.#column(row), height - 1] as const]),
      [this.#column(lane), width - 1] as const,
    ];
    return extentAt(at, bounds, (bound, side) =>
      reach.reduce<ColumnValues>((known, [column, last]) => {
        const value = known[column];
        const isLow = (side === "lower") === (which === "any");
        const isFirst = coefficient(bound.row, column) >= 0 === isLow;
        return value === undefined || isFirst || last === 0 ? known : set(known, column, at.add(value, last));
      }, values),
    );
  }

  /** Constraints on rows and lanes, with any step of the stream. */
  #edges(): readonly Row[] {
    const { points, row, lane, stream } = this.#plan;
    const shadow = eliminate(points, stream === undefined ? [] : [this.#column(stream)]);
    return constraintRows(shadow).filter((r) => this.#uses(r, row) || this.#uses(r, lane));
  }

  #uses(row: Row, dim: number | undefined): boolean {
    return dim !== undefined && coefficient(row, this.#column(dim)) !== 0;
  }

  #tile(b: Builder, place: BlockPlace): void {
    const block = new PointBlock(this.#plan, place);
    block.prepare(b);
    const results = this.#plan.stream === undefined ? block.results(b, undefined, []) : this.#steps(b, block, place);
    block.store(b, results, this.#edges());
  }

  /** The steps of the stream, one after the other; those that not all points of the tile have are masked. */
  #steps(b: Builder, block: PointBlock, place: BlockPlace): readonly Value[] {
    const { stream, lane, lanes, points } = this.#plan;
    const bounds = this.#bounds(stream!)!;
    const at = new IndexArithmetic(b);
    const width = place.vectors * lanes;
    const any = this.#extent(at, bounds, place.values, place.rows, width, "any");
    const initial = block.initial(b);
    const loop = (extent: Extent, from: readonly Value[], step: PointBlock, mask: readonly Row[]): readonly Value[] =>
      isNothing(extent)
        ? from
        : carryingLoop(b, rangeOf(b, extent, 1), from, (here, x, carried) => {
            const made = step.results(here, x, carried);
            return mask.length === 0 ? made : step.where(here, mask, made, carried);
          });
    const sides = [...bounds.lower, ...bounds.upper];
    const isUneven = this.#dependsOnRow(sides) || sides.some((bound) => this.#uses(bound.row, lane));
    if (!isUneven) return loop(any, initial, block, []);
    const all = this.#extent(at, bounds, place.values, place.rows, width, "all");
    const guarded = new PointBlock(this.#plan, { ...place, isGuarded: true });
    guarded.prepare(b);
    const mask = constraintRows(points).filter((r) => this.#uses(r, stream));
    const end = at.max(all.from, all.to);
    const before = loop({ from: any.from, to: at.min(all.from, any.to) }, initial, guarded, mask);
    const within = loop({ from: all.from, to: end }, before, block, []);
    return loop({ from: end, to: any.to }, within, guarded, mask);
  }

  /** The lanes' dim is summed over: sums in lanes, which are folded in the end. */
  get #isFolded(): boolean {
    const { statement, lane, carried, parameters } = this.#plan;
    return carried !== undefined && writeOf(statement).indices.every((index) => index[parameters + lane + 1] === 0);
  }

  #folded(b: Builder, values: ColumnValues, height: number, spans: readonly Span[]): void {
    const { statement, lane, lanes } = this.#plan;
    const { op, identity } = foldingOf(statement)!;
    const type = b.context.types.vector([lanes], elementOf(writeOf(statement).array.type));
    let sums: readonly Value[] = Array.from({ length: height }, () => constantOf(b, identity, type));
    const edges = this.#edges();
    for (const { extent, vectors, isGuarded } of spans) {
      const begun = sums.flatMap((sum) => [
        sum,
        ...Array.from({ length: vectors - 1 }, () => constantOf(b, identity, type)),
      ]);
      const ended = carryingLoop(b, rangeOf(b, extent, vectors * lanes), begun, (here, x, carried) => {
        const place = this.#place(set(values, this.#column(lane), x), height, vectors, isGuarded);
        const block = new PointBlock(this.#plan, place);
        const made = block.results(here, undefined, carried);
        return isGuarded ? block.where(here, edges, made, carried) : made;
      });
      sums = Array.from({ length: height }, (_, i) =>
        ended.slice(i * vectors, (i + 1) * vectors).reduce((x, y) => b.create(op, [x, y], {}).result),
      );
    }
    const place = this.#place(set(values, this.#column(lane), 0), height, 1, false);
    new PointBlock(this.#plan, place).addToWritten(
      b,
      op,
      sums.map((sum) => foldLanes(b, op, sum, lanes)),
    );
  }
}

/** A part of the lanes' dim that is covered in one way. */
interface Span {
  readonly extent: Extent;
  readonly vectors: number;
  readonly isGuarded: boolean;
}

const set = (values: ColumnValues, column: number, value: Position): ColumnValues => values.with(column, value);

/** An equation says what the column is. */
function isOneValue({ lower, upper }: ColumnBounds): boolean {
  const isSame = (x: Bound, y: Bound): boolean => x.divisor === 1 && y.divisor === 1 && `${x.row}` === `${y.row}`;
  return lower.length === 1 && upper.length === 1 && isSame(lower[0]!, upper[0]!);
}

const isNothing = ({ from, to }: Extent): boolean => typeof from === "number" && from === to;

function rangeOf(b: Builder, { from, to }: Extent, step: number): Range {
  const at = new IndexArithmetic(b);
  return { from: at.value(from), to: at.value(to), step };
}

/** Rows that are at least 0 in the set: its inequalities, and its equations from both sides. */
function constraintRows(points: Basic | undefined): readonly Row[] {
  if (!points) return [];
  return [...points.inequalities, ...points.equations.flatMap((row) => [row, scaleRow(-1, row)])];
}
