/** @file Structured forms of branches, loops and calls: `scf` carries tensors as StableHLO does. */

import { callOp } from "../../../ir/dialects/func.js";
import { indexSwitch } from "../../../ir/dialects/scf/branch.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import type { Block, Operation, Value } from "../../../ir/graph.js";
import type { Converter, Structure } from "./converter.js";
import { elementAsIndex } from "./dynamic-shape.js";
import { branch, whileLoop } from "./loops.js";

const bodyOf = (op: Operation, region: number): Block => op.region(region).blocks[0]!;
const resultTypes = (op: Operation, to: Converter) => op.results.map((r) => to.type(r.type));

const ifStructure: Structure = (op, to) =>
  branch(
    to,
    to.elementOfScalarTensor(op.operand(0)),
    resultTypes(op, to),
    () => to.block(bodyOf(op, 0), []),
    () => to.block(bodyOf(op, 1), []),
  );

/** The last branch is the default. */
const caseStructure: Structure = (op, to) => {
  const last = op.regions.length - 1;
  const arg = elementAsIndex(to, op.operand(0), 0);
  const cases = op.regions.slice(0, -1).map((_, i) => i);
  const regions = [last, ...cases].map((i) =>
    to.region([], () => void to.builder.op(yieldOp, { results: to.block(bodyOf(op, i), []) }, {})),
  );
  return to.builder.op(indexSwitch, { arg }, { cases }, { results: resultTypes(op, to), regions }).results;
};

const whileStructure: Structure = (op, to) => {
  const [holds, body] = [bodyOf(op, 0), bodyOf(op, 1)];
  const condition = (args: readonly Value[]): Value => to.onlyElement(to.block(holds, args)[0]!);
  const argTypes = (block: Block) => block.args.map((x) => to.type(x.type));
  const types = { before: argTypes(holds), after: argTypes(body), results: resultTypes(op, to) };
  return whileLoop(to, to.operands(op), condition, (args) => to.block(body, args), types);
};

const asTheyAre: Structure = (op, to) => to.operands(op);

const call: Structure = (op, to) =>
  to.builder.op(callOp, { operands: to.operands(op) }, callOp.attrsOf(op), { results: resultTypes(op, to) }).results;

export const controlFlow: Readonly<Record<string, Structure>> = {
  "func.call": call,
  "stablehlo.case": caseStructure,
  "stablehlo.if": ifStructure,
  "stablehlo.optimization_barrier": asTheyAre,
  "stablehlo.while": whileStructure,
};
