/** @file Operators: boolean, binary, unary ones and comparisons, in the order in which Python lets them bind. */

import type { BinaryOperator, Comparison, Expression, Span, UnaryOperator } from "./ast.js";
import { isBlank, joinSpans, missing, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

export const binaryOperators: Readonly<Record<string, BinaryOperator>> = {
  "+": "Add",
  "-": "Sub",
  "*": "Mult",
  "@": "MatMult",
  "/": "Div",
  "%": "Mod",
  "**": "Pow",
  "<<": "LShift",
  ">>": "RShift",
  "|": "BitOr",
  "^": "BitXor",
  "&": "BitAnd",
  "//": "FloorDiv",
};

const unaryOperators: Readonly<Record<string, UnaryOperator>> = { "~": "Invert", "+": "UAdd", "-": "USub" };

const comparisons: Readonly<Record<string, Comparison>> = {
  "==": "Eq",
  "!=": "NotEq",
  "<": "Lt",
  "<=": "LtE",
  ">": "Gt",
  ">=": "GtE",
  is: "Is",
  "is not": "IsNot",
  in: "In",
  "not in": "NotIn",
};

/** Reads an operand; given by who reads all expressions. */
type Convert = (node: Node, reading: Reading) => Expression;
type Row = (node: Node, reading: Reading, convert: Convert) => Expression;

function operandOf(node: Node, name: string, reading: Reading, convert: Convert): Expression {
  const child = node.childForFieldName(name);
  return child ? convert(child, reading) : missing(node);
}

/** The parser takes the star of `*f(x)` for one of `f`; it belongs to all that stands behind it. */
export function hoisted(x: Expression): Expression {
  const first = x.kind === "Call" ? x.func : x.kind === "BinOp" || x.kind === "Compare" ? x.left : ownerIn(x);
  if (first?.kind !== "Starred" || x.kind === "Starred") return x;
  const at = joinSpans(first.value.at, x.at);
  const star = (value: Expression): Expression => ({ kind: "Starred", at: x.at, value });
  if (x.kind === "Call") return star({ ...x, at, func: first.value });
  if (x.kind === "BinOp" || x.kind === "Compare") return star({ ...x, at, left: first.value });
  return star({ ...x, at, value: first.value } as Expression);
}

function ownerIn(x: Expression): Expression | undefined {
  return x.kind === "Attribute" || x.kind === "Subscript" ? x.value : undefined;
}

/** `a and b and c` is one operation of three, unless parentheses say otherwise. */
const boolean: Row = (node, reading, convert) => {
  const op = node.childForFieldName("operator")?.type;
  const operands: Node[] = [];
  let left: Node | null = node;
  while (left?.type === "boolean_operator" && left.childForFieldName("operator")?.type === op) {
    const right: Node | null = left.childForFieldName("right");
    if (right) operands.unshift(right);
    left = left.childForFieldName("left");
  }
  if (left) operands.unshift(left);
  return {
    kind: "BoolOp",
    at: spanOf(node),
    op: op === "and" ? "And" : "Or",
    values: operands.map((n) => convert(n, reading)),
  };
};

/** How tightly operators bind that lean to the left. */
const strengths: Readonly<Record<string, number>> = {
  "|": 1,
  "^": 2,
  "&": 3,
  "<<": 4,
  ">>": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "//": 6,
  "%": 6,
  "@": 6,
};

/** Operands and signs between them, in order; what binds tighter, or stands in parentheses, is one operand. */
function flattened(node: Node): { readonly operands: readonly Node[]; readonly signs: readonly string[] } {
  const [operands, signs]: [Node[], string[]] = [[], []];
  const work: (Node | string)[] = [node];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (typeof next === "string") {
      signs.push(next);
      continue;
    }
    const sign = next.type === "binary_operator" ? next.childForFieldName("operator")?.type : undefined;
    const [left, right] = [next.childForFieldName("left"), next.childForFieldName("right")];
    if (sign === undefined || strengths[sign] === undefined || !left || !right) operands.push(next);
    else work.push(right, sign, left);
  }
  return { operands, signs };
}

/** The parser lets `^` bind tighter than `&`, so its tree is taken apart and put together again. */
const binary: Row = (node, reading, convert) => {
  if (node.childForFieldName("operator")?.type === "**") {
    const left = operandOf(node, "left", reading, convert);
    return { kind: "BinOp", at: spanOf(node), left, op: "Pow", right: operandOf(node, "right", reading, convert) };
  }
  const { operands, signs } = flattened(node);
  // Where an operand begins and ends counts its parentheses; where its own node does, not.
  const operand = (n: Node): Placed => ({ x: convert(n, reading), at: spanOf(n) });
  const values: Placed[] = [operand(operands[0]!)];
  const waiting: string[] = [];
  const join = (): void => {
    const right = values.pop()!;
    const left = values.pop()!;
    const op = binaryOperators[waiting.pop()!]!;
    const at = joinSpans(left.at, right.at);
    values.push({ x: hoisted({ kind: "BinOp", at, left: left.x, op, right: right.x }), at });
  };
  signs.forEach((sign, i) => {
    while (waiting.length > 0 && strengths[waiting.at(-1)!]! >= strengths[sign]!) join();
    waiting.push(sign);
    values.push(operand(operands[i + 1]!));
  });
  while (waiting.length > 0) join();
  return values[0]!.x;
};

interface Placed {
  readonly x: Expression;
  readonly at: Span;
}

const unary: Row = (node, reading, convert) => ({
  kind: "UnaryOp",
  at: spanOf(node),
  op: unaryOperators[node.childForFieldName("operator")?.type ?? ""] ?? "UAdd",
  operand: operandOf(node, "argument", reading, convert),
});

const not: Row = (node, reading, convert) => ({
  kind: "UnaryOp",
  at: spanOf(node),
  op: "Not",
  operand: operandOf(node, "argument", reading, convert),
});

const compare: Row = (node, reading, convert) => {
  const [first, ...rest] = partsOf(node);
  const ops = node.children.flatMap((child): readonly Comparison[] => {
    if (!child || isBlank(child)) return [];
    if (child.type === "<>") reading.fault(child, "Python 3 writes != for <>");
    const op = child.isNamed ? undefined : comparisons[child.type];
    return op ? [op] : [];
  });
  return {
    kind: "Compare",
    at: spanOf(node),
    left: first ? convert(first, reading) : missing(node),
    ops,
    comparators: rest.map((n) => convert(n, reading)),
  };
};

/** By the parser's names. */
export const operators: Readonly<Record<string, Row>> = {
  binary_operator: binary,
  boolean_operator: boolean,
  comparison_operator: compare,
  not_operator: not,
  unary_operator: unary,
};
