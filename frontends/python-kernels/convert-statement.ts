/** @file Statements: the parser's nodes as ours. One table by the parser's names. */

import type { Alias, ExceptHandler, Expression, FunctionDef, Statement, WithItem } from "./ast.js";
import {
  all,
  binaryOperators,
  convertArguments,
  convertExpression,
  convertTarget,
  field,
  missing,
  optionalField,
  sequence,
} from "./convert-expression.js";
import { convertParameters } from "./convert-parameters.js";
import { convertCases } from "./convert-pattern.js";
import { hasToken, joinSpans, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

type Row = (node: Node, reading: Reading) => Statement;

/** The statements of a module or block. */
export function convertStatements(block: Node | null, reading: Reading): readonly Statement[] {
  if (!block) return [];
  return partsOf(block).flatMap((node) => {
    const row = rows[node.type];
    if (row) {
      return reading.nested(
        node,
        () => [row(node, reading)],
        () => [],
      );
    }
    if (!node.hasError) reading.fault(node, `a ${node.type.replaceAll("_", " ")} cannot stand here`);
    return [];
  });
}

function bodyOf(node: Node, reading: Reading, name = "body"): readonly Statement[] {
  const block = node.childForFieldName(name);
  if (!block || partsOf(block).length === 0) reading.fault(node, "an indented block is expected behind this line");
  return convertStatements(block, reading);
}

/** The node, up to the end of its last statement: what the parser takes comments along with. */
function through(node: Node, ...bodies: readonly (readonly Statement[])[]): Statement["at"] {
  let leaf: Node = node;
  while (leaf.lastChild) leaf = leaf.lastChild;
  if (leaf.type === ";") return joinSpans(spanOf(node), spanOf(leaf));
  const last = bodies.findLast((b) => b.length > 0)?.at(-1);
  return last ? joinSpans(spanOf(node), last.at) : spanOf(node);
}

const expressionStatement: Row = (node, reading) => {
  const parts = partsOf(node);
  const [first] = parts;
  if (first?.type === "assignment") return assignment(first, reading);
  if (first?.type === "augmented_assignment") return augmented(first, reading);
  return { kind: "Expr", at: spanOf(node), value: first ? sequence(node, parts, reading) : missing(node) };
};

/** `a = b = c`: the parser nests to the right. */
function assignment(node: Node, reading: Reading): Statement {
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

function augmented(node: Node, reading: Reading): Statement {
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

function functionDefinition(node: Node, reading: Reading, decorators: readonly Expression[] = []): FunctionDef {
  const parameters = node.childForFieldName("parameters");
  const body = bodyOf(node, reading);
  return {
    kind: hasToken(node, "async") ? "AsyncFunctionDef" : "FunctionDef",
    at: through(node, body),
    name: (node.childForFieldName("name")?.text ?? "").normalize("NFKC"),
    args: convertParameters(parameters ? partsOf(parameters) : [], reading, convertExpression),
    body,
    decorator_list: decorators,
    returns: optionalField(node, "return_type", reading),
  };
}

function classDefinition(node: Node, reading: Reading, decorators: readonly Expression[] = []): Statement {
  const given = node.childForFieldName("superclasses");
  const { args, keywords } = given ? convertArguments(given, reading) : { args: [], keywords: [] };
  const body = bodyOf(node, reading);
  return {
    kind: "ClassDef",
    at: through(node, body),
    name: (node.childForFieldName("name")?.text ?? "").normalize("NFKC"),
    bases: args,
    keywords,
    body,
    decorator_list: decorators,
  };
}

const decorated: Row = (node, reading) => {
  const decorators = partsOf(node).filter((n) => n.type === "decorator");
  const expressions = decorators.map((d) => {
    const [inner] = partsOf(d);
    return inner ? convertExpression(inner, reading) : missing(d);
  });
  const definition = node.childForFieldName("definition");
  if (definition?.type === "class_definition") return classDefinition(definition, reading, expressions);
  return functionDefinition(definition ?? node, reading, expressions);
};

/** `elif` is an `if` within `else`. */
const ifStatement: Row = (node, reading) => {
  const clauses = node.childrenForFieldName("alternative").filter((n) => n !== null) as readonly Node[];
  let orelse: readonly Statement[] = [];
  for (const clause of [...clauses].reverse()) {
    if (clause.type === "else_clause") orelse = bodyOf(clause, reading);
    else orelse = [conditional(clause, orelse, reading)];
  }
  return conditional(node, orelse, reading);
};

function conditional(node: Node, orelse: readonly Statement[], reading: Reading): Statement {
  const body = bodyOf(node, reading, "consequence");
  const test = field(node, "condition", reading);
  return { kind: "If", at: through(node, body, orelse), test, body, orelse };
}

function elseOf(node: Node, reading: Reading): readonly Statement[] {
  const clause = node.childForFieldName("alternative");
  return clause ? bodyOf(clause, reading) : [];
}

const forStatement: Row = (node, reading) => {
  const left = node.childForFieldName("left");
  const [body, orelse] = [bodyOf(node, reading), elseOf(node, reading)];
  return {
    kind: hasToken(node, "async") ? "AsyncFor" : "For",
    at: through(node, body, orelse),
    target: left ? convertTarget(left, reading) : missing(node),
    iter: field(node, "right", reading),
    body,
    orelse,
  };
};

const whileStatement: Row = (node, reading) => {
  const [body, orelse] = [bodyOf(node, reading), elseOf(node, reading)];
  return { kind: "While", at: through(node, body, orelse), test: field(node, "condition", reading), body, orelse };
};

const tryStatement: Row = (node, reading) => {
  const parts = partsOf(node);
  const clauses = parts.filter((n) => n.type === "except_clause" || n.type === "except_group_clause");
  const body = bodyOf(node, reading);
  const handlers = clauses.map((c) => handler(c, reading));
  const other = parts.find((n) => n.type === "else_clause");
  const last = parts.find((n) => n.type === "finally_clause");
  const orelse = other ? bodyOf(other, reading) : [];
  const finalbody = last ? convertStatements(partsOf(last).find(isBlock) ?? null, reading) : [];
  if (clauses.length === 0 && !last) reading.fault(node, "a try has except or finally");
  const isStar = clauses.some((c) => c.type === "except_group_clause" || hasToken(c, "*") || hasToken(c, "except*"));
  return {
    kind: isStar ? "TryStar" : "Try",
    at: through(node, body, handlers.at(-1)?.body ?? [], orelse, finalbody),
    body,
    handlers,
    orelse,
    finalbody,
  };
};

const isBlock = (node: Node): boolean => node.type === "block";

function handler(node: Node, reading: Reading): ExceptHandler {
  const body = convertStatements(partsOf(node).find(isBlock) ?? null, reading);
  const value = node.childForFieldName("value") ?? partsOf(node).find((n) => !isBlock(n)) ?? null;
  const isNamed = value?.type === "as_pattern";
  const caught = isNamed ? (partsOf(value)[0] ?? null) : value;
  const alias = isNamed ? value.childForFieldName("alias") : node.childForFieldName("alias");
  return {
    kind: "ExceptHandler",
    at: through(node, body),
    type: caught ? convertExpression(caught, reading) : undefined,
    name: alias?.text,
    body,
  };
}

const withStatement: Row = (node, reading) => {
  const body = bodyOf(node, reading);
  const clause = partsOf(node).find((n) => n.type === "with_clause");
  const items = clause ? partsOf(clause).flatMap((item) => withItems(item, reading)) : [];
  return { kind: hasToken(node, "async") ? "AsyncWith" : "With", at: through(node, body), items, body };
};

/** A parenthesised list of managers is several items, as CPython reads it. */
function withItems(item: Node, reading: Reading): readonly WithItem[] {
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

function aliases(node: Node): readonly Alias[] {
  return node
    .childrenForFieldName("name")
    .filter((n) => n?.isNamed === true)
    .map((n): Alias => {
      const at = spanOf(n!);
      const plain = (x: Node | null): string => (x?.text ?? "").replaceAll(/\s/g, "");
      if (n!.type !== "aliased_import") return { kind: "alias", at, name: plain(n) };
      return {
        kind: "alias",
        at,
        name: plain(n!.childForFieldName("name")),
        asname: n!.childForFieldName("alias")?.text,
      };
    });
}

const importFrom: Row = (node) => {
  const source = node.childForFieldName("module_name");
  const text = (source?.text ?? "").replaceAll(/\s/g, "");
  const level = /^\.*/.exec(text)![0].length;
  const wildcard = partsOf(node).find((n) => n.type === "wildcard_import");
  const star: readonly Alias[] = wildcard ? [{ kind: "alias", at: spanOf(wildcard), name: "*" }] : [];
  const module = text.slice(level);
  return {
    kind: "ImportFrom",
    at: spanOf(node),
    module: module === "" ? undefined : module,
    names: [...aliases(node), ...star],
    level,
  };
};

const plain =
  (kind: "Pass" | "Break" | "Continue"): Row =>
  (node) => ({ kind, at: spanOf(node) });

const names =
  (kind: "Global" | "Nonlocal"): Row =>
  (node) => ({ kind, at: spanOf(node), names: partsOf(node).map((n) => n.text) });

const raise: Row = (node, reading) => {
  const cause = node.childForFieldName("cause");
  const exc = partsOf(node).find((n) => n.id !== cause?.id);
  return {
    kind: "Raise",
    at: spanOf(node),
    exc: exc && convertExpression(exc, reading),
    cause: cause ? convertExpression(cause, reading) : undefined,
  };
};

const assertion: Row = (node, reading) => {
  const [test, msg] = all(partsOf(node), reading);
  return { kind: "Assert", at: spanOf(node), test: test ?? missing(node), msg };
};

const deletion: Row = (node, reading) => {
  const [part] = partsOf(node);
  const listed = part?.type === "expression_list" ? partsOf(part) : part ? [part] : [];
  return { kind: "Delete", at: spanOf(node), targets: listed.map((n) => convertTarget(n, reading, true)) };
};

const matchStatement: Row = (node, reading) => {
  const subjects = node.childrenForFieldName("subject").filter((n) => n?.isNamed === true) as readonly Node[];
  const cases = convertCases(node, reading, convertStatements);
  const [first] = subjects;
  const comma = node.children.findLast((n) => n?.type === ",");
  const last = subjects.at(-1);
  const end = comma && last && comma.endIndex > last.endIndex ? comma : last;
  const subject: Expression =
    first && last && end && (subjects.length > 1 || comma)
      ? { kind: "Tuple", at: joinSpans(spanOf(first), spanOf(end)), elts: all(subjects, reading) }
      : first
        ? convertExpression(first, reading)
        : missing(node);
  return { kind: "Match", at: through(node, cases.at(-1)?.body ?? []), subject, cases };
};

/** Statements of Python 2 that the parser knows. */
const gone =
  (what: string, fix: string): Row =>
  (node, reading) => {
    reading.fault(node, `Python 3 has no ${what} statement`, fix);
    return { kind: "Pass", at: spanOf(node) };
  };

const rows: Readonly<Record<string, Row>> = {
  assert_statement: assertion,
  break_statement: plain("Break"),
  class_definition: classDefinition,
  continue_statement: plain("Continue"),
  decorated_definition: decorated,
  delete_statement: deletion,
  exec_statement: gone("exec", "write exec(code)"),
  expression_statement: expressionStatement,
  for_statement: forStatement,
  function_definition: functionDefinition,
  future_import_statement: (node) => ({
    kind: "ImportFrom",
    at: spanOf(node),
    module: "__future__",
    names: aliases(node),
    level: 0,
  }),
  global_statement: names("Global"),
  if_statement: ifStatement,
  import_from_statement: importFrom,
  import_statement: (node) => ({ kind: "Import", at: spanOf(node), names: aliases(node) }),
  match_statement: matchStatement,
  nonlocal_statement: names("Nonlocal"),
  pass_statement: plain("Pass"),
  print_statement: gone("print", "write print(…)"),
  raise_statement: raise,
  return_statement: (node, reading) => {
    const [value] = all(partsOf(node), reading);
    return { kind: "Return", at: spanOf(node), value };
  },
  try_statement: tryStatement,
  type_alias_statement: (node, reading) => ({
    kind: "TypeAlias",
    at: spanOf(node),
    name: field(node, "left", reading),
    value: field(node, "right", reading),
  }),
  while_statement: whileStatement,
  with_statement: withStatement,
};
