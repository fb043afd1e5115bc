/** @file What `vector` operations share: constraints, combining kinds, and lists kept as arrays of numbers. */

import type { Attr } from "../../attrs.js";
import { type ElementType, elementFacts } from "../../element.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind, TypeConstraint } from "../../slots.js";
import type { ScalarType, VectorType } from "../../types.js";
import { signlessOf } from "../arith/signless.js";

function vectorOf(describe: string, ...kinds: readonly string[]): TypeConstraint<VectorType> {
  return {
    describe,
    accepts: (t): t is VectorType => t.kind === "vector" && kinds.includes(elementFacts[t.element].kind),
  };
}

export const floatVector = vectorOf("a vector of floats", "float");
export const maskVector = vectorOf("a vector of i1", "bool");
export const indexVector = vectorOf("a vector of integers or index", "int", "index");

export const scalarOrVector: TypeConstraint<ScalarType | VectorType> = {
  describe: "a scalar or vector",
  accepts: (t): t is ScalarType | VectorType => t.kind === "scalar" || t.kind === "vector",
};

export const combiningKinds = [
  "add",
  "mul",
  "minui",
  "minsi",
  "minnumf",
  "maxui",
  "maxsi",
  "maxnumf",
  "and",
  "or",
  "xor",
  "minimumf",
  "maximumf",
] as const;
export type CombiningKind = (typeof combiningKinds)[number];

const isKind = (text: string): text is CombiningKind => (combiningKinds as readonly string[]).includes(text);

/** `#vector.kind<add>`, in most pretty forms `<add>`. */
export const combiningKind: AttrKind<CombiningKind> = {
  describe: `one of ${combiningKinds.join(", ")}`,
  read: (a) => (a.kind === "dialect" && a.name === "vector.kind" && isKind(a.body) ? a.body : undefined),
  write: (body) => ({ kind: "dialect", name: "vector.kind", body }),
  pretty: {
    print: (value) => `<${value}>`,
    parse(parser): Attr {
      const [body] = parser.list("<", ">", () => parser.identifier("a kind of reduction"));
      return { kind: "dialect", name: "vector.kind", body: body ?? "" };
    },
  },
};

type Combine = (a: Scalar, b: Scalar) => Scalar;

/** How two elements are combined. */
export function combineOf(kind: CombiningKind, element: ElementType): Combine {
  const floats = numericsOf(element);
  if (elementFacts[element].kind === "float") return floatCombine(kind, floats.add, floats.mul, floats.min, floats.max);
  const { operations: of } = signlessOf(element);
  const table: { readonly [K in CombiningKind]?: Combine } = {
    add: of.addi,
    mul: of.muli,
    minui: of.minui,
    minsi: of.minsi,
    maxui: of.maxui,
    maxsi: of.maxsi,
    and: of.andi,
    or: of.ori,
    xor: of.xori,
  };
  return table[kind] ?? refuse(kind, element);
}

function floatCombine(kind: CombiningKind, add: Combine, mul: Combine, min: Combine, max: Combine): Combine {
  const skipNaN =
    (f: Combine): Combine =>
    (a, b) =>
      Number.isNaN(a) ? b : Number.isNaN(b) ? a : f(a, b);
  switch (kind) {
    case "add":
      return add;
    case "mul":
      return mul;
    case "minimumf":
      return min;
    case "maximumf":
      return max;
    case "minnumf":
      return skipNaN(min);
    case "maxnumf":
      return skipNaN(max);
    default:
      return refuse(kind, "a float");
  }
}

function refuse(kind: string, element: string): never {
  throw new Error(`${kind} does not combine elements of ${element}`);
}

/** A list kept as `[0, 2]`, an array of i64. */
export const numberList: AttrKind<readonly number[]> = {
  describe: "a list of integers",
  read(a) {
    if (a.kind !== "array") return undefined;
    const items = a.items.map((x) => (x.kind === "int" ? Number(x.value) : undefined));
    return items.includes(undefined) ? undefined : (items as number[]);
  },
  write: (values, context) => ({
    kind: "array",
    items: values.map((v) => ({ kind: "int", value: BigInt(v), type: context.types.scalar("i64") })),
  }),
};

/** A list kept as `[true, false]`. */
export const boolList: AttrKind<readonly boolean[]> = {
  describe: "a list of booleans",
  read(a) {
    if (a.kind !== "array") return undefined;
    const items = a.items.map((x) => (x.kind === "bool" ? x.value : undefined));
    return items.includes(undefined) ? undefined : (items as boolean[]);
  },
  write: (values) => ({ kind: "array", items: values.map((value) => ({ kind: "bool", value })) }),
};
