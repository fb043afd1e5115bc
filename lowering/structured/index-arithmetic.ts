/** @file Arithmetic on `index` values in bodies: positions computed rather than mapped. */

import type { Builder } from "../../ir/builder.js";
import type { IntegerPredicate } from "../../ir/dialects/arith/attributes.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { indexCast } from "../../ir/dialects/arith/cast.js";
import { constantIndex, constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";

/** A position: a value, or a number known now. */
export type Position = Value | number;

export class IndexArithmetic {
  readonly b: Builder;

  constructor(b: Builder) {
    this.b = b;
  }

  value(x: Position): Value {
    return typeof x === "number" ? constantIndex(this.b, x) : x;
  }

  add(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return x + y;
    if (x === 0) return y;
    return y === 0 ? x : this.b.value(i.addi, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  sub(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return x - y;
    return y === 0 ? x : this.b.value(i.subi, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  mul(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return x * y;
    if (x === 1) return y;
    return y === 1 ? x : this.b.value(i.muli, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  /** Quotient and remainder of non-negative positions. */
  floorDiv(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return Math.floor(x / y);
    return y === 1 ? x : this.b.value(i.divui, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  mod(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return x % y;
    return y === 1 ? 0 : this.b.value(i.remui, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  /** The quotient, rounded up, of non-negative positions. */
  ceilDiv(x: Position, y: number): Position {
    return y === 1 ? x : this.floorDiv(this.add(x, y - 1), y);
  }

  min(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return Math.min(x, y);
    return this.b.value(i.minsi, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  max(x: Position, y: Position): Position {
    if (typeof x === "number" && typeof y === "number") return Math.max(x, y);
    return this.b.value(i.maxsi, { lhs: this.value(x), rhs: this.value(y) }, {});
  }

  /** `x` brought into [low, high]; an empty range gives `low`. */
  clamp(x: Position, low: Position, high: Position): Position {
    return this.max(this.min(x, high), low);
  }

  compare(predicate: IntegerPredicate, x: Position, y: Position): Value {
    return this.b.value(i.cmpi, { lhs: this.value(x), rhs: this.value(y) }, { predicate });
  }

  and(...conditions: readonly Value[]): Value {
    return conditions.reduce((lhs, rhs) => this.b.value(i.andi, { lhs, rhs }, {}));
  }

  not(condition: Value): Value {
    const yes = constantOf(this.b, 1, this.b.context.types.scalar("i1"));
    return this.b.value(i.xori, { lhs: condition, rhs: yes }, {});
  }

  /** `x` where the condition holds, else `y`. */
  select(condition: Value, x: Position, y: Position): Position {
    const [yes, no] = [this.value(x), this.value(y)];
    return x === y ? x : this.b.value(select, { condition, true_value: yes, false_value: no }, {});
  }

  /** An integer of StableHLO element `element` as an `index`; unsigned ones keep their value. */
  fromInteger(x: Value, element: ElementType): Value {
    if (element === "index") return x;
    const def = elementFacts[element].kind === "int" ? indexCast : cast.indexCastui;
    return this.b.value(def, { in: x }, {}, { results: [this.b.context.types.scalar("index")] });
  }
}

/** A position computed on the spot. */
export function computed(b: Builder, position: (at: IndexArithmetic) => Position): Value {
  const at = new IndexArithmetic(b);
  return at.value(position(at));
}

/** The positions along each size of a row-major flat position. */
export function unflatten(b: Builder, flat: Value, sizes: readonly Value[]): readonly Value[] {
  const at = new IndexArithmetic(b);
  const positions: Value[] = [];
  let rest: Position = flat;
  for (let k = sizes.length - 1; k > 0; k--) {
    positions.unshift(at.value(at.mod(rest, sizes[k]!)));
    rest = at.floorDiv(rest, sizes[k]!);
  }
  return [at.value(rest), ...positions];
}
