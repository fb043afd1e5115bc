/** @file How each operation on tensors is written with buffers. Results, and copied destinations, are in place already. */

import { affineMap, identityMap } from "../../ir/affine.js";
import { affineDim } from "../../ir/affine-expr.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { constant, constantIndex } from "../../ir/dialects/arith/constant.js";
import * as linalg from "../../ir/dialects/linalg/structured.js";
import { fill, generic } from "../../ir/dialects/linalg/structured.js";
import { getGlobal } from "../../ir/dialects/memref/global.js";
import { load, store } from "../../ir/dialects/memref/storage.js";
import * as access from "../../ir/dialects/tensor/access.js";
import { generate } from "../../ir/dialects/tensor/region.js";
import * as shape from "../../ir/dialects/tensor/shape.js";
import type { Operation, Value } from "../../ir/graph.js";
import { advance, sizeOf } from "../../ir/ndarray.js";
import { staticShape, type TensorType } from "../../ir/types.js";
import { isOnlyShape } from "./effects.js";
import type { EmitRow, Emitter } from "./emitter.js";

/** Nothing to do: views and tensors without contents are their buffers. */
const nothing: EmitRow = () => undefined;

const constantRow: EmitRow = (op, to) => {
  const { value } = constant.attrsOf(op);
  if (op.result.type.kind !== "tensor") {
    to.bind(op.result, to.builder.value(constant, {}, { value }));
    return;
  }
  if (value.kind !== "dense" && value.kind !== "resource")
    throw to.unsupported(op, "a constant tensor has the elements of one");
  const name = to.globals.nameFor(value);
  to.bindBuffer(op.result, to.builder.value(getGlobal, {}, { name }, { results: [to.type(op.result.type)] }));
};

const dim: EmitRow = (op, to) => {
  const axis = constantIndexOf(op.operand(1));
  const { shape: sizes } = op.operand(0).type as TensorType;
  if (axis === undefined || sizes[axis] === undefined)
    throw to.unsupported(op, "its axis is no constant in the rank of the tensor");
  to.bind(op.result, to.dim(sizes[axis]));
};

function constantIndexOf(x: Value): number | undefined {
  const value = constant.matches(x.definingOp) ? constant.attrsOf(x.definingOp!).value : undefined;
  return value?.kind === "int" ? Number(value.value) : undefined;
}

const extract: EmitRow = (op, to) => {
  const [memref, ...indices] = op.operands.map((x) => to.value(x)) as [Value, ...Value[]];
  to.bind(op.result, to.builder.value(load, { memref, indices }, {}));
};

const insert: EmitRow = (op, to) => {
  const { scalar, indices } = access.insert.operandsOf(op);
  storeAt(
    to,
    to.value(scalar),
    to.value(op.result),
    indices.map((x) => to.value(x)),
  );
};

function storeAt(to: Emitter, value: Value, memref: Value, indices: readonly Value[]): void {
  to.builder.op(store, { value, memref, indices }, {});
}

const fromElements: EmitRow = (op, to) => {
  if (isOnlyShape(op.result)) return;
  const sizes = staticShape(op.result.type as TensorType);
  const target = to.value(op.result);
  const at = sizes.map(() => 0);
  for (let k = 0; k < sizeOf(sizes); k++) {
    storeAt(
      to,
      to.value(op.operand(k)),
      target,
      at.map((i) => constantIndex(to.builder, i)),
    );
    advance(at, sizes);
  }
};

const splat: EmitRow = (op, to) => void linalg.buildFill(to.builder, to.value(op.operand(0)), to.value(op.result));

/** Each point of the result's space is computed by the region of `op`, which gets the point. */
export function generateInto(op: Operation, to: Emitter, target: Value): void {
  const body = op.region(0).blocks[0]!;
  const rank = body.args.length;
  const element = to.context.types.scalar((op.result.type as TensorType).element);
  const region = to.region([element], () => {
    body.args.forEach((a, d) => {
      to.bind(a, to.builder.value(linalg.index, {}, { dim: d }));
    });
    const value = to.value(to.block(body).operand(0));
    to.builder.op(linalg.yieldOp, { values: [value] }, {});
  });
  const iterator_types = body.args.map(() => "parallel" as const);
  to.builder.op(
    generic,
    { inputs: [], outputs: [target] },
    { indexing_maps: [identityMap(rank)], iterator_types },
    { regions: [region] },
  );
}

/** A structured operation writes its outputs in place and has no results. */
const structured: EmitRow = (op, to) => {
  const outputs = op.operands.length - op.results.length;
  const operands = op.operands.map((x, i) => to.value(i < outputs ? x : op.results[i - outputs]!));
  const [inputs] = op.segments as readonly [number];
  const attrs = op.attrs as never;
  const parts = { inputs: operands.slice(0, inputs), outputs: operands.slice(inputs) };
  const def = fill.matches(op) ? fill : generic;
  to.builder.op(def, parts, attrs, { regions: [to.cloneRegion(op.region(0))], extra: op.extra });
};

const bitcast: EmitRow = (op, to) => {
  const { shape: sizes, element } = op.result.type as TensorType;
  const map = affineMap(
    sizes.length,
    0,
    sizes.map((_, d) => affineDim(d)),
  );
  const parts = {
    inputs: [to.value(op.operand(0))],
    outputs: [to.value(op.result)],
    maps: [map, map],
    iterators: sizes.map(() => "parallel" as const),
  };
  linalg.buildGeneric(to.builder, parts, (b, [x]) => [
    b.value(cast.bitcast, { in: x! }, {}, { results: [b.context.types.scalar(element)] }),
  ]);
};

const rows: readonly (readonly [unknown, EmitRow])[] = [
  [constant, constantRow],
  [generic, structured],
  [fill, structured],
  [access.cast, nothing],
  [access.dim, dim],
  [access.empty, nothing],
  [access.extract, extract],
  [access.fromElements, fromElements],
  [access.insert, insert],
  [access.splat, splat],
  [generate, (op: Operation, to: Emitter) => generateInto(op, to, to.value(op.result))],
  [shape.bitcast, bitcast],
  [shape.collapseShape, nothing],
  [shape.expandShape, nothing],
  [shape.reshape, nothing],
];

export const tensorRows: ReadonlyMap<string, EmitRow> = new Map(
  rows.map(([def, row]) => [(def as AnyOpDef).name, row]),
);
