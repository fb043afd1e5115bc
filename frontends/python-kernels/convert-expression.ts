/** @file Expressions: the parser's nodes as ours. One table by the parser's names. */

import type { Comprehension, Expression, Keyword, Literal } from "./ast.js";
import { hoisted, operators } from "./convert-operators.js";
import { convertParameters } from "./convert-parameters.js";
import { convertString } from "./convert-string.js";
import { readNumber } from "./literals.js";
import { hasToken, isBlank, joinSpans, missing, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

type Row = (node: Node, reading: Reading) => Expression;

export function convertExpression(node: Node, reading: Reading): Expression {
  const operator = operators[node.type];
  const row = operator ? (n: Node) => operator(n, reading, convertExpression) : rows[node.type];
  if (row) {
    return reading.nested(
      node,
      () => hoisted(row(node, reading)),
      () => missing(node),
    );
  }
  // What the parser could not make sense of has been told by then.
  if (!node.hasError) reading.fault(node, `a ${node.type.replaceAll("_", " ")} cannot stand here`);
  return missing(node);
}

/** The field, or a stand-in where the parser did not find it. */
export function field(node: Node, name: string, reading: Reading): Expression {
  const child = node.childForFieldName(name);
  return child ? convertExpression(child, reading) : missing(node);
}

export function optionalField(node: Node, name: string, reading: Reading): Expression | undefined {
  const child = node.childForFieldName(name);
  return child ? convertExpression(child, reading) : undefined;
}

export function all(nodes: readonly Node[], reading: Reading): readonly Expression[] {
  return nodes.map((n) => convertExpression(n, reading));
}

/** Expressions by commas: one by itself, more (or one with a comma) a tuple. */
export function sequence(node: Node, nodes: readonly Node[], reading: Reading): Expression {
  const [only] = nodes;
  if (only && nodes.length === 1 && !hasToken(node, ",")) return convertExpression(only, reading);
  return { kind: "Tuple", at: spanOf(node), elts: all(nodes, reading) };
}

const constant =
  (value: Literal): Row =>
  (node) => ({ kind: "Constant", at: spanOf(node), value });

const number: Row = (node, reading) => {
  const value = readNumber(node.text);
  if (typeof value !== "string") return { kind: "Constant", at: spanOf(node), value };
  reading.fault(node, value);
  return missing(node);
};

const within: Row = (node, reading) => sequence(node, partsOf(node), reading);

const group =
  (kind: "List" | "Set" | "Tuple"): Row =>
  (node, reading) => ({ kind, at: spanOf(node), elts: all(partsOf(node), reading) });

const conditional: Row = (node, reading) => {
  const [body, test, orelse] = partsOf(node).map((n) => convertExpression(n, reading));
  const none = missing(node);
  return { kind: "IfExp", at: spanOf(node), test: test ?? none, body: body ?? none, orelse: orelse ?? none };
};

const lambda: Row = (node, reading) => {
  const parameters = node.childForFieldName("parameters");
  return {
    kind: "Lambda",
    at: spanOf(node),
    args: convertParameters(parameters ? partsOf(parameters) : [], reading, convertExpression),
    body: field(node, "body", reading),
  };
};

const call: Row = (node, reading) => {
  const given = node.childForFieldName("arguments");
  const func = field(node, "function", reading);
  if (!given) return { kind: "Call", at: spanOf(node), func, args: [], keywords: [] };
  if (given.type === "generator_expression") {
    return { kind: "Call", at: spanOf(node), func, args: [convertExpression(given, reading)], keywords: [] };
  }
  return { kind: "Call", at: spanOf(node), func, ...convertArguments(given, reading) };
};

export function convertArguments(
  list: Node,
  reading: Reading,
): { readonly args: readonly Expression[]; readonly keywords: readonly Keyword[] } {
  const args: Expression[] = [];
  const keywords: Keyword[] = [];
  let unpacked = false;
  for (const part of partsOf(list)) {
    if (part.type === "keyword_argument") {
      const arg = part.childForFieldName("name")?.text ?? "";
      keywords.push({ kind: "keyword", at: spanOf(part), arg, value: field(part, "value", reading) });
    } else if (part.type === "dictionary_splat") {
      unpacked = true;
      keywords.push({ kind: "keyword", at: spanOf(part), value: only(part, reading) });
    } else {
      const isPlain = part.type !== "list_splat";
      if (isPlain && keywords.length > 0) {
        reading.fault(part, `a positional argument follows ${unpacked ? "an unpacked" : "a keyword"} argument`);
      }
      args.push(convertExpression(part, reading));
    }
  }
  return { args, keywords };
}

export function only(node: Node, reading: Reading): Expression {
  const [child] = partsOf(node);
  return child ? convertExpression(child, reading) : missing(node);
}

const starred: Row = (node, reading) => ({ kind: "Starred", at: spanOf(node), value: only(node, reading) });

const subscript: Row = (node, reading) => {
  const value = field(node, "value", reading);
  const parts = node.childrenForFieldName("subscript").filter((n) => n?.isNamed) as readonly Node[];
  const indices = all(parts, reading);
  const [first] = indices;
  const comma = node.children.findLast((n) => n !== null && n.type === ",");
  const isOne = indices.length === 1 && !comma && first;
  if (isOne && first.kind !== "Starred") return { kind: "Subscript", at: spanOf(node), value, slice: first };
  const last = parts.at(-1) ?? node;
  const end = comma && comma.endIndex > last.endIndex ? comma : last;
  const at = joinSpans(spanOf(parts[0] ?? node), spanOf(end));
  return { kind: "Subscript", at: spanOf(node), value, slice: { kind: "Tuple", at, elts: indices } };
};

const slice: Row = (node, reading) => {
  const bounds: (Expression | undefined)[] = [undefined];
  for (const child of node.children) {
    if (!child || isBlank(child)) continue;
    if (!child.isNamed && child.type === ":") bounds.push(undefined);
    else if (child.isNamed) bounds[bounds.length - 1] = convertExpression(child, reading);
  }
  return { kind: "Slice", at: spanOf(node), lower: bounds[0], upper: bounds[1], step: bounds[2] };
};

const dictionary: Row = (node, reading) => {
  const parts = partsOf(node);
  const keys = parts.map((p) => (p.type === "pair" ? field(p, "key", reading) : undefined));
  const values = parts.map((p) => (p.type === "pair" ? field(p, "value", reading) : only(p, reading)));
  return { kind: "Dict", at: spanOf(node), keys, values };
};

function generators(node: Node, reading: Reading): readonly Comprehension[] {
  const made: { -readonly [K in keyof Comprehension]: Comprehension[K] }[] = [];
  for (const part of partsOf(node)) {
    if (part.type === "for_in_clause") {
      const rights = part.childrenForFieldName("right").filter((n) => n?.isNamed === true);
      if (rights.length > 1) reading.fault(part, "several sequences without parentheses");
      const target = part.childForFieldName("left");
      made.push({
        kind: "comprehension",
        target: target ? convertTarget(target, reading) : missing(part),
        iter: field(part, "right", reading),
        ifs: [],
        is_async: hasToken(part, "async"),
      });
    } else if (part.type === "if_clause") {
      const last = made.at(-1);
      if (last) last.ifs = [...last.ifs, only(part, reading)];
    }
  }
  return made;
}

const comprehension =
  (kind: "ListComp" | "SetComp" | "GeneratorExp"): Row =>
  (node, reading) => ({
    kind,
    at: spanOf(node),
    elt: field(node, "body", reading),
    generators: generators(node, reading),
  });

const dictionaryComprehension: Row = (node, reading) => {
  const pair = node.childForFieldName("body") ?? node;
  return {
    kind: "DictComp",
    at: spanOf(node),
    key: field(pair, "key", reading),
    value: field(pair, "value", reading),
    generators: generators(node, reading),
  };
};

const yields: Row = (node, reading) => {
  const [part] = partsOf(node);
  const value = part && convertExpression(part, reading);
  if (hasToken(node, "from")) return { kind: "YieldFrom", at: spanOf(node), value: value ?? missing(node) };
  return { kind: "Yield", at: spanOf(node), value };
};

const named: Row = (node, reading) => ({
  kind: "NamedExpr",
  at: spanOf(node),
  target: field(node, "name", reading),
  value: field(node, "value", reading),
});

const name: Row = (node) => ({ kind: "Name", at: spanOf(node), id: node.text.normalize("NFKC") });

const attribute: Row = (node, reading) => ({
  kind: "Attribute",
  at: spanOf(node),
  value: field(node, "object", reading),
  attr: (node.childForFieldName("attribute")?.text ?? "").normalize("NFKC"),
});

/** `a.b.c` where only names may stand. */
export function dotted(node: Node): Expression {
  const [first, ...rest] = partsOf(node);
  let made: Expression = { kind: "Name", at: spanOf(first ?? node), id: (first ?? node).text };
  for (const part of rest) {
    made = { kind: "Attribute", at: joinSpans(made.at, spanOf(part)), value: made, attr: part.text };
  }
  return made;
}

/** `f64[N, M]` where a type is expected. */
const genericType: Row = (node, reading) => {
  const [base, list] = partsOf(node);
  const members = list ? partsOf(list) : [];
  const at = list ? spanOf(node) : spanOf(node);
  const value = base ? convertExpression(base, reading) : missing(node);
  const elts = all(members, reading);
  const [first] = elts;
  const isOne = elts.length === 1 && first && list && !hasToken(list, ",");
  if (isOne) return { kind: "Subscript", at, value, slice: first };
  const comma = list?.children.findLast((n) => n?.type === ",");
  const last = members.at(-1) ?? node;
  const end = comma && comma.endIndex > last.endIndex ? comma : last;
  const span = joinSpans(spanOf(members[0] ?? node), spanOf(end));
  return { kind: "Subscript", at, value, slice: { kind: "Tuple", at: span, elts } };
};

const unionType: Row = (node, reading) => {
  const [left, right] = all(partsOf(node), reading);
  const none = missing(node);
  return { kind: "BinOp", at: spanOf(node), left: left ?? none, op: "BitOr", right: right ?? none };
};

const memberType: Row = (node, reading) => {
  const [value, member] = partsOf(node);
  return {
    kind: "Attribute",
    at: spanOf(node),
    value: value ? convertExpression(value, reading) : missing(node),
    attr: member?.text ?? "",
  };
};

const rows: Readonly<Record<string, Row>> = {
  attribute,
  await: (node, reading) => ({ kind: "Await", at: spanOf(node), value: only(node, reading) }),
  call,
  concatenated_string: (node, reading) => convertString(node, reading, convertExpression),
  conditional_expression: conditional,
  dictionary,
  dictionary_comprehension: dictionaryComprehension,
  dotted_name: (node) => dotted(node),
  ellipsis: constant({ type: "Ellipsis" }),
  expression_list: within,
  false: constant({ type: "bool", value: false }),
  float: number,
  generator_expression: comprehension("GeneratorExp"),
  generic_type: genericType,
  identifier: name,
  integer: number,
  lambda,
  list: group("List"),
  list_comprehension: comprehension("ListComp"),
  list_pattern: group("List"),
  list_splat: starred,
  list_splat_pattern: starred,
  member_type: memberType,
  named_expression: named,
  none: constant({ type: "None" }),
  parenthesized_expression: only,
  parenthesized_list_splat: only,
  pattern_list: within,
  set: group("Set"),
  set_comprehension: comprehension("SetComp"),
  slice,
  splat_type: starred,
  string: (node, reading) => convertString(node, reading, convertExpression),
  subscript,
  true: constant({ type: "bool", value: true }),
  tuple: group("Tuple"),
  // The parser has no parentheses around a single target.
  tuple_pattern: (node, reading) => {
    const parts = partsOf(node);
    return parts.length === 1 && !hasToken(node, ",") ? only(node, reading) : group("Tuple")(node, reading);
  },
  type: only,
  union_type: unionType,
  yield: yields,
};

const assignable: ReadonlySet<string> = new Set(["Name", "Attribute", "Subscript", "Starred", "List", "Tuple"]);

/** An expression that something is assigned to. */
export function convertTarget(node: Node, reading: Reading, isDeleted = false): Expression {
  const target = convertExpression(node, reading);
  checkTarget(target, isDeleted ? "deleted" : "assigned to", reading);
  return target;
}

function checkTarget(target: Expression, what: string, reading: Reading): void {
  if (target.kind === "List" || target.kind === "Tuple") {
    for (const x of target.elts) checkTarget(x, what, reading);
  } else if (target.kind === "Starred") {
    checkTarget(target.value, what, reading);
  } else if (!assignable.has(target.kind)) {
    reading.fault(target.at, `this expression cannot be ${what}`);
  }
}
