/** @file What recurrent operators do in one step: the cells of RNN, GRU and LSTM, and their activation functions. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";

export type Activation = (t: TensorBuilder, x: Value) => Value;

interface ActivationKind {
  /** Defaults, those of the operators of the same names; `undefined` where there is none and a value must be given. */
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly make: (alpha: number, beta: number) => Activation;
}

/** By lower-case name; only those that have alpha or beta take them. */
export const activationKinds: Readonly<Record<string, ActivationKind>> = {
  relu: { make: () => (t, x) => t.max(x, 0) },
  tanh: { make: () => (t, x) => t.tanh(x) },
  sigmoid: { make: () => (t, x) => t.sigmoid(x) },
  affine: { alpha: undefined, beta: undefined, make: (a, b) => (t, x) => t.add(t.mul(x, a), b) },
  leakyrelu: { alpha: 0.01, make: (a) => (t, x) => t.select(t.ge(x, 0), x, t.mul(x, a)) },
  thresholdedrelu: { alpha: 1, make: (a) => (t, x) => t.select(t.ge(x, a), x, 0) },
  scaledtanh: { alpha: undefined, beta: undefined, make: (a, b) => (t, x) => t.mul(t.tanh(t.mul(x, b)), a) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, make: (a, b) => (t, x) => t.clamp(0, t.add(t.mul(x, a), b), 1) },
  elu: { alpha: 1, make: (a) => (t, x) => t.select(t.ge(x, 0), x, t.mul(t.expm1(x), a)) },
  softsign: { make: () => (t, x) => t.div(x, t.add(t.abs(x), 1)) },
  // log(1 + e^x), without e^x for large x
  softplus: { make: () => (t, x) => t.add(t.max(x, 0), t.log1p(t.exp(t.neg(t.abs(x))))) },
};

/** The weights of one direction, all of one float element. */
export interface Weights {
  /** `[gates * hidden, hidden]` */
  readonly recurrent: Value;
  /** `[gates * hidden]`; added to the input's part already, but for what `keepsBias` says. */
  readonly bias: Value | undefined;
  /** Of the LSTM: `[3 * hidden]`. */
  readonly peepholes: Value | undefined;
  readonly activations: readonly Activation[];
  readonly hidden: Dim;
}

/** One step of a direction: `input` is the input's part of the gates, `[batch, gates * hidden]`; the state's first is the result. */
export type Cell = (t: TensorBuilder, input: Value, state: readonly Value[], weights: Weights) => readonly Value[];

export interface CellKind {
  readonly gates: number;
  readonly states: number;
  readonly defaults: readonly string[];
  /** Functions from here on get what they are given: `clip` bounds what goes into gates. */
  readonly clipped: number;
  /** Gates from here on add the recurrent bias themselves. */
  readonly keepsBias: number;
  readonly cell: Cell;
}

/** Gate `k` of a tensor whose last axis holds them all. */
export function gate(t: TensorBuilder, x: Value, k: number, hidden: Dim): Value {
  const { dims } = t.context;
  return t.sliceAxis(x, t.rank(x) - 1, dims.mul(hidden, k), dims.mul(hidden, k + 1));
}

/** state * weights^T */
function times(t: TensorBuilder, state: Value, weights: Value): Value {
  return t.dot(state, weights, { contract: [[1], [1]] });
}

/** H = f(input + H * R^T) */
export const rnnCell: CellKind = {
  gates: 1,
  states: 1,
  defaults: ["Tanh"],
  clipped: 1,
  keepsBias: 1,
  cell: (t, input, [h], { recurrent, activations }) => [activations[0]!(t, t.add(input, times(t, h!, recurrent)))],
};

/** Gates z, r, h: H = (1 - z) * g(...) + z * H */
export function gruCell(linearBeforeReset: boolean): CellKind {
  const cell: Cell = (t, input, [h], { recurrent, bias, activations, hidden }) => {
    const { dims } = t.context;
    const [f, g] = activations as [Activation, Activation];
    const gates = dims.mul(hidden, 2);
    const rows = (from: Dim, to: Dim): Value => t.sliceAxis(recurrent, 0, from, to);
    // One product for all gates where the reset comes after it.
    const all = linearBeforeReset ? times(t, h!, recurrent) : times(t, h!, rows(0, gates));
    const [z, r] = [0, 1].map((k) => f(t, t.add(gate(t, input, k, hidden), gate(t, all, k, hidden)))) as [Value, Value];
    const own = gate(t, input, 2, hidden);
    const withBias = (x: Value): Value => (bias === undefined ? x : t.add(x, gate(t, bias, 2, hidden)));
    const from = linearBeforeReset
      ? t.mul(r, withBias(gate(t, all, 2, hidden)))
      : withBias(times(t, t.mul(r, h!), rows(gates, dims.mul(hidden, 3))));
    const candidate = g(t, t.add(own, from));
    return [t.add(t.mul(t.sub(1, z), candidate), t.mul(z, h!))];
  };
  return { gates: 3, states: 1, defaults: ["Sigmoid", "Tanh"], clipped: 2, keepsBias: 2, cell };
}

/** Gates i, o, f, c: C = f * C + i * g(...), H = o * h(C) */
export function lstmCell(coupled: boolean): CellKind {
  const cell: Cell = (t, input, [h, c], { recurrent, peepholes, activations, hidden }) => {
    const [f, g, last] = activations as [Activation, Activation, Activation];
    const sum = t.add(input, times(t, h!, recurrent));
    const seen = (k: number, part: number, cellState: Value): Value => {
      const own = gate(t, sum, k, hidden);
      return peepholes === undefined ? own : t.add(own, t.mul(gate(t, peepholes, part, hidden), cellState));
    };
    const i = f(t, seen(0, 0, c!));
    const forget = coupled ? t.sub(1, i) : f(t, seen(2, 2, c!));
    const next = t.add(t.mul(forget, c!), t.mul(i, g(t, gate(t, sum, 3, hidden))));
    const o = f(t, seen(1, 1, next));
    return [t.mul(o, last(t, next)), next];
  };
  return { gates: 4, states: 2, defaults: ["Sigmoid", "Tanh", "Tanh"], clipped: 2, keepsBias: 4, cell };
}
