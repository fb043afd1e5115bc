/** @file Einstein's summation, as products of two operands at a time, from the left. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call } from "../call.js";
import { wideOf } from "./widths.js";

/** A tensor with a label for each axis; axes that an ellipsis stands for are labelled by numbers, the last one being 0. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/** `"ij,jk->ik"` */
export function einsum(n: Call): Value {
  const { t } = n;
  const tensors = n.tensors("tensors");
  const [inputs = "", output] = n.string("equation").replaceAll(" ", "").split("->");
  const terms = inputs.split(",");
  if (terms.length !== tensors.length)
    return n.invalid(`the equation has ${terms.length} operands, the node ${tensors.length}`);
  const wide = wideOf(n.out);
  const operands = tensors.map((x, i) => {
    const labels = labelsOf(n, terms[i]!, t.rank(x));
    return withoutRepeats(t, { value: t.convert(x, wide), labels });
  });
  const wanted = output === undefined ? impliedOutput(terms, operands) : outputOf(output, operands);
  const joined = operands.reduce((a, b, i) => {
    const needed = new Set([...wanted, ...operands.slice(i + 1).flatMap((x) => x.labels)]);
    return product(t, a, b, needed);
  });
  const { value, labels } = summed(t, joined, new Set(wanted));
  const missing = wanted.find((label) => !labels.includes(label));
  if (missing !== undefined) return n.invalid(`'${missing}' of the result is in no operand`);
  return t.convert(
    t.transpose(
      value,
      wanted.map((label) => labels.indexOf(label)),
    ),
    n.out,
  );
}

const hidden = (size: number): string[] => Array.from({ length: size }, (_, i) => String(size - 1 - i));

function labelsOf(n: Call, term: string, rank: number): readonly string[] {
  const [before = "", behind] = term.split("...");
  const own = [...before, ...(behind ?? "")];
  const isFitting = behind === undefined ? own.length === rank : own.length <= rank;
  if (!isFitting) return n.invalid(`'${term}' does not fit a tensor of rank ${rank}`);
  return behind === undefined ? own : [...before, ...hidden(rank - own.length), ...behind];
}

/** The longest ellipsis of all operands. */
function ellipsis(operands: readonly Labelled[]): readonly string[] {
  const sizes = operands.map(({ labels }) => labels.filter((label) => /\d/.test(label)).length);
  return hidden(Math.max(0, ...sizes));
}

/** The ellipsis, then what occurs once, in the order of the alphabet. */
function impliedOutput(terms: readonly string[], operands: readonly Labelled[]): readonly string[] {
  const all = terms.join("").replaceAll(".", "");
  const once = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsis(operands), ...once.sort()];
}

function outputOf(term: string, operands: readonly Labelled[]): readonly string[] {
  const [before = "", behind] = term.split("...");
  return behind === undefined ? [...before] : [...before, ...ellipsis(operands), ...behind];
}

/** Of axes with one label, the diagonal. */
function withoutRepeats(t: TensorBuilder, { value, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i);
  if (second < 0) return { value, labels };
  const first = labels.indexOf(labels[second]!);
  const shape = t.shape(value);
  t.unify(shape[first]!, shape[second]!);
  const isOn = t.eq(t.iota(shape, first, "i64"), t.iota(shape, second, "i64"));
  const diagonal = t.sum(t.select(isOn, value, 0), [second]);
  return withoutRepeats(t, { value: diagonal, labels: labels.toSpliced(second, 1) });
}

/** Sums over axes that nobody needs. */
function summed(t: TensorBuilder, { value, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  return { value: t.sum(value, axes), labels: labels.filter((label) => needed.has(label)) };
}

/** An axis of size 1 goes with one of any size: the one of size 1 is dropped. */
function fitted(t: TensorBuilder, own: Labelled, other: Labelled): Labelled {
  const sizeIn = (x: Labelled, label: string): Dim | undefined => t.shape(x.value)[x.labels.indexOf(label)];
  const gone = own.labels.filter(
    (label) => other.labels.includes(label) && sizeIn(own, label) === 1 && sizeIn(other, label) !== 1,
  );
  const axes = gone.map((label) => own.labels.indexOf(label));
  return { value: t.squeeze(own.value, axes), labels: own.labels.filter((label) => !gone.includes(label)) };
}

function product(t: TensorBuilder, left: Labelled, right: Labelled, needed: ReadonlySet<string>): Labelled {
  const [x, y] = [fitted(t, left, right), fitted(t, right, left)];
  const a = summed(t, x, new Set([...needed, ...y.labels]));
  const b = summed(t, y, new Set([...needed, ...a.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const contracted = shared.filter((label) => !needed.has(label));
  const axesIn = (of: Labelled, labels: readonly string[]): number[] => labels.map((label) => of.labels.indexOf(label));
  const value = t.dot(a.value, b.value, {
    batch: [axesIn(a, batch), axesIn(b, batch)],
    contract: [axesIn(a, contracted), axesIn(b, contracted)],
  });
  const rest = (of: Labelled): readonly string[] => of.labels.filter((label) => !shared.includes(label));
  return { value, labels: [...batch, ...rest(a), ...rest(b)] };
}
