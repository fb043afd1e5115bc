/**
 * @file LSTM, GRU and plain recurrent layers and cells: the input's part of all steps is one product, the steps are a loop
 * over time. Narrow floats are computed with in f32.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./widths.js";

/** The weights of one layer in one direction. */
interface Weights {
  readonly input: Value;
  readonly hidden: Value;
  readonly inputBias: Value | undefined;
  readonly hiddenBias: Value | undefined;
  /** What the output of an LSTM is projected with. */
  readonly projection: Value | undefined;
}

/** One step: the input's part of the gates [batch, gates * hidden] and the states give the next states, the output first. */
type Cell = (t: TensorBuilder, x: Value, states: readonly Value[], w: Weights) => readonly Value[];

/** x * weight^T + bias, over the last axis. */
function affine(t: TensorBuilder, x: Value, weight: Value, bias: Value | undefined): Value {
  const product = t.dot(x, weight, { contract: [[t.rank(x) - 1], [1]] });
  return bias ? t.add(product, bias) : product;
}

/** Part `k` of `of` equal ones of the last axis. */
function gate(t: TensorBuilder, x: Value, k: number, of: number): Value {
  const { dims } = t.context;
  const axis = t.rank(x) - 1;
  const size = dims.floorDiv(t.shape(x)[axis]!, of);
  return t.sliceAxis(x, axis, dims.mul(size, k), dims.mul(size, k + 1));
}

/** Gates: input, forget, cell, output. */
const lstm: Cell = (t, x, [h, c], w) => {
  const gates = t.add(x, affine(t, h!, w.hidden, w.hiddenBias));
  const part = (k: number): Value => gate(t, gates, k, 4);
  const next = t.add(t.mul(t.sigmoid(part(1)), c!), t.mul(t.sigmoid(part(0)), t.tanh(part(2))));
  const output = t.mul(t.sigmoid(part(3)), t.tanh(next));
  return [w.projection ? affine(t, output, w.projection, undefined) : output, next];
};

/** Gates: reset, update, new. */
const gru: Cell = (t, x, [h], w) => {
  const own = affine(t, h!, w.hidden, w.hiddenBias);
  const sum = (k: number): Value => t.add(gate(t, x, k, 3), gate(t, own, k, 3));
  const fresh = t.tanh(t.add(gate(t, x, 2, 3), t.mul(t.sigmoid(sum(0)), gate(t, own, 2, 3))));
  return [t.add(t.mul(t.sub(h!, fresh), t.sigmoid(sum(1))), fresh)];
};

const plain =
  (f: (t: TensorBuilder, x: Value) => Value): Cell =>
  (t, x, [h], w) => [f(t, t.add(x, affine(t, h!, w.hidden, w.hiddenBias)))];

const tanh = plain((t, x) => t.tanh(x));
const relu = plain((t, x) => t.max(x, 0));

interface Run {
  /** [time, batch, output] */
  readonly all: Value;
  readonly last: readonly Value[];
}

function runDirection(t: TensorBuilder, cell: Cell, x: Value, init: readonly Value[], w: Weights, back: boolean): Run {
  const time = t.shape(x)[0]!;
  const gates = affine(t, x, w.input, w.inputBias);
  const { state, stacked } = buildLoop(t, {
    init,
    trips: time,
    body: (b, index, before) => {
      const place = back ? b.sub(b.sub(b.scalar(time), 1), index) : index;
      const next = cell(b, b.take(gates, place, 0), before, w);
      return { state: next, stacked: [next[0]!] };
    },
  });
  const [all] = stacked;
  return { all: back ? t.reverse(all!, [0]) : all!, last: state };
}

/** The weights of all layers, directions of a layer side by side. */
function weightsOf(
  n: Call,
  element: Parameters<TensorBuilder["convert"]>[1],
  hasProjection: boolean,
): readonly Weights[] {
  const { t } = n;
  const hasBiases = n.bool("has_biases");
  const each = 2 + (hasBiases ? 2 : 0) + (hasProjection ? 1 : 0);
  const all = n.tensors("params").map((x) => t.convert(x, element));
  const groups = Math.floor(all.length / each);
  return Array.from({ length: groups }, (_, k) => {
    const [input, hidden, ...rest] = all.slice(k * each, (k + 1) * each);
    const [inputBias, hiddenBias] = hasBiases ? rest : [];
    return {
      input: input!,
      hidden: hidden!,
      inputBias,
      hiddenBias,
      projection: hasProjection ? rest.at(-1) : undefined,
    };
  });
}

/** A layer upon layer; `states` is how many states a cell has. */
const layered =
  (cell: Cell, states: number): Row =>
  (n) => {
    const { t } = n;
    if (!n.takes("input")) return n.unsupported("packed sequences", "pass a padded tensor");
    if (n.bool("train") && n.float("dropout") !== 0)
      return n.unsupported("dropout between layers", "export the model in eval() mode");
    const input = n.tensor("input");
    const element = wideOf(t.element(input));
    const batchFirst = n.bool("batch_first");
    const firsts = (states === 1 ? [n.tensor("hx")] : n.tensors("hx")).map((x) => t.convert(x, element));
    const sizes = firsts.map((x): Dim => t.shape(x)[2]!);
    const weights = weightsOf(n, element, states === 2 && sizes[0] !== sizes[1]);
    const directions = n.bool("bidirectional") ? 2 : 1;
    let x = t.convert(batchFirst ? t.moveAxis(input, 1, 0) : input, element);
    const last: (readonly Value[])[] = [];
    for (let layer = 0; layer < n.int("num_layers"); layer++) {
      const runs = Array.from({ length: directions }, (_, d) => {
        const k = layer * directions + d;
        const init = firsts.map((s) => t.at(s, 0, k));
        const own = weights[k] ?? n.invalid("it has too few weights");
        return runDirection(t, cell, x, init, own, d === 1);
      });
      x = t.concat(
        runs.map((r) => r.all),
        2,
      );
      last.push(...runs.map((r) => r.last));
    }
    const finals = firsts.map((_, i) =>
      t.concat(
        last.map((r) => t.unsqueeze(r[i]!, [0])),
        0,
      ),
    );
    return [batchFirst ? t.moveAxis(x, 1, 0) : x, ...finals].map((y, i) => t.convert(y, n.declared(i).element));
  };

/** One step of a cell. */
const single =
  (cell: Cell, states: number): Row =>
  (n) => {
    const { t } = n;
    const element = wideOf(n.element("input"));
    const wide = (x: Value | undefined): Value | undefined => x && t.convert(x, element);
    const w: Weights = {
      input: wide(n.tensor("w_ih"))!,
      hidden: wide(n.tensor("w_hh"))!,
      inputBias: wide(n.optional("b_ih")),
      hiddenBias: wide(n.optional("b_hh")),
      projection: undefined,
    };
    const before = (states === 1 ? [n.tensor("hx")] : n.tensors("hx")).map((x) => t.convert(x, element));
    const results = cell(t, affine(t, wide(n.tensor("input"))!, w.input, w.inputBias), before, w);
    return results.map((y, i) => t.convert(y, n.declared(i).element));
  };

export const recurrents: Rows = {
  "aten.lstm": layered(lstm, 2),
  "aten.gru": layered(gru, 1),
  "aten.rnn_tanh": layered(tanh, 1),
  "aten.rnn_relu": layered(relu, 1),
  "aten.lstm_cell": single(lstm, 2),
  "aten.gru_cell": single(gru, 1),
  "aten.rnn_tanh_cell": single(tanh, 1),
  "aten.rnn_relu_cell": single(relu, 1),
};
