/**
 * @file Conversions between element types and copies. Those that change nothing give the tensor itself, memory and all, as
 * PyTorch does; `clone` and `_to_copy` always make memory of their own.
 */

import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows, ViewRow, ViewRows } from "../call.js";
import type { View } from "../tensors.js";

/** The tensor itself. */
export const same: View = { read: (_, base) => base, write: (_t, _base, update) => update };

/** As C converts: floats are cut off towards zero, integers wrap, what is not zero is true. */
export function cast(t: TensorBuilder, x: Value, element: ElementType): Value {
  const from = elementFacts[t.element(x)].kind;
  const to = elementFacts[element];
  const isNarrow = (to.kind === "uint" || to.kind === "int") && to.bits < 64;
  // Narrow integers are cut from wide ones; a direct conversion would stop at their ends.
  if (from === "float" && isNarrow) return t.convert(t.convert(x, "i64"), element);
  return t.convert(x, element);
}

/** The row of a conversion to the element that the graph declares. */
const toDeclared: Row = (n) => cast(n.t, n.tensor("self"), n.out);

/** A view where nothing is converted and no copy is asked for. */
const unchanged: ViewRow = (n) => {
  const isCopy = n.takes("copy") && n.bool("copy");
  return n.element("self") === n.out && !isCopy ? same : undefined;
};

/** `contiguous` gives the tensor itself where its memory is in that order already. */
const contiguous: ViewRow = (n) =>
  isRowMajor(n) && n.memoryFormat("memory_format") === "contiguous_format" ? same : undefined;

/** Whether the graph declares that the memory of a tensor is in the order of its axes. */
export function isRowMajor(n: Call, name = "self"): boolean {
  const strides = n.stridesOf(name);
  const shape = n.shape(name);
  if (strides === undefined) return false;
  const { dims } = n.t.context;
  return strides.every((stride, k) => shape[k] === 1 || stride === dims.product(shape.slice(k + 1)));
}

/** `self` in the shape and element of another. */
function copied(n: Call): Value {
  const shape = n.shape("self");
  return n.t.broadcast(cast(n.t, n.tensor("src"), n.element("self")), shape);
}

export const conversionViews: ViewRows = {
  "aten.to": unchanged,
  "aten.type_as": unchanged,
  "aten._autocast_to_full_precision": unchanged,
  "aten._autocast_to_reduced_precision": unchanged,
  "aten.contiguous": contiguous,
  "aten.resolve_conj": () => same,
  "aten.resolve_neg": () => same,
  "aten.alias": () => same,
  "aten.detach": () => same,
  "aten.detach_": () => same,
  "aten.lift_fresh": () => same,
  "aten.dropout": (n) => (n.bool("train") ? undefined : same),
  "aten.feature_dropout": (n) => (n.bool("train") ? undefined : same),
  "aten.alpha_dropout": (n) => (n.bool("train") ? undefined : same),
  "aten.feature_alpha_dropout": (n) => (n.bool("train") ? undefined : same),
};

export const conversions: Rows = {
  "aten.to": toDeclared,
  "aten.type_as": toDeclared,
  "aten._autocast_to_full_precision": toDeclared,
  "aten._autocast_to_reduced_precision": toDeclared,
  "aten._to_copy": toDeclared,
  "aten.contiguous": toDeclared,
  "aten.clone": toDeclared,
  "aten.alias_copy": toDeclared,
  "aten.detach_copy": toDeclared,
  "aten.lift_fresh_copy": toDeclared,
  "aten.copy": copied,
  "prims.convert_element_type": (n) => cast(n.t, n.tensor("a"), n.out),
};
