/**
 * @file Tensors with memory. In the training form of a graph operators write in place and views share memory; programs have
 * neither. So a tensor is a storage, or a view of another tensor: writing through a view makes a new value of what it
 * views, and reading makes the view's value anew where that has changed. What is never written costs nothing.
 */

import type { Value } from "../../ir/graph.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";

/** How a view is read from what it views, and written back to it. */
export interface View {
  read(t: TensorBuilder, base: Value): Value;
  /** `base` with `update`, of the view's own shape and element, in the place of what the view shows. */
  write(t: TensorBuilder, base: Value, update: Value): Value;
}

export class Tensor {
  readonly #viewed: { readonly base: Tensor; readonly view: View } | undefined;
  /** The tensor whose memory this is. */
  readonly storage: Tensor;
  #value: Value;
  /** Of a storage: how often it has been written. Of a view: the version that `#value` shows. */
  #version = 0;

  private constructor(value: Value, viewed?: { readonly base: Tensor; readonly view: View }) {
    this.#value = value;
    this.#viewed = viewed;
    this.storage = viewed === undefined ? this : viewed.base.storage;
  }

  /** A tensor with memory of its own. */
  static of(value: Value): Tensor {
    return new Tensor(value);
  }

  static viewOf(base: Tensor, view: View, t: TensorBuilder): Tensor {
    const tensor = new Tensor(view.read(t, base.read(t)), { base, view });
    tensor.#version = base.storage.#version;
    return tensor;
  }

  read(t: TensorBuilder): Value {
    if (this.#viewed !== undefined && this.#version !== this.storage.#version) {
      this.#value = this.#viewed.view.read(t, this.#viewed.base.read(t));
      this.#version = this.storage.#version;
    }
    return this.#value;
  }

  /** The element and sizes are those that it has; no operation is made. */
  get peek(): Value {
    return this.#value;
  }

  /** Writes a value of the tensor's own shape and element. */
  write(t: TensorBuilder, value: Value): void {
    if (this.#viewed === undefined) {
      this.#version++;
      this.#value = value;
      return;
    }
    const { base, view } = this.#viewed;
    base.write(t, view.write(t, base.read(t), value));
    this.#value = value;
    this.#version = this.storage.#version;
  }
}
