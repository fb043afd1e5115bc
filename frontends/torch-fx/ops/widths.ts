/** @file What sums and statistics are computed in: narrow floats in f32, rounded once in the end. */

import { type ElementType, elementFacts } from "../../../ir/element.js";

/** What products of `element` are summed up in. */
export function wideOf(element: ElementType): ElementType {
  const { kind, bits } = elementFacts[element];
  return kind === "float" && bits < 32 ? "f32" : element;
}
