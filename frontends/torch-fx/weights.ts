/**
 * @file Tensors of the archive as constants of the program: small ones by value, others by reference to the bytes of the
 * archive. What is not dense in row-major order is gathered when it is read.
 */

import type { ResourceAttr } from "../../ir/attrs.js";
import { cellOf } from "../../ir/bytes.js";
import type { Context } from "../../ir/context.js";
import { constant } from "../../ir/dialects/stablehlo/constants.js";
import type { Value } from "../../ir/graph.js";
import { fromBytes } from "../../ir/ndarray.js";
import type { Resource } from "../../ir/resource.js";
import type { ShapeBuilder } from "../../ir/shape-builder.js";
import type { Payload } from "./records.js";

/** Tensors of at most this many elements are written into the program. */
const INLINE = 64;

/** The numbers of a payload's description, which the reader has checked. */
interface Layout {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly elements: number;
}

/** Resources of a module by the tensor they hold, which functions share. */
export class StoredTensors {
  readonly #context: Context;
  readonly #resources = new Map<string, Resource>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The resource of a tensor, named after the first who asks. */
  resource(payload: Payload, layout: Layout, name: string): Resource {
    const key = keyOf(payload, layout);
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const made = this.#context.resources.add(resourceOf(this.#context, payload, layout, name));
    this.#resources.set(key, made);
    return made;
  }
}

/** Tensors with the same key have the same elements. */
function keyOf({ meta, bytes }: Payload, { sizes, strides, offset }: Layout): string {
  return `${bytes.entry} ${meta.element} ${sizes} ${strides} ${offset}`;
}

/** Makes each constant of a function once, however many parameters share it. */
export class Weights {
  readonly #values = new Map<string, Value>();
  readonly #stored: StoredTensors;

  constructor(stored: StoredTensors) {
    this.#stored = stored;
  }

  /** The constant for a tensor, called `name` where it is kept by reference. */
  emit(t: ShapeBuilder, payload: Payload, name: string): Value {
    const layout = layoutOf(payload);
    const key = keyOf(payload, layout);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made = layout.elements <= INLINE ? inline(t, payload, layout) : this.#referred(t, payload, layout, name);
    this.#values.set(key, made);
    return made;
  }

  #referred(t: ShapeBuilder, payload: Payload, layout: Layout, name: string): Value {
    const resource = this.#stored.resource(payload, layout, name);
    const type = t.tensorType(layout.sizes, payload.meta.element);
    const value: ResourceAttr = { kind: "resource", name: resource.name, type };
    return t.emit(constant, {}, { value });
  }
}

function inline(t: ShapeBuilder, payload: Payload, layout: Layout): Value {
  const { bytes: width } = cellOf(payload.meta.element);
  return t.constant(fromBytes(payload.meta.element, layout.sizes, dense(payload, layout, width)));
}

/** The bytes of a payload as a resource, row-major. */
function resourceOf(context: Context, payload: Payload, layout: Layout, name: string): Resource {
  const { element } = payload.meta;
  const { bytes: width } = cellOf(element);
  const plain = name.replace(/[^\w$.]/g, "_");
  const base = {
    name: context.resources.freshName(/^[A-Za-z_]/.test(plain) ? plain : `weight_${plain}`),
    element,
    shape: layout.sizes,
    byteLength: layout.elements * width,
  };
  if (isRowMajor(layout)) {
    const start = layout.offset * width;
    return { ...base, read: (offset, length) => payload.bytes.read(start + offset, length) };
  }
  let gathered: Uint8Array | undefined;
  const all = (): Uint8Array => {
    gathered ??= dense(payload, layout, width);
    return gathered;
  };
  return { ...base, read: (offset, length) => all().subarray(offset, offset + length) };
}

export function layoutOf({ meta }: Payload): Layout {
  const sizes = meta.sizes as readonly number[];
  return {
    sizes,
    strides: meta.strides as readonly number[],
    offset: meta.offset as number,
    elements: sizes.reduce((a, b) => a * b, 1),
  };
}

function isRowMajor({ sizes, strides, elements }: Layout): boolean {
  let expected = elements;
  return sizes.every((size, k) => {
    expected /= size;
    return size === 1 || elements === 0 || strides[k] === expected;
  });
}

/** The elements in row-major order. */
function dense({ bytes }: Payload, layout: Layout, width: number): Uint8Array {
  const { sizes, strides, offset, elements } = layout;
  if (isRowMajor(layout)) return bytes.read(offset * width, elements * width);
  const storage = bytes.read(0, bytes.length);
  const out = new Uint8Array(elements * width);
  const position = sizes.map(() => 0);
  for (let k = 0, at = offset; k < elements; k++) {
    out.set(storage.subarray(at * width, (at + 1) * width), k * width);
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++position[axis]! < sizes[axis]!) break;
      at -= position[axis]! * strides[axis]!;
      position[axis] = 0;
    }
  }
  return out;
}
