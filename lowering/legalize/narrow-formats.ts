/**
 * @file How a narrow format goes between memory and f32 registers on a target: integer arithmetic, or the instructions it
 * has for a format.
 */

import type { Builder } from "../../ir/builder.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { type ElementType, isFloat } from "../../ir/element.js";
import { floatFormats } from "../../ir/float-format.js";
import type { Value } from "../../ir/graph.js";
import { isShaped, type Type } from "../../ir/types.js";
import { Float, Int } from "./emit.js";
import { IrPrimitives, type LaneType } from "./emit-ir.js";
import { decode, encodeExact, type NarrowElement, roundTo } from "./math/narrow-float.js";

export interface NarrowFloatOptions {
  /** Formats the target converts from and to f32 by instructions that round as the format says (F16C for f16). */
  readonly native?: ReadonlySet<ElementType>;
}

export function isNarrow(element: ElementType): element is NarrowElement {
  return isFloat(element) && floatFormats[element].bits < 32;
}

/** The integer that a format's code is kept in. */
export function codeElement(element: NarrowElement): "i8" | "i16" {
  return floatFormats[element].bits > 8 ? "i16" : "i8";
}

export function elementAt(type: Type): ElementType {
  if (type.kind === "scalar" || isShaped(type)) return type.element;
  throw new Error("a value without an element");
}

export function withElement(b: Builder, type: Type, element: ElementType): LaneType {
  return b.context.types.withElement(type as LaneType, element);
}

/** Conversions between registers and memory, and rounding, for one set of native formats. */
export class Formats {
  readonly native: ReadonlySet<ElementType>;

  constructor({ native = new Set() }: NarrowFloatOptions) {
    this.native = native;
  }

  stored(element: NarrowElement): ElementType {
    return this.native.has(element) ? element : codeElement(element);
  }

  /** From memory: a code, or a native float, to f32. */
  load(b: Builder, x: Value, element: NarrowElement): Value {
    const f32 = withElement(b, x.type, "f32");
    if (this.native.has(element)) return b.value(cast.extf, { in: x }, {}, { results: [f32] });
    return decodeFrom(b, x, element);
  }

  /** To memory. */
  store(b: Builder, x: Value, element: NarrowElement): Value {
    const stored = withElement(b, x.type, this.stored(element));
    if (this.native.has(element)) return b.value(cast.truncf, { in: x }, {}, { results: [stored] });
    return encodeTo(b, x, element);
  }

  /** The nearest value of the format; of f64 too, which is rounded once. */
  round(b: Builder, x: Value, element: NarrowElement): Value {
    const f32 = withElement(b, x.type, "f32");
    if (elementAt(x.type) === "f32" && this.native.has(element)) {
      const narrow = b.value(cast.truncf, { in: x }, {}, { results: [withElement(b, x.type, element)] });
      return b.value(cast.extf, { in: narrow }, {}, { results: [f32] });
    }
    const on = new IrPrimitives(b, x.type as LaneType);
    const rounded = roundTo(new Float<Value>(on, x), element).value;
    return rounded.type === f32 ? rounded : b.value(cast.truncf, { in: rounded }, {}, { results: [f32] });
  }
}

/** A code in i8 or i16 to f32. */
export function decodeFrom(b: Builder, code: Value, element: NarrowElement): Value {
  const on = new IrPrimitives(b, code.type as LaneType);
  const wide = b.value(cast.extui, { in: code }, {}, { results: [withElement(b, code.type, "i32")] });
  const { bits } = floatFormats[element];
  const whole = new Int<Value>(on, wide);
  return decode(bits === 8 || bits === 16 ? whole : whole.and(2 ** bits - 1), element).value;
}

/** A value of the format to its code in i8 or i16. */
export function encodeTo(b: Builder, x: Value, element: NarrowElement): Value {
  const code = encodeExact(new Float<Value>(new IrPrimitives(b, x.type as LaneType), x), element).value;
  return b.value(cast.trunci, { in: code }, {}, { results: [withElement(b, x.type, codeElement(element))] });
}
