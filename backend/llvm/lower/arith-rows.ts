/** @file `arith`, `math` and `complex`-free scalars and vectors to the `llvm` dialect, mostly one to one. */

import type { Attr } from "../../../ir/attrs.js";
import * as a from "../../../ir/dialects/llvm/arithmetic.js";
import * as x from "../../../ir/dialects/llvm/intrinsics.js";
import * as memory from "../../../ir/dialects/llvm/memory.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, isShaped, type Type, type VectorType } from "../../../ir/types.js";
import type { FunctionLowering, Row } from "./lowering.js";

type Def = { readonly name: string };

function fastmath(op: Operation): Readonly<Record<string, unknown>> {
  const flags = op.attrs["fastmath"] as readonly string[] | undefined;
  return flags && flags.length > 0 ? { fastmathFlags: flags } : {};
}

const same =
  (def: Def): Row =>
  (op, to) =>
    to.bind(
      op.result,
      to.emit(
        def,
        op.operands.map((v) => to.value(v)),
        def.name.startsWith("llvm.f") || def.name.startsWith("llvm.intr.f") ? fastmath(op) : {},
      ),
    );

const castTo =
  (def: Def): Row =>
  (op, to) =>
    to.bind(op.result, to.emit(def, [to.value(op.operand(0))], {}, to.type(op.result.type)));

const compare =
  (def: Def): Row =>
  (op, to) =>
    to.bind(
      op.result,
      to.emit(
        def,
        op.operands.map((v) => to.value(v)),
        { predicate: op.attrs["predicate"] },
      ),
    );

/** Constants of index become i64; multi-dimensional vectors become flat. */
const constant: Row = (op, to) => {
  const value = op.attrs["value"] as Attr;
  const type = to.type(op.result.type);
  to.bind(op.result, to.emit(memory.constant, [], { value: retyped(value, type) }, type));
};

function retyped(value: Attr, type: Type): Attr {
  if (value.kind === "int") return { ...value, type };
  if (value.kind !== "dense" || type.kind !== "vector") return value;
  const data = value.splat ? value.data : { ...value.data, shape: type.shape };
  return {
    ...value,
    type,
    data:
      type.element === "i64" && value.data.element === "index"
        ? { ...data, element: "i64", data: BigInt64Array.from(Array.from(data.data as ArrayLike<number>, BigInt)) }
        : data,
  };
}

/** Between index (64 bits here) and an integer. */
const indexCast =
  (extend: Def): Row =>
  (op, to) => {
    const from = to.value(op.operand(0));
    const type = to.type(op.result.type);
    const [before, after] = [elementFacts[elementOf(from.type)].bits, elementFacts[elementOf(type)].bits];
    if (before === after) to.bind(op.result, from);
    else to.bind(op.result, to.emit(after > before ? extend : a.trunc, [from], {}, type));
  };

function zeroLike(to: FunctionLowering, type: Type): Value {
  return to.emit(memory.zero, [], {}, type);
}

function isNan(to: FunctionLowering, v: Value): Value {
  return to.emit(a.fcmp, [v, v], { predicate: "uno" });
}

/**
 * NaN where an operand is NaN, and -0 below 0. The intrinsics of that meaning are library calls on some targets, so
 * the comparison is spelled out; equal operands are joined bitwise to order the zeros.
 */
const ordered =
  (predicate: "olt" | "ogt", joinZeros: Def): Row =>
  (op, to) => {
    const [l, r] = op.operands.map((v) => to.value(v)) as [Value, Value];
    const pick = to.emit(a.select, [to.emit(a.fcmp, [l, r], { predicate }), l, r]);
    const bits = integerTwin(to, l.type);
    const joined = to.emit(
      a.bitcast,
      [to.emit(joinZeros, [to.emit(a.bitcast, [l], {}, bits), to.emit(a.bitcast, [r], {}, bits)])],
      {},
      l.type,
    );
    const equal = to.emit(a.select, [to.emit(a.fcmp, [l, r], { predicate: "oeq" }), joined, pick]);
    const left = to.emit(a.select, [isNan(to, l), l, equal]);
    to.bind(op.result, to.emit(a.select, [isNan(to, r), r, left]));
  };

/** The number where only one operand is NaN. */
const numeric =
  (predicate: "olt" | "ogt"): Row =>
  (op, to) => {
    const [l, r] = op.operands.map((v) => to.value(v)) as [Value, Value];
    const pick = to.emit(a.select, [to.emit(a.fcmp, [l, r], { predicate }), l, r]);
    to.bind(op.result, to.emit(a.select, [isNan(to, r), l, pick]));
  };

function integerTwin(to: FunctionLowering, type: Type): Type {
  const { types } = to.context;
  const element = `i${elementFacts[elementOf(type)].bits}` as "i32";
  return isShaped(type) ? types.withElement(type as VectorType, element) : types.scalar(element);
}

const negateIfNegative: Row = (op, to) => {
  const v = to.value(op.operand(0));
  const zero = zeroLike(to, v.type);
  const isNegative = to.emit(a.icmp, [v, zero], { predicate: "slt" });
  to.bind(op.result, to.emit(a.select, [isNegative, to.emit(a.sub, [zero, v]), v]));
};

/** Quotients rounded down or up, from the truncated one. */
const roundedDivision =
  (direction: "down" | "up"): Row =>
  (op, to) => {
    const [l, r] = op.operands.map((v) => to.value(v)) as [Value, Value];
    const zero = zeroLike(to, l.type);
    const quotient = to.emit(a.sdiv, [l, r]);
    const remainder = to.emit(a.srem, [l, r]);
    const inexact = to.emit(a.icmp, [remainder, zero], { predicate: "ne" });
    const differ = to.emit(a.icmp, [to.emit(a.xor, [remainder, r]), zero], { predicate: "slt" });
    const sign =
      direction === "down"
        ? differ
        : to.emit(a.xor, [differ, to.emit(memory.constant, [], { value: { kind: "bool", value: true } }, differ.type)]);
    const step = to.emit(a.zext, [to.emit(a.and, [inexact, sign])], {}, l.type);
    to.bind(op.result, to.emit(direction === "down" ? a.sub : a.add, [quotient, step]));
  };

/** The remainder and the quotient have the dividend's sign here, so only its sign against the divisor's counts. */
const binaryRows: Readonly<Record<string, Def>> = {
  addi: a.add,
  subi: a.sub,
  muli: a.mul,
  divsi: a.sdiv,
  divui: a.udiv,
  remsi: a.srem,
  remui: a.urem,
  andi: a.and,
  ori: a.or,
  xori: a.xor,
  shli: a.shl,
  shrsi: a.ashr,
  shrui: a.lshr,
  maxsi: x.smax,
  minsi: x.smin,
  maxui: x.umax,
  minui: x.umin,
  addf: a.fadd,
  subf: a.fsub,
  mulf: a.fmul,
  divf: a.fdiv,
  remf: a.frem,
  negf: a.fneg,
  select: a.select,
};

const castRows: Readonly<Record<string, Def>> = {
  extsi: a.sext,
  extui: a.zext,
  trunci: a.trunc,
  extf: a.fpext,
  truncf: a.fptrunc,
  sitofp: a.sitofp,
  uitofp: a.uitofp,
  fptosi: a.fptosi,
  fptoui: a.fptoui,
  bitcast: a.bitcast,
};

const mathRows: Readonly<Record<string, Def>> = {
  absf: x.fabs,
  sqrt: x.sqrt,
  floor: x.floor,
  ceil: x.ceil,
  trunc: x.trunc,
  roundeven: x.rint,
  copysign: x.copysign,
  ctpop: x.ctpop,
  ctlz: x.ctlz,
  fma: x.fma,
};

export const arithRows: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(Object.entries(binaryRows).map(([n, def]) => [`arith.${n}`, same(def)])),
  ...Object.fromEntries(Object.entries(castRows).map(([n, def]) => [`arith.${n}`, castTo(def)])),
  ...Object.fromEntries(Object.entries(mathRows).map(([n, def]) => [`math.${n}`, same(def)])),
  "arith.constant": constant,
  "arith.cmpi": compare(a.icmp),
  "arith.cmpf": compare(a.fcmp),
  "arith.index_cast": indexCast(a.sext),
  "arith.index_castui": indexCast(a.zext),
  "arith.minimumf": ordered("olt", a.or),
  "arith.maximumf": ordered("ogt", a.and),
  "arith.minnumf": numeric("olt"),
  "arith.maxnumf": numeric("ogt"),
  "arith.floordivsi": roundedDivision("down"),
  "arith.ceildivsi": roundedDivision("up"),
  "math.absi": negateIfNegative,
};
