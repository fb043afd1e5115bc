/** @file Reductions over axes, and maps. Source: StableHLO specification. */

import { createOp } from "../../create.js";
import { type AnyOpDef, defineOp, type Evaluation, type Inference } from "../../define.js";
import { Block, newRegion, type Operation, type Region, type Value } from "../../graph.js";
import { i64Array, variadic } from "../../kinds.js";
import { emptyArray, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { transpose } from "../../ndarray-layout.js";
import type { Scalar } from "../../scalar.js";
import type { Assembly, DeclaredArg, OpParser, OpPrinter } from "../../text/assembly.js";
import { printType, type TensorType, type Type } from "../../types.js";
import { parseAssign, parseIndices, printTail } from "./assembly.js";
import { hloTensor, scalarTensor } from "./constraints.js";
import { asElement } from "./contraction.js";
import { foldOf, resultElements, soleOperation } from "./region-run.js";
import { returnOp } from "./return.js";
import { type ScalarBody, scalarBody } from "./scalar-body.js";
import { checkAxes, firstProblem, isTensor, joinShapes, otherAxes } from "./shapes.js";

/** What is wrong with the operands and the region of a reduction of several tensors at once. */
export function checkReduction(
  inputs: readonly TensorType[],
  inits: readonly TensorType[],
  { context, regions }: Inference,
): string | undefined {
  const count = inputs.length;
  const [body] = regions;
  return firstProblem(
    count === 0 && "there is nothing to reduce",
    inits.length !== count && `${count} tensors have ${inits.length} initial values`,
    count > 0 && !joinShapes(context, ...inputs.map((t) => t.shape)) && "the tensors differ in shape",
    inits.some((t) => t.shape.length > 0) && "initial values have rank 0",
    body &&
      (body.args.length !== 2 * count || body.yields.length !== count) &&
      `the body must take ${2 * count} values and return ${count}`,
    body?.args.some((t) => !scalarTensor.accepts(t)) && "the body works on tensors of rank 0",
    body?.yields.some((t, i) => t !== body.args[i] || t !== body.args[i + count]) &&
      "the body must return what it takes",
  );
}

/** Results of these shapes, over the elements that the body returns. */
export function reducedTypes(
  inits: readonly TensorType[],
  shape: TensorType["shape"],
  { context, regions }: Inference,
): TensorType[] {
  const yields = regions[0]?.yields.filter(isTensor) ?? [];
  return inits.map((init, i) => context.types.tensor(shape, yields[i]?.element ?? init.element));
}

const reduceAssembly: Assembly = {
  print(op, printer) {
    const { inputs, init_values: inits } = reduce.operandsOf(op);
    inputs.forEach((x, i) => {
      printer.text(i === 0 ? "(" : ", (");
      printer.value(x);
      printer.text(" init: ");
      printer.value(inits[i]!);
      printer.text(")");
    });
    const inner = compactBody(op);
    if (inner) printer.text(` applies ${inner.name}`);
    printer.text(` across dimensions = [${reduce.attrsOf(op).dimensions.join(", ")}]`);
    printTail(op, printer, ["dimensions"]);
    if (!inner) printReducer(op, printer);
  },
  parse(parser, def) {
    const pairs = parsePairs(parser);
    const inner = parser.tryKeyword("applies") ? parser.opNamed(parser.identifier("an operation")) : undefined;
    parser.keyword("across");
    parseAssign(parser, "dimensions");
    const known = { dimensions: parseIndices(parser) };
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    parser.punct(":");
    const { inputs, results } = parser.functionType();
    const operands = [...pairs.map((p) => p[0]), ...pairs.map((p) => p[1])];
    parser.expectTypes(operands, inputs);
    const body = inner ? makeBody(parser, inner, inputs[pairs.length]) : parseReducer(parser, pairs.length);
    return { operands, segments: [pairs.length, pairs.length], attrs, extra, results, regions: [body] };
  },
};

/** The operation named after `applies`, where the body is that operation on its two arguments in order. */
function compactBody(op: Operation): AnyOpDef | undefined {
  const body = op.region(0);
  const def = soleOperation(body);
  const block = body.blocks[0];
  const first = block?.first;
  if (!def || !block || !first || Object.keys(first.extra).length > 0) return undefined;
  const sameOrder = first.operands.every((x, i) => x === block.args[i]);
  const element = op.operands[0] && (op.operands[0].type as TensorType).element;
  const sameElement = block.args.every((x) => (x.type as TensorType).element === element);
  return sameOrder && sameElement ? def : undefined;
}

function parsePairs(parser: OpParser): (readonly [Value, Value])[] {
  const pairs: (readonly [Value, Value])[] = [];
  do {
    parser.punct("(");
    const x = parser.operand();
    parser.keyword("init");
    parser.punct(":");
    pairs.push([x, parser.operand()]);
    parser.punct(")");
  } while (parser.tryPunct(","));
  return pairs;
}

function makeBody(parser: OpParser, inner: AnyOpDef, init: Type | undefined): Region {
  if (!init) return parser.fail("there is no initial value");
  const at = parser.location();
  const block = new Block([init, init]);
  const op = createOp(parser.context, inner, { operands: block.args, attrs: {}, at });
  block.append(op);
  block.append(createOp(parser.context, returnOp as unknown as AnyOpDef, { operands: op.results, attrs: {}, at }));
  return newRegion(block);
}

/** ` reducer(%a: t, %b: t) (%c: u, %d: u)  { … }` on a line of its own; the pairs are (accumulated, next). */
function printReducer(op: Operation, printer: OpPrinter): void {
  const body = op.region(0);
  const args = body.blocks[0]!.args;
  const count = args.length / 2;
  printer.newline();
  printer.text(" reducer");
  for (let i = 0; i < count; i++) {
    const declared = [args[i]!, args[i + count]!];
    printer.text("(");
    declared.forEach((arg, k) => {
      if (k > 0) printer.text(", ");
      printer.value(arg);
      printer.text(": ");
      printer.type(arg.type);
    });
    printer.text(") ");
  }
  printer.text(" ");
  printer.region(body, { entryArgs: false });
}

function parseReducer(parser: OpParser, count: number): Region {
  parser.keyword("reducer");
  const declare = (): DeclaredArg => {
    const at = parser.location();
    const name = parser.valueName();
    parser.punct(":");
    return { name, type: parser.type(), at };
  };
  const pairs = Array.from({ length: count }, () => {
    parser.punct("(");
    const first = declare();
    parser.punct(",");
    const second = declare();
    parser.punct(")");
    return [first, second] as const;
  });
  return parser.region([...pairs.map((p) => p[0]), ...pairs.map((p) => p[1])]);
}

export const reduce = defineOp("stablehlo.reduce", {
  summary: "Joins the elements along some axes with the body, beginning with the initial values.",
  operands: { inputs: variadic(hloTensor), init_values: variadic(hloTensor) },
  attrs: { dimensions: i64Array },
  results: { results: variadic(hloTensor) },
  regions: ["body"],
  traits: ["pure", "equal-groups"],
  format: reduceAssembly,
  infer({ inputs, init_values: inits }, { dimensions }, inference) {
    const problem =
      checkReduction(inputs, inits, inference) ?? checkAxes("dimensions", dimensions, inputs[0]!.shape.length);
    if (problem !== undefined) return problem;
    const joined = joinShapes(inference.context, ...inputs.map((t) => t.shape))!;
    const shape = otherAxes(joined.length, dimensions).map((axis) => joined[axis]!);
    return { results: reducedTypes(inits, shape, inference) };
  },
  evaluate({ inputs, init_values: inits }, { dimensions }, evaluation) {
    const [xs, starts] = [promoted(inputs, evaluation), promoted(inits, evaluation)];
    return { results: evaluateReduce(xs, starts, dimensions, evaluation) };
  },
});

/** The tensors over the elements that the body works on, which may be wider. */
export function promoted(inputs: readonly NdArray[], evaluation: Evaluation): readonly NdArray[] {
  return inputs.map((x, i) => asElement(x, resultElements(evaluation)[i]!));
}

function evaluateReduce(
  inputs: readonly NdArray[],
  inits: readonly NdArray[],
  dimensions: readonly number[],
  evaluation: Evaluation,
): readonly NdArray[] {
  const kept = otherAxes(inputs[0]!.shape.length, dimensions);
  const rows = inputs.map((x) => transpose(x, [...kept, ...dimensions.toSorted((a, b) => a - b)]));
  const shape = kept.map((axis) => inputs[0]!.shape[axis]!);
  const length = sizeOf(dimensions.map((axis) => inputs[0]!.shape[axis]!));
  const outs = resultElements(evaluation).map((element) => emptyArray(element, shape));
  const fold = inputs.length === 1 && foldOf(evaluation.op.region(0), inputs[0]!.element);
  const body = fold ? undefined : scalarBody(evaluation, 0);
  for (let row = 0; row < sizeOf(shape); row++) {
    const starts = inits.map((x) => getScalar(x, 0));
    if (fold)
      setScalar(outs[0]!, row, fold.finish(fold.accumulate(starts[0]!, rows[0]!.data, row * length, length, 1)));
    else {
      const results = reduceRow(rows, starts, row * length, length, body!);
      for (let k = 0; k < outs.length; k++) setScalar(outs[k]!, row, results[k]!);
    }
  }
  return outs;
}

/** The entries from `start` on joined to what `values` begin with. */
function reduceRow(
  rows: readonly NdArray[],
  values: Scalar[],
  start: number,
  length: number,
  body: ScalarBody,
): Scalar[] {
  const count = rows.length;
  const entries = [...values, ...values];
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < count; k++) entries[count + k] = getScalar(rows[k]!, start + i);
    const next = body(entries);
    for (let k = 0; k < count; k++) entries[k] = next[k]!;
  }
  return entries.slice(0, count);
}

export const map = defineOp("stablehlo.map", {
  summary: "The body applied to the elements at each index.",
  operands: { inputs: variadic(hloTensor) },
  attrs: { dimensions: i64Array },
  results: { result: hloTensor },
  regions: ["computation"],
  traits: ["pure"],
  infer({ inputs }, { dimensions }, { context, regions }) {
    const shape = joinShapes(context, ...inputs.map((t) => t.shape));
    if (!shape) return `the shapes of ${inputs.map((t) => printType(t)).join(", ")} do not agree`;
    if (dimensions.length !== shape.length || dimensions.some((axis, i) => axis !== i))
      return "dimensions must be all axes in order";
    const result = regions[0]?.yields[0];
    const takes = regions[0]?.args.length;
    if (takes !== inputs.length || !result || !isTensor(result))
      return `the body must take ${inputs.length} values and return one`;
    return { result: context.types.tensor(shape, result.element) };
  },
  evaluate({ inputs }, _, evaluation) {
    const out = emptyArray(resultElements(evaluation)[0]!, inputs[0]!.shape);
    const body = scalarBody(evaluation, 0);
    for (let i = 0; i < sizeOf(out.shape); i++) setScalar(out, i, body(inputs.map((x) => getScalar(x, i)))[0]!);
    return { result: out };
  },
});
