/** @file Sequences and optionals: lists that exist while importing only, so every position and length must be known. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow, RowResult } from "../context.js";
import { type Imported, isTensor, type SequenceItem } from "../imported.js";

const sequence = (items: readonly Imported[]): SequenceItem => ({ kind: "sequence", items });

/** Input `i` as a place in a list; negative ones from the end. `length` itself is allowed for an insertion. */
function position(n: ImportNode, i: number, length: number): number {
  const index = n.number(i, "position");
  const normal = index < 0 ? index + length : index;
  return normal >= 0 && normal <= length ? normal : n.invalid(`position ${index} in a sequence of ${length}`);
}

function at(n: ImportNode): RowResult {
  const { items } = n.sequence(0);
  return items[position(n, 1, items.length)] ?? n.invalid(`a position beyond a sequence of ${items.length}`);
}

function insert(n: ImportNode): RowResult {
  const { items } = n.sequence(0);
  const place = n.has(2) ? position(n, 2, items.length) : items.length;
  return sequence(items.toSpliced(place, 0, n.imported(1)));
}

function erase(n: ImportNode): RowResult {
  const { items } = n.sequence(0);
  const place = n.has(1) ? position(n, 1, items.length) : items.length - 1;
  if (place >= items.length) return n.invalid(`a position beyond a sequence of ${items.length}`);
  return sequence(items.toSpliced(place, 1));
}

/** Parts along an axis: of size 1, of a given size (the last may be smaller), or of given sizes. */
function splitToSequence(n: ImportNode): RowResult {
  const { t } = n;
  const { dims } = t.context;
  const x = n.value(0);
  const axis = n.axis(0, n.rank(0));
  const size = n.shape(0)[axis]!;
  const parts = partSizes(n, size);
  let start: Dim = 0;
  const items = parts.map((length): Value => {
    const limit: Dim = dims.add(start, length);
    const part = t.sliceAxis(x, axis, start, limit);
    start = limit;
    return n.has(1) || n.flag("keepdims", true) ? part : t.squeeze(part, [axis]);
  });
  return sequence(items);
}

function partSizes(n: ImportNode, size: Dim): readonly Dim[] {
  if (n.has(1) && n.rank(1) === 1) return n.dims(1, "sizes");
  const chunk = n.has(1) ? n.number(1, "size of parts") : 1;
  if (typeof size !== "number") return n.unsupported("the number of parts is not known before the model runs");
  if (chunk < 1) return n.invalid(`parts of size ${chunk}`);
  return Array.from({ length: Math.ceil(size / chunk) }, (_, i) => Math.min(chunk, size - i * chunk));
}

function concatFromSequence(n: ImportNode): RowResult {
  const { t } = n;
  const { items } = n.sequence(0);
  const values = items.map((x) => (isTensor(x) ? x : n.unsupported("its sequence holds something other than tensors")));
  const [first] = values;
  if (first === undefined) return n.invalid("its sequence is empty");
  const isNew = n.flag("new_axis");
  const rank = t.rank(first) + (isNew ? 1 : 0);
  const axis = n.normalAxis(n.int("axis") ?? n.invalid("attribute 'axis' is missing"), rank);
  return t.concat(isNew ? values.map((x) => t.unsqueeze(x, [axis])) : values, axis);
}

/** The body once for each entry; operands that are no sequences are the same for all. */
function sequenceMap(n: ImportNode): RowResult {
  const body = n.graph("body");
  const { items } = n.sequence(0);
  const rounds = items.map((_, k) =>
    n.services.importGraph(
      body,
      n.t,
      n.inputs.map((x) => {
        const item = x ?? n.invalid("an input is missing");
        if (isTensor(item) || item.kind !== "sequence") return item;
        return item.items[k] ?? n.invalid("its sequences differ in length");
      }),
    ),
  );
  return body.outputs.map((_, i) => sequence(rounds.map((outputs) => outputs[i]!)));
}

function optional(n: ImportNode): RowResult {
  return { kind: "optional", item: n.inputs[0] };
}

function hasElement(n: ImportNode): RowResult {
  const x = n.inputs[0];
  const isGiven = x !== undefined && (isTensor(x) || x.kind !== "optional" || x.item !== undefined);
  return n.t.fill(isGiven ? 1 : 0, [], "i1");
}

function getElement(n: ImportNode): RowResult {
  const x = n.imported(0);
  if (isTensor(x) || x.kind !== "optional") return x;
  return x.item ?? n.invalid("its optional is empty");
}

export const sequences: readonly OpRow[] = [
  { name: "SequenceConstruct", since: 11, build: (n) => sequence(n.inputs.map((_, i) => n.imported(i))) },
  { name: "SequenceEmpty", since: 11, build: () => sequence([]) },
  { name: "SequenceAt", since: 11, build: at },
  { name: "SequenceInsert", since: 11, build: insert },
  { name: "SequenceErase", since: 11, build: erase },
  { name: "SequenceLength", since: 11, build: (n) => n.t.number(n.sequence(0).items.length, "i64") },
  { name: "SplitToSequence", since: 11, build: splitToSequence },
  { name: "ConcatFromSequence", since: 11, build: concatFromSequence },
  { name: "SequenceMap", since: 17, build: sequenceMap },
  { name: "Optional", since: 15, build: optional },
  { name: "OptionalHasElement", since: 15, build: hasElement },
  { name: "OptionalGetElement", since: 15, build: getElement },
];
