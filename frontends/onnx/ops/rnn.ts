/**
 * @file RNN, GRU and LSTM: the input's part of all steps is one product; the steps are a loop over time, for each
 * direction by itself.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkRank } from "./checks.js";
import {
  type Activation,
  activationKinds,
  type CellKind,
  gate,
  gruCell,
  lstmCell,
  rnnCell,
  type Weights,
} from "./rnn-cells.js";

/** The operands of a node, with time first and floats no narrower than f32. */
interface Sequence {
  /** `[time, batch, features]` */
  readonly x: Value;
  readonly time: Dim;
  readonly batch: Dim;
  readonly hidden: Dim;
  /** Lengths of the batch's entries, i64 `[batch]`. */
  readonly lengths: Value | undefined;
}

/** All activation functions of the node, forward direction first; alphas and betas go to those that take them, in order. */
function activationsOf(n: ImportNode, kind: CellKind, directions: number): readonly Activation[] {
  const names = n.strings("activations") ?? Array.from({ length: directions }, () => kind.defaults).flat();
  if (names.length !== directions * kind.defaults.length)
    return n.invalid(
      `attribute 'activations' has ${names.length} entries instead of ${directions * kind.defaults.length}`,
    );
  const [alphas, betas] = [[...(n.floats("activation_alpha") ?? [])], [...(n.floats("activation_beta") ?? [])]];
  const clip = n.float("clip");
  return names.map((name, i) => {
    const known = activationKinds[name.toLowerCase()];
    if (known === undefined) return n.unsupported(`activation function '${name}'`);
    const take = (which: "alpha" | "beta", list: number[]): number => {
      if (!(which in known)) return 0;
      return list.shift() ?? known[which] ?? n.invalid(`attribute 'activation_${which}' has no value for '${name}'`);
    };
    const f = known.make(take("alpha", alphas), take("beta", betas));
    const isClipped = clip !== undefined && i % kind.defaults.length < kind.clipped;
    return isClipped ? (t, x) => f(t, t.clamp(-clip, x, clip)) : f;
  });
}

const wide = (t: TensorBuilder, x: Value): Value => (t.element(x) === "f64" ? x : t.convert(x, "f32"));

/** Entry `d` of the first axis of input `i`, widened. */
function ofDirection(n: ImportNode, i: number, d: number): Value | undefined {
  const given = n.optional(i);
  return given && n.t.at(wide(n.t, given), 0, d);
}

function sequenceOf(n: ImportNode): Sequence {
  const { t } = n;
  const x = wide(t, n.flag("layout") ? t.moveAxis(n.value(0), 1, 0) : n.value(0));
  const [time, batch] = t.shape(x);
  const size = n.int("hidden_size");
  const own = n.shape(2)[2] ?? n.invalid("its recurrence weights must be of rank 3");
  const hidden = size === undefined ? own : t.unify(own, size);
  const lengths = n.optional(4);
  return { x, time: time!, batch: batch!, hidden, lengths: lengths && t.convert(lengths, "i64") };
}

/** The first states of direction `d`. */
function initialStates(n: ImportNode, { x, batch, hidden }: Sequence, d: number, states: number): readonly Value[] {
  const { t } = n;
  return [5, 6].slice(0, states).map((i) => {
    const given = n.optional(i);
    if (given === undefined) return t.fill(0, [batch, hidden], t.element(x));
    const ordered = n.flag("layout") ? t.moveAxis(given, 1, 0) : given;
    return t.refine(t.at(wide(t, ordered), 0, d), [batch, hidden]);
  });
}

interface DirectionResult {
  /** `[time, batch, hidden]`, where somebody asks for it. */
  readonly all: Value | undefined;
  readonly last: readonly Value[];
}

function runDirection(
  n: ImportNode,
  kind: CellKind,
  s: Sequence,
  d: number,
  isReverse: boolean,
  activations: readonly Activation[],
): DirectionResult {
  const { t } = n;
  const { dims } = t.context;
  const { hidden } = s;
  const rows = dims.mul(hidden, kind.gates);
  const weights = ofDirection(n, 1, d) ?? n.invalid("input 1 is missing");
  const recurrent = ofDirection(n, 2, d) ?? n.invalid("input 2 is missing");
  t.unify(t.shape(weights)[0]!, rows);
  t.unify(t.shape(recurrent)[0]!, rows);
  const biases = ofDirection(n, 3, d);
  const bias = biases && t.sliceAxis(biases, 0, rows, dims.mul(rows, 2));
  const product = t.dot(s.x, weights, { contract: [[2], [1]] });
  const input = biases === undefined ? product : t.add(product, inputBias(t, biases, kind, hidden));
  const own: Weights = { recurrent, bias, peepholes: ofDirection(n, 7, d), activations, hidden };
  const init = initialStates(n, s, d, kind.states);
  const step = (b: TensorBuilder, index: Value, state: readonly Value[]) => {
    const place = isReverse ? b.sub(b.sub(b.scalar(s.time), 1), index) : index;
    const next = kind.cell(b, b.take(input, place, 0), state, own);
    if (s.lengths === undefined) return { state: next, output: next[0]! };
    // Beyond its length an entry keeps its state and gives zeros.
    const isOn = b.unsqueeze(b.lt(place, s.lengths), [1]);
    return { state: next.map((x, i) => b.select(isOn, x, state[i]!)), output: b.select(isOn, next[0]!, 0) };
  };
  const wantsAll = n.wants(0);
  if (s.time === 1) {
    const { state, output } = step(t, t.number(0, "i64"), init);
    return { all: wantsAll ? t.unsqueeze(output, [0]) : undefined, last: state };
  }
  const { state, stacked } = buildLoop(t, {
    init,
    trips: s.time,
    body: (b, index, before) => {
      const { state: next, output } = step(b, index, before);
      return { state: next, stacked: wantsAll ? [output] : [] };
    },
  });
  const [all] = stacked;
  return { all: all && isReverse ? t.reverse(all, [0]) : all, last: state };
}

/** The biases that can be added before the loop: the input's, and the recurrent ones of gates that only add them. */
function inputBias(t: TensorBuilder, biases: Value, kind: CellKind, hidden: Dim): Value {
  const parts = Array.from({ length: kind.gates }, (_, k) => {
    const own = gate(t, biases, k, hidden);
    return k < kind.keepsBias ? t.add(own, gate(t, biases, kind.gates + k, hidden)) : own;
  });
  return t.concat(parts, 0);
}

function recurrent(n: ImportNode, kind: CellKind): readonly (Value | undefined)[] {
  const { t } = n;
  for (const i of [0, 1, 2, 5, 6]) checkRank(n, i, 3);
  for (const i of [3, 7]) checkRank(n, i, 2);
  checkRank(n, 4, 1);
  checkFloats(n, 0, 1, 2, 3, 5, 6, 7);
  const direction = n.word("direction", ["forward", "reverse", "bidirectional"]);
  const reversed = direction === "bidirectional" ? [false, true] : [direction === "reverse"];
  const s = sequenceOf(n);
  const activations = activationsOf(n, kind, reversed.length);
  const each = kind.defaults.length;
  const results = reversed.map((isReverse, d) =>
    runDirection(n, kind, s, d, isReverse, activations.slice(d * each, (d + 1) * each)),
  );
  const isBatchFirst = n.flag("layout");
  const element = n.element(0);
  // [time, directions, batch, hidden], or [batch, time, directions, hidden]
  const all = results.flatMap((r) => (r.all === undefined ? [] : [t.unsqueeze(r.all, [1])]));
  const whole = all.length === 0 ? undefined : t.concat(all, 1);
  const y = whole && isBatchFirst ? t.moveAxis(whole, 2, 0) : whole;
  const last = Array.from({ length: kind.states }, (_, k) => {
    const axis = isBatchFirst ? 1 : 0;
    return t.concat(
      results.map((r) => t.unsqueeze(r.last[k]!, [axis])),
      axis,
    );
  });
  return [y, ...last].map((x) => x && t.convert(x, element));
}

export const recurrents: readonly OpRow[] = [
  { name: "RNN", since: 1, build: (n) => recurrent(n, rnnCell) },
  { name: "GRU", since: 1, build: (n) => recurrent(n, gruCell(n.flag("linear_before_reset"))) },
  { name: "LSTM", since: 1, build: (n) => recurrent(n, lstmCell(n.flag("input_forget"))) },
];
