/**
 * @file Element types: what one entry of a tensor may be, in the spelling MLIR uses.
 * One table holds every fact other files need (kind, width, storage), so that no file switches on the names.
 * Invariant: the names are exactly those MLIR prints; a signless `iN` is signed, as StableHLO reads it.
 */

export type FloatElement =
  | "f64"
  | "f32"
  | "f16"
  | "bf16"
  | "f8E4M3FN"
  | "f8E5M2"
  | "f8E4M3FNUZ"
  | "f8E5M2FNUZ"
  | "f8E4M3B11FNUZ"
  | "f8E4M3"
  | "f8E3M4"
  | "f8E8M0FNU"
  | "f6E2M3FN"
  | "f6E3M2FN"
  | "f4E2M1FN";

export type SignedElement = "i2" | "i4" | "i8" | "i16" | "i32" | "i64";
export type UnsignedElement = "ui2" | "ui4" | "ui8" | "ui16" | "ui32" | "ui64";
export type IntegerElement = SignedElement | UnsignedElement;
export type ComplexElement = "complex<f32>" | "complex<f64>";

export type ElementType = FloatElement | IntegerElement | ComplexElement | "i1" | "index";

export type ElementKind = "float" | "int" | "uint" | "bool" | "index" | "complex";

export interface ElementFacts {
  readonly kind: ElementKind;
  /** Significant bits of a value; 64 for `index`, both parts for a complex. */
  readonly bits: number;
  /** Bytes one entry occupies in a dense buffer: sub-byte types and `i1` take one byte each. */
  readonly storageBytes: number;
  /** The element of each part of a complex; absent otherwise. */
  readonly part?: "f32" | "f64";
}

const float = (bits: number): ElementFacts => ({ kind: "float", bits, storageBytes: Math.ceil(bits / 8) });
const int = (bits: number): ElementFacts => ({ kind: "int", bits, storageBytes: Math.ceil(bits / 8) });
const uint = (bits: number): ElementFacts => ({ kind: "uint", bits, storageBytes: Math.ceil(bits / 8) });
const complex = (part: "f32" | "f64", bits: number): ElementFacts => ({
  kind: "complex",
  bits,
  storageBytes: bits / 8,
  part,
});

export const elementFacts: Readonly<Record<ElementType, ElementFacts>> = {
  f64: float(64),
  f32: float(32),
  f16: float(16),
  bf16: float(16),
  f8E4M3FN: float(8),
  f8E5M2: float(8),
  f8E4M3FNUZ: float(8),
  f8E5M2FNUZ: float(8),
  f8E4M3B11FNUZ: float(8),
  f8E4M3: float(8),
  f8E3M4: float(8),
  f8E8M0FNU: float(8),
  f6E2M3FN: float(6),
  f6E3M2FN: float(6),
  f4E2M1FN: float(4),
  i1: { kind: "bool", bits: 1, storageBytes: 1 },
  i2: int(2),
  i4: int(4),
  i8: int(8),
  i16: int(16),
  i32: int(32),
  i64: int(64),
  ui2: uint(2),
  ui4: uint(4),
  ui8: uint(8),
  ui16: uint(16),
  ui32: uint(32),
  ui64: uint(64),
  index: { kind: "index", bits: 64, storageBytes: 8 },
  "complex<f32>": complex("f32", 64),
  "complex<f64>": complex("f64", 128),
};

/** Every element type, in the order of `elementFacts`. */
export const elementTypes = Object.keys(elementFacts) as readonly ElementType[];

export function isFloat(element: ElementType): element is FloatElement {
  return elementFacts[element].kind === "float";
}

/** Signed or unsigned, of 2 to 64 bits. Not `i1`, which StableHLO calls boolean, and not `index`: ask for those by name. */
export function isInteger(element: ElementType): element is IntegerElement {
  const { kind } = elementFacts[element];
  return kind === "int" || kind === "uint";
}

export function isSigned(element: ElementType): element is SignedElement {
  return elementFacts[element].kind === "int";
}

export function isUnsigned(element: ElementType): element is UnsignedElement {
  return elementFacts[element].kind === "uint";
}

export function isComplex(element: ElementType): element is ComplexElement {
  return elementFacts[element].kind === "complex";
}

/** The element a complex is made of; any other element is its own part. */
export function partOf(element: ElementType): ElementType {
  return elementFacts[element].part ?? element;
}

/** The complex made of two `part`s, or `undefined` where there is none. */
export function complexOf(part: ElementType): ComplexElement | undefined {
  return part === "f32" ? "complex<f32>" : part === "f64" ? "complex<f64>" : undefined;
}

/** Reads MLIR's spelling; `si8` is accepted for `i8`. `undefined` for anything else. */
export function parseElementType(text: string): ElementType | undefined {
  const name = text.replace(/^si(?=\d)/, "i").replace(/^complex<\s*(f\d+)\s*>$/, "complex<$1>");
  return Object.hasOwn(elementFacts, name) ? (name as ElementType) : undefined;
}
