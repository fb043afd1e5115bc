/** @file `llvm`: atomic accesses and fences. One thread runs here, so the orderings change nothing. */

import { defineOp } from "../../define.js";
import { i64, optionalAttr, string, unit } from "../../kinds.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import { elementOf, type Type } from "../../types.js";
import { enumeration } from "../arith/attributes.js";
import { signlessOf } from "../arith/signless.js";
import { loadValue, storeValue } from "./access.js";
import { floats, integers } from "./arithmetic.js";
import { firstClass, pointerType } from "./memory.js";
import type { Pointer } from "./pointer.js";

/** By upstream's numbers, which leave one out. */
const orderings = ["not_atomic", "unordered", "monotonic", "", "acquire", "release", "acq_rel", "seq_cst"] as const;
const ordering: AttrKind<(typeof orderings)[number]> = enumeration(orderings, "i64");

const operations = [
  "xchg",
  "add",
  "sub",
  "_and",
  "nand",
  "_or",
  "_xor",
  "max",
  "min",
  "umax",
  "umin",
  "fadd",
  "fsub",
  "fmax",
  "fmin",
] as const;
type AtomicOperation = (typeof operations)[number];
const operation = enumeration(operations, "i64");

function combine(name: AtomicOperation, type: Type, old: Scalar, value: Scalar): Scalar {
  const element = elementOf(type);
  if (name === "xchg") return value;
  const { add, sub, max, min } = numericsOf(element);
  if (name === "fadd") return add(old, value);
  if (name === "fsub") return sub(old, value);
  if (name === "fmax" || name === "fmin") {
    if (Number.isNaN(old) || Number.isNaN(value)) return Number.isNaN(old) ? value : old;
    return name === "fmax" ? max(old, value) : min(old, value);
  }
  const { operations: of, fromBits } = signlessOf(element);
  const ones = fromBits(-1n);
  const table = {
    add: of.addi,
    sub: of.subi,
    _and: of.andi,
    nand: (a: Scalar, b: Scalar) => of.xori(of.andi(a, b), ones),
    _or: of.ori,
    _xor: of.xori,
    max: of.maxsi,
    min: of.minsi,
    umax: of.maxui,
    umin: of.minui,
  };
  return table[name](old, value);
}

const scopeAttr = { syncscope: optionalAttr(string), alignment: optionalAttr(i64), volatile_: optionalAttr(unit) };

export const atomicrmw = defineOp("llvm.atomicrmw", {
  summary: "Combines a value into memory at once; gives what was there.",
  operands: { ptr: pointerType, val: firstClass },
  attrs: { bin_op: operation, ordering, ...scopeAttr },
  results: { res: firstClass },
  traits: ["reads", "writes"],
  format: "$bin_op $ptr `,` $val (`syncscope` `(` $syncscope^ `)`)? $ordering attr-dict `:` type($ptr) `,` type($val)",
  infer: ({ val }) => ({ res: val }),
  verify: (op) =>
    integers.accepts(op.operand(1).type) || floats.accepts(op.operand(1).type) ? undefined : "takes a number",
  evaluate({ ptr, val }, { bin_op: name }, { op }) {
    const { type } = op.operand(1);
    const old = loadValue(ptr as Pointer, type) as Scalar;
    storeValue(ptr as Pointer, type, combine(name, type, old, val as Scalar));
    return { res: old };
  },
});

export const cmpxchg = defineOp("llvm.cmpxchg", {
  summary: "Writes a value where memory holds what is expected; gives what was there and whether it wrote.",
  operands: { ptr: pointerType, cmp: firstClass, val: firstClass },
  attrs: { success_ordering: ordering, failure_ordering: ordering, weak: optionalAttr(unit), ...scopeAttr },
  results: { res: firstClass },
  traits: ["reads", "writes"],
  format:
    "$ptr `,` $cmp `,` $val (`syncscope` `(` $syncscope^ `)`)? $success_ordering $failure_ordering attr-dict `:` type($ptr) `,` type($val)",
  infer: ({ cmp, val }, _, { context }) =>
    cmp === val
      ? { res: context.types.struct([val, context.types.scalar("i1")]) }
      : "the operands have different types",
  evaluate({ ptr, cmp, val }, _, { op }) {
    const { type } = op.operand(1);
    const old = loadValue(ptr as Pointer, type);
    const same = old === cmp;
    if (same) storeValue(ptr as Pointer, type, val);
    return { res: { kind: "tuple", members: [old, same ? 1 : 0] } as const };
  },
});

export const fence = defineOp("llvm.fence", {
  summary: "Orders memory accesses between threads.",
  operands: {},
  attrs: { ordering, syncscope: optionalAttr(string) },
  results: {},
  traits: ["reads", "writes"],
  format: "(`syncscope` `(` $syncscope^ `)`)? $ordering attr-dict",
  evaluate: () => ({}),
});
