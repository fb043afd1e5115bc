/** @file Reads and writes of the elements that the lanes of one vector are at. */

import type { Builder } from "../../../../ir/builder.js";
import { constantOf } from "../../../../ir/dialects/arith/constant.js";
import * as i from "../../../../ir/dialects/arith/integer.js";
import * as memref from "../../../../ir/dialects/memref/storage.js";
import { ifOp } from "../../../../ir/dialects/scf/branch.js";
import { yieldOp } from "../../../../ir/dialects/scf/yield.js";
import { extract, insert } from "../../../../ir/dialects/vector/element.js";
import * as vector from "../../../../ir/dialects/vector/memory.js";
import { shuffle, step } from "../../../../ir/dialects/vector/shape.js";
import type { Value } from "../../../../ir/graph.js";
import { elementOf, type MemRefType, type VectorType } from "../../../../ir/types.js";
import { axisSize } from "../../../shape-values.js";
import { hasNeighbours, type Motion } from "../../../structured/access.js";
import { IndexArithmetic, type Position } from "../../../structured/index-arithmetic.js";
import { widen } from "../../../vectorize/vector-body.js";

export interface LanePlace {
  readonly array: Value;
  readonly lanes: number;
  /** Positions may be outside of the array: what is there is not read or written. */
  readonly isGuarded: boolean;
  /** How far each axis moves from lane to lane. */
  readonly factors: readonly number[];
  /** The indices of lane 0. */
  readonly positions: (at: IndexArithmetic) => readonly Position[];
}

/** How a place moves from lane to lane; `reversed`: to the neighbour before it in memory. */
export type LaneMotion = Motion | "reversed";

export function laneMotion({ array, factors }: Pick<LanePlace, "array" | "factors">): LaneMotion {
  if (factors.every((x) => x === 0)) return "fixed";
  const last = factors.at(-1)!;
  const isLine = Math.abs(last) === 1 && factors.slice(0, -1).every((x) => x === 0) && hasNeighbours(array.type);
  if (!isLine) return "strided";
  return last === 1 ? "contiguous" : "reversed";
}

/** A number where all lanes read the same element, else a vector. */
export function loadLanes(b: Builder, place: LanePlace): Value {
  const at = new IndexArithmetic(b);
  const motion = laneMotion(place);
  const first = place.positions(at);
  if (motion === "fixed") return b.value(memref.load, { memref: place.array, indices: inside(at, place, first) }, {});
  const type = vectorOf(b, place);
  if (motion === "strided") {
    let gathered = constantOf(b, 0, type);
    for (let lane = 0; lane < place.lanes; lane++) {
      const indices = inside(at, place, atLane(at, place, first, lane));
      const valueToStore = b.value(memref.load, { memref: place.array, indices }, {});
      gathered = b.value(insert, { valueToStore, dest: gathered, dynamic_position: [] }, { static_position: [lane] });
    }
    return gathered;
  }
  if (motion === "contiguous") return loadLine(b, place, first);
  return turnedAround(b, loadLine(b, place, lastLane(at, place, first)), place.lanes);
}

/** Neighbours in memory, the first of them at the indices. */
function loadLine(b: Builder, place: LanePlace, first: readonly Position[]): Value {
  const at = new IndexArithmetic(b);
  const type = vectorOf(b, place);
  if (!place.isGuarded) {
    const indices = first.map((x) => at.value(x));
    return b.value(vector.load, { base: place.array, indices }, {}, { results: [type] });
  }
  const operands = { base: place.array, indices: insideRow(at, place, first), pass_thru: constantOf(b, 0, type) };
  return b.value(vector.maskedLoad, { ...operands, mask: lanesInside(b, place, first) }, {}, { results: [type] });
}

/** Where the last lane is: of places in reverse the first one in memory. */
const lastLane = (at: IndexArithmetic, place: LanePlace, first: readonly Position[]): Position[] =>
  atLane(at, place, first, place.lanes - 1);

/** The lanes in reverse. */
function turnedAround(b: Builder, source: Value, lanes: number): Value {
  const mask = Array.from({ length: lanes }, (_, i) => lanes - 1 - i);
  return b.value(shuffle, { v1: source, v2: source }, { mask });
}

/** Lanes that all write one element must not come here. */
export function storeLanes(b: Builder, place: LanePlace, value: Value, mask: Value | undefined): void {
  const at = new IndexArithmetic(b);
  const first = place.positions(at);
  const motion = laneMotion(place);
  if (motion === "strided") {
    for (let lane = 0; lane < place.lanes; lane++)
      storeLane(b, place, atLane(at, place, first, lane), value, mask, lane);
    return;
  }
  const isReversed = motion === "reversed";
  const inMemory = (lanes: Value): Value => (isReversed ? turnedAround(b, lanes, place.lanes) : lanes);
  const indices = (isReversed ? lastLane(at, place, first) : first).map((x) => at.value(x));
  const operands = { base: place.array, indices, valueToStore: inMemory(value) };
  if (mask) b.op(vector.maskedStore, { ...operands, mask: inMemory(mask) }, {});
  else b.op(vector.store, operands, {});
}

function storeLane(
  b: Builder,
  { array }: LanePlace,
  indices: readonly Position[],
  source: Value,
  mask: Value | undefined,
  lane: number,
): void {
  const position = { static_position: [lane] };
  const store = (inner: Builder): void => {
    const at = new IndexArithmetic(inner);
    const value = inner.value(extract, { source, dynamic_position: [] }, position);
    inner.op(memref.store, { value, memref: array, indices: indices.map((x) => at.value(x)) }, {});
  };
  if (!mask) {
    store(b);
    return;
  }
  const condition = b.value(extract, { source: mask, dynamic_position: [] }, position);
  const then = b.region([], (inner) => {
    store(inner);
    inner.op(yieldOp, { results: [] }, {});
  });
  const otherwise = b.region([], (inner) => inner.op(yieldOp, { results: [] }, {}));
  b.op(ifOp, { condition }, {}, { regions: [then, otherwise], results: [] });
}

function atLane(at: IndexArithmetic, { factors }: LanePlace, first: readonly Position[], lane: number): Position[] {
  return first.map((x, axis) => at.add(x, factors[axis]! * lane));
}

/** Indices brought into the array. */
function inside(at: IndexArithmetic, { array, isGuarded }: LanePlace, indices: readonly Position[]): readonly Value[] {
  if (!isGuarded) return indices.map((x) => at.value(x));
  return indices.map((x, axis) => at.value(at.clamp(x, 0, at.sub(sizeAt(at, array, axis), 1))));
}

/** All indices but the last brought into the array. */
function insideRow(at: IndexArithmetic, place: LanePlace, indices: readonly Position[]): readonly Value[] {
  return [...inside(at, place, indices.slice(0, -1)), at.value(indices.at(-1)!)];
}

function lanesInside(b: Builder, { array, lanes }: LanePlace, first: readonly Position[]): Value {
  const at = new IndexArithmetic(b);
  const index = b.context.types.vector([lanes], "index");
  const numbers = b.value(step, {}, {}, { results: [index] });
  const along = b.value(i.addi, { lhs: numbers, rhs: widen(b, at.value(first.at(-1)!), lanes) }, {});
  const compare = (predicate: "sge" | "slt", bound: Position): Value =>
    b.value(i.cmpi, { lhs: along, rhs: widen(b, at.value(bound), lanes) }, { predicate });
  const size = sizeAt(at, array, first.length - 1);
  return b.value(i.andi, { lhs: compare("sge", 0), rhs: compare("slt", size) }, {});
}

function sizeAt(at: IndexArithmetic, array: Value, axis: number): Position {
  const size = (array.type as MemRefType).shape[axis]!;
  return typeof size === "number" ? size : axisSize(at.b, array, axis);
}

function vectorOf(b: Builder, { array, lanes }: LanePlace): VectorType {
  return b.context.types.vector([lanes], elementOf(array.type));
}
