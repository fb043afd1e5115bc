/** @file `llvm`: functions, calls and branches. */

import type { DenseAttr } from "../../attrs.js";
import { type Datum, defineOp } from "../../define.js";
import { anyAttr, i32Array, optionalAttr, scalarLike, string, symbolRef, typeKind, variadic } from "../../kinds.js";
import { getScalar } from "../../ndarray.js";
import { firstClass } from "./memory.js";
import type { Pointer } from "./pointer.js";

const integer = scalarLike("an integer", "int", "bool");
const condition = scalarLike("an i1", "bool");

/** `function_type` is `!llvm.func<result (args)>`; arguments are the entry block's. */
export const func = defineOp("llvm.func", {
  summary: "A function with a body of blocks, or a declaration without.",
  operands: {},
  attrs: {
    sym_name: string,
    function_type: typeKind,
    linkage: optionalAttr(anyAttr),
    arg_attrs: optionalAttr(anyAttr),
    passthrough: optionalAttr(anyAttr),
  },
  results: {},
  regions: ["body"],
  traits: ["isolated", "symbol"],
});

export const returnOp = defineOp("llvm.return", {
  summary: "Ends the function.",
  operands: { arg: variadic(firstClass) },
  attrs: {},
  results: {},
  traits: ["terminator"],
});

export const unreachableOp = defineOp("llvm.unreachable", {
  summary: "A place that is never reached.",
  operands: {},
  attrs: {},
  results: {},
  traits: ["terminator"],
  evaluate: () => {
    throw new Error("reached what may not be reached");
  },
});

export const br = defineOp("llvm.br", {
  summary: "Goes to a block.",
  operands: { destOperands: variadic(firstClass) },
  attrs: {},
  results: {},
  successors: ["dest"],
  traits: ["terminator"],
  branch: ({ destOperands }) => ({ successor: 0, args: destOperands }),
});

export const condBr = defineOp("llvm.cond_br", {
  summary: "Goes to one of two blocks.",
  operands: { condition, trueDestOperands: variadic(firstClass), falseDestOperands: variadic(firstClass) },
  attrs: {},
  results: {},
  successors: ["trueDest", "falseDest"],
  traits: ["terminator"],
  branch: ({ condition, trueDestOperands, falseDestOperands }) =>
    condition ? { successor: 0, args: trueDestOperands } : { successor: 1, args: falseDestOperands },
});

/** Calls a function by name, or through a pointer that is then the first operand. */
export const call = defineOp("llvm.call", {
  summary: "Calls a function.",
  operands: { callee_operands: variadic(firstClass) },
  attrs: {
    callee: optionalAttr(symbolRef),
    callee_type: optionalAttr(typeKind),
    fastmathFlags: optionalAttr(anyAttr),
    op_bundle_sizes: optionalAttr(i32Array),
  },
  results: { result: variadic(firstClass) },
  traits: [],
  evaluate({ callee_operands: operands }, { callee }, evaluation) {
    if (callee !== undefined) return { result: evaluation.call(callee, operands) };
    const [target, ...args] = operands;
    const { symbol } = target as Pointer;
    if (symbol === undefined) throw new Error("the call's target is no function");
    return { result: evaluation.call(symbol, args as readonly Datum[]) };
  },
});

/** A multiway branch on an integer. */
export const switchOp = defineOp("llvm.switch", {
  summary: "Goes to the block of a value, or to a default; the blocks take no arguments.",
  operands: { value: integer },
  attrs: { case_values: anyAttr },
  results: {},
  successors: ["defaultDestination", "caseDestinations*"],
  traits: ["terminator"],
  branch({ value }, { case_values: cases }) {
    const { data } = cases as DenseAttr;
    for (let i = 0; i < data.data.length; i++) if (getScalar(data, i) === value) return { successor: i + 1, args: [] };
    return { successor: 0, args: [] };
  },
});
