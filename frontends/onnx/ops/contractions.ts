/** @file Sums of products: MatMul, Gemm, Einsum. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";

/** alpha * A * B + beta * C, A and B transposed as asked. */
function gemm(n: ImportNode): Value {
  const { t } = n;
  const [a, b] = [n.value(0), n.value(1)];
  const [alpha, beta] = [n.float("alpha", 1), n.float("beta", 1)];
  const product = t.dot(a, b, { contract: [[n.flag("transA") ? 0 : 1], [n.flag("transB") ? 1 : 0]] });
  const scaled = alpha === 1 ? product : scale(t, product, alpha);
  const c = n.optional(2);
  if (c === undefined || beta === 0) return scaled;
  return t.add(scaled, beta === 1 ? c : scale(t, c, beta));
}

/** Integers times a number that is none are computed in f32 and truncated. */
function scale(t: TensorBuilder, x: Value, by: number): Value {
  const element = t.element(x);
  const isPlain = element.startsWith("f") || element === "bf16" || Number.isInteger(by);
  return isPlain ? t.mul(x, by) : t.convert(t.mul(t.convert(x, "f32"), by), element);
}

/** A tensor with a label for each axis. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

function einsum(n: ImportNode): Value {
  const { t } = n;
  const text = (n.string("equation") ?? n.invalid("attribute 'equation' is missing")).replaceAll(" ", "");
  const [left = "", right] = text.split("->");
  const terms = left.split(",");
  if (terms.length !== n.count) return n.invalid(`equation '${text}' is for ${terms.length} operands, not ${n.count}`);
  const operands = terms.map((term, i) => labelled(n, n.value(i), term));
  const output = right === undefined ? implicitOutput(terms, operands) : outputLabels(right, operands);
  const reduced = operands.map(({ value, labels }) => diagonal(t, value, labels));
  const product = reduced.reduce((a, b, i) => {
    const later = new Set([...output, ...reduced.slice(i + 1).flatMap((x) => x.labels)]);
    return contract(t, a, b, later);
  });
  const summed = sumOut(t, product, new Set(output));
  return withAxes(t, summed, output, operands);
}

/** The labels of an operand's axes; an ellipsis stands for the axes that are left over, counted from its end. */
function labelled(n: ImportNode, value: Value, term: string): Labelled {
  const rank = n.t.rank(value);
  const [before = "", after] = term.split("...");
  if (after === undefined) {
    if (term.length !== rank) n.invalid(`'${term}' is for rank ${term.length}, the operand has rank ${rank}`);
    return { value, labels: [...term] };
  }
  const open = rank - before.length - after.length;
  if (open < 0) n.invalid(`'${term}' has more labels than the operand has axes`);
  const dots = Array.from({ length: open }, (_, i) => `...${open - i}`);
  return { value, labels: [...before, ...dots, ...after] };
}

const isDots = (label: string): boolean => label.startsWith("...");

/** The longest run of axes under an ellipsis. */
function dotLabels(operands: readonly Labelled[]): readonly string[] {
  const lists = operands.map(({ labels }) => labels.filter(isDots));
  return lists.reduce((a, b) => (b.length > a.length ? b : a), []);
}

function outputLabels(right: string, operands: readonly Labelled[]): readonly string[] {
  const [before = "", after] = right.split("...");
  return after === undefined ? [...right] : [...before, ...dotLabels(operands), ...after];
}

/** Without an arrow: the ellipsis, then the labels that occur once, in order. */
function implicitOutput(terms: readonly string[], operands: readonly Labelled[]): readonly string[] {
  const letters = [...terms.join("").replaceAll(".", "")];
  const once = letters.filter((c) => letters.indexOf(c) === letters.lastIndexOf(c)).sort();
  return [...dotLabels(operands), ...once];
}

/** Axes with one label in common become one: elements off the diagonal are dropped. */
function diagonal(t: TensorBuilder, value: Value, labels: readonly string[]): Labelled {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i);
  if (second < 0) return { value, labels };
  const first = labels.indexOf(labels[second]!);
  const shape = t.shape(value);
  const kept = t.eq(t.iota(shape, first, "i64"), t.iota(shape, second, "i64"));
  const sum = t.sum(t.select(kept, value, t.fillLike(0, value)), [second]);
  return diagonal(t, sum, labels.toSpliced(second, 1));
}

/** Sums over the labels that nobody needs. */
function sumOut(t: TensorBuilder, { value, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, i) => (needed.has(label) ? [] : [i]));
  return { value: t.sum(value, axes), labels: labels.filter((label) => needed.has(label)) };
}

/** The product of two operands, summed over what neither the output nor a later operand needs. */
function contract(t: TensorBuilder, left: Labelled, right: Labelled, later: ReadonlySet<string>): Labelled {
  const [a, b] = [withoutOnes(t, left, right), withoutOnes(t, right, left)];
  const x = sumOut(t, a, new Set([...later, ...b.labels]));
  const y = sumOut(t, b, new Set([...later, ...a.labels]));
  const shared = x.labels.filter((label) => y.labels.includes(label));
  const [batch, summed] = [shared.filter((s) => later.has(s)), shared.filter((s) => !later.has(s))];
  const axesOf = (of: Labelled, labels: readonly string[]): number[] => labels.map((label) => of.labels.indexOf(label));
  const value = t.dot(x.value, y.value, {
    batch: [axesOf(x, batch), axesOf(y, batch)],
    contract: [axesOf(x, summed), axesOf(y, summed)],
  });
  const rest = (of: Labelled): string[] => of.labels.filter((label) => !shared.includes(label));
  return { value, labels: [...batch, ...rest(x), ...rest(y)] };
}

/** Axes of size 1 that the other operand has in full are dropped: they are repeated. */
function withoutOnes(t: TensorBuilder, { value, labels }: Labelled, other: Labelled): Labelled {
  const shape = t.shape(value);
  const axes = labels.flatMap((label, i) => {
    const theirs = other.labels.indexOf(label);
    return theirs >= 0 && shape[i] === 1 && t.shape(other.value)[theirs] !== 1 ? [i] : [];
  });
  return { value: t.squeeze(value, axes), labels: labels.filter((_, i) => !axes.includes(i)) };
}

/** The axes in the output's order. */
function withAxes(
  t: TensorBuilder,
  { value, labels }: Labelled,
  output: readonly string[],
  operands: readonly Labelled[],
): Value {
  const ordered = t.transpose(
    value,
    output.filter((label) => labels.includes(label)).map((label) => labels.indexOf(label)),
  );
  const missing = output.some((label) => !labels.includes(label));
  if (!missing) return ordered;
  const sizes = output.map((label): Dim => {
    const at = labels.indexOf(label);
    const owner = operands.find((x) => x.labels.includes(label));
    return at >= 0 ? t.shape(value)[at]! : owner ? t.shape(owner.value)[owner.labels.indexOf(label)]! : 1;
  });
  return t.reshape(ordered, sizes);
}

export const contractions: readonly OpRow[] = [
  { name: "MatMul", since: 1, build: (n) => n.t.matmul(n.value(0), n.value(1)) },
  { name: "Gemm", since: 1, build: gemm },
  { name: "Einsum", since: 12, build: einsum },
];
