/**
 * @file A FlatBuffers schema as data: what the verifier, the reader and the writer of the manifest are driven by.
 * Only the parts of FlatBuffers that manifest.fbs uses exist here; the generator refuses others.
 */

/** Scalars by their width; those of 64 bits hold integers within +-(2^53 - 1). */
export type FlatScalar = "bool" | "u32" | "i64" | "u64";

export type FlatType =
  | { readonly kind: "scalar"; readonly scalar: FlatScalar }
  /** One byte: an index into the names of the schema's enum. */
  | { readonly kind: "enum"; readonly name: string }
  | { readonly kind: "string" }
  | { readonly kind: "table"; readonly name: string }
  /** Two fields: a byte that says which table (0 for none), at the slot before the reference's own. */
  | { readonly kind: "union"; readonly name: string }
  | { readonly kind: "vector"; readonly element: FlatType };

export interface FlatField {
  readonly name: string;
  /** Slot in the vtable. */
  readonly id: number;
  readonly type: FlatType;
  /** A reference that is always present. */
  readonly required: boolean;
  /** When absent the record has no such property; other absent fields read as `otherwise` or as an empty list. */
  readonly optional: boolean;
  /** Read when it is asked for. */
  readonly lazy: boolean;
  /** What an absent scalar means. */
  readonly otherwise: number;
}

export interface FlatUnionMember {
  /** The `kind` of the record. */
  readonly kind: string;
  readonly table: string;
}

export interface FlatSchema {
  /** Four ASCII characters at offset 4 of the file. */
  readonly identifier: string;
  readonly root: string;
  /** Fields in the order of their slots. */
  readonly tables: Readonly<Record<string, readonly FlatField[]>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
  /** Tag k + 1 stands for member k. */
  readonly unions: Readonly<Record<string, readonly FlatUnionMember[]>>;
}

export const string: FlatType = { kind: "string" };

export function scalar(of: FlatScalar): FlatType {
  return { kind: "scalar", scalar: of };
}

export function enumeration(name: string): FlatType {
  return { kind: "enum", name };
}

export function table(name: string): FlatType {
  return { kind: "table", name };
}

export function union(name: string): FlatType {
  return { kind: "union", name };
}

export function vector(element: FlatType): FlatType {
  return { kind: "vector", element };
}

export function field(
  name: string,
  id: number,
  type: FlatType,
  marks: Partial<Pick<FlatField, "required" | "optional" | "lazy" | "otherwise">> = {},
): FlatField {
  const { required = false, optional = false, lazy = false, otherwise = 0 } = marks;
  return { name, id, type, required, optional, lazy, otherwise };
}

/** Limits that a manifest keeps; what exceeds them is neither written nor read. */
export const flatLimits = { bytes: 64 * 1024 * 1024, depth: 64, tables: 1 << 20 } as const;

/** Bytes a value of the type takes where it stands; references take 4. */
export function inlineBytes(type: FlatType): number {
  if (type.kind === "enum") return 1;
  return type.kind === "scalar" ? scalarBytes[type.scalar] : 4;
}

const scalarBytes: Readonly<Record<FlatScalar, number>> = { bool: 1, u32: 4, i64: 8, u64: 8 };
