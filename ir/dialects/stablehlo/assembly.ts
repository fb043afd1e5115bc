/** @file Pieces of pretty text that several of StableHLO's op families share. */

import type { AnyOpDef } from "../../define.js";
import type { AttrValues, Operation, Value } from "../../graph.js";
import type { OpParser, OpPrinter, ParsedOp } from "../../text/assembly.js";
import type { Type } from "../../types.js";

/** ` {attributes} : (operand types) -> result types`: how most forms end. */
export function printTail(op: Operation, printer: OpPrinter, shown: readonly string[]): void {
  printer.attrDict(op, shown);
  printer.text(" : ");
  printer.functionType(
    op.operands.map((x) => x.type),
    op.results.map((x) => x.type),
  );
}

export function parseTail(
  parser: OpParser,
  def: AnyOpDef,
  operands: readonly Value[],
  known: AttrValues = {},
): ParsedOp {
  const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
  parser.punct(":");
  const { inputs, results } = parser.functionType();
  parser.expectTypes(operands, inputs);
  return { operands, attrs, extra, results };
}

/** Reads what `printSameType` (ir/text/format.ts) prints; the result types. */
export function parseSameType(parser: OpParser, operands: readonly Value[]): readonly Type[] {
  if (parser.peek("(")) {
    const { inputs, results } = parser.functionType();
    parser.expectTypes(operands, inputs);
    return results;
  }
  const type = parser.type();
  parser.expectTypes(
    operands,
    operands.map(() => type),
  );
  return [type];
}

/** `%a, %b, ` before a keyword: every operand is followed by a comma. */
export function parseLeadingOperands(parser: OpParser): Value[] {
  const operands: Value[] = [];
  for (let x = parser.tryOperand(); x; x = parser.tryOperand()) {
    operands.push(x);
    parser.punct(",");
  }
  return operands;
}

/** ` keyword = value`, without the space in front where it opens a line. */
export function parseAssign(parser: OpParser, keyword: string): void {
  parser.keyword(keyword);
  parser.punct("=");
}

/** `[1, 2]` */
export function parseIndices(parser: OpParser): number[] {
  return parser.list("[", "]", () => Number(parser.integer()));
}
