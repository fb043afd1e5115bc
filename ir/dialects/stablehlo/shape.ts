/** @file Data movement whose shape the program's text fixes. Source: StableHLO specification. */

import type { Context } from "../../context.js";
import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { i64, i64Array, variadic } from "../../kinds.js";
import {
  broadcast as broadcastArray,
  concatArrays,
  reshape as reshapeArray,
  reverse as reverseArray,
  slice as sliceArray,
  transpose as transposeArray,
} from "../../ndarray-layout.js";
import type { Assembly } from "../../text/assembly.js";
import { hasStaticShape, printType, type TensorType } from "../../types.js";
import { parseAssign, parseLeadingOperands, parseTail, printTail } from "./assembly.js";
import { hloTensor, scalarTensor } from "./constraints.js";
import { padArray } from "./pad.js";
import { checkAxes, firstProblem, givenTensor, joinShapes, mayEqual, printSizes, range } from "./shapes.js";

const needsNumbers = (type: TensorType, instead: string): string | undefined =>
  hasStaticShape(type) ? undefined : `${printType(type)} must have known sizes: ${instead} takes them as an operand`;

export const reshape = defineOp("stablehlo.reshape", {
  summary: "The same elements in row-major order under another shape.",
  operands: { operand: hloTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand attr-dict `:` functional-type(operands, results)",
  infer({ operand }, _, inference) {
    const { dims } = inference.context;
    const given = givenTensor(inference);
    if (!given) return "the result type must be given";
    if (given.element !== operand.element) return `a reshape does not turn ${operand.element} into ${given.element}`;
    if (!hasStaticShape(given)) return { result: given };
    const differ = dims.provablyDifferent(dims.product(operand.shape), dims.product(given.shape));
    return differ
      ? `${printType(operand)} and ${printType(given)} differ in their number of elements`
      : { result: given };
  },
  verify: (op) => needsNumbers(op.result.type as TensorType, "dynamic_reshape"),
  evaluate: ({ operand }, _, evaluation) => ({ result: reshapeArray(operand, evaluation.shape()) }),
});

export const broadcastInDim = defineOp("stablehlo.broadcast_in_dim", {
  summary: "Operand axis i becomes result axis dims[i]; axes of size 1 and new axes are repeated.",
  operands: { operand: hloTensor },
  attrs: { broadcast_dimensions: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` `dims` `=` $broadcast_dimensions attr-dict `:` functional-type(operands, results)",
  infer({ operand }, { broadcast_dimensions: axes }, inference) {
    const given = givenTensor(inference);
    if (!given) return "the result type must be given";
    return checkBroadcast(inference.context, operand, given, axes) ?? { result: given };
  },
  verify: (op) => needsNumbers(op.result.type as TensorType, "dynamic_broadcast_in_dim"),
  evaluate: ({ operand }, { broadcast_dimensions: axes }, evaluation) => ({
    result: broadcastArray(operand, evaluation.shape(), axes),
  }),
});

/** Why `from` cannot be broadcast to `to` along `axes`. */
export function checkBroadcast(
  context: Context,
  from: TensorType,
  to: TensorType,
  axes: readonly number[],
): string | undefined {
  return firstProblem(
    from.element !== to.element && `a broadcast does not turn ${from.element} into ${to.element}`,
    axes.length !== from.shape.length && `${axes.length} axes for an operand of rank ${from.shape.length}`,
    checkAxes("dims", axes, to.shape.length),
    ...axes.map((axis, i) => {
      const size = from.shape[i] ?? 1;
      const fits = size === 1 || mayEqual(context, size, to.shape[axis] ?? 0);
      return !fits && `size ${printSizes(context, [size])} cannot be repeated to fill axis ${axis} of ${printType(to)}`;
    }),
  );
}

export const broadcast = defineOp("stablehlo.broadcast", {
  summary: "The operand repeated along new leading axes.",
  operands: { operand: hloTensor },
  attrs: { broadcast_sizes: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` `sizes` `=` $broadcast_sizes attr-dict `:` functional-type(operands, results)",
  infer({ operand }, { broadcast_sizes: sizes }, { context }) {
    if (sizes.some((n) => n < 0)) return `sizes [${sizes.join(", ")}] cannot be negative`;
    return { result: context.withShape(operand, [...sizes, ...operand.shape]) };
  },
  evaluate({ operand }, { broadcast_sizes: sizes }) {
    const axes = range(operand.shape.length).map((i) => i + sizes.length);
    return { result: broadcastArray(operand, [...sizes, ...operand.shape], axes) };
  },
});

export const transpose = defineOp("stablehlo.transpose", {
  summary: "Axes in another order: result axis i is operand axis dims[i].",
  operands: { operand: hloTensor },
  attrs: { permutation: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` `dims` `=` $permutation attr-dict `:` functional-type(operands, results)",
  infer({ operand }, { permutation }, { context }) {
    const problem = firstProblem(
      permutation.length !== operand.shape.length &&
        `dims [${permutation.join(", ")}] does not order ${operand.shape.length} axes`,
      checkAxes("dims", permutation, operand.shape.length),
    );
    return (
      problem ?? {
        result: context.withShape(
          operand,
          permutation.map((axis) => operand.shape[axis]!),
        ),
      }
    );
  },
  evaluate: ({ operand }, { permutation }) => ({ result: transposeArray(operand, permutation) }),
});

export const reverse = defineOp("stablehlo.reverse", {
  summary: "The order of elements turned round along some axes.",
  operands: { operand: hloTensor },
  attrs: { dimensions: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format: "$operand `,` `dims` `=` $dimensions attr-dict `:` same-type",
  infer: ({ operand }, { dimensions }) => checkAxes("dims", dimensions, operand.shape.length) ?? { result: operand },
  evaluate: ({ operand }, { dimensions }) => ({ result: reverseArray(operand, dimensions) }),
});

/** `[0:2, 1:4:2]`: start, limit and, unless it is 1, step of each axis. */
const sliceAssembly: Assembly = {
  print(op, printer) {
    const { start_indices: starts, limit_indices: limits, strides } = slice.attrsOf(op);
    printer.text(" ");
    printer.values(op.operands);
    const ranges = starts.map((start, i) => `${start}:${limits[i]}${strides[i] === 1 ? "" : `:${strides[i]}`}`);
    printer.text(` [${ranges.join(", ")}]`);
    printTail(op, printer, ["start_indices", "limit_indices", "strides"]);
  },
  parse(parser, def) {
    const operands = [parser.operand()];
    const ranges = parser.list("[", "]", () => {
      const start = Number(parser.integer());
      parser.punct(":");
      const limit = Number(parser.integer());
      return { start, limit, step: parser.tryPunct(":") ? Number(parser.integer()) : 1 };
    });
    return parseTail(parser, def, operands, {
      start_indices: ranges.map((r) => r.start),
      limit_indices: ranges.map((r) => r.limit),
      strides: ranges.map((r) => r.step),
    });
  },
};

export const slice = defineOp("stablehlo.slice", {
  summary: "A block of the operand: every stride-th element from start to before limit, per axis.",
  operands: { operand: hloTensor },
  attrs: { start_indices: i64Array, limit_indices: i64Array, strides: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format: sliceAssembly,
  infer({ operand }, { start_indices: starts, limit_indices: limits, strides }, { context }) {
    const rank = operand.shape.length;
    if ([starts, limits, strides].some((list) => list.length !== rank))
      return `needs ${rank} starts, limits and strides`;
    const problem = firstProblem(
      ...starts.map((start, i) => {
        const [limit, step] = [limits[i]!, strides[i]!];
        const fits =
          0 <= start && start <= limit && step >= 1 && !context.dims.provablyGreater(limit, operand.shape[i]!);
        return !fits && `the range ${start}:${limit}:${step} does not lie in axis ${i} of ${printType(operand)}`;
      }),
    );
    if (problem !== undefined) return problem;
    const shape = starts.map((start, i) => Math.ceil((limits[i]! - start) / strides[i]!));
    return { result: context.withShape(operand, shape) };
  },
  evaluate({ operand }, { start_indices: starts, limit_indices: limits, strides }) {
    const beyond = limits.findIndex((limit, i) => limit > operand.shape[i]!);
    if (beyond >= 0)
      throw new Error(`limit ${limits[beyond]} is beyond axis ${beyond} of size ${operand.shape[beyond]}`);
    return { result: sliceArray(operand, starts, limits, strides) };
  },
});

/** Every operand is followed by a comma: `%a, %b, dim = 0`. */
const concatenateAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printer.text(`, dim = ${concatenate.attrsOf(op).dimension}`);
    printTail(op, printer, ["dimension"]);
  },
  parse(parser, def) {
    const operands = parseLeadingOperands(parser);
    parseAssign(parser, "dim");
    return parseTail(parser, def, operands, { dimension: Number(parser.integer()) });
  },
};

export const concatenate = defineOp("stablehlo.concatenate", {
  summary: "Tensors end to end along one axis.",
  operands: { inputs: variadic(hloTensor) },
  attrs: { dimension: i64 },
  results: { result: hloTensor },
  traits: ["pure"],
  format: concatenateAssembly,
  infer({ inputs }, { dimension: axis }, { context }) {
    const [first] = inputs;
    if (!first) return "there is nothing to concatenate";
    if (!(axis >= 0 && axis < first.shape.length)) return `${printType(first)} has no axis ${axis}`;
    const total = inputs.reduce<Dim>((sum, t) => context.dims.add(sum, t.shape[axis] ?? 0), 0);
    const odd = inputs.find((t) => t.element !== first.element || t.shape.length !== first.shape.length);
    const shape = odd ? undefined : joinShapes(context, ...inputs.map((t) => t.shape.with(axis, 0)));
    if (!shape) return `${inputs.map((t) => printType(t)).join(", ")} do not fit together along axis ${axis}`;
    return { result: context.withShape(first, shape.with(axis, total)) };
  },
  evaluate: ({ inputs }, { dimension: axis }) => ({ result: concatArrays(inputs, axis) }),
});

export const pad = defineOp("stablehlo.pad", {
  summary: "The padding value around and between elements; negative amounts at the edges cut elements off.",
  operands: { operand: hloTensor, padding_value: scalarTensor },
  attrs: { edge_padding_low: i64Array, edge_padding_high: i64Array, interior_padding: i64Array },
  results: { result: hloTensor },
  traits: ["pure"],
  format:
    "$operand `,` $padding_value `,` `low` `=` $edge_padding_low `,` `high` `=` $edge_padding_high `,` `interior` `=` $interior_padding attr-dict `:` functional-type(operands, results)",
  infer(
    { operand, padding_value: value },
    { edge_padding_low: low, edge_padding_high: high, interior_padding: interior },
    { context },
  ) {
    const rank = operand.shape.length;
    if (value.element !== operand.element) return `${printType(value)} cannot pad ${printType(operand)}`;
    if ([low, high, interior].some((list) => list.length !== rank))
      return `needs ${rank} amounts at either edge and between`;
    if (interior.some((n) => n < 0)) return `interior [${interior.join(", ")}] cannot be negative`;
    const shape = operand.shape.map((d, i) => paddedDim(context, d, low[i]!, high[i]!, interior[i]!));
    const negative = shape.findIndex((d) => context.dims.provablyLess(d, 0));
    if (negative >= 0) return `more is cut off axis ${negative} of ${printType(operand)} than there is`;
    return { result: context.withShape(operand, shape) };
  },
  evaluate: (
    { operand, padding_value: value },
    { edge_padding_low: low, edge_padding_high: high, interior_padding: interior },
  ) => ({
    result: padArray(operand, value, low, high, interior),
  }),
});

/** size + max(size - 1, 0) * interior + low + high */
export function paddedDim({ dims }: Context, size: Dim, low: Dim, high: Dim, interior: number): Dim {
  const gaps = interior === 0 ? 0 : dims.mul(dims.max(dims.sub(size, 1), 0), interior);
  return dims.add(dims.add(size, gaps), dims.add(low, high));
}
