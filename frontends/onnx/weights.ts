/**
 * @file Tensors of the file as constants of the program: small ones by value, one value repeated as a splat, others by
 * reference to the bytes of the file or of the external file, which are not copied.
 */

import type { ResourceAttr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { constant } from "../../ir/dialects/stablehlo/constants.js";
import type { ElementType } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";
import { fromBytes, getScalar, type NdArray } from "../../ir/ndarray.js";
import type { Resource } from "../../ir/resource.js";
import type { ShapeBuilder } from "../../ir/shape-builder.js";
import { denseBytes, elementType, type OnnxDtype } from "./dtypes.js";
import type { OnnxSparseTensor, OnnxTensor } from "./records.js";
import { sparseTensorBytes } from "./sparse.js";
import { splatElement, tensorBytes } from "./tensor-data.js";

/** Tensors of at most this many elements are written into the program. */
const INLINE = 64;

/** The element type of a numeric dtype; strings have none. */
export function numericElement(dtype: OnnxDtype): ElementType | undefined {
  return dtype === "string" ? undefined : dtype;
}

/** The elements of a numeric tensor. */
export function tensorArray(tensor: OnnxTensor): NdArray {
  const element = numericElement(tensor.dtype);
  if (element === undefined) throw new Error("a tensor of strings is no array");
  return fromBytes(element, tensor.dims, tensorBytes(tensor));
}

/** The constant for a numeric tensor, called `name` where it is kept by reference. */
export function emitTensor(t: ShapeBuilder, tensor: OnnxTensor, name: string): Value {
  const element = numericElement(tensor.dtype);
  if (element === undefined) throw new Error("a tensor of strings is no constant of the program");
  if (tensor.elements <= INLINE) return t.constant(tensorArray(tensor));
  const splat = splatElement(tensor);
  if (splat !== undefined) return t.splat(getScalar(fromBytes(element, [], splat), 0), tensor.dims, element);
  const resource = t.context.resources.add(resourceOf(tensor, element, freshName(t.context, name)));
  const value: ResourceAttr = { kind: "resource", name: resource.name, type: t.tensorType(tensor.dims, element) };
  return t.emit(constant, {}, { value });
}

/** The constant for a sparse tensor, made dense. */
export function emitSparse(t: ShapeBuilder, sparse: OnnxSparseTensor): Value {
  const element = numericElement(sparse.dtype);
  if (element === undefined) throw new Error("a sparse tensor of strings cannot be read");
  return t.constant(fromBytes(element, sparse.dims, sparseTensorBytes(sparse)));
}

function freshName(context: Context, name: string): string {
  const plain = name.replace(/[^\w$.]/g, "_");
  return context.resources.freshName(/^[A-Za-z_]/.test(plain) ? plain : `weight_${plain}`);
}

function resourceOf(tensor: OnnxTensor, element: ElementType, name: string): Resource {
  const { dims: shape, dtype, elements, payload } = tensor;
  const byteLength = denseBytes(dtype, elements);
  const base = { name, element, shape, byteLength };
  const isPlain = elementType(dtype).bits >= 8 && dtype !== "i1";
  if (payload.kind === "external" && isPlain) {
    return { ...base, read: (offset, length) => payload.range.read(offset, length) };
  }
  let decoded: Uint8Array | undefined;
  const bytes = (): Uint8Array => {
    decoded ??= tensorBytes(tensor);
    return decoded;
  };
  return { ...base, read: (offset, length) => bytes().subarray(offset, offset + length) };
}
