/**
 * @file How each operation of the `llvm` dialect is spelled in LLVM IR, as a table. A row writes one instruction,
 * the part after `%name =`. Constants, zeros, poison and addresses are not instructions: they print where they are used.
 */

import type { AnyOpDef } from "../../ir/define.js";
import type { CaseValues } from "../../ir/dialects/cf/cases.js";
import * as a from "../../ir/dialects/llvm/arithmetic.js";
import * as c from "../../ir/dialects/llvm/control.js";
import * as x from "../../ir/dialects/llvm/intrinsics.js";
import * as m from "../../ir/dialects/llvm/memory.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { isShaped, type Type } from "../../ir/types.js";
import { llvmSymbol, llvmType } from "./types.js";

/** What a row may ask the printer for. */
export interface Spelling {
  /** `%v1` or a literal. */
  ref(value: Value): string;
  /** `i64 %v1`. */
  typed(value: Value): string;
  label(block: Block): string;
  /** Declares an intrinsic and gives its name. */
  declare(name: string, result: string, args: readonly string[]): string;
}

type Row = (op: Operation, s: Spelling) => string;

const flags = (op: Operation): string => {
  const words = (op.attrs["fastmathFlags"] as readonly string[] | undefined) ?? [];
  return words.length === 0 ? "" : `${words.length === 7 ? "fast" : words.join(" ")} `;
};

const binary =
  (name: string): Row =>
  (op, s) =>
    `${name} ${flags(op)}${s.typed(op.operand(0))}, ${s.ref(op.operand(1))}`;

const compare =
  (name: string): Row =>
  (op, s) =>
    `${name} ${flags(op)}${op.attrs["predicate"]} ${s.typed(op.operand(0))}, ${s.ref(op.operand(1))}`;

const cast =
  (name: string): Row =>
  (op, s) =>
    `${name} ${s.typed(op.operand(0))} to ${llvmType(op.result.type)}`;

/** `v16f32`, `i64`, `p0`: how overloaded intrinsics name their types. */
export function mangled(type: Type): string {
  if (type.kind === "dialect") return "p0";
  if (type.kind === "vector") return `v${type.shape[0]}${type.element}`;
  if (type.kind === "scalar") return type.element;
  throw new Error("an intrinsic cannot take this type");
}

/** A call of `llvm.NAME.TYPE`, overloaded on the first operand (or the one at `on`), with literal arguments appended. */
const intrinsic =
  (name: string, options: { readonly on?: number; readonly extra?: (op: Operation) => readonly string[] } = {}): Row =>
  (op, s) => {
    const overload = mangled(op.operand(options.on ?? 0).type);
    const result = op.results.length === 0 ? "void" : llvmType(op.result.type);
    const extra = options.extra?.(op) ?? [];
    const args = op.operands.map((v) => s.typed(v)).concat(extra);
    const types = op.operands.map((v) => llvmType(v.type)).concat(extra.map((e) => e.split(" ")[0]!));
    return `call ${flags(op)}${result} ${s.declare(`llvm.${name}.${overload}`, result, types)}(${args.join(", ")})`;
  };

/** A call of an intrinsic by its whole name. */
const processorIntrinsic: Row = (op, s) => {
  const result = llvmType(op.result.type);
  const name = s.declare(
    op.attrs["intrin"] as string,
    result,
    op.operands.map((v) => llvmType(v.type)),
  );
  return `call ${result} ${name}(${op.operands.map((v) => s.typed(v)).join(", ")})`;
};

const alignment = (op: Operation): string =>
  op.attrs["alignment"] === undefined ? "" : `, align ${op.attrs["alignment"]}`;

const getelementptr: Row = (op, s) => {
  const raw = (op.attrs["rawConstantIndices"] as readonly number[])[0]!;
  const member = (op.attrs["rawConstantIndices"] as readonly number[])[1];
  const first = raw === m.DYNAMIC_INDEX ? s.typed(op.operand(1)) : `i64 ${raw}`;
  const index = member === undefined ? first : `${first}, i32 ${member}`;
  return `getelementptr ${llvmType(op.attrs["elem_type"] as Type)}, ${s.typed(op.operand(0))}, ${index}`;
};

const call: Row = (op, s) => {
  const callee = op.attrs["callee"] as string | undefined;
  const args = callee === undefined ? op.operands.slice(1) : op.operands;
  const target = callee === undefined ? s.ref(op.operand(0)) : llvmSymbol(callee);
  const result = op.results.length === 0 ? "void" : llvmType(op.results[0]!.type);
  return `call ${result} ${target}(${args.map((v) => s.typed(v)).join(", ")})`;
};

const condBr: Row = (op, s) =>
  `br ${s.typed(op.operand(0))}, label ${s.label(op.successors[0]!)}, label ${s.label(op.successors[1]!)}`;

const switchRow: Row = (op, s) => {
  const type = llvmType(op.operand(0).type);
  const { values } = op.attrs["case_values"] as CaseValues;
  const cases = op.successors.slice(1).map((block, i) => `${type} ${values[i]}, label ${s.label(block)}`);
  return `switch ${s.typed(op.operand(0))}, label ${s.label(op.successors[0]!)} [ ${cases.join(" ")} ]`;
};

/** Masked accesses name the vector's type and the address space. */
const maskedLoad: Row = (op, s) => {
  const type = llvmType(op.result.type);
  const [data, mask, other] = op.operands as readonly [Value, Value, Value];
  const name = s.declare(`llvm.masked.load.${mangled(op.result.type)}.p0`, type, [
    "ptr",
    "i32",
    llvmType(mask.type),
    type,
  ]);
  return `call ${type} ${name}(${s.typed(data)}, i32 ${op.attrs["alignment"]}, ${s.typed(mask)}, ${s.typed(other)})`;
};

const maskedStore: Row = (op, s) => {
  const [value, data, mask] = op.operands as readonly [Value, Value, Value];
  const name = s.declare(`llvm.masked.store.${mangled(value.type)}.p0`, "void", [
    llvmType(value.type),
    "ptr",
    "i32",
    llvmType(mask.type),
  ]);
  return `call void ${name}(${s.typed(value)}, ${s.typed(data)}, i32 ${op.attrs["alignment"]}, ${s.typed(mask)})`;
};

const bulk =
  (name: string, second: "ptr" | "i8"): Row =>
  (op, s) => {
    const overload = second === "ptr" ? "p0.p0.i64" : "p0.i64";
    const declared = s.declare(`llvm.${name}.${overload}`, "void", ["ptr", second, "i64", "i1"]);
    return `call void ${declared}(${op.operands.map((v) => s.typed(v)).join(", ")}, i1 false)`;
  };

const rows: readonly (readonly [{ readonly name: string }, Row])[] = [
  ...(["add", "sub", "mul", "sdiv", "udiv", "srem", "urem", "and", "or", "xor", "shl", "lshr", "ashr"] as const).map(
    (n) => [a[n], binary(n)] as const,
  ),
  ...(["fadd", "fsub", "fmul", "fdiv", "frem"] as const).map((n) => [a[n], binary(n)] as const),
  [a.fneg, (op, s) => `fneg ${flags(op)}${s.typed(op.operand(0))}`],
  [a.icmp, compare("icmp")],
  [a.fcmp, compare("fcmp")],
  ...(["trunc", "zext", "sext", "fptrunc", "fpext", "fptosi", "fptoui", "sitofp", "uitofp", "bitcast"] as const).map(
    (n) => [a[n], cast(n)] as const,
  ),
  [a.select, (op, s) => `select ${op.operands.map((v) => s.typed(v)).join(", ")}`],
  [a.extractelement, (op, s) => `extractelement ${op.operands.map((v) => s.typed(v)).join(", ")}`],
  [a.insertelement, (op, s) => `insertelement ${op.operands.map((v) => s.typed(v)).join(", ")}`],
  [a.shufflevector, shuffle],
  [m.getelementptr, getelementptr],
  [m.ptrtoint, cast("ptrtoint")],
  [m.load, (op, s) => `load ${llvmType(op.result.type)}, ${s.typed(op.operand(0))}${alignment(op)}`],
  [m.store, (op, s) => `store ${s.typed(op.operand(0))}, ${s.typed(op.operand(1))}${alignment(op)}`],
  [m.alloca, (op, s) => `alloca ${llvmType(op.attrs["elem_type"] as Type)}, ${s.typed(op.operand(0))}${alignment(op)}`],
  [m.memcpy, bulk("memcpy", "ptr")],
  [m.memset, bulk("memset", "i8")],
  [c.returnOp, (op, s) => (op.operands.length === 0 ? "ret void" : `ret ${s.typed(op.operand(0))}`)],
  [c.unreachableOp, () => "unreachable"],
  [c.br, (op, s) => `br label ${s.label(op.successors[0]!)}`],
  [c.condBr, condBr],
  [c.call, call],
  [c.switchOp, switchRow],
  ...(
    [
      "fabs",
      "sqrt",
      "floor",
      "ceil",
      "trunc",
      "rint",
      "copysign",
      "smax",
      "smin",
      "umax",
      "umin",
      "ctpop",
      "fma",
    ] as const
  ).map((n) => [x[n], intrinsic(n)] as const),
  [x.ctlz, intrinsic("ctlz", { extra: (op) => [`i1 ${op.attrs["is_zero_poison"]}`] })],
  [x.callIntrinsic, processorIntrinsic],
  [x.maskedLoad, maskedLoad],
  [x.maskedStore, maskedStore],
  ...(["add", "mul", "and", "or", "xor", "smax", "smin", "umax", "umin"] as const).map(
    (n) => [x[`reduce${n[0]!.toUpperCase()}${n.slice(1)}` as "reduceAdd"], intrinsic(`vector.reduce.${n}`)] as const,
  ),
  [x.reduceFadd, intrinsic("vector.reduce.fadd", { on: 1 })],
  [x.reduceFmul, intrinsic("vector.reduce.fmul", { on: 1 })],
];

function shuffle(op: Operation, s: Spelling): string {
  const mask = op.attrs["mask"] as readonly number[];
  const items = mask.map((k) => (k < 0 ? "i32 poison" : `i32 ${k}`)).join(", ");
  const zero = mask.every((k) => k === 0) ? "zeroinitializer" : `<${items}>`;
  return `shufflevector ${s.typed(op.operand(0))}, ${s.typed(op.operand(1))}, <${mask.length} x i32> ${zero}`;
}

/** Spellings by definition. */
export const instructions: ReadonlyMap<AnyOpDef, Row> = new Map(rows.map(([def, row]) => [def as AnyOpDef, row]));

/** Operations that print where their result is used. */
export function isLiteral(op: Operation): boolean {
  return (
    [m.constant, m.zero, m.poison, m.addressof].some((def) => (def as unknown as AnyOpDef) === op.def) &&
    (op.result.type.kind !== "struct" || !isShaped(op.result.type))
  );
}
