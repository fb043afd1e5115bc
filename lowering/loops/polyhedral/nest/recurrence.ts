/**
 * @file Recurrences along a row, `x[j] = a x[j - 1] + rest` with a number `a`: `rest` is computed in lanes, and the lanes
 * are then joined by a scan, in as many steps as the logarithm of the lanes.
 */

import { type Basic, basicOf, type Constraint, constraintsOf } from "../../../../ir/analysis/sets/basic.js";
import { isEmptyBasic } from "../../../../ir/analysis/sets/feasibility.js";
import { type Row, rowOf, Work } from "../../../../ir/analysis/sets/linear.js";
import type { Builder } from "../../../../ir/builder.js";
import { constantOf, constantScalarOf } from "../../../../ir/dialects/arith/constant.js";
import * as f from "../../../../ir/dialects/arith/float.js";
import { fma } from "../../../../ir/dialects/vector/arithmetic.js";
import { insert } from "../../../../ir/dialects/vector/element.js";
import { shuffle } from "../../../../ir/dialects/vector/shape.js";
import type { Operation, Value } from "../../../../ir/graph.js";
import { elementOf } from "../../../../ir/types.js";
import { type ArrayAccess, readsOf, type Statement, writeOf } from "../scop.js";
import { laneMotion } from "./lane-access.js";
import { dependencesInNest } from "./nest-dependences.js";

export interface Recurrence {
  /** The element that the point before wrote. */
  readonly read: ArrayAccess;
  /** What it is multiplied by. */
  readonly factor: number;
  /** Divisions of it, with the numbers to multiply by instead. */
  readonly inverses: ReadonlyMap<Operation, number>;
}

/**
 * The recurrence along the last of the `free` dims, where nothing else holds the points of a row back. `fixed`: rows over
 * [parameters, dims] that have one value in a run of the nest. `SetsTooLarge` where that is too costly to decide.
 */
export function recurrenceOf(
  statement: Statement,
  free: readonly number[],
  fixed: readonly Row[],
): Recurrence | undefined {
  const lane = free.at(-1);
  if (lane === undefined || statement.reduction || !/^f(32|64)$/.test(elementOf(writeOf(statement).array.type))) {
    return undefined;
  }
  const factors = (access: ArrayAccess) => access.indices.map((row) => row.at(lane - statement.dims.length)!);
  if (statement.accesses.some((x) => laneMotion({ array: x.array, factors: factors(x) }) !== "contiguous")) {
    return undefined;
  }
  const read = readsOf(statement).find((x) => isBehind(x, writeOf(statement)));
  const linear = read && linearIn(statement, read.op.result);
  if (!read || !linear || Math.abs(linear.factor) > 1) return undefined;
  const before = free.slice(0, -1).map((d) => dimRow(statement, d));
  return isAlone(statement, lane, read, [...fixed, ...before]) ? { read, ...linear } : undefined;
}

function dimRow({ domain, dims }: Statement, dim: number): Row {
  const first = domain.space.params.length;
  return rowOf(first + dims.length, 0, [first + dim, 1]);
}

/** The access is one element in front of the other. */
function isBehind(x: ArrayAccess, write: ArrayAccess): boolean {
  const last = write.indices.length - 1;
  return (
    x.array === write.array &&
    write.indices.every((row, axis) =>
      row.every((c, k) => x.indices[axis]![k] === (axis === last && k === 0 ? c - 1 : c)),
    )
  );
}

/** How the value that is written depends on `x`, where it does so as `factor x + rest`. */
function linearIn({ accesses, body }: Statement, x: Value): Omit<Recurrence, "read"> | undefined {
  const factors = new Map<Value, number>([[x, 1]]);
  const inverses = new Map<Operation, number>();
  for (const op of body) {
    if (!op.operands.some((operand) => factors.has(operand))) continue;
    const [lhs, rhs] = [op.operand(0), op.operand(1 % op.operands.length)];
    const [a, c] = [factors.get(lhs), factors.get(rhs)];
    const number = constantScalarOf(a === undefined ? lhs : rhs);
    if (f.addf.matches(op)) factors.set(op.result, (a ?? 0) + (c ?? 0));
    else if (f.subf.matches(op)) factors.set(op.result, (a ?? 0) - (c ?? 0));
    else if (f.mulf.matches(op) && typeof number === "number" && (a === undefined || c === undefined))
      factors.set(op.result, (a ?? c)! * number);
    else if (f.divf.matches(op) && c === undefined && typeof number === "number" && number !== 0) {
      factors.set(op.result, a! / number);
      inverses.set(op, 1 / number);
    } else return undefined;
  }
  const factor = factors.get(accesses.at(-1)!.op.operand(0));
  return factor === undefined ? undefined : { factor, inverses };
}

/** Points of a row wait for nothing but the element right behind them: others that they read are written later. */
function isAlone(statement: Statement, lane: number, carried: ArrayAccess, fixed: readonly Row[]): boolean {
  const write = writeOf(statement);
  return statement.accesses
    .filter(({ array }) => array === write.array)
    .every((access) => {
      const alone: Statement = { ...statement, accesses: access === write ? [write] : [access, write] };
      const [relation] = dependencesInNest(alone, fixed);
      const least = access === carried ? 2 : 1;
      return relation!.basics.every((basic) => isEmptyBasic(further(basic, statement, lane, least), new Work()));
    });
}

/** The pairs of which the second point is at least so many steps further along the dim. */
function further(basic: Basic, { dims, domain }: Statement, dim: number, least: number): Basic {
  const first = domain.space.params.length;
  const row = rowOf(basic.columns, -least, [first + dim, -1], [first + dims.length + dim, 1]);
  const constraint: Constraint = { kind: "ge", row };
  return basicOf(basic.columns, [...constraintsOf(basic), constraint]);
}

/**
 * Joins the lanes of `rest`: the elements of a vector, and the last of them in all lanes. `before` has the element in front
 * of the vector in all lanes.
 */
export function scanLanes(
  b: Builder,
  rest: Value,
  before: Value,
  { factor, lanes, isFused }: { readonly factor: number; readonly lanes: number; readonly isFused: boolean },
): { readonly elements: Value; readonly last: Value } {
  const type = rest.type as Parameters<typeof constantOf>[2];
  const splat = (x: number): Value => constantOf(b, x, type);
  const multiplyAdd = (lhs: Value, rhs: Value, acc: Value): Value =>
    isFused
      ? b.value(fma, { lhs, rhs, acc }, {})
      : b.value(f.addf, { lhs: b.value(f.mulf, { lhs, rhs }, {}), rhs: acc }, {});
  const moved = (v1: Value, v2: Value, mask: readonly number[]): Value =>
    b.value(shuffle, { v1, v2 }, { mask: [...mask] });
  const all = Array.from({ length: lanes }, (_, k) => k);
  let sums = rest;
  for (let step = 1; step < lanes; step *= 2) {
    const behind = moved(
      sums,
      splat(0),
      all.map((k) => (k < step ? lanes : k - step)),
    );
    sums = multiplyAdd(behind, splat(factor ** step), sums);
  }
  const powers = all.reduce<Value>((dest, k) => {
    const valueToStore = constantOf(b, factor ** (k + 1), b.context.types.scalar(elementOf(rest.type)));
    return b.value(insert, { valueToStore, dest, dynamic_position: [] }, { static_position: [k] });
  }, splat(0));
  const end = moved(
    sums,
    sums,
    all.map(() => lanes - 1),
  );
  return { elements: multiplyAdd(before, powers, sums), last: multiplyAdd(before, splat(factor ** lanes), end) };
}
