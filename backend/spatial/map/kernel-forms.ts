/**
 * @file What the accelerator can run: kernels recognised as a contraction or as elementwise work, in the form that
 * instruction selection wants them. Everything else gets a reason in words.
 */

import { functionBody } from "../../../ir/dialects/func.js";
import { generic } from "../../../ir/dialects/linalg/structured.js";
import type { Block, Operation, Value } from "../../../ir/graph.js";
import { matrixFormatCodes } from "../../../machine/opcodes.js";
import {
  dropUnitDimensions,
  type IterationSpace,
  mergeDimensions,
  type StridedOperand,
  stridedOperand,
} from "./strided.js";

/** `output[m, n] += left[m, k] * right[k, n]`; strides are those of two dimensions, in that order. */
export interface ContractionForm {
  readonly kind: "contraction";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly format: (typeof matrixFormatCodes)[number];
  readonly left: StridedOperand;
  readonly right: StridedOperand;
  readonly output: StridedOperand;
}

/** A body run at every point of rows and columns; `arguments` gives the operand of each of its block arguments. */
export interface ElementwiseForm {
  readonly kind: "elementwise";
  readonly rows: number;
  readonly columns: number;
  readonly body: Block;
  readonly inputs: readonly { readonly argument: Value; readonly operand: StridedOperand }[];
  readonly outputs: readonly { readonly value: Value; readonly operand: StridedOperand }[];
}

export type KernelForm = ContractionForm | ElementwiseForm;
export type Recognised = KernelForm | { readonly kind: "unsupported"; readonly reason: string };

const unsupported = (reason: string): Recognised => ({ kind: "unsupported", reason });

/** The form of a kernel function on memrefs. */
export function kernelForm(func: Operation): Recognised {
  const ops = [...functionBody(func).ops()].filter((op) => op.name !== "func.return" && op.name !== "arith.constant");
  const foreign = ops.filter((op) => !generic.matches(op));
  if (foreign.length > 0) return unsupported(`it has ${[...new Set(foreign.map((op) => op.name))].join(", ")}`);
  const [op] = ops;
  if (op === undefined || ops.length > 1)
    return unsupported(`it has ${ops.length} structured operations instead of one`);
  return genericForm(op);
}

function genericForm(op: Operation): Recognised {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const operands = op.operands.map((x, i) => stridedOperand(x, maps[i]!, kinds.length));
  const wrong = operands.find((x) => typeof x === "string");
  if (typeof wrong === "string") return unsupported(wrong);
  const strided = operands as readonly StridedOperand[];
  const sizes = kinds.map((_, d) => sizeOf(op, d));
  const { space, kept } = dropUnitDimensions({ sizes, operands: strided });
  if (!kinds.includes("reduction")) return elementwiseForm(op, space);
  return contractionForm(op, space, { all: kinds, kept });
}

/** The size of a dimension, from an axis that it alone walks. */
function sizeOf(op: Operation, dim: number): number {
  const { indexing_maps: maps } = generic.attrsOf(op);
  for (const [i, map] of maps.entries()) {
    const axis = map.results.findIndex((e) => e.kind === "dim" && e.position === dim);
    const type = op.operand(i).type;
    if (axis >= 0 && type.kind === "memref") return type.shape[axis] as number;
  }
  throw new Error(`dimension ${dim} of ${op.name} has no extent`);
}

type Role = "m" | "n" | "k";

/** The operation's kinds of iterators, and the numbers of those that the iteration space still has. */
interface Iterators {
  readonly all: readonly string[];
  readonly kept: readonly number[];
}

function contractionForm(op: Operation, space: IterationSpace, { all, kept }: Iterators): Recognised {
  const { inputs, outputs } = generic.operandsOf(op);
  if (inputs.length !== 2 || outputs.length !== 1) return unsupported("it reduces, and is no product of two operands");
  const format = productFormat(op.region(0).blocks[0]!, space.operands);
  if (typeof format !== "object") return unsupported(format);
  const roles = kept.map((d, k) => roleOf(all[d]!, k, space));
  const odd = roles.indexOf(undefined);
  if (odd >= 0)
    return unsupported(
      `dimension ${kept[odd]} of the product is none of rows, columns and sum (a batch, or a sum of one operand)`,
    );
  const ordered = reorder(space, roles as Role[]);
  const merged = mergeDimensions(ordered.space, (a, b) => ordered.roles[a] === ordered.roles[b]);
  const left = merged.origin.map((d) => ordered.roles[d]!);
  for (const role of ["m", "n", "k"] as const)
    if (left.filter((r) => r === role).length > 1)
      return unsupported(`the dimensions of its ${names[role]} cannot be walked as one`);
  const size = (role: Role): number => merged.space.sizes[left.indexOf(role)] ?? 1;
  const pick = (i: number, ...of: readonly Role[]): StridedOperand => {
    const x = merged.space.operands[i]!;
    return { ...x, strides: of.map((role) => x.strides[left.indexOf(role)] ?? 0) };
  };
  return {
    kind: "contraction",
    m: size("m"),
    n: size("n"),
    k: size("k"),
    format: format.format,
    left: pick(0, "m", "k"),
    right: pick(1, "k", "n"),
    output: pick(2, "m", "n"),
  };
}

const names = { m: "rows", n: "columns", k: "sum" } as const;

function roleOf(kind: string, dim: number, { operands }: IterationSpace): Role | undefined {
  const [inLeft, inRight, inOutput] = operands.map((x) => x.strides[dim] !== 0);
  if (kind === "reduction") return inLeft && inRight && !inOutput ? "k" : undefined;
  if (inLeft && inRight) return undefined;
  return inRight ? "n" : "m";
}

/** Dimensions of one role side by side, in their own order. */
function reorder({ sizes, operands }: IterationSpace, roles: readonly Role[]) {
  const order = (["m", "n", "k"] as const).flatMap((role) => roles.map((_, d) => d).filter((d) => roles[d] === role));
  const space: IterationSpace = {
    sizes: order.map((d) => sizes[d]!),
    operands: operands.map((x) => ({ ...x, strides: order.map((d) => x.strides[d]!) })),
  };
  return { space, roles: order.map((d) => roles[d]!) };
}

/** The element type of `acc + x * y`, or why the body is something else. */
function productFormat(
  body: Block,
  operands: readonly StridedOperand[],
): { readonly format: ContractionForm["format"] } | string {
  const [x, y, acc] = body.args;
  const sum = body.terminator.operands[0]?.definingOp;
  const product = sum?.operands.find((v) => v !== acc)?.definingOp;
  const isSum = sum?.name === "arith.addf" && sum.operands.includes(acc!) && product?.name === "arith.mulf";
  const factors = (product?.operands ?? []).map((v) =>
    v.definingOp?.name === "arith.extf" ? v.definingOp.operand(0) : v,
  );
  if (!isSum || !factors.includes(x!) || !factors.includes(y!)) return "it reduces, and is no sum of products";
  const [left, right, output] = operands.map((o) => o.element);
  if (output !== "f32") return `it sums in ${output}; the matrix unit sums in f32`;
  const format = matrixFormatCodes.find((f) => f === left);
  if (left !== right || format === undefined)
    return `it multiplies ${left} by ${right}; the matrix unit takes both in one of ${matrixFormatCodes.join(", ")}`;
  return { format };
}

function elementwiseForm(op: Operation, space: IterationSpace): Recognised {
  const { inputs, outputs } = generic.operandsOf(op);
  const body = op.region(0).blocks[0]!;
  const written = space.operands.slice(inputs.length);
  if (written.some((x) => x.strides.some((stride, d) => stride === 0 && space.sizes[d]! > 1)))
    return unsupported("points of its iteration space write the same element");
  const { space: merged } = mergeDimensions(space, () => true);
  if (merged.sizes.length > 2)
    return unsupported(`it walks ${merged.sizes.length} dimensions that cannot be merged; 2 are supported`);
  const missing = 2 - merged.sizes.length;
  const [rows, columns] = [...new Array<number>(missing).fill(1), ...merged.sizes];
  const padded = merged.operands.map((x) => ({ ...x, strides: [...new Array<number>(missing).fill(0), ...x.strides] }));
  const odd = padded.find((x) => x.element !== "f32" && x.element !== "bf16");
  if (odd !== undefined) return unsupported(`it works on ${odd.element}; the vector unit has f32 and bf16`);
  const results = body.terminator.operands;
  return {
    kind: "elementwise",
    rows: rows!,
    columns: columns!,
    body,
    inputs: body.args.flatMap((argument, i) => (argument.isUsed ? [{ argument, operand: padded[i]! }] : [])),
    outputs: outputs.map((_, i) => ({ value: results[i]!, operand: padded[inputs.length + i]! })),
  };
}
