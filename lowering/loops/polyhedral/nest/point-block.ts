/**
 * @file Several points of a statement as one: rows of the nest side by side, each as vectors along another dim. What does
 * not change with a row, a vector or a step is made once. A guarded block may reach beyond the nest: it reads only what
 * is in its arrays, and stores only points of the nest.
 */

import type { Row } from "../../../../ir/analysis/sets/linear.js";
import type { Builder } from "../../../../ir/builder.js";
import type { AnyOpDef } from "../../../../ir/define.js";
import { constantOf, select } from "../../../../ir/dialects/arith/constant.js";
import * as f from "../../../../ir/dialects/arith/float.js";
import * as i from "../../../../ir/dialects/arith/integer.js";
import * as memref from "../../../../ir/dialects/memref/storage.js";
import { fma } from "../../../../ir/dialects/vector/arithmetic.js";
import { broadcast, shuffle, step } from "../../../../ir/dialects/vector/shape.js";
import type { Operation, Value } from "../../../../ir/graph.js";
import type { ScalarType, Type } from "../../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../../structured/index-arithmetic.js";
import { widen } from "../../../vectorize/vector-body.js";
import { type ArrayAccess, readsOf, type Statement, writeOf } from "../scop.js";
import { dimsOfValues } from "./dependence-on-dims.js";
import { type LanePlace, loadLanes, storeLanes } from "./lane-access.js";
import { type LaneNeighbour, laneNeighbours } from "./lane-neighbours.js";
import type { Panel } from "./panel.js";
import type { Recurrence } from "./recurrence.js";
import { type ColumnValues, rowAt } from "./rows.js";

/** How points are put together. Dims are positions in the statement's. */
export interface BlockPlan {
  readonly statement: Statement;
  /** How many columns are in front of the dims, in the nest's rows; those of accesses have the parameters alone. */
  readonly outer: number;
  readonly row: number | undefined;
  readonly lane: number;
  /** The dim whose steps follow each other inside of the block. */
  readonly stream: number | undefined;
  /** The read whose value goes from step to step instead of through memory. */
  readonly carried: ArrayAccess | undefined;
  /** What makes lanes wait for each other; the block then computes what is left of each element. */
  readonly recurrence?: Recurrence;
  readonly lanes: number;
  /** Multiply-adds are one instruction. */
  readonly isFused: boolean;
  /** Any lanes of two vectors are taken in one instruction. */
  readonly permutesTwo: boolean;
}

/** Where a block is: the first row and lane, and how many of them. */
export interface BlockPlace {
  /** Of every column; that of the stream is given at each step. */
  readonly values: ColumnValues;
  readonly parameters: ColumnValues;
  /** Copies that are read instead, by the value of the read. */
  readonly panels: ReadonlyMap<Value, Panel>;
  readonly rows: number;
  readonly vectors: number;
  readonly isGuarded: boolean;
}

export class PointBlock {
  readonly #plan: BlockPlan;
  readonly #place: BlockPlace;
  readonly #dims: ReadonlyMap<Value, ReadonlySet<number>>;
  readonly #reads: ReadonlyMap<Value, ArrayAccess>;
  readonly #neighbours: ReadonlyMap<Value, LaneNeighbour>;
  /** What does not change from step to step. */
  readonly #still = new Map<Value, Map<string, Value>>();
  #step = new Map<Value, Map<string, Value>>();
  #stepPosition: Position | undefined;
  #carried: readonly Value[] = [];

  constructor(plan: BlockPlan, place: BlockPlace) {
    this.#plan = plan;
    this.#place = place;
    this.#dims = dimsOfValues(plan.statement, plan.carried);
    this.#reads = new Map(readsOf(plan.statement).map((read) => [read.op.result, read]));
    const isShared = plan.permutesTwo && !place.isGuarded && !plan.recurrence;
    const reads = [...this.#reads.values()].filter(
      (read) => isShared && read !== plan.carried && !place.panels.has(read.op.result),
    );
    this.#neighbours = laneNeighbours(plan.statement, reads, plan.lane, plan.lanes);
  }

  get count(): number {
    return this.#place.rows * this.#place.vectors;
  }

  /** Makes what all steps share; call it in front of their loop. */
  prepare(b: Builder): void {
    for (const value of [...this.#reads.keys(), ...this.#plan.statement.body.flatMap((op) => op.results)])
      if (!this.#isStepped(value)) this.#each((row, vector) => this.#value(b, value, row, vector));
  }

  /** What is written, for each row and vector of it, at one step; `carried` is the value from the step before. */
  results(b: Builder, position: Position | undefined, carried: readonly Value[]): readonly Value[] {
    this.#step = new Map();
    this.#stepPosition = position;
    this.#carried = carried;
    const stored = writeOf(this.#plan.statement).op.operand(0);
    return this.#each((row, vector) => widen(b, this.#value(b, stored, row, vector), this.#plan.lanes));
  }

  /** The element in front of the first lane, in all lanes. */
  before(b: Builder): Value {
    const { carried, lanes } = this.#plan;
    const place = this.#lanePlace(carried!, 0, 0);
    return widen(b, loadLanes(b, { ...place, factors: place.factors.map(() => 0) }), lanes);
  }

  /** What the carried element holds before the first step. */
  initial(b: Builder): readonly Value[] {
    const { carried, lanes } = this.#plan;
    return this.#each((row, vector) => widen(b, loadLanes(b, this.#lanePlace(carried!, row, vector)), lanes));
  }

  /** Combines the element that each row writes with a number; no vector of the block may write another one. */
  addToWritten(b: Builder, op: AnyOpDef, values: readonly Value[]): void {
    values.forEach((value, row) => {
      const at = new IndexArithmetic(b);
      const { array, positions } = this.#lanePlace(writeOf(this.#plan.statement), row, 0);
      const indices = positions(at).map((x) => at.value(x));
      const before = b.value(memref.load, { memref: array, indices }, {});
      b.op(memref.store, { value: b.create(op, [before, value], {}).result, memref: array, indices }, {});
    });
  }

  /** Where guarded, only the points that `rows` (of the nest) admit. */
  store(b: Builder, values: readonly Value[], rows: readonly Row[]): void {
    this.#each((row, vector) => {
      const mask = this.mask(b, rows, row, vector);
      const place = this.#lanePlace(writeOf(this.#plan.statement), row, vector);
      storeLanes(b, place, values[row * this.#place.vectors + vector]!, mask);
      return undefined;
    });
  }

  /** The value where the rows hold, else `otherwise`. */
  where(b: Builder, rows: readonly Row[], values: readonly Value[], otherwise: readonly Value[]): readonly Value[] {
    return this.#each((row, vector) => {
      const at = row * this.#place.vectors + vector;
      const condition = this.mask(b, rows, row, vector);
      if (!condition) return values[at]!;
      return b.value(select, { condition, true_value: values[at]!, false_value: otherwise[at]! }, {});
    });
  }

  /** The lanes where all rows are at least 0; `undefined` where nothing has to be asked. */
  mask(b: Builder, rows: readonly Row[], row: number, vector: number): Value | undefined {
    if (!this.#place.isGuarded || rows.length === 0) return undefined;
    const { lane, outer, lanes } = this.#plan;
    const at = new IndexArithmetic(b);
    const values = this.#valuesAt(at, row, vector);
    const conditions = rows.map((constraint) => {
      const factor = constraint[outer + lane + 1]!;
      const first = at.value(rowAt(at, constraint, values));
      const zero = at.value(0);
      if (factor === 0) return widenFlag(b, b.value(i.cmpi, { lhs: first, rhs: zero }, { predicate: "sge" }), lanes);
      const steps = widen(b, at.value(factor), lanes);
      const moved = b.value(i.muli, { lhs: laneNumbers(b, lanes), rhs: steps }, {});
      const lhs = b.value(i.addi, { lhs: moved, rhs: widen(b, first, lanes) }, {});
      return b.value(i.cmpi, { lhs, rhs: widen(b, zero, lanes) }, { predicate: "sge" });
    });
    return conditions.reduce((lhs, rhs) => b.value(i.andi, { lhs, rhs }, {}));
  }

  #each<T>(make: (row: number, vector: number) => T): T[] {
    const { vectors } = this.#place;
    return Array.from({ length: this.count }, (_, n) => make(Math.floor(n / vectors), n % vectors));
  }

  #isStepped(value: Value): boolean {
    const { stream } = this.#plan;
    return stream !== undefined && (this.#dims.get(value)?.has(stream) ?? false);
  }

  #value(b: Builder, value: Value, row: number, vector: number): Value {
    const dims = this.#dims.get(value);
    if (!dims) return value;
    if (value === this.#plan.carried?.op.result) return this.#carried[row * this.#place.vectors + vector]!;
    const cache = this.#isStepped(value) ? this.#step : this.#still;
    const known = cache.get(value) ?? new Map<string, Value>();
    cache.set(value, known);
    const ofRow = this.#plan.row !== undefined && dims.has(this.#plan.row) ? row : 0;
    const ofVector = dims.has(this.#plan.lane) ? vector : 0;
    const key = `${ofRow},${ofVector}`;
    const made = known.get(key) ?? this.#make(b, value, ofRow, ofVector);
    known.set(key, made);
    return made;
  }

  #make(b: Builder, value: Value, row: number, vector: number): Value {
    const read = this.#reads.get(value);
    if (read) return this.#between(b, read, row, vector) ?? loadLanes(b, this.#lanePlace(read, row, vector));
    const dim = this.#plan.statement.induction.indexOf(value);
    if (dim >= 0) return this.#position(b, dim, row, vector);
    return this.#fused(b, value.definingOp!, row, vector) ?? this.#operation(b, value.definingOp!, row, vector);
  }

  /** A vector that reads of other vectors hold the lanes of. */
  #between(b: Builder, read: ArrayAccess, row: number, vector: number): Value | undefined {
    const neighbour = this.#neighbours.get(read.op.result);
    if (!neighbour) return undefined;
    const { first, last, offset, span } = neighbour;
    const { lanes } = this.#plan;
    const isAtEnd = vector === this.#place.vectors - 1;
    if (offset === span && isAtEnd) return undefined;
    const v1 = this.#value(b, first.op.result, row, vector);
    const v2 = isAtEnd ? this.#value(b, last.op.result, row, vector) : this.#value(b, first.op.result, row, vector + 1);
    // The second vector begins so many elements behind the first one.
    const distance = isAtEnd ? span : lanes;
    const mask = Array.from({ length: lanes }, (_, i) => {
      const element = i + offset;
      return element < lanes ? element : lanes + element - distance;
    });
    return b.value(shuffle, { v1, v2 }, { mask });
  }

  #operation(b: Builder, op: Operation, row: number, vector: number): Value {
    const inverse = this.#plan.recurrence?.inverses.get(op);
    if (inverse !== undefined) {
      const factor = constantOf(b, inverse, op.result.type as ScalarType);
      const product = f.mulf as unknown as AnyOpDef;
      return this.#create(b, product, [this.#value(b, op.operand(0), row, vector), factor], op.result.type);
    }
    const operands = op.operands.map((operand) => this.#value(b, operand, row, vector));
    return this.#create(b, op.def, operands, op.result.type, op.attrs);
  }

  #create(b: Builder, def: AnyOpDef, operands: readonly Value[], type: Type, attrs: Operation["attrs"] = {}): Value {
    const { lanes } = this.#plan;
    const isWide = operands.some((x) => x.type.kind === "vector");
    const made = isWide ? operands.map((x) => widen(b, x, lanes)) : operands;
    const results = [isWide ? b.context.types.vector([lanes], (type as ScalarType).element) : type];
    return b.create(def, made, attrs, { results }).result;
  }

  /** A product that only a sum reads, and that sum, as one operation on vectors. */
  #fused(b: Builder, op: Operation, row: number, vector: number): Value | undefined {
    if (!this.#plan.isFused || (!f.addf.matches(op) && !f.subf.matches(op))) return undefined;
    const [lhs, rhs] = [op.operand(0), op.operand(1)];
    const isProduct = (x: Value): boolean =>
      f.mulf.matches(x.definingOp) && this.#plan.statement.body.includes(x.definingOp!) && x.countUses() === 1;
    const product = isProduct(rhs) ? rhs : isProduct(lhs) ? lhs : undefined;
    if (!product) return undefined;
    const { lanes } = this.#plan;
    const [a, c] = product.definingOp!.operands.map((x) => this.#value(b, x, row, vector));
    const other = this.#value(b, product === rhs ? lhs : rhs, row, vector);
    if (![a!, c!, other].some((x) => x.type.kind === "vector")) return undefined;
    const negated = (x: Value): Value => this.#create(b, f.negf as unknown as AnyOpDef, [x], x.type);
    const isDifference = f.subf.matches(op);
    const left = isDifference && product === rhs ? negated(a!) : a!;
    const acc = isDifference && product === lhs ? negated(other) : other;
    return b.value(fma, { lhs: widen(b, left, lanes), rhs: widen(b, c!, lanes), acc: widen(b, acc, lanes) }, {});
  }

  /** The number that an induction variable is, in all lanes. */
  #position(b: Builder, dim: number, row: number, vector: number): Value {
    const at = new IndexArithmetic(b);
    const first = at.value(this.#valuesAt(at, row, vector)[this.#plan.outer + dim]!);
    if (dim !== this.#plan.lane) return first;
    const { lanes } = this.#plan;
    return b.value(i.addi, { lhs: widen(b, first, lanes), rhs: laneNumbers(b, lanes) }, {});
  }

  /** Columns at a row and the first lane of a vector. */
  #valuesAt(at: IndexArithmetic, row: number, vector: number): ColumnValues {
    const { outer, lane, lanes, stream } = this.#plan;
    return this.#place.values.map((value, column) => {
      const dim = column - outer;
      if (dim === stream && dim >= 0) return this.#stepPosition;
      if (value === undefined || dim < 0) return value;
      if (dim === this.#plan.row) return at.add(value, row);
      return dim === lane ? at.add(value, vector * lanes) : value;
    });
  }

  #lanePlace(access: ArrayAccess, row: number, vector: number): LanePlace {
    const { statement, lane, outer, lanes } = this.#plan;
    const { parameters, isGuarded, panels } = this.#place;
    const panel = access.kind === "read" ? panels.get(access.op.result) : undefined;
    if (panel) {
      const inPanel = (at: IndexArithmetic): readonly Position[] => {
        const values = this.#valuesAt(at, row, vector);
        return panel.axes.map(({ column, from }) => at.sub(values[column]!, from));
      };
      return { array: panel.array, lanes, isGuarded, factors: [0, 1], positions: inPanel };
    }
    return {
      array: access.array,
      lanes,
      isGuarded,
      factors: access.indices.map((index) => index[parameters.length + lane + 1]!),
      positions: (at) => {
        const dims = this.#valuesAt(at, row, vector).slice(outer, outer + statement.dims.length);
        return access.indices.map((index) => rowAt(at, index, [...parameters, ...dims]));
      },
    };
  }
}

function laneNumbers(b: Builder, lanes: number): Value {
  return b.value(step, {}, {}, { results: [b.context.types.vector([lanes], "index")] });
}

function widenFlag(b: Builder, flag: Value, lanes: number): Value {
  return b.value(broadcast, { source: flag }, {}, { results: [b.context.types.vector([lanes], "i1")] });
}
