/**
 * @file `narrow-integers`: integers of 2 and 4 bits are computed in i8, and `i1` is a byte in memory. A narrow value in a
 * register is always sign-extended, which keeps both the signed and the unsigned order; what may leave the range is
 * extended again right after, so arithmetic wraps as it did. `index` stays: the back ends take it as 64 bits.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { constant, constantOf, scalarAttr } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import * as linalg from "../../ir/dialects/linalg/structured.js";
import * as math from "../../ir/dialects/math/integer.js";
import { global } from "../../ir/dialects/memref/global.js";
import { reduction } from "../../ir/dialects/vector/arithmetic.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";
import { mapElements, type NdArray } from "../../ir/ndarray.js";
import type { Pass } from "../../ir/pass.js";
import type { MemRefType, ScalarType, Type, VectorType } from "../../ir/types.js";
import type { LaneType } from "./emit-ir.js";
import { asDef, operandIndex, type Row, reads, retype, writes } from "./retype.js";

const narrow: ReadonlySet<ElementType> = new Set<ElementType>(["i2", "i4"]);

/** The width of a narrow integer in a register, or `undefined`. */
function widthOf(type: Type): number | undefined {
  if (type.kind !== "scalar" && type.kind !== "vector") return undefined;
  return narrow.has(type.element) ? elementFacts[type.element].bits : undefined;
}

function isBool(type: Type): boolean {
  return (type.kind === "scalar" || type.kind === "vector") && type.element === "i1";
}

function like(b: Builder, x: Value, element: ElementType): LaneType {
  return b.context.types.withElement(x.type as LaneType, element);
}

function number(b: Builder, value: number, x: Value): Value {
  return constantOf(b, value, x.type as LaneType);
}

/** The low bits of an i8 with the sign repeated. */
function signExtend(b: Builder, x: Value, bits: number): Value {
  const amount = number(b, 8 - bits, x);
  return b.value(i.shrsi, { lhs: b.value(i.shli, { lhs: x, rhs: amount }, {}), rhs: amount }, {});
}

function zeroExtend(b: Builder, x: Value, bits: number): Value {
  return b.value(i.andi, { lhs: x, rhs: number(b, 2 ** bits - 1, x) }, {});
}

const fromByte = (b: Builder, x: Value): Value =>
  b.value(i.cmpi, { lhs: x, rhs: number(b, 0, x) }, { predicate: "ne" });
const toByte = (b: Builder, x: Value): Value => b.value(cast.extui, { in: x }, {}, { results: [like(b, x, "i8")] });

/** Only the types change. */
const carried: Row = () => undefined;

/** The result is brought back to its range. */
const wraps: Row = (op, to) => {
  const bits = widthOf(to.was(op.result));
  if ("overflowFlags" in op.attrs) op.setAttr("overflowFlags", []);
  if (bits !== undefined) to.follow(op.result, (b) => signExtend(b, op.result, bits));
};

/** Operands are read as unsigned numbers. */
const unsigned =
  (...indices: readonly number[]): Row =>
  (op, to) => {
    for (const k of indices) {
      const bits = widthOf(to.operandWas(op, k));
      if (bits !== undefined) to.setOperand(op, k, zeroExtend(to.before(op), op.operand(k), bits));
    }
    wraps(op, to);
  };

/** A cast that may have become one from i8 to i8. */
const resize =
  (reading: Row): Row =>
  (op, to) => {
    reading(op, to);
    if (op.operand(0).type === op.result.type) to.replace(op, () => op.operand(0));
  };

const countLeading: Row = (op, to) => {
  const bits = widthOf(to.was(op.result))!;
  to.setOperand(op, 0, zeroExtend(to.before(op), op.operand(0), bits));
  to.follow(op.result, (b) => {
    const inside = b.value(i.subi, { lhs: op.result, rhs: number(b, 8 - bits, op.result) }, {});
    return signExtend(b, inside, bits);
  });
};

/** A bit above the number ends the count of zero. */
const countTrailing: Row = (op, to) => {
  const bits = widthOf(to.was(op.result))!;
  const b = to.before(op);
  const [x] = op.operands;
  to.setOperand(op, 0, b.value(i.ori, { lhs: x!, rhs: number(b, 2 ** bits, x!) }, {}));
  wraps(op, to);
};

const constantRow: Row = (op, to) => {
  const { value } = constant.attrsOf(op);
  if (value.kind === "int") op.setAttr("value", scalarAttr(value.value, op.result.type as ScalarType));
  else if (value.kind === "dense")
    op.setAttr("value", { ...value, type: op.result.type as VectorType, data: bytesOf(value.data) });
  else throw new Error(`a constant ${value.kind} of ${to.was(op.result).kind} cannot become i8`);
};

function bytesOf(data: NdArray): NdArray {
  return mapElements("i8", data.shape, [data], (x) => x!);
}

/** What comes from memory: any byte but 0 is true; bits above a narrow integer do not count. */
function loaded(b: Builder, x: Value, was: Type): Value {
  return isBool(was) ? fromByte(b, x) : signExtend(b, x, widthOf(was)!);
}

const readRow: Row = (op, to) => {
  const was = to.was(op.result);
  if (!isBool(was) && widthOf(was) === undefined) return;
  const filler = reads.get(op.def)?.filler;
  const index = filler === undefined ? undefined : operandIndex(op, filler);
  if (index !== undefined && isBool(was)) to.setOperand(op, index, toByte(to.before(op), op.operand(index)));
  op.result.type = like(to.before(op), op.result, "i8");
  to.follow(op.result, (b) => loaded(b, op.result, was));
};

const writeRow: Row = (op, to) => {
  const index = operandIndex(op, writes.get(op.def)!);
  if (isBool(to.operandWas(op, index))) to.setOperand(op, index, toByte(to.before(op), op.operand(index)));
};

/** The body takes and gives bytes. */
const genericRow: Row = (op, to) => {
  const body = op.region(0).blocks[0]!;
  const { terminator, first } = body;
  const inputs = op.operands.length - terminator.operands.length;
  op.operands.forEach((operand, k) => {
    const arg = body.args[k]!;
    const was = to.was(arg);
    if (operand.type.kind !== "memref" || (!isBool(was) && widthOf(was) === undefined)) return;
    const users = [...arg.users];
    arg.type = to.context.types.scalar("i8");
    if (users.length > 0) {
      // Otherwise an output that is only written would look as if it were read.
      const value = loaded(new Builder(to.context, body, first), arg, was);
      for (const user of users) user.replaceUsesOf(arg, value);
    }
    if (k >= inputs && isBool(was)) {
      const result = terminator.operand(k - inputs);
      to.setOperand(terminator, k - inputs, toByte(to.before(terminator), result));
    }
  });
};

const fillRow: Row = (op, to) => {
  const [value, output] = op.operands;
  if (output!.type.kind !== "memref" || !isBool(to.operandWas(op, 0))) return;
  const b = to.before(op);
  linalg.buildFill(b, toByte(b, value!), output!);
  op.erase();
};

const globalRow: Row = (op, to) => {
  const { type, initial_value: value } = global.attrsOf(op);
  op.setAttr("type", to.context.types.withElement(type as MemRefType, "i8"));
  if (value?.kind !== "dense" && value?.kind !== "resource") return;
  const bytes = to.context.types.withElement(value.type, "i8");
  op.setAttr(
    "initial_value",
    value.kind === "dense" ? { ...value, type: bytes, data: bytesOf(value.data) } : { ...value, type: bytes },
  );
};

function rowTable(): ReadonlyMap<AnyOpDef, Row> {
  const rows = new Map<AnyOpDef, Row>();
  const add = (row: Row, ...defs: readonly unknown[]): void => {
    for (const def of defs) rows.set(asDef(def), row);
  };
  add(wraps, i.addi, i.subi, i.muli, i.shli, math.absi, math.ipowi, reduction);
  add(carried, i.andi, i.ori, i.xori, i.divsi, i.remsi, i.floordivsi, i.ceildivsi, i.shrsi);
  add(carried, i.maxsi, i.minsi, i.maxui, i.minui, i.cmpi, cast.sitofp, cast.fptosi);
  add(unsigned(0, 1), i.divui, i.remui, i.ceildivui);
  add(unsigned(0), i.shrui, math.ctpop, cast.uitofp, cast.fptoui);
  add(resize(carried), cast.extsi);
  add(resize(wraps), cast.trunci);
  add(resize(unsigned(0)), cast.extui, cast.indexCastui);
  add(wraps, cast.indexCast);
  add(countLeading, math.ctlz);
  add(countTrailing, math.cttz);
  add(constantRow, constant);
  add(readRow, ...reads.keys());
  add(writeRow, ...writes.keys());
  add(genericRow, linalg.generic);
  add(fillRow, linalg.fill);
  add(globalRow, global);
  return rows;
}

const rows = rowTable();

function byteType(type: Type, { types }: Context): Type {
  if (type.kind !== "scalar" && type.kind !== "vector" && type.kind !== "memref") return type;
  const changes = narrow.has(type.element) || (type.kind === "memref" && type.element === "i1");
  return changes ? types.withElement(type, "i8") : type;
}

export const narrowIntegers: Pass = {
  name: "narrow-integers",
  summary: "Integers of fewer than 8 bits are computed in i8, and i1 is a byte in memory.",
  run: (module, context) => retype(module, context, { name: "narrow-integers", type: byteType, rows }),
};
