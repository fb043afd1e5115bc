/** @file Constants as arrays, whether they are written in the program or kept by reference; and constants made of them. */

import type { DenseAttr, ResourceAttr } from "../../../ir/attrs.js";
import type { Context } from "../../../ir/context.js";
import { constant } from "../../../ir/dialects/stablehlo/constants.js";
import type { Value } from "../../../ir/graph.js";
import { filled, fromBytes, getScalar, type NdArray } from "../../../ir/ndarray.js";
import { bytesResource } from "../../../ir/resource.js";
import { hasStaticShape, staticShape } from "../../../ir/types.js";

/** The elements of a constant; `undefined` for what is none. */
export function arrayOf(x: Value, context: Context): NdArray | undefined {
  const op = x.definingOp;
  if (!op || !constant.matches(op) || x.type.kind !== "tensor" || !hasStaticShape(x.type)) return undefined;
  const value = constant.attrsOf(op).value as DenseAttr | ResourceAttr;
  if (value.kind === "dense")
    return value.splat ? filled(x.type.element, staticShape(x.type), getScalar(value.data, 0)) : value.data;
  const resource = context.resources.get(value.name);
  return resource && fromBytes(x.type.element, staticShape(x.type), resource.read(0, resource.byteLength).slice());
}

/** What a constant of these elements holds: several are kept by reference, under a name like `base`, so that folding does not repeat them. */
export function constantAttr(data: Int32NdArray | Float32NdArray, base: string, context: Context) {
  const type = context.types.tensor(data.shape, data.element);
  if (data.data.length === 1) return { kind: "dense", type, splat: false, data } as const;
  const { buffer, byteOffset, byteLength } = data.data;
  const name = context.resources.freshName(base);
  context.resources.add(
    bytesResource(name, data.element, data.shape, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)),
  );
  return { kind: "resource", name, type } as const;
}

type Int32NdArray = NdArray & { readonly element: "i32"; readonly data: Int32Array };
type Float32NdArray = NdArray & { readonly element: "f32"; readonly data: Float32Array };
