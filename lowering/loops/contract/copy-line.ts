/** @file Copies neighbours in memory by vectors, what is left at the end under a mask; narrow numbers become those of the target. */

import type { Builder } from "../../../ir/builder.js";
import { extf, sitofp, uitofp } from "../../../ir/dialects/arith/cast.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import { xori } from "../../../ir/dialects/arith/integer.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import { type ElementType, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf, type ScalarType, type VectorType } from "../../../ir/types.js";
import { countedLoop, upTo } from "../../structured/build-loops.js";
import { IndexArithmetic } from "../../structured/index-arithmetic.js";
import { laneMask } from "../../vectorize/lanes.js";
import type { Place } from "./point.js";

type NumberType = ScalarType | VectorType;

export interface Line {
  readonly from: (b: Builder, position: Value) => Place;
  readonly to: (b: Builder, position: Value) => Place;
  readonly count: Value;
  readonly lanes: number;
  /** An element as one of the target. */
  readonly convert?: Conversion;
}

/** A number or vector as one of another element. */
export type Conversion = (b: Builder, x: Value, element: ElementType) => Value;

export function copyLine(b: Builder, { from, to, count, lanes, convert = extended(false) }: Line): void {
  const at = new IndexArithmetic(b);
  const tail = at.value(at.mod(count, lanes));
  const whole = at.value(at.sub(count, tail));
  countedLoop(b, upTo(b, whole, lanes), (here, k) => {
    const source = from(here, k);
    const type = here.context.types.vector([lanes], elementOf(source.base.type));
    const value = here.value(vector.load, source, {}, { results: [type] });
    const { base, indices } = to(here, k);
    const valueToStore = convert(here, value, elementOf(base.type));
    here.op(vector.store, { valueToStore, base, indices }, {});
  });
  countedLoop(b, { from: whole, to: count, step: lanes }, (here, k) => {
    const source = from(here, k);
    const type = here.context.types.vector([lanes], elementOf(source.base.type));
    const mask = laneMask(here, tail, lanes);
    const operands = { ...source, mask, pass_thru: constantOf(here, 0, type) };
    const value = here.value(vector.maskedLoad, operands, {}, { results: [type] });
    const { base, indices } = to(here, k);
    const valueToStore = convert(here, value, elementOf(base.type));
    here.op(vector.maskedStore, { base, indices, mask, valueToStore }, {});
  });
}

export function copyElement(b: Builder, from: Place, to: Place, convert: Conversion): void {
  const loaded = b.value(memref.load, { memref: from.base, indices: from.indices }, {});
  const value = convert(b, loaded, elementOf(to.base.type));
  b.op(memref.store, { value, memref: to.base, indices: to.indices }, {});
}

/** Numbers as those of a wider float or the same; integers with a sign or without. */
export function extended(isUnsigned: boolean): Conversion {
  return (b, x, element) => {
    const from = elementOf(x.type);
    if (from === element) return x;
    const { types } = b.context;
    const type = x.type.kind === "vector" ? types.vector(x.type.shape, element) : types.scalar(element);
    const op = isFloat(from) ? extf : isUnsigned ? uitofp : sitofp;
    return b.value(op, { in: x }, {}, { results: [type] });
  };
}

/** Signed bytes as unsigned ones that are 128 larger: the same bits but for the first. */
export const moved: Conversion = (b, x) =>
  b.value(xori, { lhs: x, rhs: constantOf(b, -128, x.type as NumberType) }, {});
