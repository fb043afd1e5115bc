/** @file Statements: the parser's nodes as ours. One table by the parser's names. */

import type { ExceptHandler, Expression, FunctionDef, Statement } from "./ast.js";
import { assignment, augmented } from "./convert-assignment.js";
import {
  all,
  convertArguments,
  convertExpression,
  convertTarget,
  field,
  optionalField,
  sequence,
} from "./convert-expression.js";
import { aliases, importFrom } from "./convert-import.js";
import { convertParameters } from "./convert-parameters.js";
import { convertCases } from "./convert-pattern.js";
import { withItems } from "./convert-with.js";
import { hasToken, joinSpans, missing, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

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
