/** @file Successors with the values they get: `^bb1(%a, %b : i32, f32)`. */

import type { Block, Operation, Value } from "../graph.js";
import { printType, type Type } from "../types.js";
import type { OpParser, OpPrinter } from "./assembly.js";

export function printSuccessor(printer: OpPrinter, block: Block, values: readonly Value[]): void {
  printer.successor(block);
  if (values.length === 0) return;
  printer.text("(");
  printer.values(values);
  printer.text(" : ");
  printer.types(values.map((x) => x.type));
  printer.text(")");
}

export interface SuccessorText {
  readonly block: Block;
  readonly values: readonly Value[];
}

export function parseSuccessor(parser: OpParser): SuccessorText {
  const block = parser.successor();
  if (!parser.tryPunct("(")) return { block, values: [] };
  const values = parser.operands();
  parser.punct(":");
  const types: Type[] = [parser.type()];
  while (parser.tryPunct(",")) types.push(parser.type());
  parser.expectTypes(values, types);
  parser.punct(")");
  return { block, values };
}

/** What is wrong with the values passed to each successor, or nothing. */
export function checkSuccessors(op: Operation, passed: readonly (readonly Value[])[]): readonly string[] {
  return op.successors.flatMap((block, i) => {
    const wanted = block.args.map((a) => printType(a.type)).join(", ");
    const found = (passed[i] ?? []).map((x) => printType(x.type)).join(", ");
    return wanted === found ? [] : [`successor ${i} gets (${found}) instead of (${wanted})`];
  });
}
