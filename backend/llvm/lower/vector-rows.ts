/** @file `vector` to LLVM's vectors. Vectors of several dimensions have been unrolled before. */

import * as a from "../../../ir/dialects/llvm/arithmetic.js";
import * as x from "../../../ir/dialects/llvm/intrinsics.js";
import * as memory from "../../../ir/dialects/llvm/memory.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { MemRefType, Type, VectorType } from "../../../ir/types.js";
import type { FunctionLowering, Row } from "./lowering.js";
import { storedElement } from "./memref-rows.js";

/** The address of the first lane, and the lanes' type in memory. */
function place(
  op: Operation,
  to: FunctionLowering,
  memref: Value,
  indices: readonly Value[],
): { pointer: Value; stored: Type; alignment: number } {
  const { element } = memref.type as MemRefType;
  const scalar = to.context.types.scalar(storedElement(element));
  const pointer = to.elementPointer(
    memref,
    indices.map((v) => to.value(v)),
    scalar,
  );
  const lanes = ((op.results[0] ?? op.operand(0)).type as VectorType).shape[0]!;
  return {
    pointer,
    stored: to.context.types.vector([lanes], storedElement(element)),
    alignment: elementFacts[element].storageBytes,
  };
}

const load: Row = (op, to) => {
  const [memref, ...indices] = op.operands as readonly [Value, ...Value[]];
  const { pointer, stored, alignment } = place(op, to, memref, indices);
  to.bind(op.result, to.emit(memory.load, [pointer], { alignment }, stored));
};

const store: Row = (op, to) => {
  const [value, memref, ...indices] = op.operands as readonly [Value, Value, ...Value[]];
  const { pointer, alignment } = place(op, to, memref, indices);
  to.effect(memory.store, [to.value(value), pointer], { alignment });
};

const maskedLoad: Row = (op, to) => {
  const memref = op.operand(0);
  const [mask, other] = op.operands.slice(-2) as [Value, Value];
  const { pointer, stored, alignment } = place(op, to, memref, op.operands.slice(1, -2));
  to.bind(op.result, to.emit(x.maskedLoad, [pointer, to.value(mask), to.value(other)], { alignment }, stored));
};

const maskedStore: Row = (op, to) => {
  const memref = op.operand(0);
  const [mask, value] = op.operands.slice(-2) as [Value, Value];
  const { element } = memref.type as MemRefType;
  const scalar = to.context.types.scalar(storedElement(element));
  const pointer = to.elementPointer(
    memref,
    op.operands.slice(1, -2).map((v) => to.value(v)),
    scalar,
  );
  to.effect(x.maskedStore, [to.value(value), pointer, to.value(mask)], {
    alignment: elementFacts[element].storageBytes,
  });
};

/** All lanes the same. */
const broadcast: Row = (op, to) => {
  const type = to.type(op.result.type) as VectorType;
  const source = to.value(op.operand(0));
  if (source.type.kind === "vector") {
    if (source.type !== type) throw new Error("a vector can only be broadcast from a scalar here");
    to.bind(op.result, source);
    return;
  }
  const poison = to.emit(memory.poison, [], {}, type);
  const one = to.emit(a.insertelement, [poison, source, to.integer(0)]);
  to.bind(op.result, to.emit(a.shufflevector, [one, poison], { mask: new Array<number>(type.shape[0]!).fill(0) }));
};

const fma: Row = (op, to) =>
  to.bind(
    op.result,
    to.emit(
      x.fma,
      op.operands.map((v) => to.value(v)),
    ),
  );

/** The quad as one number in all lanes, then the instruction of as many lanes. */
const dotBytes: Row = (op, to) => {
  const [quad, bytes, acc] = op.operands.map((v) => to.value(v)) as [Value, Value, Value];
  const { types } = to.context;
  const lanes = types.vector([(op.result.type as VectorType).shape[0]!], "i32");
  const number = to.emit(a.bitcast, [quad], {}, types.scalar("i32"));
  const poison = to.emit(memory.poison, [], {}, lanes);
  const one = to.emit(a.insertelement, [poison, number, to.integer(0)]);
  const repeated = to.emit(a.shufflevector, [one, poison], { mask: new Array<number>(lanes.shape[0]!).fill(0) });
  const words = to.emit(a.bitcast, [bytes], {}, lanes);
  const intrin = `llvm.x86.avx512.vpdpbusd.${32 * lanes.shape[0]!}`;
  const operands = { args: [acc, repeated, words], op_bundle_operands: [] };
  to.bind(op.result, to.builder.value(x.callIntrinsic, operands, { intrin }, { results: [lanes] }));
};

const sums = { add: x.reduceFadd, mul: x.reduceFmul } as const;
const folds = {
  add: x.reduceAdd,
  mul: x.reduceMul,
  and: x.reduceAnd,
  or: x.reduceOr,
  xor: x.reduceXor,
  maxsi: x.reduceSmax,
  minsi: x.reduceSmin,
  maxui: x.reduceUmax,
  minui: x.reduceUmin,
} as const;

/** Sums of floats may be taken in any order here: the vectoriser has already chosen one that is not sequential. */
const reduction: Row = (op, to) => {
  const kind = op.attrs["kind"] as keyof typeof folds;
  const v = to.value(op.operand(0));
  const element = (v.type as VectorType).element;
  if (elementFacts[element].kind === "float") {
    const def = sums[kind as keyof typeof sums];
    if (!def) throw new Error(`a float reduction by ${kind} must be expanded before`);
    const start = op.operands[1]
      ? to.value(op.operands[1])
      : to.emit(
          memory.constant,
          [],
          { value: { kind: "float", value: kind === "add" ? -0 : 1, type: to.context.types.scalar(element) } },
          to.context.types.scalar(element),
        );
    to.bind(op.result, to.emit(def, [start, v], { fastmathFlags: ["reassoc"] }));
    return;
  }
  const folded = to.emit(folds[kind], [v]);
  to.bind(op.result, folded);
};

const extract: Row = (op, to) => {
  const position = (op.attrs["static_position"] as readonly number[] | undefined)?.[0];
  const index = op.operands[1] ? to.value(op.operands[1]) : to.integer(position!);
  to.bind(op.result, to.emit(a.extractelement, [to.value(op.operand(0)), index]));
};

const insert: Row = (op, to) => {
  const position = (op.attrs["static_position"] as readonly number[] | undefined)?.[0];
  const index = op.operands[2] ? to.value(op.operands[2]) : to.integer(position!);
  to.bind(op.result, to.emit(a.insertelement, [to.value(op.operand(1)), to.value(op.operand(0)), index]));
};

const shuffle: Row = (op, to) =>
  to.bind(
    op.result,
    to.emit(
      a.shufflevector,
      op.operands.map((v) => to.value(v)),
      { mask: op.attrs["mask"] },
    ),
  );

/** 0, 1, 2, … */
const step: Row = (op, to) => {
  const type = to.type(op.result.type) as VectorType;
  const lanes = BigInt64Array.from(Array.from({ length: type.shape[0]! }, (_, i) => BigInt(i)));
  to.bind(
    op.result,
    to.emit(
      memory.constant,
      [],
      { value: { kind: "dense", type, splat: false, data: { element: "i64", shape: type.shape, data: lanes } } },
      type,
    ),
  );
};

/** Lanes below a bound. */
const createMask: Row = (op, to) => {
  const type = op.result.type as VectorType;
  const lanes = type.shape[0]!;
  const wide = to.context.types.vector([lanes], "i64");
  const numbers = BigInt64Array.from(Array.from({ length: lanes }, (_, i) => BigInt(i)));
  const counts = to.emit(
    memory.constant,
    [],
    { value: { kind: "dense", type: wide, splat: false, data: { element: "i64", shape: [lanes], data: numbers } } },
    wide,
  );
  const poison = to.emit(memory.poison, [], {}, wide);
  const one = to.emit(a.insertelement, [poison, to.value(op.operand(0)), to.integer(0)]);
  const bound = to.emit(a.shufflevector, [one, poison], { mask: new Array<number>(lanes).fill(0) });
  to.bind(op.result, to.emit(a.icmp, [counts, bound], { predicate: "slt" }));
};

export const vectorRows: Readonly<Record<string, Row>> = {
  "vector.load": load,
  "vector.store": store,
  "vector.maskedload": maskedLoad,
  "vector.maskedstore": maskedStore,
  "vector.broadcast": broadcast,
  "vector.splat": broadcast,
  "vector.fma": fma,
  "cpu.dot_bytes": dotBytes,
  "vector.reduction": reduction,
  "vector.extract": extract,
  "vector.insert": insert,
  "vector.shuffle": shuffle,
  "vector.step": step,
  "vector.create_mask": createMask,
};
