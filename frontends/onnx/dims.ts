/**
 * @file Sizes of an ONNX model as symbolic dimensions: one symbol for each name, a fresh one where there is no name.
 * Exporters also write expressions as names (`past_sequence_length + 1`): those over names that inputs have are read as
 * what they say.
 */

import type { Context } from "../../ir/context.js";
import type { Dim } from "../../ir/dim.js";
import type { OnnxDim, OnnxType, OnnxValueInfo } from "./records.js";

const reserved: ReadonlySet<string> = new Set(["floordiv", "ceildiv", "mod", "max", "min"]);

export class DimNames {
  readonly #context: Context;
  readonly #byName = new Map<string, Dim>();

  /** Declares the names that stand alone in the shapes of `inputs`. */
  constructor(context: Context, inputs: readonly OnnxValueInfo[]) {
    this.#context = context;
    for (const { type } of inputs) {
      for (const d of shapeOf(type) ?? []) {
        if (typeof d === "string" && isIdentifier(d) && !this.#byName.has(d)) this.#byName.set(d, this.#declare(d));
      }
    }
  }

  /** The size of an input. */
  ofInput(d: OnnxDim): Dim {
    if (typeof d === "number") return d;
    if (d === undefined) return this.#context.freshSymbol("input");
    const known = this.known(d);
    if (known !== undefined) return known;
    const made = this.#declare(d);
    this.#byName.set(d, made);
    return made;
  }

  /** The size that a name stands for, if inputs gave it a meaning. */
  known(d: OnnxDim): Dim | undefined {
    if (typeof d !== "string") return d;
    return this.#byName.get(d) ?? this.#expression(d);
  }

  #expression(text: string): Dim | undefined {
    const words = text.match(/[A-Za-z_$][\w$.]*/g) ?? [];
    const isKnown = words.length > 0 && words.every((w) => reserved.has(w) || this.#isPlain(w));
    if (!isKnown || !/^[\w$.\s+*(),-]+$/.test(text)) return undefined;
    const parsed = this.#context.dims.parse(text);
    // What may be negative is no size.
    return parsed !== undefined && this.#context.dims.bounds(parsed).min >= 0 ? parsed : undefined;
  }

  /** A name that is the name of its symbol. */
  #isPlain(name: string): boolean {
    const dim = this.#byName.get(name);
    return typeof dim === "object" && dim.key === name;
  }

  #declare(name: string): Dim {
    const plain = name.replace(/[^\w$.]/g, "_");
    const base = reserved.has(plain) || !/^[A-Za-z_$]/.test(plain) ? `dim_${plain}` : plain;
    for (let i = 0; ; i++) {
      const candidate = i === 0 ? base : `${base}_${i}`;
      if (!this.#context.dims.has(candidate)) return this.#context.dims.symbol(candidate);
    }
  }
}

const isIdentifier = (text: string): boolean => /^[A-Za-z_$][\w$.]*$/.test(text);

/** The declared shape of a tensor type. */
export function shapeOf(type: OnnxType | undefined): readonly OnnxDim[] | undefined {
  return type?.kind === "tensor" || type?.kind === "sparse-tensor" ? type.shape : undefined;
}
