/**
 * @file Which axes have to have one size: an axis of a tensor and the dimension that a structured operation walks it with are
 * one class, and so are all that are tied by operations in between. A class is padded whole or not at all: this is how
 * padding is carried through chains of operations: nothing is cut off and padded again between them.
 */

import { type AffineExpr, isFunctionOfDim } from "../../../ir/affine-expr.js";
import { generic } from "../../../ir/dialects/linalg/structured.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { type Access, accessesOf, shapeOf } from "../../structured/access.js";

/** A class, told by one of its members. */
export type AxisClass = number;

export class AxisClasses {
  readonly #parents: number[] = [];
  readonly #dims = new Map<Operation, number>();
  readonly #axes = new Map<Value, number>();
  readonly #windows = new Set<number>();
  readonly #own: ReadonlySet<Operation>;
  readonly ops: readonly Operation[];

  /** `ops` are structured, on tensors. What none of them makes ties nothing: each may read it padded in its own way. */
  constructor(ops: readonly Operation[]) {
    this.ops = ops;
    this.#own = new Set(ops);
    for (const op of ops) this.#add(op);
  }

  /** Whether `x` is made by one of the operations. */
  isInside(x: Value): boolean {
    return x.definingOp !== undefined && this.#own.has(x.definingOp);
  }

  /** For each axis of what `op` touches, the class it is of; `undefined` where it is not walked from end to end. */
  ofAccess(op: Operation, { value, map }: Access): readonly (AxisClass | undefined)[] {
    if (this.isInside(value)) return shapeOf(value).map((_, axis) => this.ofAxis(value, axis));
    return map.results.map((e) => (e.kind === "dim" ? this.ofDim(op, e.position) : undefined));
  }

  /** The class of dimension `d` of `op`. */
  ofDim(op: Operation, d: number): AxisClass {
    return this.#root(this.#dims.get(op)! + d);
  }

  /** The class of an axis of `x`; `undefined` where no operation reads or makes it. */
  ofAxis(x: Value, axis: number): AxisClass | undefined {
    const first = this.#axes.get(x);
    return first === undefined ? undefined : this.#root(first + axis);
  }

  /** The dimensions of `op` that are of this class. */
  dimsIn(op: Operation, kind: AxisClass): readonly number[] {
    return generic.attrsOf(op).iterator_types.flatMap((_, d) => (this.ofDim(op, d) === kind ? [d] : []));
  }

  /** Whether some operation walks an axis of the class by more than its dimension, as windows do. */
  isWalkedByWindows(kind: AxisClass): boolean {
    return [...this.#windows].some((node) => this.#root(node) === kind);
  }

  #add(op: Operation): void {
    const { iterator_types: kinds } = generic.attrsOf(op);
    this.#dims.set(op, this.#nodes(kinds.length));
    for (const { value, map } of accessesOf(op)) {
      const isInside = this.isInside(value);
      if (isInside && !this.#axes.has(value)) this.#axes.set(value, this.#nodes(shapeOf(value).length));
      const first = this.#axes.get(value);
      map.results.forEach((e, axis) => {
        if (e.kind !== "dim") this.#noteWindow(op, first === undefined ? undefined : first + axis, e);
        else if (first !== undefined) this.#join(first + axis, this.#dims.get(op)! + e.position);
      });
    }
  }

  /** Both what is walked so and the dimensions it is walked with. */
  #noteWindow(op: Operation, axis: number | undefined, e: AffineExpr): void {
    const dims = generic.attrsOf(op).iterator_types.flatMap((_, d) => (isFunctionOfDim(e, d) ? [d] : []));
    if (dims.length > 0 && axis !== undefined) this.#windows.add(axis);
    for (const d of dims) this.#windows.add(this.#dims.get(op)! + d);
  }

  #nodes(count: number): number {
    const first = this.#parents.length;
    for (let k = 0; k < count; k++) this.#parents.push(first + k);
    return first;
  }

  #root(node: number): number {
    let at = node;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]!]!;
      at = this.#parents[at]!;
    }
    return at;
  }

  #join(a: number, b: number): void {
    this.#parents[this.#root(a)] = this.#root(b);
  }
}
