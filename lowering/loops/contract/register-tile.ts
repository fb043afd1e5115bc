/**
 * @file A micro-kernel at one place: loads the sums, carries them in registers over the summed positions, stores them.
 * Columns beyond the end are masked. Where operands lie is the caller's to say.
 */

import type { Builder } from "../../../ir/builder.js";
import { fptosi } from "../../../ir/dialects/arith/cast.js";
import { constantIndex, constantOf, select } from "../../../ir/dialects/arith/constant.js";
import * as f from "../../../ir/dialects/arith/float.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import { dotBytes } from "../../../ir/dialects/cpu/products.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import { fma } from "../../../ir/dialects/vector/arithmetic.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import { broadcast } from "../../../ir/dialects/vector/shape.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf, type VectorType } from "../../../ir/types.js";
import { carryingLoop, type Range } from "../../structured/build-loops.js";
import { IndexArithmetic } from "../../structured/index-arithmetic.js";
import { laneMask } from "../../vectorize/lanes.js";
import { widen } from "../../vectorize/vector-body.js";
import { type Arithmetic, plain } from "./arithmetic.js";
import { type Conversion, extended } from "./copy-line.js";
import type { MicroKernel } from "./micro-kernel.js";
import type { Place } from "./point.js";

/** A tile of the output. */
export interface RegisterTile {
  /** Of the output. */
  readonly element: ElementType;
  /** Numbers of the output as they are, where absent. */
  readonly arithmetic?: Arithmetic;
  /** What the vector side holds as what is summed; narrow floats become wider, where absent. */
  readonly convert?: Conversion;
  readonly kernel: MicroKernel;
  /** Rows, no more than the micro-kernel's. */
  readonly height: number;
  /** Columns from the tile's first to the end of what is computed; may be more than the tile has. */
  readonly columns: Value;
  /** Loops over the summed positions, outermost first. */
  readonly depth: readonly Range[];
  /** What sums begin with; those in the output, where absent. */
  readonly initial: Value | undefined;
  /** Whether nothing has been summed yet; matters where there is an initial value. */
  readonly isFirst: Value | true;
  /** Of the output at a row and a vector of columns of the tile. */
  readonly output: (b: Builder, row: number, vector: number) => Place;
  /** Of the scalar side. */
  readonly scalar: (b: Builder, row: number, depth: readonly Value[]) => Place;
  /** Of the packed vector side. */
  readonly vector: (b: Builder, vector: number, depth: readonly Value[]) => Place;
}

export function buildRegisterTile(b: Builder, tile: RegisterTile): void {
  const { lanes, vectors } = tile.kernel;
  const at = new IndexArithmetic(b);
  const lefts = Array.from({ length: vectors }, (_, j) =>
    at.value(at.min(at.max(at.sub(tile.columns, j * lanes), 0), lanes)),
  );
  const masks = lefts.map((left) => laneMask(b, left, lanes));
  const places = Array.from({ length: tile.height * vectors }, (_, n) =>
    tile.output(b, Math.floor(n / vectors), n % vectors),
  );
  const begun = tile.initial === undefined ? masks : begunMasks(b, tile, lefts);
  const first = places.map((place, n) => earlierSums(b, tile, place, begun?.[n % vectors]));
  const sums = summed(b, tile, first);
  places.forEach(({ base, indices }, n) => {
    b.op(vector.maskedStore, { base, indices, mask: masks[n % vectors]!, valueToStore: sums[n]! }, {});
  });
}

/** The sums over all positions, begun with `first`, as elements of the output. */
function summed(b: Builder, tile: RegisterTile, first: readonly Value[]): readonly Value[] {
  const { sum, isMoved } = arithmeticIn(tile);
  const zero = constantOf(b, 0, b.context.types.vector([tile.kernel.lanes], sum));
  if (sum !== tile.element) {
    const sums = depthLoops(
      b,
      tile,
      tile.depth,
      [],
      Array.from(first, () => zero),
    );
    const results = [vectorOf(b, tile)];
    return sums.map((rhs, n) =>
      b.value(i.addi, { lhs: first[n]!, rhs: b.value(fptosi, { in: rhs }, {}, { results }) }, {}),
    );
  }
  if (!isMoved) return depthLoops(b, tile, tile.depth, [], first);
  const { vectors } = tile.kernel;
  const sums = depthLoops(b, tile, tile.depth, [], [...first, ...Array.from({ length: vectors }, () => zero)]);
  const tooMuch = sums.slice(first.length);
  return sums.slice(0, first.length).map((lhs, n) => b.value(i.subi, { lhs, rhs: tooMuch[n % vectors]! }, {}));
}

/** The lanes that hold sums of earlier steps; `undefined` where none does. */
function begunMasks(b: Builder, { isFirst, kernel }: RegisterTile, lefts: readonly Value[]) {
  if (isFirst === true) return undefined;
  const none = constantIndex(b, 0);
  return lefts.map((left) => {
    const count = b.value(select, { condition: isFirst, true_value: none, false_value: left }, {});
    return laneMask(b, count, kernel.lanes);
  });
}

function earlierSums(b: Builder, tile: RegisterTile, { base, indices }: Place, begun: Value | undefined): Value {
  const type = vectorOf(b, tile);
  const start = tile.initial ? widen(b, tile.initial, tile.kernel.lanes) : constantOf(b, 0, type);
  if (!begun) return start;
  return b.value(vector.maskedLoad, { base, indices, mask: begun, pass_thru: start }, {}, { results: [type] });
}

function depthLoops(
  b: Builder,
  tile: RegisterTile,
  ranges: readonly Range[],
  at: readonly Value[],
  sums: readonly Value[],
): readonly Value[] {
  const [range, ...inner] = ranges;
  if (!range) return step(b, tile, at, sums);
  return carryingLoop(b, range, sums, (here, position, carried) =>
    depthLoops(here, tile, inner, [...at, position], carried),
  );
}

/** One step along the summed dimensions. */
function step(b: Builder, tile: RegisterTile, depth: readonly Value[], sums: readonly Value[]): readonly Value[] {
  const { lanes, vectors, isFused } = tile.kernel;
  const { sum, step: positions } = arithmeticIn(tile);
  const convert = tile.convert ?? extended(false);
  const right = Array.from({ length: vectors }, (_, j) => {
    const { base, indices } = tile.vector(b, j, depth);
    const stored = b.context.types.vector([lanes * positions], elementOf(base.type));
    const read = b.value(vector.load, { base, indices }, {}, { results: [stored] });
    return positions === 1 ? convert(b, read, sum) : read;
  });
  if (positions > 1) return quads(b, tile, depth, right, sums);
  const type = b.context.types.vector([lanes], sum);
  return Array.from({ length: tile.height }, (_, row) => row).flatMap((row) => {
    const { base, indices } = tile.scalar(b, row, depth);
    const number = b.value(memref.load, { memref: base, indices }, {});
    const left = b.value(broadcast, { source: number }, {}, { results: [type] });
    return right.map((v, j) => multiplyAdd(b, isFused, left, v, sums[row * vectors + j]!));
  });
}

/** Four positions at once; where bytes were moved, also the sums of what they were moved by. */
function quads(
  b: Builder,
  tile: RegisterTile,
  depth: readonly Value[],
  right: readonly Value[],
  sums: readonly Value[],
): readonly Value[] {
  const { step: positions, isMoved } = arithmeticIn(tile);
  const type = b.context.types.vector([positions], "i8");
  const lefts = Array.from({ length: tile.height }, (_, row) => {
    const { base, indices } = tile.scalar(b, row, depth);
    return b.value(vector.load, { base, indices }, {}, { results: [type] });
  });
  const all = isMoved ? [...lefts, constantOf(b, -128, type)] : lefts;
  return all.flatMap((quad, row) =>
    right.map((bytes, j) => b.value(dotBytes, { quad, bytes, acc: sums[row * right.length + j]! }, {})),
  );
}

function multiplyAdd(b: Builder, isFused: boolean, lhs: Value, rhs: Value, acc: Value): Value {
  if (isFused) return b.value(fma, { lhs, rhs, acc }, {});
  return b.value(f.addf, { lhs: acc, rhs: b.value(f.mulf, { lhs, rhs }, {}) }, {});
}

function arithmeticIn({ arithmetic, element }: RegisterTile): Arithmetic {
  return arithmetic ?? plain(element);
}

function vectorOf(b: Builder, { element, kernel }: RegisterTile): VectorType {
  return b.context.types.vector([kernel.lanes], element);
}
