/** @file The sizes of a run: symbols that the inputs bind, and those that the schedule defines while it runs. */

import { checkedProduct, findDtype } from "../../bundle/dtype.js";
import { type Expression, evaluateExpression, parseExpression, symbolsOf } from "../../bundle/expression.js";
import type { Value } from "../../bundle/generated/manifest.js";
import { runtimeFault } from "../../diagnostic.js";
import type { DescribedEntry } from "../../native/description.js";
import type { TensorShape } from "../engine.js";

type Sized = Pick<Value, "shape" | "dtype">;

export class Sizes {
  readonly #values = new Map<string, number>();
  readonly #parsed = new Map<string, Expression>();

  /** Gives a symbol its value; it may have had another before. */
  define(symbol: string, value: number): void {
    this.#values.set(symbol, value);
  }

  /** The value of an expression. Throws PS5006 (exit 4) where it has none. */
  evaluate(text: string): number {
    return evaluateExpression(this.#expression(text), this.#values);
  }

  isKnown(text: string): boolean {
    return symbolsOf(this.#expression(text)).every((s) => this.#values.has(s));
  }

  shapeOf({ shape }: Sized): readonly number[] {
    return shape.map((text) => this.evaluate(text));
  }

  /** Bytes of a tensor. Throws PS5200 where it has no size that could be. */
  bytesOf(value: Sized): number {
    const shape = this.shapeOf(value);
    const bytes = checkedProduct([...shape, findDtype(value.dtype)!.bytes]);
    if (bytes !== undefined) return bytes;
    throw runtimeFault("PS5200", `there is no tensor of the sizes [${shape.join(", ")}]`);
  }

  #expression(text: string): Expression {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const parsed = parseExpression(text);
    this.#parsed.set(text, parsed);
    return parsed;
  }
}

/** The sizes that inputs give: of each symbol that stands alone as one of their dimensions. */
export function sizesOf(entry: DescribedEntry, inputs: readonly TensorShape[]): Sizes {
  const sizes = new Sizes();
  entry.inputs.forEach(({ shape }, k) => {
    shape.forEach((text, axis) => {
      if (/^[A-Za-z_]\w*$/.test(text)) sizes.define(text, inputs[k]!.shape[axis]!);
    });
  });
  return sizes;
}
