/**
 * @file The types values may have. A `TypeTable` (one per `Context`) interns them, so within a
 * compilation `===` is type equality. Types are frozen data; only the table creates them.
 */

import type { Attr } from "./attrs.js";
import type { Dim } from "./dim.js";
import type { ElementType } from "./element.js";
import { unreachable } from "./unreachable.js";

/** A single number: `f32`, `i1`, `index`, `complex<f32>`. */
export interface ScalarType {
  readonly kind: "scalar";
  readonly element: ElementType;
}

/** A tensor value (immutable). Sizes are numbers or symbolic expressions, which print as `?`. */
export interface TensorType {
  readonly kind: "tensor";
  readonly shape: readonly Dim[];
  readonly element: ElementType;
  readonly encoding?: Attr;
}

/** A stride or offset of a memref: known, symbolic, or `"?"` where only run time knows it. */
export type LayoutDim = Dim | "?";

export interface StridedLayout {
  readonly strides: readonly LayoutDim[];
  readonly offset: LayoutDim;
}

/** A reference to storage. Without a layout it is dense and row-major from its first element. */
export interface MemRefType {
  readonly kind: "memref";
  readonly shape: readonly Dim[];
  readonly element: ElementType;
  readonly layout?: StridedLayout;
  /** Where the storage is (`"sram"`, `"hbm"`, …); absent in the target's default memory. */
  readonly space?: string;
}

export interface VectorType {
  readonly kind: "vector";
  readonly shape: readonly number[];
  readonly element: ElementType;
}

export interface FunctionType {
  readonly kind: "function";
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
}

export interface TupleType {
  readonly kind: "tuple";
  readonly members: readonly Type[];
}

export interface NoneType {
  readonly kind: "none";
}

/** `!llvm.struct<(...)>`: members in order, C layout. */
export interface StructType {
  readonly kind: "struct";
  readonly members: readonly Type[];
}

/** `!llvm.array<4 x f32>`: elements one after the other, C layout. */
export interface ArrayType {
  readonly kind: "array";
  readonly count: number;
  readonly of: Type;
}

/** Any other dialect's type, as written: `!stablehlo.token`, `!llvm.ptr`. */
export interface DialectType {
  readonly kind: "dialect";
  /** Without the `!`: `stablehlo.token`. */
  readonly name: string;
  /** What stands between `<` and `>`; empty without them. */
  readonly body: string;
}

export type ShapedType = TensorType | MemRefType | VectorType;
export type Type = ScalarType | ShapedType | FunctionType | TupleType | NoneType | StructType | ArrayType | DialectType;

export interface MemRefOptions {
  readonly layout?: StridedLayout | undefined;
  readonly space?: string | undefined;
}

/** Interns types; every type of one compilation comes from one table. */
export class TypeTable {
  readonly #interned = new Map<string, Type>();
  readonly none: NoneType;
  readonly #attrKey: (attr: Attr) => string;

  constructor(attrKey: (attr: Attr) => string) {
    this.#attrKey = attrKey;
    this.none = this.#intern("none", { kind: "none" });
  }

  scalar(element: ElementType): ScalarType {
    return this.#intern(element, { kind: "scalar", element });
  }

  tensor(shape: readonly Dim[], element: ElementType, encoding?: Attr): TensorType {
    const key = `tensor<${shape.map(dimKey).join("x")}:${element}${encoding ? `,${this.#attrKey(encoding)}` : ""}>`;
    const known = this.#interned.get(key);
    if (known) return known as TensorType;
    const made = { kind: "tensor", shape: Object.freeze([...shape]), element } as const;
    return this.#intern(key, encoding ? { ...made, encoding } : made);
  }

  memref(shape: readonly Dim[], element: ElementType, options: MemRefOptions = {}): MemRefType {
    const { layout, space } = options;
    const strided = layout ? `,${layout.strides.map(layoutKey).join(",")}+${layoutKey(layout.offset)}` : "";
    const key = `memref<${shape.map(dimKey).join("x")}:${element}${strided}${space === undefined ? "" : `,@${space}`}>`;
    return this.#intern(key, {
      kind: "memref",
      shape: Object.freeze([...shape]),
      element,
      ...(layout ? { layout: Object.freeze({ ...layout }) } : {}),
      ...(space === undefined ? {} : { space }),
    });
  }

  vector(shape: readonly number[], element: ElementType): VectorType {
    return this.#intern(`vector<${shape.join("x")}:${element}>`, {
      kind: "vector",
      shape: Object.freeze([...shape]),
      element,
    });
  }

  func(inputs: readonly Type[], results: readonly Type[]): FunctionType {
    const key = `(${inputs.map((t) => this.key(t)).join(",")})->(${results.map((t) => this.key(t)).join(",")})`;
    return this.#intern(key, {
      kind: "function",
      inputs: Object.freeze([...inputs]),
      results: Object.freeze([...results]),
    });
  }

  tuple(members: readonly Type[]): TupleType {
    return this.#intern(`tuple<${members.map((t) => this.key(t)).join(",")}>`, { kind: "tuple", members });
  }

  struct(members: readonly Type[]): StructType {
    return this.#intern(`struct<${members.map((t) => this.key(t)).join(",")}>`, { kind: "struct", members });
  }

  array(count: number, of: Type): ArrayType {
    return this.#intern(`array<${count}:${this.key(of)}>`, { kind: "array", count, of });
  }

  dialect(name: string, body = ""): DialectType {
    return this.#intern(`!${name}<${body}>`, { kind: "dialect", name, body });
  }

  /** The same shape and kind of type over another element type. */
  withElement<T extends ScalarType | ShapedType>(type: T, element: ElementType): T {
    const made: Type =
      type.kind === "scalar"
        ? this.scalar(element)
        : type.kind === "tensor"
          ? this.tensor(type.shape, element, type.encoding)
          : type.kind === "vector"
            ? this.vector(type.shape, element)
            : this.memref(type.shape, element, { layout: type.layout, space: type.space });
    return made as T;
  }

  /** A text that is equal for equal types; symbolic sizes count. */
  key(type: Type): string {
    const key = this.#keys.get(type);
    if (key === undefined) throw new Error(`type of another context: ${printType(type)}`);
    return key;
  }

  readonly #keys = new Map<Type, string>();

  #intern<T extends Type>(key: string, made: T): T {
    const known = this.#interned.get(key);
    if (known) return known as T;
    Object.freeze(made);
    this.#interned.set(key, made);
    this.#keys.set(made, key);
    return made;
  }
}

function dimKey(d: Dim): string {
  return typeof d === "number" ? String(d) : `{${d.key}}`;
}

function layoutKey(d: LayoutDim): string {
  return d === "?" ? "?" : dimKey(d);
}

/** MLIR text of a type; a symbolic size prints as `?`. */
export function printType(type: Type, printAttr: (attr: Attr) => string = () => "#encoding"): string {
  const again = (t: Type): string => printType(t, printAttr);
  switch (type.kind) {
    case "scalar":
      return type.element;
    case "tensor":
      return `tensor<${printShape(type.shape)}${type.element}${type.encoding ? `, ${printAttr(type.encoding)}` : ""}>`;
    case "memref":
      return `memref<${printShape(type.shape)}${type.element}${printLayout(type)}${type.space === undefined ? "" : `, ${JSON.stringify(type.space)}`}>`;
    case "vector":
      return `vector<${printShape(type.shape)}${type.element}>`;
    case "function":
      return `(${type.inputs.map(again).join(", ")}) -> ${printResultTypes(type.results, again)}`;
    case "tuple":
      return `tuple<${type.members.map(again).join(", ")}>`;
    case "struct":
      return `!llvm.struct<(${type.members.map((t) => insideLlvm(again(t))).join(", ")})>`;
    case "array":
      return `!llvm.array<${type.count} x ${insideLlvm(again(type.of))}>`;
    case "none":
      return "none";
    case "dialect":
      return `!${type.name}${type.body === "" ? "" : `<${type.body}>`}`;
    default:
      return unreachable(type);
  }
}

/** Within LLVM's types its own go without their prefix. */
export function insideLlvm(text: string): string {
  return text.replace(/^!llvm\./, "");
}

function printResultTypes(results: readonly Type[], print: (t: Type) => string): string {
  const [only] = results;
  const bare = results.length === 1 && only !== undefined && only.kind !== "function";
  return bare ? print(only) : `(${results.map(print).join(", ")})`;
}

function printShape(shape: readonly Dim[]): string {
  return shape.map((d) => `${typeof d === "number" ? d : "?"}x`).join("");
}

function printLayout({ layout }: MemRefType): string {
  if (!layout) return "";
  const print = (d: LayoutDim): string => (typeof d === "number" ? String(d) : "?");
  const offset = layout.offset === 0 ? "" : `, offset: ${print(layout.offset)}`;
  return `, strided<[${layout.strides.map(print).join(", ")}]${offset}>`;
}

export function isShaped(type: Type): type is ShapedType {
  return type.kind === "tensor" || type.kind === "memref" || type.kind === "vector";
}

/** The element type of a scalar or shaped type. */
export function elementOf(type: Type): ElementType {
  if (type.kind === "scalar" || isShaped(type)) return type.element;
  throw new Error(`${printType(type)} has no element type`);
}

/** True when no size is symbolic. */
export function hasStaticShape(type: ShapedType): type is ShapedType & { readonly shape: readonly number[] } {
  return type.shape.every((d) => typeof d === "number");
}

/** The sizes of a type known to be static. */
export function staticShape(type: ShapedType): readonly number[] {
  if (!hasStaticShape(type)) throw new Error(`${printType(type)} is not static`);
  return type.shape;
}
