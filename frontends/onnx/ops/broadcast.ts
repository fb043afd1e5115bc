/**
 * @file Operands of ONNX's elementwise operators. From opset 7 on they broadcast as in NumPy; before, the second one fits
 * a run of the first one's axes, beginning at the attribute `axis`.
 */

import type { Value } from "../../../ir/graph.js";
import type { ImportNode } from "../context.js";

/** The two operands, the second with the axes that the old attributes ask for. */
export function operandPair(n: ImportNode): readonly [Value, Value] {
  const [a, b] = [n.value(0), n.value(1)];
  if (n.opset >= 7) return [a, b];
  if (!n.flag("broadcast")) return [a, b];
  const axis = n.int("axis");
  if (axis === undefined) return [a, b];
  const start = n.normalAxis(axis, n.rank(0));
  const behind = n.rank(0) - start - n.rank(1);
  if (behind < 0) n.invalid(`axis ${axis}: the second operand has more axes than the first has from there on`);
  return [a, n.t.reshape(b, [...n.t.shape(b), ...new Array<number>(behind).fill(1)])];
}
