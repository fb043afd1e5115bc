/**
 * @file `expand-narrow-floats`: floats narrower than f32 become f32 in registers and integers in memory. A value in a
 * register is always one of the narrow format: what computes is rounded right after, so results are those of the format.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { constant, scalarAttr } from "../../ir/dialects/arith/constant.js";
import * as f from "../../ir/dialects/arith/float.js";
import * as linalg from "../../ir/dialects/linalg/structured.js";
import * as math from "../../ir/dialects/math/functions.js";
import * as mathIntegers from "../../ir/dialects/math/integer.js";
import { global } from "../../ir/dialects/memref/global.js";
import { operationsIn } from "../../ir/dialects/operations.js";
import * as vectorArithmetic from "../../ir/dialects/vector/arithmetic.js";
import { extract } from "../../ir/dialects/vector/element.js";
import * as vectorShape from "../../ir/dialects/vector/shape.js";
import { type ElementType, elementFacts, isFloat } from "../../ir/element.js";
import { floatFormats } from "../../ir/float-format.js";
import type { Operation, Value } from "../../ir/graph.js";
import { mapElements, type NdArray } from "../../ir/ndarray.js";
import type { Pass } from "../../ir/pass.js";
import { numericsOf } from "../../ir/scalar.js";
import type { MemRefType, ScalarType, Type, VectorType } from "../../ir/types.js";
import { Float, Int } from "./emit.js";
import { IrPrimitives, type LaneType } from "./emit-ir.js";
import type { NarrowElement } from "./math/narrow-float.js";
import { addToOdd } from "./math/parts.js";
import {
  codeElement,
  decodeFrom,
  elementAt,
  encodeTo,
  Formats,
  isNarrow,
  type NarrowFloatOptions,
  withElement,
} from "./narrow-formats.js";
import { asDef, operandIndex, type Retyped, type Retyping, type Row, reads, retype, writes } from "./retype.js";

/** The narrow element of a type that a value had, if it had one. */
function narrowAmong(type: Type): NarrowElement | undefined {
  if (type.kind !== "scalar" && type.kind !== "vector") return undefined;
  return isNarrow(type.element) ? type.element : undefined;
}

/** Of a result or a block argument. */
function narrowOf(value: Value, to: Retyped): NarrowElement | undefined {
  return narrowAmong(to.was(value));
}

/** Computed in f32 and rounded: results of add, subtract, multiply, divide and sqrt are those of one rounding (Figueroa 1995). */
const rounded =
  (formats: Formats): Row =>
  (op, to) => {
    for (const result of op.results) {
      const element = narrowOf(result, to);
      if (element && floatFormats[element].flavour === "exponent") throughDouble(op, element, formats, to);
      else if (element) to.follow(result, (b) => formats.round(b, result, element));
    }
  };

/** Powers of two have no zero: what f32 would lose to underflow is still their smallest value. */
function throughDouble(op: Operation, element: NarrowElement, formats: Formats, to: Retyped): void {
  to.replace(op, (b) => {
    const operands = op.operands.map((x) => (isFloat(elementAt(x.type)) ? extended(b, x) : x));
    const type = withElement(b, op.result.type, "f64");
    return formats.round(b, b.create(op.def, operands, op.attrs, { results: [type] }).result, element);
  });
}

function extended(b: Builder, x: Value): Value {
  return b.value(cast.extf, { in: x }, {}, { results: [withElement(b, x.type, "f64")] });
}

/** A change of sign, which only formats without -0 or negative numbers have to round. */
const sign =
  (formats: Formats): Row =>
  (op, to) => {
    const element = narrowOf(op.result, to);
    const flavour = element && floatFormats[element].flavour;
    if (flavour === "fnuz" || flavour === "exponent") rounded(formats)(op, to);
  };

/** Only the types change. */
const carried: Row = () => undefined;

const extend =
  (formats: Formats): Row =>
  (op, to) => {
    const target = narrowOf(op.result, to);
    if (target) to.replace(op, (b) => formats.round(b, op.operand(0), target));
    else if (op.operand(0).type === op.result.type) to.replace(op, () => op.operand(0));
  };

const truncate =
  (formats: Formats): Row =>
  (op, to) => {
    const target = narrowOf(op.result, to);
    if (target) to.replace(op, (b) => formats.round(b, op.operand(0), target));
  };

/** Through f64, which holds 32 bits; wider integers lose low bits there, which are gathered in the last one kept. */
const fromInteger =
  (formats: Formats): Row =>
  (op, to) => {
    const element = narrowOf(op.result, to)!;
    to.replace(op, (b) => {
      const source = op.operand(0);
      const isWide = elementFacts[elementAt(source.type)].bits > 53;
      const isSigned = op.def === asDef(cast.sitofp);
      const input = isWide ? gatherLowBits(b, source, isSigned) : source;
      const f64 = withElement(b, source.type, "f64");
      return formats.round(
        b,
        b.value(isSigned ? cast.sitofp : cast.uitofp, { in: input }, {}, { results: [f64] }),
        element,
      );
    });
  };

/** An i64 whose 11 low bits are clear but for one that says whether they were, where it is too large for a double. */
function gatherLowBits(b: Builder, x: Value, isSigned: boolean): Value {
  const v = new Int<Value>(new IrPrimitives(b, x.type as LaneType), x);
  const low = v.and(0x7ff);
  const gathered = v.sub(low).or(low.ne(0).selectInt(0x800, 0));
  const exact = 1n << 53n;
  const isSmall = isSigned ? v.lt(exact).and(v.gt(-exact)) : v.compare("ult", exact);
  return isSmall.selectInt(v, gathered).value;
}

/** Bits as they are in memory. */
const reinterpret =
  (def: typeof cast.bitcast): Row =>
  (op, to) => {
    const [from, target] = [narrowAmong(to.operandWas(op, 0)), narrowOf(op.result, to)];
    to.replace(op, (b) => {
      const code = from ? encodeTo(b, op.operand(0), from) : op.operand(0);
      const type = target ? withElement(b, op.result.type, codeElement(target)) : op.result.type;
      const same = code.type === type ? code : throughBits(b, def, code, type as LaneType);
      return target ? decodeFrom(b, same, target) : same;
    });
  };

/** A bitcast; between a code and an integer of fewer bits, as sub-byte formats have, a change of width. */
function throughBits(b: Builder, def: typeof cast.bitcast, x: Value, type: LaneType): Value {
  const [from, target] = [elementFacts[elementAt(x.type)].bits, elementFacts[type.element].bits];
  const isSubByte = from < 8 || target < 8;
  if (!isSubByte) return b.create(asDef(def), [x], {}, { results: [type] }).result;
  return b.create(asDef(target < from ? cast.trunci : cast.extui), [x], {}, { results: [type] }).result;
}

/** a * b + c: the product is exact in f64; the sum is rounded to odd there, so that rounding again is right. */
const fused =
  (formats: Formats): Row =>
  (op, to) => {
    const element = narrowOf(op.result, to)!;
    to.replace(op, (b) => {
      const on = new IrPrimitives(b, withElement(b, op.result.type, "f64"));
      const wide = op.operands.map((x) => new Float<Value>(on, extended(b, x)));
      return formats.round(b, addToOdd(wide[0]!.mul(wide[1]!), wide[2]!).value, element);
    });
  };

/** Sums and products are rounded at every lane, in order; what picks one lane is not rounded. */
const reduce =
  (formats: Formats): Row =>
  (op, to) => {
    const element = narrowOf(op.result, to)!;
    const { kind } = vectorArithmetic.reduction.attrsOf(op);
    if (kind !== "add" && kind !== "mul") return;
    const [vector, start] = op.operands;
    const def = kind === "add" ? f.addf : f.mulf;
    to.replace(op, (b) => {
      const lanes = (vector!.type as VectorType).shape[0]!;
      const items = Array.from({ length: lanes }, (_, k) =>
        b.value(extract, { source: vector!, dynamic_position: [] }, { static_position: [k] }),
      );
      const all = start ? [start, ...items] : items;
      return all.reduce((lhs, rhs) => formats.round(b, b.value(def, { lhs, rhs }, {}), element));
    });
  };

const constantRow: Row = (op, to) => {
  const { value } = constant.attrsOf(op);
  const type = op.result.type as ScalarType;
  if (value.kind === "float") op.setAttr("value", scalarAttr(value.value, type));
  else if (value.kind === "dense") {
    const data = mapElements("f32", value.data.shape, [value.data], (x) => x!);
    op.setAttr("value", { ...value, type: op.result.type as VectorType, data });
  } else throw new Error(`${op.name} of ${narrowOf(op.result, to)} cannot be ${value.kind}`);
};

const readRow =
  (formats: Formats): Row =>
  (op, to) => {
    const element = narrowOf(op.result, to);
    if (!element) return;
    const filler = reads.get(op.def)?.filler;
    if (filler !== undefined) storeOperand(op, operandIndex(op, filler), element, formats, to);
    op.result.type = withElement(to.before(op), op.result.type, formats.stored(element));
    to.follow(op.result, (b) => formats.load(b, op.result, element));
  };

const writeRow =
  (formats: Formats): Row =>
  (op, to) => {
    const index = operandIndex(op, writes.get(op.def)!);
    const element = narrowAmong(to.operandWas(op, index));
    if (element) storeOperand(op, index, element, formats, to);
  };

/** Lets an operand come as it is in memory. */
function storeOperand(op: Operation, index: number, element: NarrowElement, formats: Formats, to: Retyped): void {
  to.setOperand(op, index, formats.store(to.before(op), op.operand(index), element));
}

/** The body takes and gives elements as they are in memory. */
const genericRow =
  (formats: Formats): Row =>
  (op, to) => {
    const body = op.region(0).blocks[0]!;
    const start = body.first;
    op.operands.forEach((operand, k) => {
      const arg = body.args[k]!;
      const element = operand.type.kind === "memref" ? narrowOf(arg, to) : undefined;
      if (!element) return;
      const users = [...arg.users];
      arg.type = to.context.types.scalar(formats.stored(element));
      if (users.length === 0) return; // an output that is only written must not look as if it were read
      const decoded = formats.load(new Builder(to.context, body, start), arg, element);
      for (const user of users) user.replaceUsesOf(arg, decoded);
    });
    const inputs = op.operands.length - body.terminator.operands.length;
    body.terminator.operands.forEach((value, k) => {
      const element = narrowOf(body.args[inputs + k]!, to);
      if (element) to.setOperand(body.terminator, k, formats.store(to.before(body.terminator), value, element));
    });
  };

const fillRow =
  (formats: Formats): Row =>
  (op, to) => {
    const [value, output] = op.operands;
    const element = narrowAmong(to.operandWas(op, 0));
    if (!element || output!.type.kind !== "memref") return;
    const b = to.before(op);
    linalg.buildFill(b, formats.store(b, value!, element), output!);
    op.erase();
  };

const globalRow =
  (formats: Formats): Row =>
  (op, to) => {
    const { type, initial_value: value } = global.attrsOf(op);
    const narrow = type as MemRefType;
    const element = narrow.element as NarrowElement;
    const stored = formats.stored(element);
    op.setAttr("type", to.context.types.withElement(narrow, stored));
    if (value?.kind === "resource")
      op.setAttr("initial_value", { ...value, type: to.context.types.withElement(value.type, stored) });
    if (value?.kind !== "dense") return;
    const dense = to.context.types.withElement(value.type, stored);
    op.setAttr("initial_value", { ...value, type: dense, data: codesOf(value.data, stored) });
  };

/** The same bits over the integer that a format's codes are kept in. */
function codesOf(data: NdArray, stored: ElementType): NdArray {
  const [from, target] = [numericsOf(data.element), numericsOf(stored)];
  if (isFloat(stored)) return data;
  return mapElements(stored, data.shape, [data], (x) => target.fromBits(from.toBits(x!)));
}

function rowsFor(formats: Formats): ReadonlyMap<AnyOpDef, Row> {
  const rows = new Map<AnyOpDef, Row>();
  const add = (row: Row, ...defs: readonly unknown[]): void => {
    for (const def of defs) rows.set(asDef(def), row);
  };
  add(rounded(formats), ...operationsIn(math), f.addf, f.subf, f.mulf, f.divf, f.remf, mathIntegers.fpowi);
  add(sign(formats), f.negf, math.absf, math.copysign);
  add(carried, f.cmpf, f.minimumf, f.maximumf, f.minnumf, f.maxnumf, math.isnan, math.isinf, math.isfinite);
  add(carried, cast.fptosi, cast.fptoui);
  add(extend(formats), cast.extf);
  add(truncate(formats), cast.truncf);
  add(fromInteger(formats), cast.sitofp, cast.uitofp);
  add(reinterpret(cast.bitcast), cast.bitcast);
  add(reinterpret(vectorShape.bitcast as never), vectorShape.bitcast);
  add(fused(formats), math.fma, vectorArithmetic.fma);
  add(reduce(formats), vectorArithmetic.reduction);
  add(constantRow, constant);
  add(readRow(formats), ...reads.keys());
  add(writeRow(formats), ...writes.keys());
  add(genericRow(formats), linalg.generic);
  add(fillRow(formats), linalg.fill);
  add(globalRow(formats), global);
  return rows;
}

/** The pass, for a target that converts some formats by itself. */
export function expandNarrowFloatsWith(options: NarrowFloatOptions): Pass {
  const formats = new Formats(options);
  const retyping: Retyping = {
    name: "expand-narrow-floats",
    type(type: Type, { types }: Context): Type {
      if ((type.kind !== "scalar" && type.kind !== "vector" && type.kind !== "memref") || !isNarrow(type.element))
        return type;
      return types.withElement(type, type.kind === "memref" ? formats.stored(type.element) : "f32");
    },
    rows: rowsFor(formats),
  };
  return {
    name: "expand-narrow-floats",
    summary:
      "Floats narrower than f32 are computed in f32, rounded after each operation, and kept as integers in memory.",
    run: (module, context) => retype(module, context, retyping),
  };
}

export const expandNarrowFloats = expandNarrowFloatsWith({});
