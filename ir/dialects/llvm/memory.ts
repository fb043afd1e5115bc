/** @file `llvm`: constants, globals, memory and address arithmetic. */

import type { Attr } from "../../attrs.js";
import { printAttr, printSymbol } from "../../attrs.js";
import { cellOf } from "../../bytes.js";
import { type Datum, defineOp, type Evaluation } from "../../define.js";
import type { Operation } from "../../graph.js";
import {
  anyAttr,
  bool,
  defaultAttr,
  dialectType,
  i32,
  i32Array,
  i64,
  optionalAttr,
  scalarLike,
  string,
  symbolRef,
  typeKind,
  unit,
  variadic,
  writtenAttr,
} from "../../kinds.js";
import { type NdArray, toBytes } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import type { Assembly } from "../../text/assembly.js";
import { printType, type Type } from "../../types.js";
import { type ConstantAttr, constantDatum } from "../arith/constant.js";
import { signlessOf } from "../arith/signless.js";
import { fromElements, loadValue, storeValue, undefinedOf, zeroOf } from "./access.js";
import { alignmentOf, memberAt, offsetInside, sizeInMemory } from "./layout.js";
import { allocaAssembly, DYNAMIC_INDEX, gepAssembly } from "./memory-text.js";
import * as memory from "./pointer.js";

export { DYNAMIC_INDEX } from "./memory-text.js";

export const pointerType = dialectType("llvm.ptr");
export const firstClass: TypeConstraint = {
  describe: "a first-class value",
  accepts: (t): t is Type => t.kind !== "memref" && t.kind !== "tensor" && t.kind !== "none",
};
const integer = scalarLike("an integer", "int", "bool");

export const constant = defineOp("llvm.mlir.constant", {
  summary: "A number or vector known at compile time.",
  operands: {},
  attrs: { value: anyAttr },
  results: { res: firstClass },
  traits: ["pure", "constant"],
  format: "`(` $value `)` attr-dict `:` type($res)",
  evaluate(_, { value }, { op }) {
    const { type } = op.result;
    // The number's own type may be another, such as index: the result's counts.
    if (value.kind === "int" && type.kind === "scalar") return { res: signlessOf(type.element).fromBits(value.value) };
    const datum = constantDatum(value as Exclude<ConstantAttr, { kind: "resource" }>);
    return { res: type.kind === "array" ? fromElements(datum as NdArray, type) : datum };
  },
});

function filledConstant(name: string, summary: string, value: (type: Type) => Datum) {
  return defineOp(`llvm.mlir.${name}`, {
    summary,
    operands: {},
    attrs: {},
    results: { res: firstClass },
    traits: ["pure"],
    format: "attr-dict `:` type($res)",
    evaluate: (_, __, { op }) => ({ res: value(op.result.type) }),
  });
}

export const zero = filledConstant("zero", "Zero of any type; the null pointer.", zeroOf);
export const poison = filledConstant("poison", "A value that nothing may depend on.", undefinedOf);
export const undef = filledConstant("undef", "Some value, not always the same.", undefinedOf);

/** The storage of a global, made when it is first asked for. */
function storageOf(op: Operation, evaluation: Evaluation): memory.Pointer {
  return evaluation.perRun(op, () => {
    const { global_type: type, value, alignment = 1 } = global.attrsOf(op);
    const unitOf = Math.max(alignment, alignmentOf(type));
    const at = memory.allocateMemory(sizeInMemory(type), `@${op.attrs["sym_name"]}`, unitOf);
    if (value) memory.bytesAt(at, sizeInMemory(type)).set(bytesOf(value));
    return at;
  });
}

/** The bytes that a global's value stands for. */
function bytesOf(value: Attr): Uint8Array {
  if (value.kind === "string") return Uint8Array.from(value.value, (c) => c.charCodeAt(0));
  if (value.kind !== "int" && value.kind !== "float" && value.kind !== "dense")
    throw new Error(`${printAttr(value)} initialises no global`);
  const datum = constantDatum(value);
  if (value.kind === "dense") return toBytes(datum as NdArray);
  if (value.type.kind !== "scalar") throw new Error(`${printType(value.type)} initialises no global`);
  const cell = cellOf(value.type.element);
  const bytes = new Uint8Array(cell.bytes);
  cell.write(new DataView(bytes.buffer), 0, datum as Scalar);
  return bytes;
}

export const addressof = defineOp("llvm.mlir.addressof", {
  summary: "The address of a global or a function.",
  operands: {},
  attrs: { global_name: symbolRef },
  results: { res: pointerType },
  traits: ["pure"],
  format: "$global_name attr-dict `:` type($res)",
  infer: (_, __, { context }) => ({ res: context.types.dialect("llvm.ptr") }),
  evaluate(_, { global_name: name }, evaluation) {
    const op = evaluation.lookup(name);
    if (global.matches(op)) return { res: storageOf(op!, evaluation) };
    return { res: { kind: "pointer", memory: undefined, offset: 0, symbol: name } as const };
  },
});

const SHOWN = ["sym_name", "global_type", "value", "constant", "linkage"];

const globalAssembly: Assembly = {
  print(op, printer) {
    const { sym_name: name, global_type: type, value, constant: isConstant, linkage } = global.attrsOf(op);
    const word = linkage.kind === "dialect" ? linkage.body : "external";
    printer.text(` ${word} ${isConstant ? "constant " : ""}${printSymbol(name)}(`);
    if (value) printer.attr(value);
    printer.text(")");
    printer.attrDict(op, SHOWN);
    printer.text(" : ");
    printer.type(type);
    const [initializer] = op.regions;
    if (!initializer || initializer.blocks.length === 0) return;
    printer.text(" ");
    printer.region(initializer);
  },
  parse(parser, def) {
    const body = parser.peek("@") || parser.tryKeyword("constant") ? undefined : parser.identifier("a linkage");
    const wasConstant = body === undefined && !parser.peek("@");
    const isConstant = wasConstant || parser.tryKeyword("constant");
    const name = parser.symbolName();
    const [value] = parser.list("(", ")", () => parser.attribute());
    const dict = parser.attrDict();
    const type = parser.tryPunct(":")
      ? parser.type()
      : (stringType(parser.context.types, value) ?? parser.fail("expected ':' and a type"));
    const regions = parser.peek("{") ? [parser.region()] : [];
    const known = {
      sym_name: name,
      global_type: type,
      linkage: { kind: "dialect", name: "llvm.linkage", body: body ?? "external" } satisfies Attr,
      ...(isConstant ? { constant: true } : {}),
      ...(value ? { value } : {}),
    };
    return { operands: [], regions, ...parser.splitAttrs(def, dict, known) };
  },
};

/** Text needs no type: it is as many bytes as it has characters. */
function stringType(
  types: { array(n: number, of: Type): Type; scalar(e: "i8"): Type },
  value: Attr | undefined,
): Type | undefined {
  return value?.kind === "string" ? types.array(value.value.length, types.scalar("i8")) : undefined;
}

export const global = defineOp("llvm.mlir.global", {
  summary: "A global: a constant such as text or a table, or storage that lives as long as the module.",
  operands: {},
  attrs: {
    sym_name: string,
    global_type: typeKind,
    value: optionalAttr(anyAttr),
    constant: optionalAttr(unit),
    linkage: anyAttr,
    alignment: optionalAttr(i64),
    addr_space: defaultAttr(i32, 0),
    unnamed_addr: defaultAttr(i64, 0),
    visibility_: defaultAttr(i64, 0),
  },
  results: {},
  regions: ["initializer*"],
  traits: ["symbol"],
  format: globalAssembly,
});

export const getelementptr = defineOp("llvm.getelementptr", {
  summary: "A pointer advanced by a number of elements, and on into members of what lies there.",
  operands: { base: pointerType, dynamicIndices: variadic(integer) },
  attrs: { elem_type: typeKind, rawConstantIndices: i32Array, noWrapFlags: defaultAttr(i32, 0) },
  results: { res: pointerType },
  traits: ["pure"],
  format: gepAssembly,
  infer({ base, dynamicIndices }, { rawConstantIndices: raw, elem_type: type }) {
    const dynamic = raw.filter((n) => n === DYNAMIC_INDEX).length;
    if (raw.length === 0 || dynamic !== dynamicIndices.length)
      return `${dynamicIndices.length} values for ${dynamic} indices`;
    return memberAt(type, raw.slice(1)) ? { res: base } : `the indices do not lead into ${printType(type)}`;
  },
  evaluate({ base, dynamicIndices }, { elem_type: type, rawConstantIndices: raw }) {
    let next = 0;
    const [first, ...inner] = raw.map((n) => (n === DYNAMIC_INDEX ? Number(dynamicIndices[next++]) : n));
    return { res: memory.advance(base as memory.Pointer, first! * sizeInMemory(type) + offsetInside(type, inner)) };
  },
});

export const load = defineOp("llvm.load", {
  summary: "Reads a value from memory.",
  operands: { addr: pointerType },
  attrs: { alignment: optionalAttr(i64), ordering: defaultAttr(i64, 0) },
  results: { res: firstClass },
  traits: ["reads"],
  format: "$addr attr-dict `:` type($addr) `->` type($res)",
  evaluate: ({ addr }, { alignment }, { op }) => ({
    res: loadValue(addr as memory.Pointer, op.result.type, alignment),
  }),
});

export const store = defineOp("llvm.store", {
  summary: "Writes a value to memory.",
  operands: { value: firstClass, addr: pointerType },
  attrs: { alignment: optionalAttr(i64), ordering: defaultAttr(i64, 0) },
  results: {},
  traits: ["writes"],
  format: "$value `,` $addr attr-dict `:` type($value) `,` type($addr)",
  evaluate({ value, addr }, { alignment }, { op }) {
    storeValue(addr as memory.Pointer, op.operand(0).type, value, alignment);
    return {};
  },
});

const addressSpace = {};
const spaceOf = (evaluation: Evaluation): memory.AddressSpace =>
  evaluation.perRun(addressSpace, () => new memory.AddressSpace());

export const ptrtoint = defineOp("llvm.ptrtoint", {
  summary: "The number of an address.",
  operands: { arg: pointerType },
  attrs: {},
  results: { res: integer },
  traits: ["pure"],
  format: "$arg attr-dict `:` type($arg) `to` type($res)",
  evaluate({ arg }, _, evaluation) {
    const pointer = arg as memory.Pointer;
    return { res: BigInt(pointer.symbol === undefined ? spaceOf(evaluation).addressOf(pointer) : 1) };
  },
});

export const inttoptr = defineOp("llvm.inttoptr", {
  summary: "The pointer of a number.",
  operands: { arg: integer },
  attrs: {},
  results: { res: pointerType },
  traits: ["pure"],
  format: "$arg attr-dict `:` type($arg) `to` type($res)",
  evaluate: ({ arg }, _, evaluation) => ({ res: spaceOf(evaluation).pointerAt(Number(arg)) }),
});

export const alloca = defineOp("llvm.alloca", {
  summary: "Storage that lives until the function returns.",
  operands: { arraySize: integer },
  attrs: { elem_type: typeKind, alignment: optionalAttr(i64) },
  results: { res: pointerType },
  traits: ["allocates"],
  format: allocaAssembly,
  infer: (_, __, { context }) => ({ res: context.types.dialect("llvm.ptr") }),
  evaluate({ arraySize }, { elem_type: type, alignment = 1 }) {
    const bytes = Number(arraySize) * sizeInMemory(type);
    return { res: memory.allocateMemory(bytes, `alloca ${printType(type)}`, Math.max(alignment, alignmentOf(type))) };
  },
});

function copying(name: string, summary: string, mayOverlap: boolean) {
  return defineOp(`llvm.intr.${name}`, {
    summary,
    operands: { dst: pointerType, src: pointerType, len: integer },
    attrs: { isVolatile: writtenAttr(bool, false) },
    results: {},
    traits: ["reads", "writes"],
    evaluate({ dst, src, len }) {
      const [to, from, size] = [dst as memory.Pointer, src as memory.Pointer, Number(len)];
      const apart = Math.abs(to.offset - from.offset) >= size || to.offset === from.offset;
      if (!mayOverlap && to.memory === from.memory && !apart) throw new Error("the ranges overlap");
      memory.copyMemory(to, from, size);
      return {};
    },
  });
}

export const memcpy = copying("memcpy", "Copies bytes between ranges that do not overlap.", false);
export const memmove = copying("memmove", "Copies bytes between ranges that may overlap.", true);

export const memset = defineOp("llvm.intr.memset", {
  summary: "Fills bytes.",
  operands: { dst: pointerType, val: integer, len: integer },
  attrs: { isVolatile: writtenAttr(bool, false) },
  results: {},
  traits: ["writes"],
  evaluate({ dst, val, len }) {
    const to = dst as memory.Pointer;
    const size = Number(len);
    if (size === 0) return {};
    memory.overwrite(memory.accessed(to, size), to.offset, size);
    memory.bytesAt(to, size).fill(Number(val));
    return {};
  },
});

export const stacksave = defineOp("llvm.intr.stacksave", {
  summary: "Where the stack ends now.",
  operands: {},
  attrs: {},
  results: { res: pointerType },
  traits: ["reads"],
  format: "attr-dict `:` type($res)",
  evaluate: () => ({ res: memory.nullPointer }),
});

export const stackrestore = defineOp("llvm.intr.stackrestore", {
  summary: "Ends the life of what was allocated on the stack since it was saved; here nothing is.",
  operands: { ptr: pointerType },
  attrs: {},
  results: {},
  traits: ["writes"],
  format: "$ptr attr-dict `:` type($ptr)",
  evaluate: () => ({}),
});
