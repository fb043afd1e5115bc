/**
 * @file The first half of `expand-complex`: complex memrefs become memrefs of their parts with an innermost axis of 2,
 * real part first, which is how complex numbers lie in inputs, outputs and weights. Complex values stay, made of what is loaded.
 */

import { affineMap } from "../../ir/affine.js";
import type { Context } from "../../ir/context.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as affineAccess from "../../ir/dialects/affine/access.js";
import { constantIndex } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import * as complex from "../../ir/dialects/complex/complex.js";
import { global } from "../../ir/dialects/memref/global.js";
import { collapseShape, expandShape } from "../../ir/dialects/memref/reshape.js";
import * as storage from "../../ir/dialects/memref/storage.js";
import { reinterpretCast, subview, transpose } from "../../ir/dialects/memref/views.js";
import { isComplex, partOf } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import { DYNAMIC } from "../../ir/text/mixed-indices.js";
import type { LayoutDim, MemRefType, ScalarType, Type } from "../../ir/types.js";
import { asDef, operandIndex, type Retyped, type Row, retype, writes } from "./retype.js";

function twice(d: LayoutDim, context: Context): LayoutDim {
  return d === "?" ? d : context.dims.mul(d, 2);
}

/** `memref<4x8xcomplex<f32>>` as `memref<4x8x2xf32>`. */
function partsType(type: MemRefType, context: Context): MemRefType {
  const { layout, space } = type;
  const strided = layout && {
    strides: [...layout.strides.map((s) => twice(s, context)), 1],
    offset: twice(layout.offset, context),
  };
  return context.types.memref([...type.shape, 2], partOf(type.element), { layout: strided, space });
}

function typeOf(type: Type, context: Context): Type {
  return type.kind === "memref" && isComplex(type.element) ? partsType(type, context) : type;
}

const loadRow: Row = (op, to) => {
  const [memref, ...indices] = op.operands as readonly [Value, ...Value[]];
  to.replace(op, (b) => {
    const [real, imaginary] = [0, 1].map((k) =>
      b.value(storage.load, { memref, indices: [...indices, constantIndex(b, k)] }, op.attrs as never, {
        results: [partTypeOf(op.result, to)],
      }),
    );
    return b.value(complex.create, { real: real!, imaginary: imaginary! }, {}, { results: [op.result.type] });
  });
};

function partTypeOf(value: Value, to: Retyped): ScalarType {
  return to.context.types.scalar(partOf((value.type as ScalarType).element));
}

const storeRow: Row = (op, to) => {
  const [value, memref, ...indices] = op.operands as readonly [Value, Value, ...Value[]];
  const b = to.before(op);
  [complex.re, complex.im].forEach((part, k) => {
    const piece = b.value(part, { complex: value }, {}, { results: [partTypeOf(value, to)] });
    b.op(storage.store, { value: piece, memref, indices: [...indices, constantIndex(b, k)] }, op.attrs as never);
  });
  op.erase();
};

const affineLoadRow: Row = (op, to) => {
  const { map } = affineAccess.load.attrsOf(op);
  to.replace(op, (b) => {
    const [real, imaginary] = [0, 1].map((k) => {
      const inner = affineMap(map.numDims, map.numSymbols, [...map.results, { kind: "constant", value: k }]);
      return b.create(
        asDef(affineAccess.load),
        op.operands,
        { ...op.attrs, map: inner },
        { results: [partTypeOf(op.result, to)] },
      ).result;
    });
    return b.value(complex.create, { real: real!, imaginary: imaginary! }, {}, { results: [op.result.type] });
  });
};

const affineStoreRow: Row = (op, to) => {
  const { map } = affineAccess.store.attrsOf(op);
  const at = operandIndex(op, writes.get(op.def)!);
  const b = to.before(op);
  [complex.re, complex.im].forEach((part, k) => {
    const value = op.operand(at);
    const piece = b.value(part, { complex: value }, {}, { results: [partTypeOf(value, to)] });
    const operands = op.operands.map((x, n) => (n === at ? piece : x));
    const inner = affineMap(map.numDims, map.numSymbols, [...map.results, { kind: "constant", value: k }]);
    b.create(asDef(affineAccess.store), operands, { ...op.attrs, map: inner });
  });
  op.erase();
};

function extendList(op: Operation, name: string, entry: number): void {
  op.setAttr(name, [...(op.attrs[name] as readonly number[]), entry]);
}

const subviewRow: Row = (op) => {
  extendList(op, "static_offsets", 0);
  extendList(op, "static_sizes", 2);
  extendList(op, "static_strides", 1);
};

/** Offset and strides count parts now. */
const reinterpretRow: Row = (op, to) => {
  const { static_offsets: offsets, static_strides: strides } = reinterpretCast.attrsOf(op);
  const double = (n: number): number => (n === DYNAMIC ? n : 2 * n);
  op.setAttr("static_offsets", offsets.map(double));
  op.setAttr("static_strides", [...strides.map(double), 1]);
  extendList(op, "static_sizes", 2);
  const [, atOffsets, atSizes, atStrides] = op.segments as readonly number[];
  const b = to.before(op);
  const scaled = op.operands.map((x, k) => {
    const position = k - 1;
    const isOffset = position >= 0 && position < atOffsets!;
    const isStride = position >= atOffsets! + atSizes! && position < atOffsets! + atSizes! + atStrides!;
    return isOffset || isStride ? b.value(i.muli, { lhs: x, rhs: constantIndex(b, 2) }, {}) : x;
  });
  op.setOperands(scaled);
};

const reshapeRow: Row = (op) => {
  const groups = op.attrs["reassociation"] as readonly (readonly number[])[];
  const rank = groups.reduce((n, g) => n + g.length, 0);
  op.setAttr("reassociation", [...groups, [rank]]);
  if (expandShape.matches(op)) extendList(op, "static_output_shape", 2);
};

const transposeRow: Row = (op) => {
  const { permutation } = transpose.attrsOf(op);
  const rank = permutation.numDims;
  op.setAttr("permutation", affineMap(rank + 1, 0, [...permutation.results, { kind: "dim", position: rank }]));
};

const globalRow: Row = (op, to) => {
  const { type, initial_value: value } = global.attrsOf(op);
  op.setAttr("type", partsType(type as MemRefType, to.context));
  if (value?.kind !== "dense" && value?.kind !== "resource") return;
  const parts = to.context.types.tensor([...value.type.shape, 2], partOf(value.type.element));
  if (value.kind === "resource") op.setAttr("initial_value", { ...value, type: parts });
  else if (value.splat) throw new Error("a splat of complex numbers cannot initialise storage of their parts");
  else {
    const data = { ...value.data, element: parts.element, shape: parts.shape as readonly number[] };
    op.setAttr("initial_value", { ...value, type: parts, data });
  }
};

const rows: ReadonlyMap<AnyOpDef, Row> = new Map<AnyOpDef, Row>([
  [asDef(storage.load), loadRow],
  [asDef(storage.store), storeRow],
  [asDef(affineAccess.load), affineLoadRow],
  [asDef(affineAccess.store), affineStoreRow],
  [asDef(subview), subviewRow],
  [asDef(reinterpretCast), reinterpretRow],
  [asDef(collapseShape), reshapeRow],
  [asDef(expandShape), reshapeRow],
  [asDef(transpose), transposeRow],
  [asDef(global), globalRow],
]);

/** Gives every complex memref of the module its parts. */
export function splitComplexStorage(module: Operation, context: Context): void {
  retype(module, context, { name: "expand-complex", type: typeOf, rows });
}
