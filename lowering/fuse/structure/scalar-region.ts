/**
 * @file The bodies of reductions, scatters, comparators and maps as scalar computations: their operations work on
 * tensors of rank 0, which become plain numbers; branches and loops among them become `scf` over numbers.
 */

import { constant } from "../../../ir/dialects/stablehlo/constants.js";
import type { Block, Operation, Value } from "../../../ir/graph.js";
import { elementOf, type ScalarType } from "../../../ir/types.js";
import { signless } from "../../signless.js";
import type { Converter } from "./converter.js";
import { type ScalarBody, scalarBody } from "./elementwise.js";
import { branch, whileLoop } from "./loops.js";
import { compareInts, constantLike } from "./scalars.js";
import { constantScalar } from "./values.js";

type Scalars = Map<Value, Value>;

/** Builds the computation of `block` on `args`; gives what its terminator takes. */
export function scalarRegion(to: Converter, block: Block, args: readonly Value[]): readonly Value[] {
  return run(to, new Map(), block, args);
}

function run(to: Converter, outer: ReadonlyMap<Value, Value>, block: Block, args: readonly Value[]): readonly Value[] {
  const scalars: Scalars = new Map(outer);
  block.args.forEach((arg, k) => {
    scalars.set(arg, args[k]!);
  });
  for (const op of block.ops()) {
    const operands = op.operands.map((x) => scalars.get(x) ?? to.elementOfScalarTensor(x));
    if (op.def.traits.includes("terminator")) return operands;
    to.builder.at = op.at;
    const results = (special[op.name] ?? elementOperation)(to, op, operands, scalars);
    op.results.forEach((r, k) => {
      scalars.set(r, results[k]!);
    });
  }
  return [];
}

type Scalarize = (to: Converter, op: Operation, operands: readonly Value[], scalars: Scalars) => readonly Value[];

const isScalar = (op: Operation): boolean =>
  op.results.every((r) => r.type.kind === "tensor" && r.type.shape.length === 0);

function bodyOfElement(op: Operation): ScalarBody | undefined {
  return isScalar(op) && op.operands.length > 0 ? scalarBody(op) : undefined;
}

/** Whether an operation can stand in such a body; those in its own regions are not looked at. */
export function standsInScalarRegion(op: Operation): boolean {
  if (op.def.traits.includes("terminator")) return true;
  if (constant.matches(op)) return constant.attrsOf(op).value.kind === "dense";
  const moves = op.name === "stablehlo.broadcast_in_dim" || op.name === "stablehlo.reshape";
  return moves ? isScalar(op) : Object.hasOwn(special, op.name) || bodyOfElement(op) !== undefined;
}

const elementOperation: Scalarize = (to, op, operands) => {
  const body = bodyOfElement(op);
  if (!body) throw to.unsupported(op, "it cannot stand in a body that works on single elements");
  return [body({ b: to.builder, element: elementOf(op.operands.at(-1)!.type) }, ...operands)];
};

const asTheyAre: Scalarize = (_, __, operands) => operands;
const bodyOf = (op: Operation, region: number): Block => op.region(region).blocks[0]!;
const resultTypes = (to: Converter, op: Operation): readonly ScalarType[] =>
  op.results.map((r) => to.context.types.scalar(signless(elementOf(r.type))));

/** Nested branches, the last one where no index fits. */
function chooseCase(to: Converter, op: Operation, index: Value, scalars: Scalars, at = 0): readonly Value[] {
  const here = () => run(to, scalars, bodyOf(op, at), []);
  if (at === op.regions.length - 1) return here();
  const isHere = compareInts(to.builder, "eq", index, constantLike(to.builder, at, index));
  return branch(to, isHere, resultTypes(to, op), here, () => chooseCase(to, op, index, scalars, at + 1));
}

const special: Readonly<Record<string, Scalarize>> = {
  "stablehlo.broadcast_in_dim": (to, op, operands, scalars) => sameElement(to, op, operands, scalars),
  "stablehlo.case": (to, op, [index], scalars) => chooseCase(to, op, index!, scalars),
  "stablehlo.constant": (to, op) => [constantScalar(to, op)],
  "stablehlo.if": (to, op, [holds], scalars) =>
    branch(
      to,
      holds!,
      resultTypes(to, op),
      () => run(to, scalars, bodyOf(op, 0), []),
      () => run(to, scalars, bodyOf(op, 1), []),
    ),
  "stablehlo.optimization_barrier": asTheyAre,
  "stablehlo.reshape": (to, op, operands, scalars) => sameElement(to, op, operands, scalars),
  "stablehlo.while": (to, op, operands, scalars) =>
    whileLoop(
      to,
      operands,
      (args) => run(to, scalars, bodyOf(op, 0), args)[0]!,
      (args) => run(to, scalars, bodyOf(op, 1), args),
    ),
};

/** Movement of a single element is nothing. */
const sameElement: Scalarize = (to, op, operands, scalars) =>
  isScalar(op) ? operands : elementOperation(to, op, operands, scalars);
