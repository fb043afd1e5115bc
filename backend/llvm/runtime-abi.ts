/**
 * @file What emitted code knows of the runtime (runtime-lib/native/psm_runtime.h): the members of `struct psm_rt`
 * and the order of an entry's buffers. The struct's type is written out, so that each target's layout places its members.
 */

import type { Context } from "../../ir/context.js";
import * as memory from "../../ir/dialects/llvm/memory.js";
import type { Value } from "../../ir/graph.js";
import type { StructType, Type } from "../../ir/types.js";
import type { FunctionLowering } from "./lower/lowering.js";

/** Members of `struct psm_rt`, by position. */
export const RT = { cancel: 2, parallel: 4, alloc: 5, free: 6, counters: 7, clock: 9 } as const;

/** What `NAME_E_run` returns besides 0 and 1 + the number of a failed check. */
export const CANCELLED = -1;
export const OUT_OF_MEMORY = -2;

/** Where pointers stand in `bufs`. */
export const WEIGHTS_BUFFER = 0;
export const ARENA_BUFFER = 1;
export const FIRST_INPUT_BUFFER = 2;

export function runtimeStruct(context: Context): StructType {
  const { types } = context;
  const word = types.scalar("i32");
  const pointer = types.dialect("llvm.ptr");
  return types.struct([word, word, word, word, pointer, pointer, pointer, pointer, pointer, pointer]);
}

/** A member of the runtime's struct. */
export function loadMember(to: FunctionLowering, rt: Value, member: number, type: Type): Value {
  const at = to.emit(memory.getelementptr, [rt], {
    elem_type: runtimeStruct(to.context),
    rawConstantIndices: [0, member],
  });
  return to.emit(memory.load, [at], { alignment: 4 }, type);
}

/** Pointer number `index` of an array of pointers. */
export function pointerSlot(to: FunctionLowering, array: Value, index: number): Value {
  return to.emit(memory.getelementptr, [array], { elem_type: to.pointer, rawConstantIndices: [index] });
}

export function loadPointer(to: FunctionLowering, array: Value, index: number): Value {
  return to.emit(memory.load, [pointerSlot(to, array, index)], { alignment: 4 }, to.pointer);
}

/** Number `index` of an array of i64. */
export function numberSlot(to: FunctionLowering, array: Value, index: number): Value {
  return to.emit(memory.getelementptr, [array], { elem_type: to.i64, rawConstantIndices: [index] });
}

export function loadNumber(to: FunctionLowering, array: Value, index: number): Value {
  return to.emit(memory.load, [numberSlot(to, array, index)], { alignment: 8 }, to.i64);
}

export function storeNumber(to: FunctionLowering, array: Value, index: number, value: Value): void {
  to.effect(memory.store, [value, numberSlot(to, array, index)], { alignment: 8 });
}
