/** @file Element types below the graph level: integers lose their sign, which the operations on them carry instead. */

import type { ElementType } from "../ir/element.js";

/** `ui8` is stored and named as `i8`; all else is itself. */
export function signless(element: ElementType): ElementType {
  return element.startsWith("ui") ? (element.slice(1) as ElementType) : element;
}
