/** @file `vector`: fused multiply-add, reductions and contractions. Reductions run in order, from the first lane on. */

import { evaluateMap, printAffineMap } from "../../affine.js";
import { printNamedAttr } from "../../attrs.js";
import { defineOp } from "../../define.js";
import type { ElementType, FloatElement } from "../../element.js";
import { isFloat } from "../../element.js";
import { affineMaps, anyVector, defaultAttr, i64Array, optional } from "../../kinds.js";
import { advance, emptyArray, flatIndex, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import type { Assembly } from "../../text/assembly.js";
import { elementOf, printType, type Type, type VectorType } from "../../types.js";
import { fastMath } from "../arith/attributes.js";
import { isArray, type Lifted, liftTwo } from "../arith/lift.js";
import { signlessOf } from "../arith/signless.js";
import { type IteratorKind, iteratorKinds } from "../linalg/iterators.js";
import { fuse } from "../math/functions.js";
import { type CombiningKind, combineOf, combiningKind, floatVector, scalarOrVector } from "./attributes.js";

export const fma = defineOp("vector.fma", {
  summary: "lhs * rhs + acc, rounded once.",
  operands: { lhs: floatVector, rhs: floatVector, acc: floatVector },
  attrs: {},
  results: { result: floatVector },
  traits: ["pure", "elementwise"],
  format: "$lhs `,` $rhs `,` $acc attr-dict `:` type($lhs)",
  infer: ({ lhs, rhs, acc }) => (lhs === rhs && lhs === acc ? { result: lhs } : "the operands have different types"),
  evaluate: ({ lhs, rhs, acc }) => ({ result: fuse(lhs.element as FloatElement, [lhs, rhs, acc]) as NdArray }),
});

export const reduction = defineOp("vector.reduction", {
  summary: "Combines all lanes, and an initial value where one is given.",
  operands: { vector: anyVector, acc: optional(scalarOrVector) },
  attrs: { kind: combiningKind, fastmath: defaultAttr(fastMath, []) },
  results: { dest: scalarOrVector },
  traits: ["pure"],
  format: "$kind `,` $vector (`,` $acc^)? ($fastmath^)? attr-dict `:` type($vector) `into` type($dest)",
  infer({ vector, acc }, _, { context }) {
    const dest = context.types.scalar(vector.element);
    if (vector.shape.length > 1) return `${printType(vector)} has more than one axis`;
    return acc === undefined || acc === dest
      ? { dest }
      : `${printType(acc)} is no start for lanes of ${printType(vector)}`;
  },
  evaluate({ vector, acc }, { kind }) {
    const combine = combineOf(kind, vector.element);
    const count = sizeOf(vector.shape);
    let total = (acc as Scalar | undefined) ?? getScalar(vector, 0);
    for (let i = acc === undefined ? 1 : 0; i < count; i++) total = combine(total, getScalar(vector, i));
    return { dest: total };
  },
});

export const multiReduction = defineOp("vector.multi_reduction", {
  summary: "Combines lanes along axes, starting from an accumulator.",
  operands: { source: anyVector, acc: scalarOrVector },
  attrs: { kind: combiningKind, reduction_dims: i64Array },
  results: { dest: scalarOrVector },
  traits: ["pure"],
  format: "$kind `,` $source `,` $acc attr-dict $reduction_dims `:` type($source) `to` type($dest)",
  infer({ source, acc }, { reduction_dims: axes }, { context }) {
    const kept = source.shape.filter((_, i) => !axes.includes(i));
    const dest = kept.length === 0 ? context.types.scalar(source.element) : context.types.vector(kept, source.element);
    return acc === dest ? { dest } : `${printType(acc)} is no accumulator for ${printType(dest)}`;
  },
  evaluate({ source, acc }, { kind, reduction_dims: axes }) {
    const combine = combineOf(kind, source.element);
    const keptShape = source.shape.filter((_, i) => !axes.includes(i));
    const totals = copyOf(acc, source.element);
    const at = source.shape.map(() => 0);
    for (let i = 0; i < sizeOf(source.shape); i++) {
      const to = flatIndex(
        keptShape,
        at.filter((_, axis) => !axes.includes(axis)),
      );
      setScalar(totals, to, combine(getScalar(totals, to), getScalar(source, i)));
      advance(at, source.shape);
    }
    return { dest: isArray(acc) ? totals : getScalar(totals, 0) };
  },
});

/** An array of its own; a scalar becomes one of rank 0. */
function copyOf(x: Lifted, element: ElementType): NdArray {
  if (isArray(x)) return { ...x, data: x.data.slice() };
  const out = emptyArray(element, []);
  setScalar(out, 0, x);
  return out;
}

const vectorIterators: AttrKind<readonly IteratorKind[]> = {
  describe: "a list, each parallel or reduction",
  read(a) {
    if (a.kind !== "array") return undefined;
    const words = a.items.map((x) =>
      x.kind === "string" ? x.value : x.kind === "dialect" && x.name === "vector.iterator_type" ? x.body : "",
    );
    return words.every((w) => (iteratorKinds as readonly string[]).includes(w)) ? (words as IteratorKind[]) : undefined;
  },
  write: (words) => ({
    kind: "array",
    items: words.map((body) => ({ kind: "dialect", name: "vector.iterator_type", body })),
  }),
};

const contractAssembly: Assembly = {
  print(op, printer) {
    const { indexing_maps: maps, iterator_types: kinds, kind } = contract.attrsOf(op);
    const entries = [
      `indexing_maps = [${maps.map((m) => `affine_map<${printAffineMap(m)}>`).join(", ")}]`,
      `iterator_types = [${kinds.map((k) => `"${k}"`).join(", ")}]`,
      `kind = #vector.kind<${kind}>`,
      ...Object.entries(op.extra).map(([name, attr]) => printNamedAttr(name, attr)),
    ];
    printer.text(` {${entries.join(", ")}} `);
    printer.values(op.operands);
    printer.text(" : ");
    printer.types(op.operands.slice(0, 2).map((x) => x.type));
    printer.text(" into ");
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const dict = parser.attrDictOrAlias();
    const operands = parser.operands();
    parser.punct(":");
    const types = [parser.type()];
    parser.punct(",");
    types.push(parser.type());
    parser.keyword("into");
    types.push(parser.type());
    parser.expectTypes(operands, types);
    return { operands, ...parser.splitAttrs(def, dict) };
  },
};

export const contract = defineOp("vector.contract", {
  summary: "Multiplies two vectors and combines the products into an accumulator, by indexing maps.",
  operands: { lhs: anyVector, rhs: anyVector, acc: scalarOrVector },
  attrs: {
    indexing_maps: affineMaps,
    iterator_types: vectorIterators,
    kind: defaultAttr(combiningKind, "add" as CombiningKind),
  },
  results: { result: scalarOrVector },
  traits: ["pure"],
  format: contractAssembly,
  infer: ({ acc }) => ({ result: acc }),
  verify(op, { indexing_maps: maps, iterator_types: kinds }) {
    const fits =
      maps.length === 3 &&
      maps.every((m, i) => m.numDims === kinds.length && m.results.length === rankOf(op.operand(i).type));
    return fits ? undefined : "the indexing maps do not fit the operands";
  },
  evaluate({ lhs, rhs, acc }, { indexing_maps: maps, kind }) {
    const { element } = lhs;
    const combine = combineOf(kind, element);
    const multiply = productOf(element);
    const totals = copyOf(acc, element);
    const arrays = [lhs, rhs, totals];
    const sizes: number[] = [];
    maps.forEach((m, i) => {
      m.results.forEach((e, axis) => {
        if (e.kind === "dim") sizes[e.position] = arrays[i]!.shape[axis]!;
      });
    });
    const at = sizes.map(() => 0);
    for (let left = sizeOf(sizes); left > 0; left--) {
      const [a, b, c] = maps.map((m, i) => flatIndex(arrays[i]!.shape, evaluateMap(m, at)));
      const product = multiply(getScalar(lhs, a!), getScalar(rhs, b!));
      setScalar(totals, c!, combine(getScalar(totals, c!), product));
      advance(at, sizes);
    }
    return { result: isArray(acc) ? totals : getScalar(totals, 0) };
  },
});

function rankOf(type: Type): number {
  return type.kind === "vector" ? type.shape.length : 0;
}

function productOf(element: ElementType): (a: Scalar, b: Scalar) => Scalar {
  return isFloat(element) ? numericsOf(element).mul : signlessOf(element).operations.muli;
}

const outerAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printer.attrDict(op, []);
    printer.text(" : ");
    printer.types(op.operands.slice(0, 2).map((x) => x.type));
  },
  parse(parser, def) {
    const operands = parser.operands();
    const dict = parser.attrDict();
    parser.punct(":");
    const first = parser.type();
    parser.punct(",");
    parser.expectTypes(operands.slice(0, 2), [first, parser.type()]);
    return { operands, ...parser.splitAttrs(def, dict) };
  },
};

export const outerProduct = defineOp("vector.outerproduct", {
  summary: "Every product of a lane of one vector with a lane of another (or a scalar), combined into an accumulator.",
  operands: { lhs: anyVector, rhs: scalarOrVector, acc: optional(anyVector) },
  attrs: { kind: defaultAttr(combiningKind, "add" as CombiningKind) },
  results: { result: anyVector },
  traits: ["pure"],
  format: outerAssembly,
  infer({ lhs, rhs, acc }, _, { context }) {
    const shape = rhs.kind === "vector" ? [...lhs.shape, ...rhs.shape] : lhs.shape;
    const result = context.types.vector(shape, lhs.element);
    if (elementOf(rhs) !== lhs.element || lhs.shape.length !== 1 || rankOf(rhs) > 1)
      return `${printType(lhs)} and ${printType(rhs)} have no outer product`;
    return acc === undefined || acc === result
      ? { result }
      : `${printType(acc)} is no accumulator for ${printType(result)}`;
  },
  evaluate({ lhs, rhs, acc }, { kind }, { op }) {
    const { element, shape } = op.result.type as VectorType;
    const multiply = productOf(element);
    const count = isArray(rhs) ? sizeOf(rhs.shape) : 1;
    const products = emptyArray(element, shape);
    for (let i = 0; i < sizeOf(shape); i++) {
      const y = isArray(rhs) ? getScalar(rhs, i % count) : rhs;
      setScalar(products, i, multiply(getScalar(lhs, Math.floor(i / count)), y));
    }
    return {
      result: acc === undefined ? products : (liftTwo(element, acc, products, combineOf(kind, element)) as NdArray),
    };
  },
});
