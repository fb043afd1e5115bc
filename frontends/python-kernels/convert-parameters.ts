/** @file Parameters of functions and lambdas: which are positional, by keyword, or take the rest. */

import type { Expression, Parameter, Parameters } from "./ast.js";
import { joinSpans, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

/** How annotations and defaults are read. */
type Convert = (node: Node, reading: Reading) => Expression;

interface Order {
  vararg?: Parameter;
  kwarg?: Parameter;
  posonlyargs: Parameter[];
  args: Parameter[];
  readonly kwonlyargs: Parameter[];
  readonly kw_defaults: (Expression | undefined)[];
  readonly defaults: Expression[];
  isKeywordOnly: boolean;
}

export function convertParameters(nodes: readonly Node[], reading: Reading, convert: Convert): Parameters {
  const order: Order = {
    posonlyargs: [],
    args: [],
    kwonlyargs: [],
    kw_defaults: [],
    defaults: [],
    isKeywordOnly: false,
  };
  for (const node of nodes) addParameter(node, order, reading, convert);
  const { vararg, kwarg, posonlyargs, args, kwonlyargs, kw_defaults, defaults } = order;
  return { kind: "arguments", posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, defaults };
}

function addParameter(node: Node, order: Order, reading: Reading, convert: Convert): void {
  if (node.type === "keyword_separator") {
    order.isKeywordOnly = true;
    return;
  }
  if (node.type === "positional_separator") {
    if (order.posonlyargs.length > 0 || order.args.length === 0) reading.fault(node, "a / cannot stand here");
    order.posonlyargs = order.args;
    order.args = [];
    return;
  }
  const own = node.type === "typed_parameter" ? (partsOf(node)[0] ?? node) : (node.childForFieldName("name") ?? node);
  const fieldOf = (name: string): Expression | undefined => {
    const child = node.childForFieldName(name);
    return child ? convert(child, reading) : undefined;
  };
  const [annotation, value] = [fieldOf("type"), fieldOf("value")];
  const splat = own.type === "list_splat_pattern" || own.type === "dictionary_splat_pattern" ? own.type : undefined;
  const named = splat ? (partsOf(own)[0] ?? own) : own;
  if (named.type !== "identifier") reading.fault(own, "a parameter is a name");
  const at = annotation ? joinSpans(spanOf(named), annotation.at) : spanOf(named);
  const parameter: Parameter = { kind: "arg", at, arg: named.text.normalize("NFKC"), annotation };
  if (order.kwarg) reading.fault(node, "nothing can follow the parameter that takes all keywords");
  if (splat === "dictionary_splat_pattern") order.kwarg = parameter;
  else if (splat) {
    if (order.isKeywordOnly) reading.fault(node, "only one parameter can take the other arguments");
    order.vararg = parameter;
    order.isKeywordOnly = true;
  } else addPlain(parameter, value, order, reading);
}

function addPlain(parameter: Parameter, value: Expression | undefined, order: Order, reading: Reading): void {
  if (order.isKeywordOnly) {
    order.kwonlyargs.push(parameter);
    order.kw_defaults.push(value);
    return;
  }
  order.args.push(parameter);
  if (value) order.defaults.push(value);
  else if (order.defaults.length > 0)
    reading.fault(parameter.at, "a parameter without a default follows one with a default");
}
