/** @file What the importer makes of a model's sizes, weights, functions and branches, and what it says of what it cannot do. */

import { describe, expect, test } from "vitest";
import { importOnnx, type OnnxImportOptions } from "../../../frontends/onnx/import.js";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import type { Context } from "../../../ir/context.js";
import { CompileError, DiagnosticSink, formatDiagnostic } from "../../../ir/diagnostic.js";
import { funcOp, functionsOf } from "../../../ir/dialects/func.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import type { TensorType } from "../../../ir/types.js";
import { verify } from "../../../ir/verify.js";
import { resolveSizes } from "../../../lowering/simplify/resolve-sizes.js";
import { newContext } from "./cases.js";
import {
  attribute,
  type Bytes,
  FLOAT,
  float,
  float32s,
  graph,
  INT64,
  initializer,
  input,
  int,
  model,
  node,
  nodeDomain,
  nodeName,
  opset,
  output,
  packed,
  raw,
  sub,
  subgraph,
} from "./encode.js";

interface Program {
  readonly module: Operation;
  readonly context: Context;
  readonly text: string;
}

const BOOL = 9;

function imported(bytes: Bytes, options: OnnxImportOptions = {}): Program {
  const context = newContext();
  const module = importOnnx(readOnnxBytes(bytes, { file: "m.onnx" }, new DiagnosticSink()), context, options);
  expect(verify(module, context).map(formatDiagnostic)).toEqual([]);
  const text = printModule(module, context);
  const again = newContext();
  for (const resource of context.resources.all()) again.resources.add(resource);
  expect(printModule(parseModule(text, "m.mlir", again), again)).toBe(text);
  return { module, context, text };
}

const run = ({ module, context }: Program, ...args: readonly NdArray[]): readonly NdArray[] =>
  interpret(module, "main", args, context) as readonly NdArray[];

const floats = (shape: readonly number[], ...values: readonly number[]): NdArray => fromScalars("f32", shape, values);
const ints = (...values: readonly number[]): NdArray => fromScalars("i64", [values.length], values.map(BigInt));
const flag = (value: boolean): NdArray => fromScalars("i1", [], [Number(value)]);

/** What importing reports, a line each, without the file's name. */
function refusals(bytes: Bytes): readonly string[] {
  const context = newContext();
  try {
    importOnnx(readOnnxBytes(bytes, { file: "m.onnx" }, new DiagnosticSink()), context);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    expect(error.exitCode).toBe(3);
    return error.diagnostics.map((d) => formatDiagnostic(d).replace("m.onnx#", ""));
  }
  return [];
}

describe("nodes that cannot be imported", () => {
  test("are all listed in one run, with name, operator, elements and what would work", () => {
    const bytes = model(
      opset(1, "my"),
      graph(
        input("x"),
        output("y"),
        node("Softmx", ["x"], ["a"], nodeName("head/softmax")),
        node("Fold", ["a"], ["b"], nodeDomain("my")),
        node("Relu", ["b"], ["c"]),
        node("Cast", ["x"], ["d"], attribute("to", 2, int(3, 8))),
        node("Add", ["c", "d"], ["y"]),
      ),
    );
    expect(refusals(bytes)).toEqual([
      "head/softmax: error PS2201: operator Softmx (ai.onnx 21) on f32 is not supported\n  fix: did you mean Softmax?",
      "Fold:1: error PS2201: operator Fold (my 1) on ? is not supported\n" +
        "  fix: add a function my::Fold to the model, or replace the node by standard operators before export",
      "Cast:3: error PS2202: Cast on f32: attribute 'to' asks for strings",
    ]);
  });

  test("are examined further where the model declares what they give", () => {
    const value = sub(13, sub(1, "a"), sub(2, sub(1, int(1, FLOAT), sub(2, sub(1, int(1, 2))))));
    const bytes = model(
      graph(input("x"), output("y"), value, node("Foo", ["x"], ["a"]), node("MatMul", ["a", "a"], ["y"])),
    );
    expect(refusals(bytes)).toHaveLength(1);
    const wrong = model(graph(input("x"), output("y"), value, node("Foo", ["x"], ["a"]), node("Concat", ["a"], ["y"])));
    expect(refusals(wrong).at(-1)).toBe("Concat:1: error PS2203: Concat on f32: attribute 'axis' is missing");
  });

  test("in functions are named with the call", () => {
    const body = sub(7, sub(1, "a"), sub(2, "b"), sub(4, "Nothing"));
    const f = sub(25, sub(1, "F"), sub(10, "me"), sub(9, int(2, 21)), sub(4, "a"), sub(5, "b"), body);
    const call = node("F", ["x"], ["y"], nodeDomain("me"), nodeName("block"));
    const bytes = Buffer.concat([model(opset(1, "me"), graph(input("x"), output("y"), call)), f]);
    expect(refusals(bytes)[0]).toMatch(/^block\/function me::F\/Nothing:0: error PS2201: operator Nothing/);
  });

  test("and inputs that are no tensors of numbers are named with what is needed", () => {
    const texts = input("s", 8);
    expect(refusals(model(graph(texts, output("y", 8), node("Identity", ["s"], ["y"]))))).toEqual([
      "s: error PS2204: input 's' of the model is a tensor of strings\n" +
        "  fix: only tensors of numbers can be inputs of a compiled model",
    ]);
  });
});

describe("sizes", () => {
  test("of one name are one symbol, and names may be expressions over others", () => {
    const p = imported(
      model(
        graph(
          input("x", FLOAT, ["n", "k"]),
          input("y", FLOAT, ["n + 1", "k"]),
          output("z", FLOAT, ["m", "k"]),
          node("Concat", ["x", "y"], ["z"], attribute("axis", 2, int(3, 0))),
        ),
      ),
    );
    expect(p.text).toContain('psm.shapes = ["n, k", "n + 1, k", "n*2 + 1, k"]');
    expect(run(p, floats([1, 2], 1, 2), floats([2, 2], 3, 4, 5, 6))[0]).toMatchObject({ shape: [3, 2] });
  });

  test("that meet without a name in common are taken to be equal, and the program checks it", () => {
    const p = imported(
      model(
        graph(
          input("x", FLOAT, ["n"]),
          input("y", FLOAT, ["m"]),
          output("z", FLOAT, ["n"]),
          node("Add", ["x", "y"], ["z"]),
        ),
      ),
    );
    expect(run(p, floats([2], 1, 2), floats([2], 3, 4))[0]!.data).toEqual(Float32Array.of(4, 6));
    expect(() => run(p, floats([2], 1, 2), floats([1], 3))).toThrow("sizes n and m must be equal, but are 2 and 1");
  });

  test("that may be 1 are repeated to a size that is a number", () => {
    const p = imported(
      model(
        graph(
          input("x", FLOAT, ["n"]),
          input("y", FLOAT, [3]),
          output("z", FLOAT, [3]),
          node("Mul", ["x", "y"], ["z"]),
        ),
      ),
    );
    const y = floats([3], 1, 2, 3);
    expect(run(p, floats([1], 2), y)[0]!.data).toEqual(Float32Array.of(2, 4, 6));
    expect(run(p, floats([3], 1, 0, 2), y)[0]!.data).toEqual(Float32Array.of(1, 0, 6));
  });

  test("that data decides are taken from the declaration, and the program checks them", () => {
    const p = imported(
      model(
        graph(
          input("x", FLOAT, [4]),
          input("shape", INT64, [2]),
          output("y", FLOAT, [2, 2]),
          node("Reshape", ["x", "shape"], ["y"]),
        ),
      ),
    );
    const x = floats([4], 1, 2, 3, 4);
    expect(run(p, x, ints(2, -1))[0]!.shape).toEqual([2, 2]);
    expect(() => run(p, x, ints(4, 1))).toThrow(/must be equal, but are 4 and 2/);
  });

  test("computed from shapes leave no operations behind", () => {
    const p = imported(
      model(
        graph(
          input("x", FLOAT, [2, 3]),
          output("y", FLOAT, [6]),
          initializer("minus", INT64, [1], packed(7, [-1])),
          node("Shape", ["x"], ["s"]),
          node("ReduceProd", ["s"], ["p"], attribute("keepdims", 2, int(3, 1))),
          node("Concat", ["p"], ["t"], attribute("axis", 2, int(3, 0))),
          node("Reshape", ["x", "t"], ["y"]),
        ),
      ),
    );
    const ops = [...p.text.matchAll(/stablehlo\.(\w+)/g)].map((m) => m[1]);
    expect(ops).toEqual(["reshape"]);
  });
});

describe("weights", () => {
  const many = Array.from({ length: 100 }, (_, i) => i);
  const weights = (values: readonly number[]): Bytes =>
    model(
      graph(
        input("x", FLOAT, [1]),
        output("y", FLOAT, [values.length]),
        initializer("w/1", FLOAT, [values.length], raw(float32s(...values))),
        node("Mul", ["x", "w/1"], ["y"]),
      ),
    );

  test("that are large are references to the bytes of the file", () => {
    const bytes = weights(many);
    const p = imported(bytes);
    expect(p.text).toContain("dense_resource<w_1> : tensor<100xf32>");
    expect(p.context.resources.get("w_1")!.read(0, 400).buffer).toBe(bytes.buffer);
    expect(run(p, floats([1], 2))[0]!.data[99]).toBe(198);
  });

  test("that are small or all the same are written in place", () => {
    expect(imported(weights([1, 2])).text).toContain("dense<[1.000000e+00, 2.000000e+00]>");
    expect(imported(weights(many.map(() => 7))).text).toContain("dense<7.000000e+00> : tensor<100xf32>");
  });

  test("of the same name as an input are its default: a constant, or on demand an argument", () => {
    const bytes = model(
      graph(
        input("x", FLOAT, [1]),
        input("w", FLOAT, [1]),
        output("y", FLOAT, [1]),
        initializer("w", FLOAT, [1], raw(float32s(3))),
        node("Mul", ["x", "w"], ["y"]),
      ),
    );
    expect(run(imported(bytes), floats([1], 2))[0]!.data[0]).toBe(6);
    expect(run(imported(bytes, { keepDefaults: true }), floats([1], 2), floats([1], 5))[0]!.data[0]).toBe(10);
  });
});

describe("functions", () => {
  test("of the model are expanded with the attributes of the call, or their defaults", () => {
    const reference = sub(5, sub(1, "alpha"), int(20, 1), sub(21, "slope"));
    const body = sub(7, sub(1, "a"), sub(2, "b"), sub(4, "LeakyRelu"), reference);
    const byDefault = sub(11, sub(1, "slope"), int(20, 1), float(2, 0.5));
    const f = sub(25, sub(1, "F"), sub(10, "me"), sub(9, int(2, 21)), sub(4, "a"), sub(5, "b"), byDefault, body);
    const calls = [
      node("F", ["x"], ["y"], nodeDomain("me")),
      node("F", ["x"], ["z"], nodeDomain("me"), attribute("slope", 1, float(2, 0.25))),
    ];
    const bytes = model(
      opset(1, "me"),
      graph(input("x", FLOAT, [1]), output("y", FLOAT, [1]), output("z", FLOAT, [1]), ...calls),
    );
    const [y, z] = run(imported(Buffer.concat([bytes, f])), floats([1], -4));
    expect([y!.data[0], z!.data[0]]).toEqual([-2, -1]);
  });

  test("that ONNX defines stand in for operators without a row", () => {
    const swiglu = graph(input("x"), input("z"), output("y"), node("SwiGLU", ["x", "z"], ["y"]));
    const p = imported(Buffer.concat([int(1, 14), opset(28), swiglu]));
    const [y] = run(p, floats([2], 1, 3), floats([2], 2, 2));
    expect(y!.data[0]).toBeCloseTo(2 / (1 + Math.exp(-1)), 5);
  });

  test("that double at every level are given up before they fill the memory", () => {
    const twice = (name: string, callee: string): Bytes => {
      const call = (x: string, y: string): Bytes => sub(7, sub(1, x), sub(2, y), sub(4, callee), sub(7, "me"));
      const opsets = [sub(9, int(2, 21)), sub(9, sub(1, "me"), int(2, 1))];
      return sub(25, sub(1, name), sub(10, "me"), ...opsets, sub(4, "a"), sub(5, "c"), call("a", "b"), call("b", "c"));
    };
    const leaf = sub(25, sub(1, "F0"), sub(10, "me"), sub(9, int(2, 21)), sub(4, "a"), sub(5, "a"));
    const chain = Array.from({ length: 40 }, (_, i) => twice(`F${i + 1}`, `F${i}`));
    const main = model(opset(1, "me"), graph(input("x"), output("y"), node("F40", ["x"], ["y"], nodeDomain("me"))));
    const [first] = refusals(Buffer.concat([main, leaf, ...chain]));
    expect(first).toContain("gives more than 1000000 nodes");
  }, 60_000);

  test("that composites decompose into are shared by layers of the same shape", () => {
    const layers = ["a", "b", "c"].map((name, i) => node("Softmax", [i === 0 ? "x" : ["a", "b"][i - 1]!], [name]));
    const { text } = imported(model(graph(input("x", FLOAT, ["n", 3]), output("c", FLOAT, ["n", 3]), ...layers)));
    expect(text.match(/func\.func private/g)).toHaveLength(1);
    expect(text.match(/stablehlo\.composite "psm\.softmax"/g)).toHaveLength(3);
  });
});

describe("control flow", () => {
  const branches = (condition: readonly Bytes[]): Bytes =>
    model(
      graph(
        ...condition,
        input("x", FLOAT, ["n"]),
        output("y", FLOAT, ["k"]),
        node(
          "If",
          ["c"],
          ["y"],
          subgraph("then_branch", output("t", FLOAT, ["p"]), node("Neg", ["x"], ["t"])),
          subgraph(
            "else_branch",
            output("e", FLOAT, ["q"]),
            node("Concat", ["x", "x"], ["e"], attribute("axis", 2, int(3, 0))),
          ),
        ),
      ),
    );

  test("with a known condition is decided while importing", () => {
    const known = initializer("c", BOOL, [], raw(Uint8Array.of(0)));
    const p = imported(branches([known]));
    expect(p.text).not.toContain("stablehlo.if");
    expect(run(p, floats([1], 5))[0]!.data).toEqual(Float32Array.of(5, 5));
  });

  test("may give other sizes in either branch", () => {
    const p = imported(branches([input("c", BOOL, [])]));
    expect(run(p, flag(true), floats([2], 1, 2))[0]!.data).toEqual(Float32Array.of(-1, -2));
    expect(run(p, flag(false), floats([1], 3))[0]!.data).toEqual(Float32Array.of(3, 3));
  });

  test("gives its result a size of its own, which holds once others are resolved", () => {
    const p = imported(branches([input("c", BOOL, [])]));
    resolveSizes.run(p.module, p.context);
    expect(run(p, flag(true), floats([2], 1, 2))[0]!.data).toEqual(Float32Array.of(-1, -2));
    expect(run(p, flag(false), floats([2], 1, 2))[0]!.data).toEqual(Float32Array.of(1, 2, 1, 2));
    const [main] = [...functionsOf(p.module)];
    const [result] = funcOp.attrsOf(main!).function_type.results as readonly TensorType[];
    expect(p.context.dims.symbolsOf(result!.shape[0]!)).not.toContain("n");
  });

  test("that only the run decides, between tensors of different ranks, is not supported", () => {
    const then = subgraph("then_branch", output("t", FLOAT, ["n"]), node("Neg", ["x"], ["t"]));
    const sum = node("ReduceSum", ["x"], ["e"], attribute("keepdims", 2, int(3, 0)));
    const otherwise = subgraph("else_branch", output("e", FLOAT, []), sum);
    const bytes = model(
      graph(input("c", BOOL, []), input("x", FLOAT, ["n"]), output("y"), node("If", ["c"], ["y"], then, otherwise)),
    );
    expect(refusals(bytes)).toEqual([
      "If:0: error PS2202: If on i1: its branches give tensors of different ranks as output 0\n" +
        "  fix: make the condition a constant, or reshape what one of the branches gives",
    ]);
  });

  test("that assumes sizes to be equal in one branch does not check it in the other", () => {
    const then = subgraph("then_branch", output("t", FLOAT, ["n"]), node("Add", ["x", "z"], ["t"]));
    const otherwise = subgraph("else_branch", output("e", FLOAT, ["n"]), node("Neg", ["x"], ["e"]));
    const bytes = model(
      graph(
        input("c", BOOL, []),
        input("x", FLOAT, ["n"]),
        input("z", FLOAT, ["m"]),
        output("y", FLOAT, ["n"]),
        node("If", ["c"], ["y"], then, otherwise),
      ),
    );
    const p = imported(bytes);
    expect(run(p, flag(false), floats([1], 1), floats([2], 1, 2))[0]!.data).toEqual(Float32Array.of(-1));
    expect(() => run(p, flag(true), floats([1], 1), floats([2], 1, 2))).toThrow("must be equal");
  });

  const loop = (trips: Bytes, body: readonly Bytes[], ...outputs: readonly Bytes[]): Bytes =>
    model(
      graph(
        trips,
        input("x", FLOAT, [1]),
        ...outputs,
        node("Loop", ["M", "", "x"], ["state", ...(outputs.length > 1 ? ["stack"] : [])], subgraph("body", ...body)),
      ),
    );
  const bodyInputs = [input("i", INT64, []), input("go", BOOL, []), input("s", FLOAT, ["k"])];

  test("whose state grows goes round with sizes that the program keeps", () => {
    const body = [
      ...bodyInputs,
      output("go2", BOOL, []),
      output("s2", FLOAT, ["k2"]),
      node("Identity", ["go"], ["go2"]),
      node("Concat", ["s", "x"], ["s2"], attribute("axis", 2, int(3, 0))),
    ];
    const p = imported(loop(input("M", INT64, []), body, output("state", FLOAT, ["r"])));
    const three = fromScalars("i64", [], [3n]);
    expect(run(p, three, floats([1], 7))[0]!.data).toEqual(Float32Array.of(7, 7, 7, 7));
  });

  test("that ends early stacks as many values as there were iterations", () => {
    const body = [
      ...bodyInputs,
      output("go2", BOOL, []),
      output("s2", FLOAT, [1]),
      output("v", FLOAT, [1]),
      initializer("limit", FLOAT, [1], raw(float32s(8))),
      node("Add", ["s", "s"], ["s2"]),
      node("Less", ["s2", "limit"], ["l"]),
      node("Squeeze", ["l"], ["go2"]),
      node("Identity", ["s"], ["v"]),
    ];
    const p = imported(
      loop(input("M", INT64, []), body, output("state", FLOAT, [1]), output("stack", FLOAT, ["t", 1])),
    );
    const [state, stack] = run(p, fromScalars("i64", [], [10n]), floats([1], 1));
    expect(state!.data[0]).toBe(8);
    expect(stack).toMatchObject({ shape: [3, 1], data: Float32Array.of(1, 2, 4) });
  });

  test("over sequences is unrolled where the iterations can be counted", () => {
    const body = [
      ...bodyInputs.slice(0, 2),
      sub(11, sub(1, "s"), sub(2, sub(4, sub(1, sub(1, int(1, FLOAT)))))),
      output("go2", BOOL, []),
      sub(12, sub(1, "s2"), sub(2, sub(4, sub(1, sub(1, int(1, FLOAT)))))),
      node("Identity", ["go"], ["go2"]),
      node("SequenceInsert", ["s", "x"], ["s2"]),
    ];
    const bytes = model(
      graph(
        initializer("M", INT64, [], packed(7, [3])),
        input("x", FLOAT, [1]),
        output("y", FLOAT, [3]),
        node("SequenceEmpty", [], ["empty"]),
        node("Loop", ["M", "", "empty"], ["list"], subgraph("body", ...body)),
        node("ConcatFromSequence", ["list"], ["y"], attribute("axis", 2, int(3, 0))),
      ),
    );
    expect(run(imported(bytes), floats([1], 2))[0]!.data).toEqual(Float32Array.of(2, 2, 2));
  });
});

test("sequences are passed as one tensor each, of which the caller gives the number", () => {
  const sequenceType = sub(2, sub(4, sub(1, sub(1, int(1, FLOAT)))));
  const bytes = model(
    graph(
      sub(11, sub(1, "s"), sequenceType),
      output("y", FLOAT, [2]),
      node("ConcatFromSequence", ["s"], ["y"], attribute("axis", 2, int(3, 0))),
    ),
  );
  expect(refusals(bytes)[0]).toContain("input 's' of the model is a sequence");
  const part = { kind: "tensor", shape: [1] } as const;
  const p = imported(bytes, { given: new Map([["s", { kind: "sequence", items: [part, part] }]]) });
  expect(p.text).toContain('psm.name = "s[1]"');
  expect(run(p, floats([1], 1), floats([1], 2))[0]!.data).toEqual(Float32Array.of(1, 2));
});

test("importing a model twice gives the same text", () => {
  const bytes = model(
    graph(
      input("x", FLOAT, ["n", 4]),
      output("y", FLOAT, ["n", 4]),
      initializer("w", FLOAT, [4, 4], raw(float32s(...Array.from({ length: 16 }, (_, i) => i)))),
      node("MatMul", ["x", "w"], ["h"]),
      node("Gelu", ["h"], ["g"]),
      node("Softmax", ["g"], ["y"]),
    ),
  );
  expect(imported(bytes).text).toBe(imported(bytes).text);
});
