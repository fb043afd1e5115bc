/**
 * @file Kernels as LLVM functions. A memref argument is a pointer, an index an `i64`; behind the arguments come
 * the symbols that the kernel's types mention. A kernel split into chunks takes the chunk's number last, and has a
 * task function that unpacks its arguments for the thread pool.
 */

import type { Attr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { moduleBody } from "../../ir/dialects/builtin.js";
import { functionBody, functionName } from "../../ir/dialects/func.js";
import * as control from "../../ir/dialects/llvm/control.js";
import * as memory from "../../ir/dialects/llvm/memory.js";
import { llvmFunctionType } from "../../ir/dialects/llvm/signature.js";
import { Block, newRegion, type Operation, type Region, type Value } from "../../ir/graph.js";
import { CHUNKS } from "../../ir/names.js";
import { isShaped, type Type } from "../../ir/types.js";
import { FunctionLowering } from "./lower/lowering.js";
import { computeRows } from "./lower/rows.js";

/** Names of the symbols that any type inside a function mentions, sorted. */
export function symbolsIn(func: Operation, context: Context): readonly string[] {
  const names = new Set<string>();
  const note = (type: Type): void => {
    if (!isShaped(type) || type.kind === "vector") return;
    for (const d of type.shape) for (const s of context.dims.symbolsOf(d)) names.add(s);
  };
  for (const arg of functionBody(func).args) note(arg.type);
  for (const op of func.walk()) for (const r of op.results) note(r.type);
  return [...names].sort();
}

export interface LoweredFunction {
  readonly name: string;
  readonly result: Type | undefined;
  readonly args: readonly Type[];
  readonly argAttrs?: readonly Attr[];
  readonly region: Region;
  /** Visible outside the module. */
  readonly isPublic?: boolean;
  readonly passthrough?: readonly Attr[];
}

/** Adds an `llvm.func` to `module`. */
export function addFunction(context: Context, module: Operation, f: LoweredFunction): Operation {
  const type = llvmFunctionType(context, { inputs: f.args, result: f.result });
  const linkage: Attr = { kind: "dialect", name: "llvm.linkage", body: f.isPublic ? "external" : "internal" };
  const builder = new Builder(context, moduleBody(module));
  return builder.op(
    control.func,
    {},
    {
      sym_name: f.name,
      function_type: type,
      linkage,
      ...(f.argAttrs ? { arg_attrs: { kind: "array", items: f.argAttrs } as const } : {}),
      passthrough: { kind: "array", items: f.passthrough ?? defaultAttributes },
    },
    { regions: [f.region] },
  );
}

const word = (value: string): Attr => ({ kind: "string", value });
const pair = (key: string, value: string): Attr => ({ kind: "array", items: [word(key), word(value)] });

/** No unwinding, and full-width vectors where the target has them. */
const defaultAttributes: readonly Attr[] = [
  word("nounwind"),
  pair("min-legal-vector-width", "512"),
  pair("prefer-vector-width", "512"),
];

export function lowerKernel(func: Operation, module: Operation, context: Context): void {
  const old = functionBody(func);
  const symbols = symbolsIn(func, context);
  const entry = new Block();
  const region = newRegion(entry);
  const to = new FunctionLowering(context, region, entry, computeRows);
  for (const arg of old.args) {
    const made = entry.addArg(to.type(arg.type));
    if (arg.type.kind !== "memref") to.bind(arg, made);
  }
  for (const name of symbols) to.setSymbol(name, entry.addArg(to.i64));
  old.args.forEach((arg, i) => {
    if (arg.type.kind === "memref") to.bindPointer(arg, entry.args[i]!);
  });
  to.block(old);
  to.builder.op(control.returnOp, { arg: [] }, {});
  const noalias: Attr = { kind: "dict", entries: { "llvm.noalias": { kind: "unit" } } };
  const none: Attr = { kind: "dict", entries: {} };
  const argAttrs = entry.args.map((a) => (a.type.kind === "dialect" ? noalias : none));
  const name = functionName(func);
  addFunction(context, module, { name, result: undefined, args: entry.args.map((a) => a.type), argAttrs, region });
  if (func.extra[CHUNKS]) addTask(name, entry.args, old.args.length - 1, module, context);
}

/** `void NAME.task(ptr args, i64 chunk)`: arguments lie in 8-byte slots; the chunk's number stands at `chunkAt`. */
function addTask(name: string, args: readonly Value[], chunkAt: number, module: Operation, context: Context): void {
  const entry = new Block();
  const region = newRegion(entry);
  const to = new FunctionLowering(context, region, entry, new Map());
  const slots = entry.addArg(to.pointer);
  const chunk = entry.addArg(to.i64);
  let next = 0;
  const values = args.map((arg, i) => (i === chunkAt ? chunk : loadSlot(to, slots, next++, arg.type)));
  to.builder.op(control.call, { callee_operands: values }, { callee: name }, { results: [] });
  to.builder.op(control.returnOp, { arg: [] }, {});
  addFunction(context, module, { name: taskName(name), result: undefined, args: [to.pointer, to.i64], region });
}

export function taskName(kernel: string): string {
  return `${kernel}.task`;
}

function loadSlot(to: FunctionLowering, slots: Value, index: number, type: Type): Value {
  return to.emit(memory.load, [slotPointer(to, slots, index)], { alignment: 8 }, type);
}

/** The address of 8-byte slot `index`. */
export function slotPointer(to: FunctionLowering, slots: Value, index: number): Value {
  return to.offsetBytes(slots, 8 * index);
}
