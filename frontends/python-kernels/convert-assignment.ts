/** @file Assignments: plain ones, annotated ones, augmented ones. */

import type { Expression, Statement } from "./ast.js";
import { convertExpression, convertTarget, field, optionalField } from "./convert-expression.js";
import { binaryOperators } from "./convert-operators.js";
import { missing, type Node, type Reading, spanOf } from "./syntax.js";

/** `a = b = c`: the parser nests to the right. */
export function assignment(node: Node, reading: Reading): Statement {
  const annotation = node.childForFieldName("type");
  if (annotation) return annotated(node, annotation, reading);
  const targets: Expression[] = [];
  let at: Node = node;
  for (;;) {
    const left = at.childForFieldName("left");
    if (left) targets.push(convertTarget(left, reading));
    const right = at.childForFieldName("right");
    if (right?.type !== "assignment") {
      if (right?.type === "augmented_assignment") reading.fault(right, "an augmented assignment gives no value");
      const value = right ? convertExpression(right, reading) : missing(node);
      return { kind: "Assign", at: spanOf(node), targets, value };
    }
    if (right.childForFieldName("type")) reading.fault(right, "an annotation cannot stand in a chain of assignments");
    at = right;
  }
}

function annotated(node: Node, annotation: Node, reading: Reading): Statement {
  const left = node.childForFieldName("left");
  const target = left ? convertTarget(left, reading) : missing(node);
  if (target.kind === "Tuple" || target.kind === "List" || target.kind === "Starred")
    reading.fault(target.at, "only a single target can be annotated");
  const simple = left?.type === "identifier";
  const value = optionalField(node, "right", reading);
  return {
    kind: "AnnAssign",
    at: spanOf(node),
    target,
    annotation: convertExpression(annotation, reading),
    value,
    simple,
  };
}

/** `a += b`. */
export function augmented(node: Node, reading: Reading): Statement {
  const left = node.childForFieldName("left");
  const target = left ? convertTarget(left, reading) : missing(node);
  if (target.kind === "Tuple" || target.kind === "List" || target.kind === "Starred")
    reading.fault(target.at, "an augmented assignment has a single target");
  const sign = node.childForFieldName("operator")?.type ?? "+=";
  const right = node.childForFieldName("right");
  if (right?.type === "assignment" || right?.type === "augmented_assignment")
    reading.fault(right, "an augmented assignment has one value");
  const op = binaryOperators[sign.slice(0, -1)] ?? "Add";
  return { kind: "AugAssign", at: spanOf(node), target, op, value: field(node, "right", reading) };
}
