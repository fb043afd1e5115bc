/**
 * @file Buffers that control flow passes on: each as a flat memref followed by its sizes that are no numbers. Whoever gets
 * one owns it: it is passed on again, or freed. So a buffer is given away only by the block that owns it, when nothing
 * needs it any more, and once; all else is copied for the purpose.
 */

import { dealloc } from "../../ir/dialects/memref/storage.js";
import type { Dim } from "../../ir/dim.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { MemRefType, TensorType, Type } from "../../ir/types.js";
import type { Emitter } from "./emitter.js";

const openSizes = ({ type }: Value): readonly Dim[] => (type as TensorType).shape.filter((d) => typeof d !== "number");

/** A memref of one axis, of any size. */
function flatType({ type }: Value, to: Emitter): MemRefType {
  return to.context.types.memref([to.context.freshSymbol("data")], (type as TensorType).element);
}

/** The types of what stays of `values` in lists of arguments, operands and results. */
export function typesToCarry(values: readonly Value[], to: Emitter): readonly Type[] {
  const index = to.context.types.scalar("index");
  return values.flatMap((x): readonly Type[] => {
    if (x.type.kind !== "tensor") return [x.type];
    return to.isPassed(x) ? [flatType(x, to), ...openSizes(x).map(() => index)] : [];
  });
}

/** Binds what stays of `values` to `made`; sizes are the values of the symbols in their types. */
export function bindCarried(values: readonly Value[], made: readonly Value[], to: Emitter): void {
  let next = 0;
  for (const x of values) {
    if (x.type.kind !== "tensor") to.bind(x, made[next++]!);
    else if (to.isPassed(x)) {
      const flat = made[next++]!;
      const open = openSizes(x);
      for (const d of open) to.noteSize(d, made[next++]!);
      to.bindBuffer(x, to.cast(flat, to.type(x.type) as MemRefType));
    }
  }
}

/** What stays of `from`, which become `targets` at `at`. Buffers that its block owns and does not give away are freed. */
export function valuesToCarry(
  from: readonly Value[],
  targets: readonly Value[],
  at: Operation,
  to: Emitter,
): readonly Value[] {
  const carried = from.flatMap((x, i) => {
    if (x.type.kind !== "tensor") return [to.value(x)];
    return to.isPassed(targets[i]!) ? passOn(x, targets[i]!, at, to) : [];
  });
  if (at.def.traits.includes("terminator")) freeOwned(at.block!, to);
  return carried;
}

function passOn(x: Value, target: Value, at: Operation, to: Emitter): readonly Value[] {
  const sizes = (x.type as TensorType).shape;
  const open = (target.type as TensorType).shape.flatMap((d, axis) =>
    typeof d === "number" ? [] : [to.dim(sizes[axis]!)],
  );
  return [to.flattened(ownBuffer(x, at, to), flatType(target, to)), ...open];
}

/** A buffer with the contents of `x` that nobody else has after `at`: its own, if that may be given away, or a copy. */
export function ownBuffer(x: Value, at: Operation, to: Emitter): Value {
  if (to.isUndefined(x)) return to.allocate(to.type(x.type) as MemRefType);
  const storage = to.storageOf(x);
  return to.giveAway(storage, at) ? to.value(x) : to.copied(to.value(x));
}

/** Arguments of the block that were passed to it and go no further. */
function freeOwned(block: Block, to: Emitter): void {
  for (const arg of block.args) {
    if (arg.type.kind === "tensor" && to.isPassed(arg) && !to.isGivenAway(to.storageOf(arg))) {
      to.builder.op(dealloc, { memref: to.value(arg) }, {});
    }
  }
}
