/** @file Cases of `match`: the parser's patterns as ours. */

import type { Expression, Literal, MatchCase, Pattern, Statement } from "./ast.js";
import { convertExpression, dotted } from "./convert-expression.js";
import { hasToken, isBlank, joinSpans, missing, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

type Statements = (block: Node | null, reading: Reading) => readonly Statement[];

export function convertCases(match: Node, reading: Reading, statements: Statements): readonly MatchCase[] {
  const block = match.childForFieldName("body");
  const clauses = block ? partsOf(block).filter((n) => n.type === "case_clause") : [];
  return clauses.map((clause): MatchCase => {
    const patterns = partsOf(clause).filter((n) => n.type === "case_pattern");
    const guard = clause.childForFieldName("guard");
    const [test] = guard ? partsOf(guard) : [];
    return {
      kind: "match_case",
      pattern: casePattern(clause, patterns, reading),
      guard: test && convertExpression(test, reading),
      body: statements(clause.childForFieldName("consequence"), reading),
    };
  });
}

/** Patterns by commas without brackets are a sequence. */
function casePattern(clause: Node, nodes: readonly Node[], reading: Reading): Pattern {
  const [first] = nodes;
  if (!first) return wildcard(clause);
  const comma = clause.children.findLast((n) => n?.type === ",");
  if (nodes.length === 1 && !comma) return convertPattern(first, reading);
  const last = nodes.at(-1)!;
  const end = comma && comma.endIndex > last.endIndex ? comma : last;
  const patterns = nodes.map((n) => convertPattern(n, reading));
  return { kind: "MatchSequence", at: joinSpans(spanOf(first), spanOf(end)), patterns };
}

function wildcard(node: Node): Pattern {
  return { kind: "MatchAs", at: spanOf(node) };
}

function convertPattern(node: Node, reading: Reading): Pattern {
  return reading.nested(
    node,
    () => readPattern(node, reading),
    () => wildcard(node),
  );
}

function readPattern(node: Node, reading: Reading): Pattern {
  const at = spanOf(node);
  const parts = partsOf(node);
  const again = (list: readonly Node[]): readonly Pattern[] => list.map((n) => convertPattern(n, reading));
  switch (node.type) {
    case "case_pattern":
      return inCase(node, parts, reading);
    case "as_pattern": {
      const alias = node.childForFieldName("alias") ?? parts.at(-1);
      return { kind: "MatchAs", at, pattern: parts[0] && convertPattern(parts[0], reading), name: alias?.text };
    }
    case "union_pattern":
      return { kind: "MatchOr", at, patterns: alternatives(node, reading) };
    case "tuple_pattern":
    case "list_pattern": {
      const [only] = parts;
      const isGroup = node.type === "tuple_pattern" && parts.length === 1 && !hasToken(node, ",");
      return isGroup && only ? convertPattern(only, reading) : { kind: "MatchSequence", at, patterns: again(parts) };
    }
    case "dict_pattern":
      return mapping(node, reading);
    case "class_pattern":
      return classPattern(node, reading);
    case "splat_pattern": {
      const [name] = parts;
      return { kind: "MatchStar", at, name: name?.text };
    }
    case "dotted_name":
      return nameOrValue(node);
    case "identifier":
      return { kind: "MatchAs", at, name: node.text };
    default:
      return value(node, convertExpression(node, reading));
  }
}

function inCase(node: Node, parts: readonly Node[], reading: Reading): Pattern {
  const at = spanOf(node);
  const [inner] = parts;
  if (!inner) return wildcard(node);
  const negative = hasToken(node, "-");
  if (!negative) return convertPattern(inner, reading);
  const operand = convertExpression(inner, reading);
  return { kind: "MatchValue", at, value: { kind: "UnaryOp", at, op: "USub", operand } };
}

/** A plain name takes what is there, `_` without keeping it; a dotted one is a value. */
function nameOrValue(node: Node): Pattern {
  const at = spanOf(node);
  const text = node.text;
  if (text === "_") return { kind: "MatchAs", at };
  if (!text.includes(".")) return { kind: "MatchAs", at, name: text };
  return { kind: "MatchValue", at, value: dotted(node) };
}

const singletons: ReadonlySet<Literal["type"]> = new Set(["bool", "None"]);

function value(node: Node, expression: Expression): Pattern {
  const at = spanOf(node);
  if (expression.kind === "Constant" && singletons.has(expression.value.type))
    return { kind: "MatchSingleton", at, value: expression.value };
  return { kind: "MatchValue", at, value: expression };
}

/** `a | b`, where a minus may stand before numbers. */
function alternatives(node: Node, reading: Reading): readonly Pattern[] {
  const made: Pattern[] = [];
  let minus: Node | undefined;
  for (const child of node.children) {
    if (!child || isBlank(child)) continue;
    if (child.type === "-") minus = child;
    else if (child.type === "_") made.push(wildcard(child));
    else if (child.isNamed) {
      const pattern = convertPattern(child, reading);
      if (minus && pattern.kind === "MatchValue") {
        const at = joinSpans(spanOf(minus), pattern.at);
        made.push({ ...pattern, at, value: { kind: "UnaryOp", at, op: "USub", operand: pattern.value } });
      } else made.push(pattern);
      minus = undefined;
    }
  }
  return made;
}

function mapping(node: Node, reading: Reading): Pattern {
  const keys: Expression[] = [];
  const patterns: Pattern[] = [];
  let rest: string | undefined;
  let minus: Node | undefined;
  node.children.forEach((child, i) => {
    if (!child) return;
    const name = node.fieldNameForChild(i);
    if (child.type === "-") minus = child;
    else if (name === "key" && child.isNamed) {
      const operand = child.type === "dotted_name" ? dotted(child) : convertExpression(child, reading);
      const at = minus ? joinSpans(spanOf(minus), operand.at) : operand.at;
      keys.push(minus ? { kind: "UnaryOp", at, op: "USub", operand } : operand);
      minus = undefined;
    } else if (name === "value") patterns.push(convertPattern(child, reading));
    else if (child.type === "splat_pattern") rest = partsOf(child)[0]?.text;
  });
  return { kind: "MatchMapping", at: spanOf(node), keys, patterns, rest };
}

function classPattern(node: Node, reading: Reading): Pattern {
  const [name, ...rest] = partsOf(node);
  const cls = name ? dotted(name) : missing(node);
  const patterns: Pattern[] = [];
  const kwd_attrs: string[] = [];
  const kwd_patterns: Pattern[] = [];
  for (const part of rest) {
    const inner = part.type === "case_pattern" ? partsOf(part)[0] : part;
    if (inner?.type === "keyword_pattern") {
      const [key, ...given] = partsOf(inner);
      kwd_attrs.push(key?.text ?? "");
      kwd_patterns.push(given[0] ? convertPattern(given[0], reading) : { kind: "MatchAs", at: spanOf(inner) });
    } else patterns.push(convertPattern(part, reading));
  }
  return { kind: "MatchClass", at: spanOf(node), cls, patterns, kwd_attrs, kwd_patterns };
}
