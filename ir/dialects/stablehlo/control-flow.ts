/** @file Branches, loops and the barrier. Source: StableHLO specification. */

import { defineOp, type Inference } from "../../define.js";
import { variadic } from "../../kinds.js";
import type { Assembly, DeclaredArg, OpParser } from "../../text/assembly.js";
import { printType, type TensorType, type Type } from "../../types.js";
import { hloTensor, tensorOrToken } from "./constraints.js";
import { isTensor, joinTensors } from "./shapes.js";

type Passed = ReturnType<typeof passed>;
const passed = (type: Type) => (tensorOrToken.accepts(type) ? type : undefined);

/** The types that every branch gives: sizes that differ from branch to branch are left open. */
function joinYields({ context, regions }: Inference): readonly NonNullable<Passed>[] | string {
  const [first, ...rest] = regions.map((r) => r.yields);
  if (!first) return "there is no branch";
  if (regions.some((r) => r.args.length > 0)) return "a branch takes no arguments";
  if (rest.some((y) => y.length !== first.length)) return "the branches return different numbers of values";
  const joined: NonNullable<Passed>[] = [];
  for (const [i, type] of first.entries()) {
    const types = [type, ...rest.map((y) => y[i]!)];
    const common = types.every((t) => t === type)
      ? passed(type)
      : joinOpen(types.filter(isTensor), types.length, context);
    if (!common) return `the branches return ${types.map((t) => printType(t)).join(" and ")} as result ${i}`;
    joined.push(common);
  }
  return joined;
}

function joinOpen(types: readonly TensorType[], count: number, context: Inference["context"]): TensorType | undefined {
  const [first, ...rest] = types;
  if (!first || types.length !== count) return undefined;
  if (rest.some((t) => t.element !== first.element || t.shape.length !== first.shape.length)) return undefined;
  const shape = first.shape.map((d, i) => (rest.every((t) => t.shape[i] === d) ? d : context.unknownDim));
  const bothNumbers = shape.some(
    (d, i) => d === context.unknownDim && types.every((t) => typeof t.shape[i] === "number"),
  );
  return bothNumbers ? undefined : context.types.tensor(shape, first.element, first.encoding);
}

const predicate = (type: TensorType): string | undefined =>
  type.element === "i1" && type.shape.length === 0
    ? undefined
    : `the predicate must be tensor<i1>, not ${printType(type)}`;

export const ifOp = defineOp("stablehlo.if", {
  summary: "Runs one of two branches.",
  operands: { pred: hloTensor },
  attrs: {},
  results: { results: variadic(tensorOrToken) },
  regions: ["true_branch", "false_branch"],
  traits: [],
  infer({ pred }, _, inference) {
    const problem = predicate(pred);
    if (problem !== undefined) return problem;
    const results = joinYields(inference);
    return typeof results === "string" ? results : { results };
  },
  evaluate: ({ pred }, _, evaluation) => ({ results: evaluation.run(pred.data[0] ? 0 : 1, []) }),
});

export const caseOp = defineOp("stablehlo.case", {
  summary: "Runs the branch of the index; the last one where there is none of that index.",
  operands: { index: hloTensor },
  attrs: {},
  results: { results: variadic(tensorOrToken) },
  regions: ["branches*"],
  traits: [],
  infer({ index }, _, inference) {
    if (index.element !== "i32" || index.shape.length > 0)
      return `the index must be tensor<i32>, not ${printType(index)}`;
    const results = joinYields(inference);
    return typeof results === "string" ? results : { results };
  },
  evaluate({ index }, _, evaluation) {
    const last = evaluation.op.regions.length - 1;
    const i = Number(index.data[0]);
    return { results: evaluation.run(i >= 0 && i <= last ? i : last, []) };
  },
});

/** `(%arg = %init, …) : types attributes {…}`, then `cond {…} do {…}`. Both regions have the arguments declared once. */
const whileAssembly: Assembly = {
  print(op, printer) {
    const [condition, body] = [op.region(0), op.region(1)];
    const args = condition.blocks[0]!.args;
    printer.text("(");
    args.forEach((arg, i) => {
      if (i > 0) printer.text(", ");
      printer.value(arg);
      printer.text(" = ");
      printer.value(op.operand(i));
    });
    printer.text(")");
    if (args.length > 0) printer.text(" : ");
    printer.types(op.operands.map((x) => x.type));
    printer.attrDict(op, [], "attributes");
    printer.newline();
    printer.text("cond ");
    printer.region(condition, { entryArgs: false });
    printer.text(" do ");
    printer.region(body, { entryArgs: false, argsNamedAs: args });
  },
  parse(parser, def) {
    const names: { name: string; at: DeclaredArg["at"] }[] = [];
    const operands = parser.list("(", ")", () => {
      names.push({ at: parser.location(), name: parser.valueName() });
      parser.punct("=");
      return parser.operand();
    });
    const types = parseWhileTypes(parser, operands.length);
    parser.expectTypes(operands, types);
    const { attrs, extra } = parser.splitAttrs(def, parser.tryKeyword("attributes") ? parser.attrDict() : {});
    const args = names.map((n, i) => ({ ...n, type: types[i]! }));
    parser.keyword("cond");
    const condition = parser.region(args);
    parser.keyword("do");
    return { operands, attrs, extra, results: types, regions: [condition, parser.region(args)] };
  },
};

function parseWhileTypes(parser: OpParser, count: number): readonly Type[] {
  if (count === 0) return [];
  parser.punct(":");
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) parser.punct(",");
    return parser.type();
  });
}

export const whileOp = defineOp("stablehlo.while", {
  summary: "Runs the body on its own results for as long as the condition holds of them.",
  operands: { operand: variadic(tensorOrToken) },
  attrs: {},
  results: { results: variadic(tensorOrToken) },
  regions: ["cond", "body"],
  traits: ["loop"],
  format: whileAssembly,
  infer({ operand }, _, { context, regions }) {
    const [condition, body] = regions;
    if (!condition || !body) return "needs a condition and a body";
    const [holds] = condition.yields;
    const returnsPredicate =
      condition.yields.length === 1 && holds && isTensor(holds) && predicate(holds) === undefined;
    if (!returnsPredicate) return "the condition must return tensor<i1>";
    const results: NonNullable<Passed>[] = [];
    for (const [i, type] of operand.entries()) {
      const types = [type, condition.args[i], body.args[i], body.yields[i]];
      const tensors = types.filter((t): t is TensorType => t?.kind === "tensor");
      const agrees = tensors.length === 4 ? joinTensors(context, ...tensors) : types.every((t) => t === type);
      if (!agrees) return `value ${i} goes round as ${types.map((t) => (t ? printType(t) : "nothing")).join(", ")}`;
      // What goes round may change size where the body says so; the entry arguments then have sizes of their own.
      const inside = body.args[i]!;
      results.push(isTensor(inside) ? openSizes(inside, type as TensorType, context) : type);
    }
    const counts = [condition.args, body.args, body.yields].map((list) => list.length);
    return counts.every((n) => n === operand.length)
      ? { results }
      : `passes ${operand.length} values to regions of ${counts.join(", ")}`;
  },
  evaluate({ operand }, _, evaluation) {
    let values: readonly unknown[] = operand;
    for (;;) {
      const [holds] = evaluation.run(0, values as typeof operand);
      if (!(holds as { readonly data: ArrayLike<unknown> }).data[0]) return { results: values as typeof operand };
      values = evaluation.run(1, values as typeof operand);
    }
  },
});

/** The operand's sizes where the loop keeps them, open where its arguments have other ones. */
function openSizes(inside: TensorType, outside: TensorType, context: Inference["context"]): TensorType {
  const shape = outside.shape.map((d, i) => (d === inside.shape[i] || typeof d === "number" ? d : context.unknownDim));
  return context.withShape(outside, shape);
}

const barrierAssembly: Assembly = {
  print(op, printer) {
    printer.attrDict(op, []);
    if (op.operands.length === 0) printer.text("()");
    else {
      printer.text(" ");
      printer.values(op.operands);
      printer.text(" : ");
      printer.types(op.operands.map((x) => x.type));
    }
  },
  parse(parser, def) {
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict());
    if (parser.tryPunct("(")) {
      parser.punct(")");
      return { operands: [], attrs, extra, results: [] };
    }
    const operands = parser.operands();
    const types = parseWhileTypes(parser, operands.length);
    parser.expectTypes(operands, types);
    return { operands, attrs, extra, results: types };
  },
};

export const optimizationBarrier = defineOp("stablehlo.optimization_barrier", {
  summary: "Its operands as they are; nothing may be moved across it.",
  operands: { operand: variadic(tensorOrToken) },
  attrs: {},
  results: { result: variadic(tensorOrToken) },
  traits: ["pure"],
  format: barrierAssembly,
  infer: ({ operand }) => ({ result: operand }),
  evaluate: ({ operand }) => ({ result: operand }),
});
