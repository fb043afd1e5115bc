/** @file Reading ONNX files: what is accepted, and that every problem is found, named and located in one run. */

import { describe, expect, test } from "vitest";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import type { OnnxModel } from "../../../frontends/onnx/records.js";
import { CompileError, DiagnosticSink, formatDiagnostic } from "../../../ir/diagnostic.js";
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
  tensor,
} from "./encode.js";

function read(bytes: Bytes): OnnxModel {
  return readOnnxBytes(bytes, { file: "m.onnx" }, new DiagnosticSink());
}

/** Everything reported, one formatted problem each; empty where the model is read. */
function problems(bytes: Bytes): string[] {
  const sink = new DiagnosticSink();
  try {
    readOnnxBytes(bytes, { file: "m.onnx" }, sink);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
  }
  return sink.all.map(formatDiagnostic);
}

const relu = node("Relu", ["x"], ["y"]);
const small = (...parts: readonly Bytes[]): Bytes => model(graph(input("x"), output("y"), ...parts));

describe("a model that is right", () => {
  test("is read with its versions, values and nodes", () => {
    const m = read(
      Buffer.concat([
        small(relu, initializer("w", FLOAT, [2], raw(float32s(1, 2)))),
        sub(2, "me"),
        opset(3, "ai.onnx.ml"),
      ]),
    );
    expect(m).toMatchObject({
      irVersion: 10,
      producer: "me",
      opsets: new Map([
        ["", 21],
        ["ai.onnx.ml", 3],
      ]),
    });
    expect(m.graph.inputs).toMatchObject([{ name: "x", type: { kind: "tensor", dtype: "f32", shape: [2] } }]);
    expect(m.graph.nodes).toMatchObject([
      { label: "Relu:0", opType: "Relu", domain: "", inputs: ["x"], outputs: ["y"] },
    ]);
    expect(m.graph.nodes[0]!.at).toEqual({ kind: "graph-node", file: "m.onnx", node: "Relu:0" });
    expect(m.graph.initializers.get("w")).toMatchObject({ dtype: "f32", dims: [2], elements: 2 });
  });

  test("has tensor data that are views of the file, not copies", () => {
    const bytes = Uint8Array.from(small(relu, initializer("w", FLOAT, [2], raw(float32s(1, 2)))));
    const payload = read(bytes).graph.initializers.get("w")!.payload;
    expect(payload.kind).toBe("bytes");
    expect(payload.kind === "bytes" && payload.bytes.buffer === bytes.buffer).toBe(true);
  });

  test("may call the default domain ai.onnx", () => {
    const m = read(model(opset(21, "ai.onnx"), graph(input("x"), node("Relu", ["x"], ["y"], nodeDomain("ai.onnx")))));
    expect(m.opsets).toEqual(new Map([["", 21]]));
    expect(m.graph.nodes[0]!.domain).toBe("");
  });

  test("before ir_version 3 imports nothing and means opset 1", () => {
    expect(read(Buffer.concat([int(1, 2), graph(input("x"), relu)])).opsets).toEqual(new Map([["", 1]]));
  });

  test("has symbolic, unknown and negative sizes, the last with a warning", () => {
    const bytes = model(graph(input("x", FLOAT, ["batch", "", -1, 3]), node("Relu", ["x"], ["y"])));
    const sink = new DiagnosticSink();
    const { type } = readOnnxBytes(bytes, { file: "m.onnx" }, sink).graph.inputs[0]!;
    expect(type).toMatchObject({ shape: ["batch", undefined, undefined, 3] });
    expect(sink.all.map((d) => [d.severity, d.message])).toEqual([
      ["warning", "input 'x': size -1 of dimension 2 is taken to be unknown"],
    ]);
  });

  test("may leave inputs and outputs of nodes out by an empty name", () => {
    expect(read(small(node("Clip", ["x", "", ""], ["y", ""]))).graph.nodes[0]!.inputs).toEqual(["x", "", ""]);
  });

  test("gives an input its default by an initializer of its name", () => {
    expect(problems(small(relu, initializer("x", FLOAT, [2], raw(float32s(1, 2)))))).toEqual([]);
  });

  test("shows the PyTorch source line its exporter left", () => {
    const trace = 'File "/a/train.py", line 3, in <module>\nFile "/a/net.py", line 12, in forward\n';
    const entry = sub(9, sub(1, "pkg.torch.onnx.stack_trace"), sub(2, trace));
    expect(read(small(node("Relu", ["x"], ["y"], entry))).graph.nodes[0]!.at).toMatchObject({ source: "/a/net.py:12" });
    const doc = sub(6, "/b/net.py(7): forward\n/b/train.py(99): <module>\n");
    expect(read(small(node("Relu", ["x"], ["y"], doc))).graph.nodes[0]!.at).toMatchObject({ source: "/b/net.py:7" });
  });
});

describe("nodes", () => {
  test("that are not sorted are sorted, staying close to the file's order, with a remark", () => {
    const bytes = small(
      node("C", ["b"], ["y"]),
      node("A", ["x"], ["a"]),
      node("D", ["x"], ["d"]),
      node("B", ["a"], ["b"]),
    );
    const sink = new DiagnosticSink();
    const m = readOnnxBytes(bytes, { file: "m.onnx" }, sink);
    expect(m.graph.nodes.map((n) => n.label)).toEqual(["A:1", "D:2", "B:3", "C:0"]);
    expect(sink.all.map((d) => [d.severity, d.code])).toEqual([["remark", "PS2109"]]);
  });

  test("that are sorted keep the file's order", () => {
    const m = read(small(node("Z", ["x"], ["z"]), node("A", ["x"], ["a"]), node("B", ["z"], ["y"])));
    expect(m.graph.nodes.map((n) => n.opType)).toEqual(["Z", "A", "B"]);
  });

  test("are sorted after nodes whose values their subgraphs capture", () => {
    const body = subgraph("then_branch", node("Neg", ["late"], ["t"]), sub(12, sub(1, "t")));
    const m = read(small(node("If", ["x"], ["y"], body), node("Abs", ["x"], ["late"])));
    expect(m.graph.nodes.map((n) => n.opType)).toEqual(["Abs", "If"]);
    const branch = m.graph.nodes[1]!.attributes.get("then_branch")!;
    expect(branch.kind === "graph" && branch.value).toMatchObject({ captures: ["late"], path: "If:0/then_branch" });
  });

  test("on a cycle are reported with the cycle", () => {
    const bytes = small(
      relu,
      node("A", ["c"], ["a"], nodeName("first")),
      node("B", ["a"], ["b"]),
      node("C", ["b"], ["c"]),
    );
    expect(problems(bytes)).toEqual([
      "m.onnx#B:2: error PS2108: these nodes need each other: 'B:2' -> 'C:3' -> 'first' -> 'B:2'",
    ]);
  });

  test("that need themselves are reported", () => {
    expect(problems(small(node("A", ["y"], ["y"])))[0]).toContain("these nodes need each other: 'A:0' -> 'A:0'");
  });
});

describe("problems", () => {
  test("are all reported in one run, each with its node", () => {
    const bytes = small(
      node("Relu", ["nowhere"], ["y"], nodeName("act")),
      node("", ["x"], ["z"]),
      node("Add", ["x", "x"], ["y"]),
      node("Custom", ["x"], ["c"], nodeDomain("com.acme")),
      node("Clip", ["x"], ["k"], attribute("min", 1, int(3, 4))),
      initializer("w", FLOAT, [3], raw(float32s(1, 2))),
      initializer("v", 99, [-1]),
    );
    expect(problems(bytes)).toEqual([
      "m.onnx#w: error PS2112: initializer 'w': sizes [3] of f32 take 12 bytes, but it has 8",
      "m.onnx#v: error PS2112: initializer 'v': element type 99 (unknown)",
      "m.onnx#v: error PS2112: initializer 'v': sizes [-1]: a size is negative",
      "m.onnx#?:1: error PS2110: the node has no op_type",
      "m.onnx#Custom:3: error PS2110: it is of domain 'com.acme', which opset_import does not list\n" +
        "  fix: add the domain and its version to opset_import",
      "m.onnx#Clip:4: error PS2111: attribute 'min': it is declared FLOAT, but has a value of type INT",
      "m.onnx#Add:2: error PS2106: value 'y' is defined again; it is already an output of node 'act'",
      "m.onnx#act: error PS2107: its input 'nowhere' is defined nowhere",
    ]);
  });

  test("of the model as a whole are reported at its first byte", () => {
    expect(problems(Buffer.concat([int(1, 99), opset(29), opset(0, "x")]))).toEqual([
      "m.onnx: error PS2104: ir_version 99, but 1 to 14 can be read\n  fix: save the model with an older ONNX release (1.23 or before)",
      "m.onnx: error PS2104: operator set 'ai.onnx' in version 29, but 1 to 28 can be read\n  fix: export the model with opset 28 or older",
      "m.onnx: error PS2104: operator set 'x' in version 0, but versions start at 1",
      "m.onnx: error PS2105: the model has no graph\n  fix: check that the file is complete and an ONNX model",
    ]);
    expect(problems(graph(input("x"), relu))).toEqual([
      "m.onnx: error PS2104: the model has no ir_version",
      "m.onnx: error PS2104: the model imports no operator set\n  fix: add an opset_import for ai.onnx",
    ]);
  });

  test("with names: outputs, inputs and initializers of one name, outputs of the graph that nothing defines", () => {
    const twice = initializer("w", FLOAT, [1], raw(float32s(1)));
    expect(problems(small(input("x"), twice, twice, node("A", ["x"], ["w"]), output("y"), output("z")))).toEqual([
      "m.onnx: error PS2106: value 'x' is defined again; it is already an input",
      "m.onnx: error PS2106: value 'w' is defined again; it is already an initializer",
      "m.onnx#A:0: error PS2106: value 'w' is defined again; it is already an initializer",
      "m.onnx: error PS2106: output: 'y' is listed twice",
      "m.onnx: error PS2107: the output 'y' is defined nowhere",
      "m.onnx: error PS2107: the output 'z' is defined nowhere",
    ]);
  });

  test("in a subgraph name the way to it", () => {
    const body = subgraph("body", node("Neg", ["nowhere"], ["t"]), sub(12, sub(1, "u")));
    expect(problems(small(node("Loop", ["x"], ["y"], nodeName("loop"), body)))).toEqual([
      "m.onnx#loop/body/Neg:0: error PS2107: its input 'nowhere' is defined nowhere",
      "m.onnx#loop/body: error PS2107: the output 'u' is defined nowhere",
    ]);
  });

  test("a name one branch defines is not visible in another", () => {
    const then = subgraph("then_branch", node("Neg", ["x"], ["t"]), sub(12, sub(1, "t")));
    const other = subgraph("else_branch", node("Abs", ["t"], ["e"]), sub(12, sub(1, "e")));
    expect(problems(small(node("If", ["x"], ["y"], then, other)))).toEqual([
      "m.onnx#If:0/else_branch/Abs:0: error PS2107: its input 't' is defined nowhere",
    ]);
  });

  test("with attributes: no name, no type, unknown type, two values, a bad text, a reference outside functions", () => {
    const bad = node(
      "Op",
      ["x"],
      ["y"],
      sub(5, int(3, 1)),
      sub(5, sub(1, "none")),
      attribute("unknown", 15, int(3, 1)),
      sub(5, sub(1, "two"), int(3, 1), float(2, 1)),
      attribute("text", 3, sub(4, Uint8Array.of(0xff))),
      sub(5, sub(1, "ref"), int(20, 2), sub(21, "outer")),
      attribute("empty", 4),
      attribute("same", 2, int(3, 1)),
      attribute("same", 2, int(3, 1)),
      attribute("cut", 7, sub(8, Uint8Array.of(0x80))),
    );
    expect(problems(small(bad)).map((p) => p.replace("m.onnx#Op:0: error ", ""))).toEqual([
      "PS2111: attribute '': it has no name",
      "PS2111: attribute 'none': it has neither type nor value",
      "PS2111: attribute 'unknown': unknown attribute type 15",
      "PS2111: attribute 'two': it has no type, and values of type FLOAT and INT",
      "PS2111: attribute 'text': its text is not UTF-8",
      "PS2111: attribute 'ref': it refers to an attribute 'outer' of a function, but is in none",
      "PS2111: attribute 'empty': it is declared TENSOR, but has no value",
      "PS2106: attribute 'same' is given twice",
      "PS2111: attribute 'cut': its list of numbers is cut short",
    ]);
  });

  test("with a name that is not UTF-8 give its byte", () => {
    const bytes = small(relu, sub(10, Uint8Array.of(0x61, 0xff)));
    expect(problems(bytes)).toEqual([`m.onnx@${bytes.indexOf(0xff) - 2}: error PS2103: a name or text is not UTF-8`]);
  });
});

describe("attributes", () => {
  test("have all the forms of the wire: packed or not, zero left out, type left out", () => {
    const n = node(
      "Op",
      ["x"],
      ["y"],
      attribute("axes", 7, int(8, 1), int(8, -1), packed(8, [2n ** 63n - 1n, -(2n ** 63n)])),
      attribute("scales", 6, float(7, 0.5), sub(7, float32s(1.5, -2))),
      attribute("axis", 2),
      sub(5, sub(1, "old"), sub(4, "ä")),
      attribute("names", 8, sub(9, "a"), sub(9, "")),
      attribute("value", 4, sub(5, tensor("", INT64, [2], packed(7, [3, -4])))),
    );
    const { attributes } = read(small(n)).graph.nodes[0]!;
    expect(attributes.get("axes")).toMatchObject({ kind: "ints", value: [1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)] });
    expect(attributes.get("scales")).toMatchObject({ kind: "floats", value: [0.5, 1.5, -2] });
    expect(attributes.get("axis")).toMatchObject({ kind: "int", value: 0n });
    expect(attributes.get("old")).toMatchObject({ kind: "string", value: "ä" });
    expect(attributes.get("names")).toMatchObject({ kind: "strings", value: ["a", ""] });
    expect(attributes.get("value")).toMatchObject({ kind: "tensor", value: { dtype: "i64", dims: [2] } });
  });
});

describe("functions", () => {
  const fn = (name: string, ...parts: readonly Bytes[]): Bytes =>
    sub(25, sub(1, name), sub(10, "me"), sub(9, int(2, 21)), sub(9, sub(1, "me"), int(2, 1)), ...parts);
  const call = (name: string, x: string, y: string): Bytes => sub(7, sub(1, x), sub(2, y), sub(4, name), sub(7, "me"));
  const caller = Buffer.concat([opset(1, "me"), small(node("F", ["x"], ["y"], nodeDomain("me")))]);

  test("are read with their attributes, and values may refer to those", () => {
    const inner = sub(7, sub(1, "a"), sub(2, "b"), sub(4, "Elu"), sub(5, sub(1, "alpha"), int(20, 1), sub(21, "k")));
    const m = read(Buffer.concat([caller, fn("F", sub(4, "a"), sub(5, "b"), sub(6, "k"), inner)]));
    const f = [...m.functions.values()][0]!;
    expect(f).toMatchObject({ domain: "me", name: "F", inputs: ["a"], outputs: ["b"], attributes: ["k"] });
    expect(f.nodes[0]!.attributes.get("alpha")).toEqual({ kind: "reference", name: "alpha", value: "k", of: "float" });
  });

  test("that call themselves through others are reported with the way round", () => {
    const f = fn("F", sub(4, "a"), sub(5, "b"), call("G", "a", "b"));
    const g = fn("G", sub(4, "a"), sub(5, "b"), call("F", "a", "b"));
    expect(problems(Buffer.concat([caller, f, g]))).toEqual([
      "m.onnx#function me::F: error PS2108: functions call each other without end: " +
        "'function me::F' -> 'function me::G' -> 'function me::F'",
    ]);
  });

  test("see no values of the model, and are defined once", () => {
    const f = fn("F", sub(4, "a"), sub(5, "b"), sub(7, sub(1, "x"), sub(2, "b"), sub(4, "Neg")));
    expect(problems(Buffer.concat([caller, f, f])).map((p) => p.split(": error ")[1])).toEqual([
      "PS2107: its input 'x' is defined nowhere",
      "PS2107: its input 'x' is defined nowhere",
      "PS2106: a function of that domain, name and overload is defined again",
    ]);
  });
});

describe("bytes that are no model", () => {
  test("are reported with the byte where reading stopped", () => {
    const bytes = small(relu);
    expect(problems(bytes.subarray(0, bytes.length - 3))[0]).toMatch(
      /^m\.onnx@\d+: error PS2102: the file is cut short or no ONNX model/,
    );
  });

  test("of other kinds are called by their names", () => {
    expect(problems(new Uint8Array(0))[0]).toContain("the file is empty");
    expect(problems(Buffer.from("version https://git-lfs.github.com/spec/v1\n"))[0]).toContain("git lfs pull");
    expect(problems(Buffer.from("PK\x03\x04...", "latin1"))[0]).toContain("ZIP archive");
    expect(problems(Buffer.from("<!DOCTYPE html>"))[0]).toContain("HTML");
  });

  test("nested 64 graphs deep are read, one deeper are not, and deeper than any model they are not even decoded", () => {
    const nested = (depth: number): Bytes => {
      let inner: Bytes = node("Neg", ["x"], ["t"]);
      for (let i = 0; i < depth; i++) inner = node("If", ["x"], [`o${i}`], subgraph("b", inner));
      return small(relu, inner);
    };
    expect(problems(nested(64))).toEqual([]);
    expect(problems(nested(65))[0]).toMatch(/error PS2117: subgraphs are nested more than 64 deep$/);
    expect(problems(nested(5000))[0]).toMatch(/error PS2117: messages are nested too deeply$/);
  });

  test("nested types have the same limit", () => {
    const nested = (depth: number): Bytes => {
      let type: Bytes = sub(1, int(1, FLOAT));
      for (let i = 0; i < depth; i++) type = sub(4, sub(1, type));
      return model(graph(sub(11, sub(1, "x"), sub(2, type)), node("Op", ["x"], ["y"])));
    };
    expect(problems(nested(64))).toEqual([]);
    expect(problems(nested(65))[0]).toContain("its type is nested more than 64 deep");
  });
});
