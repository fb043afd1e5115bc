/** @file The managers of `with`. */

import type { WithItem } from "./ast.js";
import { convertExpression, convertTarget } from "./convert-expression.js";
import { missing, type Node, partsOf, type Reading } from "./syntax.js";

/** A parenthesised list of managers is several items, as CPython reads it. */
export function withItems(item: Node, reading: Reading): readonly WithItem[] {
  const value = item.childForFieldName("value") ?? item;
  if (value.type === "as_pattern") {
    const [context] = partsOf(value);
    const [alias] = partsOf(value.childForFieldName("alias") ?? value);
    const optional_vars = alias && alias.id !== context?.id ? convertTarget(alias, reading) : undefined;
    return [
      { kind: "withitem", context_expr: context ? convertExpression(context, reading) : missing(item), optional_vars },
    ];
  }
  const parts = value.type === "tuple" ? partsOf(value) : [value];
  const isList = parts.length > 0 && parts.every((n) => n.type !== "list_splat");
  if (value.type === "parenthesized_expression" && partsOf(value)[0]?.type === "as_pattern")
    return partsOf(value).flatMap((n) => withAlias(n, reading));
  return (isList ? parts : [value]).flatMap((n) => withAlias(n, reading));
}

function withAlias(node: Node, reading: Reading): readonly WithItem[] {
  if (node.type !== "as_pattern") return [{ kind: "withitem", context_expr: convertExpression(node, reading) }];
  const [context] = partsOf(node);
  const target = node.childForFieldName("alias");
  const [alias] = target ? partsOf(target) : [];
  return [
    {
      kind: "withitem",
      context_expr: context ? convertExpression(context, reading) : missing(node),
      optional_vars: alias ? convertTarget(alias, reading) : undefined,
    },
  ];
}
