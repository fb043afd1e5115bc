/** @file The type constraints and attribute kinds that operation definitions are written with. */

import type { AffineMap, IntegerSet } from "./affine.js";
import type { Attr, AttrDict, DenseAttr, ResourceAttr } from "./attrs.js";
import { type ElementType, elementFacts } from "./element.js";
import type { AttrKind, DefaultAttr, Optional, OptionalAttr, TypeConstraint, Variadic } from "./slots.js";
import type { DialectType, FunctionType, MemRefType, ScalarType, TensorType, Type, VectorType } from "./types.js";

export const anyType: TypeConstraint = { describe: "any type", accepts: (t): t is Type => t.kind !== undefined };

function tensorOf(describe: string, accepts: (element: ElementType) => boolean): TypeConstraint<TensorType> {
  return { describe, accepts: (t): t is TensorType => t.kind === "tensor" && accepts(t.element) };
}

const isKind =
  (...kinds: readonly string[]) =>
  (e: ElementType): boolean =>
    kinds.includes(elementFacts[e].kind);

export const anyTensor = tensorOf("a tensor", () => true);
export const floatTensor = tensorOf("a float tensor", isKind("float"));
export const floatOrComplexTensor = tensorOf("a float or complex tensor", isKind("float", "complex"));
export const intTensor = tensorOf("an integer tensor", isKind("int", "uint"));
export const intOrBoolTensor = tensorOf("an integer or i1 tensor", isKind("int", "uint", "bool"));
export const boolTensor = tensorOf("a tensor of i1", isKind("bool"));
export const indexTensor = tensorOf("a tensor of integers or index", isKind("int", "uint", "index"));
export const complexTensor = tensorOf("a complex tensor", isKind("complex"));

export const anyScalar: TypeConstraint<ScalarType> = {
  describe: "a scalar",
  accepts: (t): t is ScalarType => t.kind === "scalar",
};
export function scalarOf(describe: string, ...elements: readonly ElementType[]): TypeConstraint<ScalarType> {
  return { describe, accepts: (t): t is ScalarType => t.kind === "scalar" && elements.includes(t.element) };
}
export const indexScalar = scalarOf("an index", "index");
export const boolScalar = scalarOf("an i1", "i1");

export const anyMemRef: TypeConstraint<MemRefType> = {
  describe: "a memref",
  accepts: (t): t is MemRefType => t.kind === "memref",
};
export const anyVector: TypeConstraint<VectorType> = {
  describe: "a vector",
  accepts: (t): t is VectorType => t.kind === "vector",
};

/** A scalar, or a vector or tensor of elements that `accepts`: what `arith` works on. */
export function scalarLike(
  describe: string,
  ...kinds: readonly string[]
): TypeConstraint<ScalarType | VectorType | TensorType> {
  const accepts = isKind(...kinds);
  return {
    describe,
    accepts: (t): t is ScalarType | VectorType | TensorType =>
      (t.kind === "scalar" || t.kind === "vector" || t.kind === "tensor") && accepts(t.element),
  };
}

export function dialectType(name: string): TypeConstraint<DialectType> {
  return { describe: `!${name}`, accepts: (t): t is DialectType => t.kind === "dialect" && t.name === name };
}

export function variadic<T extends Type>(of: TypeConstraint<T>): Variadic<T> {
  return { variadic: true, of };
}
export function optional<T extends Type>(of: TypeConstraint<T>): Optional<T> {
  return { optional: true, of };
}
export function optionalAttr<T>(of: AttrKind<T>): OptionalAttr<T> {
  return { optional: true, of };
}
export function defaultAttr<T>(of: AttrKind<T>, value: T): DefaultAttr<T> {
  return { default: value, of };
}

/** May be left out when building, but is always in the text, where upstream knows no default. */
export function writtenAttr<T>(of: AttrKind<T>, value: T): DefaultAttr<T> {
  return { default: value, of, written: true };
}

/** A plain integer; prints without its type in a pretty form. */
export function intKind(element: "i32" | "i64" | "index"): AttrKind<number> {
  return {
    describe: `an integer (${element})`,
    read: (a) => (a.kind === "int" ? Number(a.value) : undefined),
    write: (value, context) => ({ kind: "int", value: BigInt(value), type: context.types.scalar(element) }),
    pretty: { print: String, parse: "integer" },
  };
}
export const i64 = intKind("i64");
export const i32 = intKind("i32");

export const f64Number: AttrKind<number> = floatKind("f64");
export const f32Number: AttrKind<number> = floatKind("f32");

function floatKind(element: "f32" | "f64"): AttrKind<number> {
  return {
    describe: `a number (${element})`,
    read: (a) => (a.kind === "float" ? a.value : undefined),
    write: (value, context) => ({ kind: "float", value, type: context.types.scalar(element) }),
  };
}

export const bool: AttrKind<boolean> = {
  describe: "true or false",
  read: (a) => (a.kind === "bool" ? a.value : undefined),
  write: (value) => ({ kind: "bool", value }),
};

/** Present or absent. */
export const unit: AttrKind<true> = {
  describe: "a flag",
  read: (a) => (a.kind === "unit" ? true : undefined),
  write: () => ({ kind: "unit" }),
};

export const string: AttrKind<string> = {
  describe: "a string",
  read: (a) => (a.kind === "string" ? a.value : undefined),
  write: (value) => ({ kind: "string", value }),
};

/** `array<i64: 1, 2>`, in a pretty form `[1, 2]`. */
export const i64Array: AttrKind<readonly number[]> = {
  describe: "a list of integers",
  read: readIntegers,
  write: (values) => ({ kind: "denseArray", element: "i64", values: values.map(BigInt) }),
  pretty: { print: (values) => `[${values.join(", ")}]`, parse: "bracketed-i64" },
};

export const i32Array: AttrKind<readonly number[]> = {
  describe: "a list of integers",
  read: readIntegers,
  write: (values) => ({ kind: "denseArray", element: "i32", values }),
};

export const boolArray: AttrKind<readonly boolean[]> = {
  describe: "a list of booleans",
  read: (a) => (a.kind === "denseArray" && a.element === "i1" ? a.values.map((v) => v !== 0) : undefined),
  write: (values) => ({ kind: "denseArray", element: "i1", values: values.map(Number) }),
};

/** Older texts write integer lists as `dense<…> : tensor<nxi64>` or `[1, 2]`. */
function readIntegers(a: Attr): readonly number[] | undefined {
  if (a.kind === "denseArray") return a.values.map(Number);
  if (a.kind === "array" && a.items.every((x) => x.kind === "int"))
    return a.items.map((x) => Number((x as { value: bigint }).value));
  if (a.kind !== "dense" || elementFacts[a.data.element].kind !== "int") return undefined;
  const count = a.type.shape.reduce((n: number, d) => n * Number(d), 1);
  return Array.from({ length: count }, (_, i) => Number(a.data.data[a.splat ? 0 : i]));
}

/** The values of a constant: given in place, or by reference. */
export const elements: AttrKind<DenseAttr | ResourceAttr> = {
  describe: "dense<…> or dense_resource<…>",
  read: (a) => (a.kind === "dense" || a.kind === "resource" ? a : undefined),
  write: (value) => value,
};

/** A reference to a function or another symbol of the module. */
export const symbolRef: AttrKind<string> = {
  describe: "a symbol such as @name",
  read: (a) => (a.kind === "symbol" && a.path.length === 1 ? a.path[0] : undefined),
  write: (name) => ({ kind: "symbol", path: [name] }),
  pretty: {
    print: (name) => (/^[A-Za-z_][\w$.]*$/.test(name) ? `@${name}` : `@${JSON.stringify(name)}`),
    parse: "symbol",
  },
};

export const functionType: AttrKind<FunctionType> = {
  describe: "a function type",
  read: (a) => (a.kind === "type" && a.type.kind === "function" ? a.type : undefined),
  write: (type) => ({ kind: "type", type }),
};

export const typeKind: AttrKind<Type> = {
  describe: "a type",
  read: (a) => (a.kind === "type" ? a.type : undefined),
  write: (type) => ({ kind: "type", type }),
};

export const affineMap: AttrKind<AffineMap> = {
  describe: "an affine map",
  read: (a) => (a.kind === "affineMap" ? a.map : undefined),
  write: (map) => ({ kind: "affineMap", map }),
};

export const affineMaps: AttrKind<readonly AffineMap[]> = {
  describe: "a list of affine maps",
  read: (a) =>
    a.kind === "array" && a.items.every((x) => x.kind === "affineMap")
      ? a.items.map((x) => (x as { map: AffineMap }).map)
      : undefined,
  write: (maps) => ({ kind: "array", items: maps.map((map) => ({ kind: "affineMap", map })) }),
};

export const integerSet: AttrKind<IntegerSet> = {
  describe: "an integer set",
  read: (a) => (a.kind === "integerSet" ? a.set : undefined),
  write: (set) => ({ kind: "integerSet", set }),
};

export const dictionary: AttrKind<AttrDict> = {
  describe: "a dictionary",
  read: (a) => (a.kind === "dict" ? a.entries : undefined),
  write: (entries) => ({ kind: "dict", entries }),
};

/** Any attribute, kept as it is. */
export const anyAttr: AttrKind<Attr> = { describe: "any attribute", read: (a) => a, write: (a) => a };

/** One word of a fixed list, written `#dialect<mnemonic WORD>` or as a plain keyword in a pretty form. */
export function enumKind<const W extends string>(dialect: string, mnemonic: string, words: readonly W[]): AttrKind<W> {
  const isWord = (text: string): text is W => (words as readonly string[]).includes(text);
  return {
    describe: `one of ${words.join(", ")}`,
    read(a) {
      if (a.kind === "string") return isWord(a.value) ? a.value : undefined;
      if (a.kind !== "dialect") return undefined;
      const text =
        a.name === dialect
          ? a.body.replace(new RegExp(`^${mnemonic}\\s+`), "")
          : a.name === `${dialect}.${mnemonic}`
            ? a.body
            : "";
      return isWord(text) ? text : undefined;
    },
    write: (value) => ({ kind: "dialect", name: dialect, body: `${mnemonic} ${value}` }),
    pretty: { print: (value) => value, parse: "keyword" },
  };
}

/** An array of what `item` reads. */
export function arrayOf<T>(item: AttrKind<T>): AttrKind<readonly T[]> {
  return {
    describe: `a list, each ${item.describe}`,
    read(a, context) {
      if (a.kind !== "array") return undefined;
      const values = a.items.map((x) => item.read(x, context));
      return values.includes(undefined) ? undefined : (values as T[]);
    },
    write: (values, context) => ({ kind: "array", items: values.map((v) => item.write(v, context)) }),
  };
}
