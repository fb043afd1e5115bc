/** @file Structured forms of operations that make values from nothing or from sizes: constants, iota, sizes. */

import type { DenseAttr } from "../../../ir/attrs.js";
import * as cast from "../../../ir/dialects/arith/cast.js";
import { constant as arithConstant, constantOf, scalarAttr } from "../../../ir/dialects/arith/constant.js";
import * as complexDialect from "../../../ir/dialects/complex/complex.js";
import { constant, iota } from "../../../ir/dialects/stablehlo/constants.js";
import { getDimensionSize } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { getScalar, wrapData } from "../../../ir/ndarray.js";
import { isComplexScalar, type Scalar } from "../../../ir/scalar.js";
import { elementOf, type ScalarType, type TensorType } from "../../../ir/types.js";
import { signless } from "../../signless.js";
import { convertElement } from "./convert-element.js";
import type { Converter, Structure } from "./converter.js";
import { filledTensor, parallel, scalarTensor } from "./generic.js";

/** The number that a constant of rank 0, or a splat, is. */
export function constantScalar(to: Converter, op: Operation): Value {
  const { value } = constant.attrsOf(op);
  if (value.kind !== "dense") throw to.unsupported(op, "a reference to weights cannot be a single number here");
  return scalarConstant(to, getScalar(value.data, 0), to.context.types.scalar(signless(value.type.element)));
}

export function scalarConstant(to: Converter, value: Scalar, type: ScalarType): Value {
  const b = to.builder;
  if (!isComplexScalar(value)) return b.value(arithConstant, {}, { value: scalarAttr(signed(value, type), type) });
  const part = to.context.types.scalar(elementFacts[type.element].part!);
  const parts = { real: constantOf(b, value.re, part), imaginary: constantOf(b, value.im, part) };
  return b.value(complexDialect.create, parts, {}, { results: [type] });
}

/** Unsigned values beyond the signed range, as the signless attribute writes them. */
function signed(value: number | bigint, { element }: ScalarType): number | bigint {
  const { kind, bits } = elementFacts[element];
  if (kind !== "int") return value;
  const wrapped = BigInt.asIntN(bits, BigInt(value));
  return bits === 64 ? wrapped : Number(wrapped);
}

/** Splats are filled in where they are used; other elements are data of the program. */
const constantStructure: Structure = (op, to) => {
  const { value } = constant.attrsOf(op);
  const type = to.resultType(op);
  if (value.kind === "dense" && (value.splat || type.shape.length === 0))
    return [filledTensor(to, type, constantScalar(to, op))];
  const attr = value.kind === "resource" ? { ...value, type } : signlessDense(value, type);
  return [to.builder.value(arithConstant, {}, { value: attr }, { results: [type] })];
};

function signlessDense(value: DenseAttr, type: TensorType): DenseAttr {
  const { data } = value;
  if (type.element === data.element) return value;
  const Signed = {
    ui8: Int8Array,
    ui16: Int16Array,
    ui32: Int32Array,
    ui64: BigInt64Array,
    ui2: Int8Array,
    ui4: Int8Array,
  }[data.element as "ui8"];
  const bytes = data.data;
  const view = new Signed(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  return { ...value, type, data: wrapData(type.element, data.shape, view) };
}

const iotaStructure: Structure = (op, to) => {
  const { iota_dimension: axis } = iota.attrsOf(op);
  return [countedAlong(to, op, axis)];
};

/** 0, 1, 2, … along `axis` in the result's own element. */
export function countedAlong(to: Converter, op: Operation, axis: number): Value {
  const element = elementOf(op.result.type);
  return parallel(to, to.resultType(op), [], ({ b, index }) => {
    const position = b.value(cast.indexCast, { in: index(axis) }, {}, { results: [b.context.types.scalar("i64")] });
    return convertElement(b, position, "i64", element);
  });
}

const dimensionSize: Structure = (op, to) => {
  const { dimension } = getDimensionSize.attrsOf(op);
  const size = to.dim((op.operand(0).type as TensorType).shape[dimension]!);
  return [
    scalarTensor(to, to.builder.value(cast.indexCast, { in: size }, {}, { results: [to.context.types.scalar("i32")] })),
  ];
};

export const values: Readonly<Record<string, Structure>> = {
  "stablehlo.constant": constantStructure,
  "stablehlo.iota": iotaStructure,
  "stablehlo.get_dimension_size": dimensionSize,
};
