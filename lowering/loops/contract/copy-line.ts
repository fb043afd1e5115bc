/** @file Copies neighbours in memory by vectors, what is left at the end under a mask; narrow floats become those of the target. */

import type { Builder } from "../../../ir/builder.js";
import { extf } from "../../../ir/dialects/arith/cast.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import * as vector from "../../../ir/dialects/vector/memory.js";
import type { ElementType } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { countedLoop, upTo } from "../../structured/build-loops.js";
import { IndexArithmetic } from "../../structured/index-arithmetic.js";
import { laneMask } from "../../vectorize/lanes.js";
import type { Place } from "./point.js";

export interface Line {
  readonly from: (b: Builder, position: Value) => Place;
  readonly to: (b: Builder, position: Value) => Place;
  readonly count: Value;
  readonly lanes: number;
}

export function copyLine(b: Builder, { from, to, count, lanes }: Line): void {
  const at = new IndexArithmetic(b);
  const tail = at.value(at.mod(count, lanes));
  const whole = at.value(at.sub(count, tail));
  countedLoop(b, upTo(b, whole, lanes), (here, k) => {
    const source = from(here, k);
    const type = here.context.types.vector([lanes], elementOf(source.base.type));
    const value = here.value(vector.load, source, {}, { results: [type] });
    const { base, indices } = to(here, k);
    const valueToStore = extended(here, value, elementOf(base.type));
    here.op(vector.store, { valueToStore, base, indices }, {});
  });
  countedLoop(b, { from: whole, to: count, step: lanes }, (here, k) => {
    const source = from(here, k);
    const type = here.context.types.vector([lanes], elementOf(source.base.type));
    const mask = laneMask(here, tail, lanes);
    const operands = { ...source, mask, pass_thru: constantOf(here, 0, type) };
    const value = here.value(vector.maskedLoad, operands, {}, { results: [type] });
    const { base, indices } = to(here, k);
    const valueToStore = extended(here, value, elementOf(base.type));
    here.op(vector.maskedStore, { base, indices, mask, valueToStore }, {});
  });
}

export function copyElement(b: Builder, from: Place, to: Place): void {
  const loaded = b.value(memref.load, { memref: from.base, indices: from.indices }, {});
  const value = extended(b, loaded, elementOf(to.base.type));
  b.op(memref.store, { value, memref: to.base, indices: to.indices }, {});
}

/** A number or vector as one of `element`, a wider float or the same. */
export function extended(b: Builder, x: Value, element: ElementType): Value {
  if (elementOf(x.type) === element) return x;
  const { types } = b.context;
  const type = x.type.kind === "vector" ? types.vector(x.type.shape, element) : types.scalar(element);
  return b.value(extf, { in: x }, {}, { results: [type] });
}
