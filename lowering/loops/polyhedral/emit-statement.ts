/** @file One statement at one point: its loads, a copy of its body, its store. */

import type { Builder } from "../../../ir/builder.js";
import { cloneOp, type ValueMap } from "../../../ir/clone.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import type { Value } from "../../../ir/graph.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import { positionOfRow } from "./index-rows.js";
import { type ArrayAccess, readsOf, type Scop, type Statement, writeOf } from "./scop.js";

export interface EmitOptions {
  /** Values to take instead of what an access would load. */
  readonly reads?: ReadonlyMap<ArrayAccess, Value>;
  /** Leaves the store out: the value is only given back. */
  readonly keepsValue?: boolean;
}

/** Where the access is, for dims at the given positions. */
export function indicesOf(b: Builder, scop: Scop, access: ArrayAccess, dims: readonly Position[]): Value[] {
  const columns = [...scop.parameters.map((p) => p.value), ...dims];
  const index = new IndexArithmetic(b);
  return access.indices.map((row) => index.value(positionOfRow(b, row, columns)));
}

/** Emits the statement with its dims at the given positions; gives the value that it stores. */
export function emitStatement(
  b: Builder,
  scop: Scop,
  statement: Statement,
  dims: readonly Position[],
  { reads, keepsValue = false }: EmitOptions = {},
): Value {
  const copies: ValueMap = new Map();
  const index = new IndexArithmetic(b);
  const stored = writeOf(statement).op.operand(0);
  const isUsed = (value: Value) =>
    value === stored || [...value.users].some((op) => statement.body.some((x) => x.contains(op)));
  statement.induction.forEach((value, i) => {
    if (isUsed(value)) copies.set(value, index.value(dims[i]!));
  });
  for (const read of readsOf(statement)) {
    const load = () => b.value(memref.load, { memref: read.array, indices: indicesOf(b, scop, read, dims) }, {});
    copies.set(read.op.result, reads?.get(read) ?? load());
  }
  for (const op of statement.body) {
    const copy = cloneOp(op, copies);
    b.block.insertBefore(copy, b.anchor);
    b.onCreate?.(copy);
  }
  const write = writeOf(statement);
  const value = copies.get(stored) ?? stored;
  if (!keepsValue) {
    b.op(memref.store, { value, memref: write.array, indices: indicesOf(b, scop, write, dims) }, {});
  }
  return value;
}
