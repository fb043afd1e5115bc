/** @file Steps of optimizers, of any number of tensors: Adagrad, Adam, Momentum (ai.onnx.preview.training). */

import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats } from "./checks.js";

interface Step {
  readonly t: TensorBuilder;
  /** Learning rate and count of updates so far, of rank 0, as the element of the tensors. */
  readonly rate: Value;
  readonly count: Value;
  readonly x: Value;
  /** The gradient, with that of the penalty on large elements. */
  readonly gradient: Value;
  /** What the optimizer remembers of this tensor. */
  readonly memory: readonly Value[];
}

/** `update` gives the new tensor and its new memory. Inputs and outputs are grouped by role, not by tensor. */
const optimizer = (name: string, memories: number, update: (n: ImportNode, step: Step) => readonly Value[]): OpRow => ({
  name,
  domain: "ai.onnx.preview.training",
  since: 1,
  build(n) {
    const { t } = n;
    const roles = 2 + memories;
    const tensors = (n.count - 2) / roles;
    if (!Number.isInteger(tensors) || tensors < 1)
      return n.invalid(`${n.count - 2} tensors are no groups of ${roles}: values, gradients and what is remembered`);
    checkFloats(n, ...Array.from({ length: n.count - 2 }, (_, i) => i + 2));
    const penalty = n.float("norm_coefficient", 0);
    const results = Array.from({ length: tensors }, (_, i) => {
      const [x, own, ...memory] = Array.from({ length: roles }, (_, r) => n.value(2 + r * tensors + i));
      const element = t.element(x!);
      const scalar = (k: number): Value => t.convert(t.reshape(n.value(k), []), element);
      const gradient = penalty === 0 ? own! : t.add(t.mul(x!, penalty), own!);
      return update(n, { t, rate: scalar(0), count: scalar(1), x: x!, gradient, memory });
    });
    return Array.from({ length: 1 + memories }, (_, role) => results.map((r) => r[role]!)).flat();
  },
});

/** old * decay + now * (1 - decay) */
const averaged = (t: TensorBuilder, old: Value, now: Value, decay: number): Value =>
  t.add(t.mul(old, decay), t.mul(now, 1 - decay));

function adagrad(n: ImportNode, { t, rate, count, x, gradient, memory: [squares] }: Step): readonly Value[] {
  const own = t.div(rate, t.add(t.mul(count, n.float("decay_factor", 0)), 1));
  const next = t.add(squares!, t.mul(gradient, gradient));
  const divisor = t.add(t.sqrt(next), n.float("epsilon", 1e-6));
  return [t.sub(x, t.div(t.mul(own, gradient), divisor)), next];
}

function adam(n: ImportNode, { t, rate, count, x, gradient, memory: [first, second] }: Step): readonly Value[] {
  const [alpha, beta] = [n.float("alpha", 0.9), n.float("beta", 0.999)];
  const mean = averaged(t, first!, gradient, alpha);
  const square = averaged(t, second!, t.mul(gradient, gradient), beta);
  const divisor = t.add(t.sqrt(square), n.float("epsilon", 1e-6));
  // 1 - decay^count: how much of the averages has been filled.
  const filled = (decay: number): Value => t.sub(1, t.pow(t.fillLike(decay, count), count));
  const corrected = t.div(t.mul(rate, t.sqrt(filled(beta))), filled(alpha));
  const own = t.select(t.gt(count, 0), corrected, rate);
  const next = t.sub(x, t.div(t.mul(own, mean), divisor));
  const after = n.float("norm_coefficient_post", 0);
  return [after === 0 ? next : t.mul(next, 1 - after), mean, square];
}

function momentum(n: ImportNode, { t, rate, count, x, gradient, memory: [old] }: Step): readonly Value[] {
  const alpha = n.float("alpha") ?? n.invalid("attribute 'alpha' is missing");
  const beta = n.float("beta") ?? n.invalid("attribute 'beta' is missing");
  const isNesterov = n.word("mode", ["standard", "nesterov"]) === "nesterov";
  const share = t.select(t.gt(count, 0), t.fillLike(beta, count), t.fillLike(1, count));
  const next = t.add(t.mul(old!, alpha), t.mul(share, gradient));
  const way = isNesterov ? t.add(gradient, t.mul(next, alpha)) : next;
  return [t.sub(x, t.mul(rate, way)), next];
}

export const trainings: readonly OpRow[] = [
  optimizer("Adagrad", 1, adagrad),
  optimizer("Adam", 2, adam),
  optimizer("Momentum", 1, momentum),
];
