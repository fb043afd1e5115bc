/** @file Operators of ai.onnx.ml on numbers: encoders, scalers, linear models and ensembles of trees. */

import type { ElementType } from "../../../ir/element.js";
import { isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { isTensor } from "../imported.js";
import { tensorArray } from "../weights.js";
import { checkRank } from "./checks.js";
import { stringsIn } from "./strings.js";

const DOMAIN = "ai.onnx.ml";

/** Floats of an attribute as a tensor, `[n]` unless `shape` says otherwise. */
function floatsOf(t: TensorBuilder, values: readonly number[], shape: readonly number[] = [values.length]): Value {
  return t.constant(fromScalars("f32", shape, values.map(Math.fround)));
}

/** Input 0 in f32 at least. */
function floatInput(n: ImportNode): Value {
  return n.t.convert(n.value(0), "f32");
}

function arrayFeatureExtractor(n: ImportNode): Value {
  const { t } = n;
  const x = n.rank(0) === 1 ? t.unsqueeze(n.value(0), [0]) : n.value(0);
  return t.take(x, t.flatten(n.value(1)), t.rank(x) - 1);
}

function binarizer(n: ImportNode): Value {
  const x = n.value(0);
  return n.t.convert(n.t.gt(x, n.t.fillLike(n.float("threshold", 0), x)), n.element(0));
}

/** (x - offset) * scale */
function scaler(n: ImportNode): Value {
  const { t } = n;
  const [offset, scale] = [n.floats("offset"), n.floats("scale")];
  const moved = offset === undefined ? floatInput(n) : t.sub(floatInput(n), floatsOf(t, offset));
  return scale === undefined ? moved : t.mul(moved, floatsOf(t, scale));
}

/** Rows divided by their largest element, or by a norm; rows of norm 0 as they are. */
function normalizer(n: ImportNode): Value {
  const { t } = n;
  const x = floatInput(n);
  const axis = t.rank(x) - 1;
  const mode = n.word("norm", ["MAX", "L1", "L2"]);
  const norms = {
    MAX: () => t.reduce(x, [axis], "max", true),
    L1: () => t.sum(t.abs(x), [axis], true),
    L2: () => t.sqrt(t.sum(t.mul(x, x), [axis], true)),
  };
  const norm = norms[mode]();
  return t.select(t.eq(norm, 0), x, t.div(x, norm));
}

function imputer(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const element = n.element(0);
  const isFloats = isFloat(element);
  const values = isFloats ? n.floats("imputed_value_floats") : n.ints("imputed_value_int64s");
  if (values === undefined) return n.invalid("it has no values to put in");
  const old = isFloats ? n.float("replaced_value_float", 0) : n.int("replaced_value_int64", 0);
  // A number that the element cannot hold is nowhere.
  const wide = isFloats ? x : t.convert(x, "i64");
  const isOld = Number.isNaN(old) ? t.ne(x, x) : t.eq(wide, t.fillLike(old, wide));
  const given = isFloats ? floatsOf(t, values) : t.constant(fromScalars("i64", [values.length], values.map(BigInt)));
  return t.select(isOld, t.convert(given, element), x);
}

function featureVectorizer(n: ImportNode): Value {
  const { t } = n;
  const parts = n.values().map((x) => {
    const wide = t.convert(x, "f32");
    return t.rank(wide) === 1 ? t.unsqueeze(wide, [0]) : wide;
  });
  return t.concat(parts, 1);
}

function oneHotEncoder(n: ImportNode): Value {
  const { t } = n;
  const categories = n.ints("cats_int64s");
  if (categories === undefined) return n.unsupported("categories that are strings", "encode numbers");
  if (!n.flag("zeros", true)) return n.unsupported("failing for unknown categories", "set attribute 'zeros' to 1");
  const keys = t.constant(fromScalars("i64", [categories.length], categories.map(BigInt)));
  const x = t.unsqueeze(t.convert(n.value(0), "i64"), [n.rank(0)]);
  return t.convert(t.eq(x, keys), "f32");
}

type Labels = { readonly texts: readonly string[] } | { readonly numbers: NdArray };

/** One of the attributes `prefix_strings`, `_int64s`, `_floats`, `_tensor`. */
function labelsOf(n: ImportNode, prefix: string): Labels {
  const texts = n.strings(`${prefix}_strings`);
  if (texts !== undefined) return { texts };
  const whole = n.ints(`${prefix}_int64s`);
  if (whole !== undefined) return { numbers: fromScalars("i64", [whole.length], whole.map(BigInt)) };
  const floats = n.floats(`${prefix}_floats`);
  if (floats !== undefined) return { numbers: fromScalars("f32", [floats.length], floats.map(Math.fround)) };
  const tensor = n.tensor(`${prefix}_tensor`);
  if (tensor === undefined) return n.invalid(`it has no attribute '${prefix}_*'`);
  return tensor.payload.kind === "strings" ? { texts: tensor.payload.values } : { numbers: tensorArray(tensor) };
}

/** What unknown keys become, as the element of the values. */
function defaultLabel(n: ImportNode, element: ElementType): NdArray {
  const tensor = n.tensor("default_tensor");
  if (tensor !== undefined) return tensorArray(tensor);
  const value = isFloat(element) ? n.float("default_float", -0) : n.int("default_int64", -1);
  return fromScalars(element, [1], [element === "i64" || element === "ui64" ? BigInt(value) : value]);
}

/** Each key replaced by the value at its place in the list; the last of equal keys counts. */
function labelEncoder(n: ImportNode): Value {
  const { t } = n;
  const [keys, values] =
    n.opset < 2
      ? [{ texts: n.strings("classes_strings") ?? n.invalid("attribute 'classes_strings' is missing") }, undefined]
      : [labelsOf(n, "keys"), labelsOf(n, "values")];
  if (values !== undefined && "texts" in values) return n.unsupported("values that are strings", "encode to numbers");
  const size = "texts" in keys ? keys.texts.length : keys.numbers.shape[0]!;
  const table =
    values?.numbers ??
    fromScalars(
      "i64",
      [size],
      Array.from({ length: size }, (_, i) => BigInt(i)),
    );
  const places = placesOfKeys(n, keys);
  const otherwise = t.reshape(t.constant(defaultLabel(n, table.element)), []);
  const found = t.take(t.constant(table), t.max(places, 0), 0);
  return t.select(t.lt(places, 0), otherwise, found);
}

/** The place of each element of the input among the keys, -1 where it is none. */
function placesOfKeys(n: ImportNode, keys: Labels): Value {
  const { t } = n;
  if ("texts" in keys) {
    const { shape, values } = stringsIn(n, 0);
    const at = new Map(keys.texts.map((text, i) => [text, i]));
    return t.constant(
      fromScalars(
        "i64",
        shape,
        values.map((text) => BigInt(at.get(text) ?? -1)),
      ),
    );
  }
  const input = n.imported(0);
  if (!isTensor(input)) return n.invalid("its keys are numbers, its input is not");
  const x = t.unsqueeze(input, [t.rank(input)]);
  const list = t.convert(t.constant(keys.numbers), t.element(input));
  const same = t.eq(x, list);
  const isNan = (y: Value): Value => t.ne(y, y);
  const hit = isFloat(t.element(input)) ? t.or(same, t.and(isNan(x), isNan(list))) : same;
  const places = t.iota([keys.numbers.shape[0]!], 0, "i64");
  return t.reduce(t.select(hit, places, -1), [t.rank(x) - 1], "max");
}

/** Scores as the model wants them. */
export function postTransformed(n: ImportNode, scores: Value, name: string): Value {
  const { t } = n;
  if (name === "NONE") return scores;
  if (name === "LOGISTIC") return t.sigmoid(scores);
  if (name !== "SOFTMAX")
    return n.unsupported(`attribute 'post_transform' is '${name}'`, "use NONE, LOGISTIC or SOFTMAX");
  const axis = t.rank(scores) - 1;
  const powers = t.exp(t.sub(scores, t.reduce(scores, [axis], "max", true)));
  return t.div(powers, t.sum(powers, [axis], true));
}

/** x * W^T + intercepts, for as many rows of W as there are targets. */
function linearScores(n: ImportNode, targets: number): Value {
  const { t } = n;
  checkRank(n, 0, 2);
  const coefficients = n.floats("coefficients") ?? n.invalid("attribute 'coefficients' is missing");
  if (targets < 1 || coefficients.length % targets !== 0)
    return n.invalid(`${coefficients.length} coefficients for ${targets} targets`);
  const weights = floatsOf(t, coefficients, [targets, coefficients.length / targets]);
  const product = t.dot(floatInput(n), weights, { contract: [[1], [1]] });
  const intercepts = n.floats("intercepts");
  return intercepts === undefined ? product : t.add(product, floatsOf(t, intercepts));
}

function linearRegressor(n: ImportNode): Value {
  return postTransformed(n, linearScores(n, n.int("targets", 1)), n.string("post_transform", "NONE"));
}

/** The class with the highest score, and all scores. */
function linearClassifier(n: ImportNode): readonly Value[] {
  const { t } = n;
  const labels = n.ints("classlabels_ints");
  if (labels === undefined) return n.unsupported("labels that are strings", "use attribute 'classlabels_ints'");
  const coefficients = n.floats("coefficients")?.length ?? 0;
  const features = n.shape(0)[1];
  if (labels.length < 2 || (typeof features === "number" && coefficients !== labels.length * features))
    return n.unsupported("fewer rows of coefficients than classes", "give every class a row of its own");
  const scores = linearScores(n, labels.length);
  const table = t.constant(fromScalars("i64", [labels.length], labels.map(BigInt)));
  const label = t.take(table, t.argReduce(scores, 1, "max"), 0);
  return [label, postTransformed(n, scores, n.string("post_transform", "NONE"))];
}

const kernels: Readonly<Record<string, (t: TensorBuilder, x: Value, vectors: Value, p: readonly number[]) => Value>> = {
  LINEAR: (t, x, vectors) => products(t, x, vectors),
  POLY: (t, x, vectors, [gamma, shift, degree]) =>
    t.pow(t.add(t.mul(products(t, x, vectors), gamma!), shift!), degree!),
  SIGMOID: (t, x, vectors, [gamma, shift]) => t.tanh(t.add(t.mul(products(t, x, vectors), gamma!), shift!)),
  RBF: (t, x, vectors, [gamma]) => {
    const apart = t.sub(t.unsqueeze(x, [1]), vectors);
    return t.exp(t.mul(t.sum(t.mul(apart, apart), [2]), -gamma!));
  },
};

const products = (t: TensorBuilder, x: Value, vectors: Value): Value => t.dot(x, vectors, { contract: [[1], [1]] });

function svmRegressor(n: ImportNode): Value {
  const { t } = n;
  checkRank(n, 0, 2);
  const x = floatInput(n);
  const coefficients = n.floats("coefficients") ?? n.invalid("attribute 'coefficients' is missing");
  const vectors = n.floats("support_vectors") ?? [];
  const supports = n.int("n_supports", 0);
  if (supports < 0 || (supports > 0 && vectors.length % supports !== 0))
    return n.invalid(`${vectors.length} numbers for ${supports} support vectors`);
  const kernel = kernels[n.string("kernel_type", "LINEAR")] ?? n.unsupported("attribute 'kernel_type'");
  const weights = floatsOf(t, coefficients, [1, coefficients.length]);
  const features =
    supports === 0 ? x : kernel(t, x, floatsOf(t, vectors, [supports, vectors.length / supports]), paramsOf(n));
  const sums = t.add(products(t, features, weights), n.floats("rho")?.[0] ?? 0);
  const isOneClass = n.flag("one_class");
  const result = isOneClass ? t.select(t.gt(sums, 0), t.fillLike(1, sums), t.fillLike(-1, sums)) : sums;
  return postTransformed(n, result, n.string("post_transform", "NONE"));
}

/** gamma, coef0, degree */
function paramsOf(n: ImportNode): readonly number[] {
  const given = n.floats("kernel_params") ?? [0, 0, 0];
  return given.length === 3 ? given : n.invalid(`attribute 'kernel_params' has ${given.length} entries instead of 3`);
}

const row = (name: string, since: number, build: OpRow["build"]): OpRow => ({ name, domain: DOMAIN, since, build });

export const machineLearning: readonly OpRow[] = [
  row("ArrayFeatureExtractor", 1, arrayFeatureExtractor),
  row("Binarizer", 1, binarizer),
  row("Scaler", 1, scaler),
  row("Normalizer", 1, normalizer),
  row("Imputer", 1, imputer),
  row("FeatureVectorizer", 1, featureVectorizer),
  row("OneHotEncoder", 1, oneHotEncoder),
  row("LabelEncoder", 1, labelEncoder),
  row("LinearRegressor", 1, linearRegressor),
  row("LinearClassifier", 1, linearClassifier),
  row("SVMRegressor", 1, svmRegressor),
];
