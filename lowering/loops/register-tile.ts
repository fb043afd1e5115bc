/**
 * @file The register tile of a contraction: a few rows by two vectors of columns, summed up in registers over the depth of
 * one packed panel. Columns beyond the block's end are masked.
 */

import type { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantIndex, constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as f from "../../ir/dialects/arith/float.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import { fma } from "../../ir/dialects/vector/arithmetic.js";
import * as vector from "../../ir/dialects/vector/memory.js";
import { broadcast } from "../../ir/dialects/vector/shape.js";
import type { Value } from "../../ir/graph.js";
import { elementOf, type VectorType } from "../../ir/types.js";
import { affinePosition } from "../affine-position.js";
import { carryingLoop, upTo } from "../structured/build-loops.js";
import { IndexArithmetic, type Position } from "../structured/index-arithmetic.js";
import { laneMask } from "../vectorize/lanes.js";
import { widen } from "../vectorize/vector-body.js";
import type { Contraction } from "./contraction.js";

/** Sizes of the register tile and of the packed panel, in elements. */
export interface TileSizes {
  readonly lanes: number;
  /** Vectors of columns per register tile. */
  readonly vectors: number;
  readonly rows: number;
  /** Summed positions per panel. */
  readonly panel: number;
  readonly fused: boolean;
}

/** A block of columns against one panel of the summed dimension. */
export interface Panel {
  readonly start: Value;
  readonly count: Value;
  readonly k0: Value;
  readonly kc: Value;
  readonly firstRow: Value;
  readonly endRow: Value;
  readonly isFirst: Value | true;
  readonly isLast: Value | true;
}

/** Where the vectors of a panel lie: at [block…, first + summed position, column]. */
export interface PackedPanel {
  readonly value: Value;
  readonly block: readonly Value[];
  readonly first: Position;
}

/** What the tiles of one contraction have in common. */
export interface RegisterTileOperands {
  readonly c: Contraction;
  readonly sizes: TileSizes;
  /** What sums begin with, instead of what the output holds. */
  readonly initial: Value | undefined;
  /** The output with its columns as one axis, the scalar side with its summed axes as one. */
  readonly output: Value;
  readonly scalars: Value;
  readonly packed: PackedPanel;
}

export class RegisterTile {
  readonly #o: RegisterTileOperands;
  readonly #context: Context;

  constructor(operands: RegisterTileOperands, context: Context) {
    this.#o = operands;
    this.#context = context;
  }

  /** How many of `left` columns hold sums of earlier panels. */
  #begun(b: Builder, left: Value, isFirst: Value | true): Value {
    if (this.#o.initial === undefined) return left;
    const none = constantIndex(b, 0);
    return isFirst === true ? none : b.value(select, { condition: isFirst, true_value: none, false_value: left }, {});
  }

  /** `height` rows by two vectors: accumulators in registers over the panel's depth. */
  build(b: Builder, point: ReadonlyMap<number, Value>, block: Panel, row: Value, column: Value, height: number): void {
    const { lanes, vectors } = this.#o.sizes;
    const at = new IndexArithmetic(b);
    const outputs = Array.from({ length: height * vectors }, (_, n) => {
      const [i, j] = [Math.floor(n / vectors), n % vectors];
      const first = at.add(column, j * lanes);
      const left = at.value(at.min(at.max(at.sub(block.count, first), 0), lanes));
      const place = this.#outputIndex(b, point, at.value(at.add(row, i)), at.value(at.add(block.start, first)));
      return { place, mask: laneMask(b, left, lanes), begun: this.#begun(b, left, block.isFirst) };
    });
    const initial = outputs.map(({ place, begun }) => this.#earlierSums(b, place, begun, block.isFirst));
    const sums = this.#depthLoop(b, point, block, row, column, initial, height);
    outputs.forEach(({ place, mask }, n) => {
      b.op(vector.maskedStore, { base: this.#o.output, indices: place, mask, valueToStore: sums[n]! }, {});
    });
  }

  /** What the output holds in its first `begun` lanes; in the others, what sums begin with. */
  #earlierSums(b: Builder, place: readonly Value[], begun: Value, isFirst: Value | true): Value {
    const { initial } = this.#o;
    const start = initial ? widen(b, initial, this.#o.sizes.lanes) : constantOf(b, 0, this.#vector());
    if (initial && isFirst === true) return start;
    const mask = laneMask(b, begun, this.#o.sizes.lanes);
    const operands = { base: this.#o.output, indices: place, mask, pass_thru: start };
    return b.value(vector.maskedLoad, operands, {}, { results: [this.#vector()] });
  }

  #depthLoop(
    b: Builder,
    point: ReadonlyMap<number, Value>,
    block: Panel,
    row: Value,
    column: Value,
    initial: readonly Value[],
    height: number,
  ): readonly Value[] {
    const { lanes, vectors } = this.#o.sizes;
    return carryingLoop(b, upTo(b, block.kc), initial, (inner, kk, sums) => {
      const at = new IndexArithmetic(inner);
      const columns = Array.from({ length: vectors }, (_, j) => at.value(at.add(column, j * lanes)));
      const { value: base, block: place, first } = this.#o.packed;
      const depth = at.value(at.add(first, kk));
      const right = columns.map((c) =>
        inner.value(vector.load, { base, indices: [...place, depth, c] }, {}, { results: [this.#vector()] }),
      );
      const k = at.value(at.add(block.k0, kk));
      return Array.from({ length: height }, (_, i) => i).flatMap((i) => {
        const left = this.#repeated(inner, point, at.value(at.add(row, i)), k);
        return right.map((v, j) => this.#multiplyAdd(inner, left, v, sums[i * vectors + j]!));
      });
    });
  }

  #vector(): VectorType {
    return this.#context.types.vector([this.#o.sizes.lanes], elementOf(this.#o.output.type));
  }

  #multiplyAdd(b: Builder, lhs: Value, rhs: Value, acc: Value): Value {
    if (this.#o.sizes.fused) return b.value(fma, { lhs, rhs, acc }, {});
    return b.value(f.addf, { lhs: acc, rhs: b.value(f.mulf, { lhs, rhs }, {}) }, {});
  }

  /** One number of the scalar side in all lanes. */
  #repeated(b: Builder, point: ReadonlyMap<number, Value>, row: Value, k: Value): Value {
    const { map } = this.#o.c.scalars;
    const position = new Map([...point, [this.#o.c.row!, row]]);
    const free = map.results.slice(0, map.results.length - this.#o.c.summed.length);
    const indices = [...free.map((e) => affinePosition(b, e, (d) => position.get(d)!)), k];
    const value = b.value(memref.load, { memref: this.#o.scalars, indices }, {});
    return b.value(broadcast, { source: value }, {}, { results: [this.#vector()] });
  }

  #outputIndex(b: Builder, point: ReadonlyMap<number, Value>, row: Value, column: Value): readonly Value[] {
    const { map } = this.#o.c.output;
    const position = new Map([...point, [this.#o.c.row!, row]]);
    const free = map.results.slice(0, map.results.length - this.#o.c.columns.length);
    return [...free.map((e) => affinePosition(b, e, (d) => position.get(d)!)), column];
  }
}
