/**
 * @file Which operations of a block become one kernel: each structured operation by itself, those that an earlier pass
 * marked with one `psm.group`, neighbours on single numbers (loop counters, sizes), and chains that fill one tensor
 * block by block. What is left stays with the host: calls, control flow, sizes, storage.
 */

import { compileError } from "../../ir/diagnostic.js";
import { callOp } from "../../ir/dialects/func.js";
import { fromElements } from "../../ir/dialects/tensor/access.js";
import { insertSlice } from "../../ir/dialects/tensor/slice.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { GROUP } from "../kernels.js";

/** Operations over whole tensors that are not in the `linalg` dialect. */
const copies: ReadonlySet<string> = new Set([
  "tensor.bitcast",
  "tensor.concat",
  "tensor.extract_slice",
  "tensor.generate",
  "tensor.insert",
  "tensor.insert_slice",
  "tensor.pad",
  "tensor.splat",
]);

const elementAccess: ReadonlySet<string> = new Set(["tensor.extract", "tensor.insert", "tensor.generate"]);

/** True for what computes on elements and so cannot stay with the host. */
export function isKernelOp(op: Operation): boolean {
  if (op.def.dialect === "linalg" || copies.has(op.name) || op.extra[GROUP]) return true;
  if (fromElements.matches(op)) return op.operands.some(dependsOnData) && !hasIndexElements(op.result);
  if (op.def.dialect !== "scf" || op.regions.length === 0) return false;
  return isElementNest(op);
}

/** Control flow around single elements, with nothing inside that is a kernel by itself. */
function isElementNest(op: Operation): boolean {
  const inner = [...op.walk()].slice(1);
  const isWhole = (x: Operation): boolean =>
    x.def.dialect === "linalg" || callOp.matches(x) || (copies.has(x.name) && !elementAccess.has(x.name));
  if (inner.some(isWhole)) return false;
  if (inner.some((x) => x.name === "tensor.insert" || x.name === "tensor.generate")) return op.results.length > 0;
  // A loop that only reads elements computes numbers; with tensors it would only hand them on, which is the host's.
  const isReduction = op.results.length > 0 && op.results.every((r) => r.type.kind === "scalar");
  return isReduction && op.def.traits.includes("loop") && inner.some((x) => x.name === "tensor.extract");
}

function hasIndexElements({ type }: Value): boolean {
  return type.kind === "tensor" && type.element === "index";
}

/** True where a number comes from the elements of a tensor. */
function dependsOnData(x: Value): boolean {
  const op = x.definingOp;
  if (!op || x.type.kind !== "scalar" || op.name === "tensor.dim") return false;
  return op.name === "tensor.extract" || op.regions.length > 0 || op.operands.some(dependsOnData);
}

/** The kernels of one block, as lists of operations in order. Nested blocks are left to the caller. */
export function kernelGroups(block: Block): readonly (readonly Operation[])[] {
  const groups: Operation[][] = [];
  const marked = new Map<bigint, Operation[]>();
  let open: Operation[] | undefined;
  for (const op of block.ops()) {
    if (!isKernelOp(op)) {
      // Nothing is moved across control flow.
      if (op.regions.length > 0) open = undefined;
      continue;
    }
    const mark = op.extra[GROUP];
    const before: Operation[] | undefined = mark?.kind === "int" ? marked.get(mark.value) : joined(open, op);
    const group = before ?? [];
    group.push(op);
    if (!before) groups.push(group);
    if (mark?.kind === "int") marked.set(mark.value, group);
    open = mark ? undefined : group;
  }
  return groups;
}

function joined(open: Operation[] | undefined, op: Operation): Operation[] | undefined {
  return open && joins(open, op) ? open : undefined;
}

/** Whether `op` goes on with what the kernel before it does, and nothing that it needs would have to run in between. */
function joins(group: readonly Operation[], op: Operation): boolean {
  const last = group.at(-1)!;
  const continues = insertSlice.matches(op) && insertSlice.matches(last) && isOnlyUse(last.result, op);
  if (!continues && !(isScalarOp(op) && isScalarOp(last))) return false;
  const between = operationsBetween(group[0]!, op).filter((x) => !group.includes(x));
  return ![...dependents(group, between)].some((x) => needs(op, x));
}

function isOnlyUse(value: Value, user: Operation): boolean {
  return value.countUses() === 1 && value.users.has(user);
}

/** Every tensor it touches is a single number. */
function isScalarOp(op: Operation): boolean {
  if (op.def.dialect !== "linalg" && !fromElements.matches(op)) return false;
  return [...op.operands, ...op.results].every((x) => x.type.kind !== "tensor" || x.type.shape.length === 0);
}

function operationsBetween(first: Operation, last: Operation): readonly Operation[] {
  const ops: Operation[] = [];
  for (let op: Operation | undefined = first; op && op !== last; op = op.next) ops.push(op);
  return ops;
}

/** Those of `candidates`, in order, that depend on `group`, directly or through each other. */
function dependents(group: readonly Operation[], candidates: readonly Operation[]): ReadonlySet<Operation> {
  const tainted = new Set<Value>(group.flatMap((op) => op.results));
  const found = new Set<Operation>();
  for (const op of candidates) {
    if (![...valuesReadBy(op)].some((x) => tainted.has(x))) continue;
    found.add(op);
    for (const r of op.results) tainted.add(r);
  }
  return found;
}

function needs(op: Operation, producer: Operation): boolean {
  const results = new Set(producer.results);
  for (const x of valuesReadBy(op)) if (results.has(x)) return true;
  return false;
}

/** Operands of the operation and of everything inside it. */
export function* valuesReadBy(op: Operation): Generator<Value> {
  for (const inner of op.walk()) yield* inner.operands;
}

/** Operations of one block as they follow each other there. */
export function inOrder(ops: readonly Operation[]): readonly Operation[] {
  return [...ops].sort((a, b) => (a === b ? 0 : a.isBefore(b) ? -1 : 1));
}

/**
 * Makes room for a group as one operation: what lies between its first and last operation and depends on it moves
 * behind. A group that something outside must interrupt is a fault of the pass that marked it.
 */
export function gather(group: readonly Operation[]): Operation {
  const sorted = inOrder(group);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const between = operationsBetween(first, last).filter((op) => !group.includes(op));
  const later = dependents(group, between);
  const needed = group.find((op) => [...later].some((x) => needs(op, x)));
  if (needed)
    throw compileError(
      "PS3010",
      "a group of operations cannot be one kernel: its operations depend on each other through others",
      { at: needed.at },
    );
  const { block, next } = last;
  for (const op of later) {
    op.detach();
    block!.insertBefore(op, next);
  }
  return last;
}
