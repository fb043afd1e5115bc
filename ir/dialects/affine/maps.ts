/** @file How `affine` writes maps with their operands: `affine_map<…>(%dims)[%symbols]`, and as indices `[%i + 1]`. */

import type { IntegerSet } from "../../affine.js";
import { type AffineMap, printAffineMap } from "../../affine.js";
import { printAffineExpr } from "../../affine-expr.js";
import type { Value } from "../../graph.js";
import { affineMap, indexScalar, integerSet } from "../../kinds.js";
import type { OpParser, OpPrinter } from "../../text/assembly.js";

interface Space {
  readonly numDims: number;
  readonly numSymbols: number;
}

/** What is wrong with the operands of a map or set, or `undefined`. */
export function checkMapOperands(what: string, space: Space, operands: readonly Value[]): string | undefined {
  const wanted = space.numDims + space.numSymbols;
  if (operands.length !== wanted) return `${operands.length} operands for a ${what} of ${wanted}`;
  return operands.every((x) => indexScalar.accepts(x.type))
    ? undefined
    : `the operands of a ${what} must be of type index`;
}

/** `(%i)[%n]`. */
export function printMapOperands(printer: OpPrinter, { numDims, numSymbols }: Space, operands: readonly Value[]): void {
  printer.text("(");
  printer.values(operands.slice(0, numDims));
  printer.text(")");
  if (numSymbols === 0) return;
  printer.text("[");
  printer.values(operands.slice(numDims));
  printer.text("]");
}

export function parseMapOperands(parser: OpParser): readonly Value[] {
  const dims = parser.list("(", ")", () => parser.operand());
  return parser.peek("[") ? [...dims, ...parser.list("[", "]", () => parser.operand())] : dims;
}

/** `affine_map<…>(%i)[%n]`. */
export function printMap(printer: OpPrinter, map: AffineMap, operands: readonly Value[]): void {
  printer.text(`affine_map<${printAffineMap(map)}>`);
  printMapOperands(printer, map, operands);
}

export function parseMap(parser: OpParser): { readonly map: AffineMap; readonly operands: readonly Value[] } {
  const map = affineMap.read(parser.attribute(), parser.context) ?? parser.fail("expected an affine map");
  return { map, operands: parseMapOperands(parser) };
}

export function parseSet(parser: OpParser): { readonly set: IntegerSet; readonly operands: readonly Value[] } {
  const set = integerSet.read(parser.attribute(), parser.context) ?? parser.fail("expected an integer set");
  return { set, operands: parseMapOperands(parser) };
}

/** `[%i + 1, symbol(%n)]`: the results of a map with its operands written in. */
export function printIndices(
  printer: OpPrinter,
  map: AffineMap,
  operands: readonly Value[],
  brackets: "[]" | "()" = "[]",
): void {
  printer.text(brackets[0]!);
  printer.text(printResults(printer, map, operands, 0, map.results.length));
  printer.text(brackets[1]!);
}

/** Some results of a map, by commas. */
export function printResults(
  printer: OpPrinter,
  map: AffineMap,
  operands: readonly Value[],
  from: number,
  to: number,
): string {
  const names = {
    dim: (i: number) => printer.nameOf(operands[i]!),
    symbol: (i: number) => `symbol(${printer.nameOf(operands[map.numDims + i]!)})`,
  };
  return map.results
    .slice(from, to)
    .map((e) => printAffineExpr(e, names))
    .join(", ");
}
