/** @file What a store depends on: the loads and pure operations behind its value, each safe to repeat right before it. */

import type { AffineMap } from "../../../ir/affine.js";
import { combineRows } from "../../../ir/analysis/sets/linear.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { rowOfSum, type Sum, sumOfValue } from "./affine-sums.js";
import { checkedBy, sumsOfMap } from "./read-control.js";
import { hasMemoryOf, inputsOf, isHoistedValue, isPure, Refused } from "./read-values.js";

/** An access before the columns of its rows are known. */
export interface AccessSums {
  readonly kind: "read" | "write";
  readonly op: Operation;
  readonly array: Value;
  readonly indices: readonly Sum[];
}

export const isLoad = (op: Operation): boolean => op.name === "affine.load" || op.name === "memref.load";
export const isStore = (op: Operation): boolean => op.name === "affine.store" || op.name === "memref.store";

export function accessOf(op: Operation, func: Operation): AccessSums {
  const kind = isStore(op) ? "write" : "read";
  if (!hasMemoryOf(op, func)) throw new Refused("the memref accessed is made inside", op);
  const at = kind === "write" ? 1 : 0;
  const operands = op.operands.slice(at + 1);
  const map = op.attrs["map"] as AffineMap | undefined;
  const indices = map ? sumsOfMap(op, map, operands) : operands.map(checkedBy(op)).map(sumOfValue);
  return { kind, op, array: op.operand(at), indices };
}

/** Loads and pure operations behind the value of a store, in program order. */
export function sliceOf(
  store: Operation,
  func: Operation,
): { readonly loads: Operation[]; readonly body: Operation[] } {
  const found = new Set<Operation>();
  const visit = (value: Value): void => {
    if (isHoistedValue(value, func)) return;
    const op = value.definingOp;
    if (op === undefined) checkedBy(store)(value);
    if (op === undefined || found.has(op)) return;
    found.add(op);
    if (isLoad(op)) checkUnchanged(op, store, func);
    else if (isPure(op)) inputsOf(op).forEach(visit);
    else throw new Refused(`the value stored depends on ${op.name}`, store);
  };
  visit(store.operand(0));
  const order = [...func.walk()].filter((op) => found.has(op));
  return { loads: order.filter(isLoad), body: order.filter((op) => !isLoad(op)) };
}

/** Refuses a load whose element may be written between it and the store. */
function checkUnchanged(load: Operation, store: Operation, func: Operation): void {
  let around: Operation | undefined = store;
  while (around && around.block !== load.block) around = around.parent;
  if (around === undefined) throw new Refused("a value stored is loaded elsewhere", store);
  const refuse = () => new Refused("an element may change between its load and a use of its value", load);
  for (let op = load.next; op && op !== around; op = op.next) {
    for (const inner of op.walk()) if (isStore(inner) && mayMeet(load, inner, func)) throw refuse();
  }
  if (around === store) return;
  for (const inner of around.walk()) if (isStore(inner) && inner.operand(1) === load.operand(0)) throw refuse();
}

/** Whether a store may write what a load of the same iteration reads. */
function mayMeet(load: Operation, store: Operation, func: Operation): boolean {
  if (load.operand(0) !== store.operand(1)) return false;
  if (load.block !== store.block) return true;
  const [read, written] = [accessOf(load, func), accessOf(store, func)];
  const columns = [...new Set([...read.indices, ...written.indices].flatMap((s) => [...s.terms.keys()]))];
  return read.indices.every((sum, i) => {
    const difference = combineRows(1, rowOfSum(sum, columns)!, -1, rowOfSum(written.indices[i]!, columns)!);
    return difference[0] === 0 || difference.some((x, k) => k > 0 && x !== 0);
  });
}
