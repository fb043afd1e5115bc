/**
 * @file Dropout. Inference leaves the input as it is. Training sets elements to zero by chance and scales up the others; a
 * model whose `training_mode` is an input does either. With a seed, small tensors lose the elements that ONNX's reference
 * implementation takes away; else the numbers are those of `random.ts`.
 */

import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import type { ImportNode, OpRow } from "../context.js";
import { MersenneTwister } from "../mersenne-twister.js";
import { uniform } from "./random.js";

/** Drawn numbers are a constant of the program up to this many. */
const MAX_DRAWN = 65536;

function dropout(n: ImportNode): readonly (Value | undefined)[] {
  const { t } = n;
  const x = n.value(0);
  const element = n.opset >= 10 ? "i1" : t.element(x);
  if (n.opset < 7 && !n.flag("is_test")) n.unsupported("training mode (is_test = 0)", "export the model for inference");
  const training = n.opset >= 12 ? n.optional(2) : undefined;
  const [isTraining, known] = [n.constant(2)?.data[0], n.has(1) ? n.constant(1)?.data[0] : 0.5];
  if (training === undefined || isTraining === 0 || known === 0)
    return [x, n.wants(1) ? t.fillLike(1, x, element) : undefined];
  const ratio = n.has(1) ? t.reshape(n.value(1), []) : t.number(0.5, t.element(x));
  const isLeft = t.ge(drawn(n), t.convert(ratio, "f64"));
  const scale = t.div(1, t.sub(1, t.convert(ratio, t.element(x))));
  const trained = t.select(isLeft, t.mul(x, scale), 0);
  const mode = t.reshape(training, []);
  const mask = n.wants(1) ? t.or(isLeft, t.not(mode)) : undefined;
  return [t.select(mode, trained, x), mask];
}

/** Numbers of [0, 1) in f64, one for each element: the same in every run. */
function drawn(n: ImportNode): Value {
  const shape = n.shape(0);
  const seed = n.int("seed");
  const count = shape.reduce<number>((all, d) => all * (typeof d === "number" ? d : Number.POSITIVE_INFINITY), 1);
  if (seed === undefined || !(count <= MAX_DRAWN)) return uniform(n, shape, "f64");
  const generator = new MersenneTwister(seed);
  const values = Array.from({ length: count }, () => generator.uniform());
  return n.t.constant(fromScalars("f64", shape as readonly number[], values));
}

export const dropouts: readonly OpRow[] = [{ name: "Dropout", since: 1, build: dropout }];
