/** @file What ONNX layers become that cases with expected outputs cannot show: sizes of programs, random numbers, refusals. */

import { describe, expect, test } from "vitest";
import { importOnnx } from "../../../frontends/onnx/import.js";
import { splitText } from "../../../frontends/onnx/ops/strings.js";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import { CompileError, DiagnosticSink, formatDiagnostic } from "../../../ir/diagnostic.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "./cases.js";
import {
  attribute,
  type Bytes,
  FLOAT,
  float,
  graph,
  input,
  int,
  model,
  node,
  nodeName,
  output,
  packed,
  sub,
} from "./encode.js";

const BOOL = 9;
const FLOAT_ATTRIBUTE = 1;
const INT_ATTRIBUTE = 2;
const STRING_ATTRIBUTE = 3;
const INTS_ATTRIBUTE = 7;

const real = (name: string, value: number): Bytes => attribute(name, FLOAT_ATTRIBUTE, float(2, value));
const whole = (name: string, value: number): Bytes => attribute(name, INT_ATTRIBUTE, int(3, value));
const word = (name: string, value: string): Bytes => attribute(name, STRING_ATTRIBUTE, sub(4, value));
const ints = (name: string, ...values: readonly number[]): Bytes => attribute(name, INTS_ATTRIBUTE, packed(8, values));

function imported(bytes: Bytes) {
  const context = newContext();
  const module = importOnnx(readOnnxBytes(bytes, { file: "m.onnx" }, new DiagnosticSink()), context);
  expect(verify(module, context).map(formatDiagnostic)).toEqual([]);
  const text = printModule(module, context);
  const run = (...args: readonly NdArray[]) => interpret(module, "main", args, context) as readonly NdArray[];
  return { text, run, remarks: context.diagnostics.all.map(formatDiagnostic) };
}

const operations = (text: string): number => text.split("\n").filter((line) => line.includes("stablehlo.")).length;

describe("recurrent layers", () => {
  const lstm = (steps: number): Bytes =>
    model(
      graph(
        input("x", FLOAT, [steps, 2, 3]),
        input("w", FLOAT, [1, 16, 3]),
        input("r", FLOAT, [1, 16, 4]),
        node("LSTM", ["x", "w", "r"], ["y"], whole("hidden_size", 4)),
        output("y", FLOAT, [steps, 1, 2, 4]),
      ),
    );

  test("are loops: a thousand steps take as many operations as ten", () => {
    const [few, many] = [10, 1000].map((steps) => operations(imported(lstm(steps)).text));
    expect(many).toBe(few);
    expect(many).toBeLessThan(80);
  });

  test("multiply the whole sequence by the input's weights before the loop", () => {
    const { text } = imported(lstm(10));
    const [before = "", inside = ""] = text.split("stablehlo.while");
    expect(before).toContain("stablehlo.dot_general");
    expect(inside.match(/stablehlo\.dot_general/g)?.length).toBe(1);
  });
});

describe("random numbers", () => {
  const drawn = (op: string, ...extra: readonly Bytes[]): Bytes =>
    model(graph(node(op, [], ["y"], ints("shape", 40, 50), nodeName("noise"), ...extra), output("y", FLOAT, [40, 50])));
  const values = (bytes: Bytes): readonly number[] => Array.from(imported(bytes).run()[0]!.data, Number);
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

  test("are spread evenly between low and high", () => {
    const xs = values(drawn("RandomUniform", real("low", -1), real("high", 3), real("seed", 1)));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...xs)).toBeLessThan(3);
    for (const edge of [0, 1, 2]) expect(xs.filter((x) => x < edge).length / xs.length).toBeCloseTo((edge + 1) / 4, 1);
    expect(new Set(xs).size).toBeGreaterThan(1990);
  });

  test("have the mean and deviation asked for where they are normal", () => {
    const xs = values(drawn("RandomNormal", real("mean", 2), real("scale", 3), real("seed", 1)));
    const average = mean(xs);
    expect(Math.abs(average - 2)).toBeLessThan(0.25);
    expect(Math.abs(Math.sqrt(mean(xs.map((x) => (x - average) ** 2))) - 3)).toBeLessThan(0.2);
  });

  test("are the same for one seed, others for another", () => {
    const of = (seed: number) => values(drawn("RandomUniform", real("seed", seed)));
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });

  test("that no seed is given for are the same in every run, and a remark says so", () => {
    expect(values(drawn("RandomUniform"))).toEqual(values(drawn("RandomUniform")));
    expect(imported(drawn("RandomUniform")).remarks.join()).toContain("has no attribute 'seed'");
  });

  test("of classes come as often as their probabilities say", () => {
    const bytes = model(
      graph(
        input("x", FLOAT, [1, 3]),
        node("Multinomial", ["x"], ["y"], whole("sample_size", 3000), real("seed", 3)),
        output("y", 6, [1, 3000]),
      ),
    );
    const [y] = imported(bytes).run(fromScalars("f32", [1, 3], [0.6, 0.3, 0.1].map(Math.log)));
    const share = (k: number): number => Array.from(y!.data, Number).filter((c) => c === k).length / 3000;
    [0.6, 0.3, 0.1].forEach((p, k) => {
      expect(Math.abs(share(k) - p)).toBeLessThan(0.03);
    });
  });
});

describe("splitting texts", () => {
  test("goes by runs of white space where there is no delimiter", () => {
    expect(splitText("  a  b c ", "", Number.MAX_SAFE_INTEGER)).toEqual(["a", "b", "c"]);
    expect(splitText("  a  b c ", "", 1)).toEqual(["a", "b c "]);
    expect(splitText(" ", "", 3)).toEqual([]);
  });

  test("keeps empty parts between delimiters, and what is left after the last split", () => {
    expect(splitText("a,,b,c", ",", Number.MAX_SAFE_INTEGER)).toEqual(["a", "", "b", "c"]);
    expect(splitText("a,,b,c", ",", 2)).toEqual(["a", "", "b,c"]);
    expect(splitText("", ",", 2)).toEqual([""]);
  });
});

describe("what is not exact is refused by name", () => {
  const refusal = (...parts: readonly Bytes[]): string => {
    try {
      imported(model(graph(...parts)));
    } catch (error) {
      if (error instanceof CompileError) return error.diagnostics.map(formatDiagnostic).join("\n");
      throw error;
    }
    return "";
  };
  const rnn = (...extra: readonly Bytes[]): readonly Bytes[] => [
    input("x", FLOAT, [5, 2, 3]),
    input("w", FLOAT, [1, 4, 3]),
    input("r", FLOAT, [1, 4, 4]),
    node("RNN", ["x", "w", "r"], ["y"], nodeName("layer"), ...extra),
    output("y", FLOAT, [5, 1, 2, 4]),
  ];
  const activations = (...names: readonly string[]): Bytes =>
    attribute("activations", 8, ...names.map((n) => sub(9, n)));

  test("activation functions that do not exist, and numbers that have no default", () => {
    expect(refusal(...rnn(activations("Swish")))).toContain("activation function 'Swish'");
    expect(refusal(...rnn(activations("ScaledTanh")))).toContain(
      "attribute 'activation_alpha' has no value for 'ScaledTanh'",
    );
    expect(refusal(...rnn(word("direction", "sideways")))).toContain("attribute 'direction' is 'sideways'");
  });

  test("kernels that do not fit their weights, with both", () => {
    const parts = [input("x", FLOAT, [1, 2, 8, 8]), input("w", FLOAT, [4, 2, 3, 3]), output("y", FLOAT, [1, 4, 6, 6])];
    const conv = node("Conv", ["x", "w"], ["y"], ints("kernel_shape", 5, 5));
    expect(refusal(...parts, conv)).toContain("attribute 'kernel_shape' is [5, 5], the weights have [3, 3]");
    expect(refusal(...parts, node("Conv", ["x", "w"], ["y"], ints("pads", 1, 1)))).toContain(
      "attribute 'pads' has 2 entries for 2 spatial axes",
    );
  });

  test("images that would have to be decoded", () => {
    const parts = [input("x", 2, [100]), node("ImageDecoder", ["x"], ["y"]), output("y", 2, [8, 8, 3])];
    expect(refusal(...parts)).toContain("images are not decoded");
    expect(refusal(...parts)).toContain("decode them before the model");
  });
});

describe("dropout", () => {
  const dropout = (size: number, ...attributes: readonly Bytes[]): Bytes =>
    model(
      graph(
        input("x", FLOAT, [size]),
        input("r", FLOAT, []),
        input("t", BOOL, []),
        node("Dropout", ["x", "r", "t"], ["y", "mask"], ...attributes),
        output("y", FLOAT, [size]),
        output("mask", BOOL, [size]),
      ),
    );
  const of = (bytes: Bytes, size: number, ratio: number, isTraining: boolean): readonly number[][] => {
    const x = fromScalars(
      "f32",
      [size],
      Array.from({ length: size }, (_, i) => i + 1),
    );
    const scalar = (element: "f32" | "i1", value: number) => fromScalars(element, [], [value]);
    const outputs = imported(bytes).run(x, scalar("f32", ratio), scalar("i1", Number(isTraining)));
    return outputs.map((y) => Array.from(y.data as ArrayLike<number>));
  };

  test("with a seed takes away what NumPy's generator of that seed does", () => {
    // numpy.random.seed(0); numpy.random.uniform(0, 1, 8): 0.549 0.715 0.603 0.545 0.424 0.646 0.438 0.892
    const [y, mask] = of(dropout(8, whole("seed", 0)), 8, 0.5, true);
    expect(mask).toEqual([1, 1, 1, 1, 0, 1, 0, 1]);
    expect(y).toEqual([2, 4, 6, 8, 0, 12, 0, 16]);
  });

  test("leaves everything in inference", () => {
    const [y, mask] = of(dropout(8, whole("seed", 0)), 8, 0.5, false);
    expect(y).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(mask).toEqual(new Array(8).fill(1));
  });

  test.each([[], [whole("seed", 3)]])(
    "takes away the share that is asked for, of many elements too",
    (...attributes) => {
      const size = 100_000;
      const [y, mask] = of(dropout(size, ...attributes), size, 0.25, true);
      const left = mask!.reduce((a, b) => a + b, 0);
      expect(Math.abs(left / size - 0.75)).toBeLessThan(0.01);
      expect(y!.every((v, i) => (mask![i] ? Math.abs(v - (i + 1) / 0.75) <= 1e-6 * v : v === 0))).toBe(true);
    },
  );
});
