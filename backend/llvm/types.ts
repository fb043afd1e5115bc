/** @file LLVM's names for types and constants. */

import { signlessOf } from "../../ir/dialects/arith/signless.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import { getScalar, type NdArray } from "../../ir/ndarray.js";
import { numericsOf, type Scalar } from "../../ir/scalar.js";
import { printType, type Type } from "../../ir/types.js";

const floatNames: Readonly<Partial<Record<ElementType, string>>> = {
  f16: "half",
  bf16: "bfloat",
  f32: "float",
  f64: "double",
};

export function llvmElement(element: ElementType): string {
  const name = floatNames[element];
  if (name !== undefined) return name;
  const { kind, bits } = elementFacts[element];
  if (kind === "int" || kind === "bool") return `i${bits}`;
  throw new Error(`${element} has no LLVM type`);
}

export function llvmType(type: Type): string {
  switch (type.kind) {
    case "scalar":
      return llvmElement(type.element);
    case "vector":
      return `<${type.shape[0]} x ${llvmElement(type.element)}>`;
    case "struct":
      return `{ ${type.members.map(llvmType).join(", ")} }`;
    case "none":
      return "void";
    case "dialect":
      if (type.name === "llvm.ptr") return "ptr";
      if (type.name === "llvm.void") return "void";
      throw new Error(`${printType(type)} has no LLVM type`);
    default:
      throw new Error(`${printType(type)} has no LLVM type`);
  }
}

/** A literal of one number; floats as the bits of a double, which LLVM takes for half, float and double alike. */
export function llvmScalar(value: Scalar, element: ElementType): string {
  const { kind, bits } = elementFacts[element];
  if (kind === "bool") return Number(value) === 0 ? "false" : "true";
  if (kind !== "float") return String(signlessOf(element).signed(value as number));
  if (element === "bf16") return `0xR${hex(numericsOf("bf16").toBits(value), 4)}`;
  if (element === "f16") return `0xH${hex(numericsOf("f16").toBits(value), 4)}`;
  if (bits !== 32 && bits !== 64) throw new Error(`${element} has no LLVM constants`);
  return `0x${hex(numericsOf("f64").toBits(value), 16)}`;
}

function hex(bits: bigint, digits: number): string {
  return bits.toString(16).toUpperCase().padStart(digits, "0");
}

/** A vector literal; `splat` repeats the only element. */
export function llvmVector(data: NdArray, lanes: number, splat: boolean): string {
  const element = llvmElement(data.element);
  const items = Array.from({ length: lanes }, (_, i) => llvmScalar(getScalar(data, splat ? 0 : i), data.element));
  if (items.every((x) => x === llvmScalar(numericsOf(data.element).zero, data.element))) return "zeroinitializer";
  return `<${items.map((x) => `${element} ${x}`).join(", ")}>`;
}

/** Bytes as the body of an LLVM string literal. */
export function llvmBytes(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    out += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return `c"${out}"`;
}

/** `@name`, quoted where LLVM asks for it. */
export function llvmSymbol(name: string): string {
  return /^[-a-zA-Z$._][-a-zA-Z$._0-9]*$/.test(name)
    ? `@${name}`
    : `@"${name.replace(/[^\x20-\x7e]|["\\]/g, (c) => `\\${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)}"`;
}
