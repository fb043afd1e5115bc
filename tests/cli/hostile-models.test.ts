/**
 * @file Models that nobody should have written, through the whole of `export`: each ends soon, with a documented exit code and
 * problems that name a node or a byte, writes nothing, and is no fault of ours.
 */

import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import {
  attribute,
  type Bytes,
  external,
  FLOAT,
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
} from "../frontends/onnx/encode.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { cli, cliJson } from "./session.js";

const { root, remove } = makeRoot();
afterAll(remove);

const digits = readFileSync(fileURLToPath(new URL("../../models/digits.onnx", import.meta.url)));

let count = 0;

/** A folder of its own with the model in it, and what `make` puts beside it. */
function written(bytes: Bytes | string, name = "m.onnx", make: (folder: string) => void = () => {}): string {
  const folder = join(root, `case-${count++}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), bytes);
  make(folder);
  return join(folder, name);
}

/** Exports; checks what holds of every refusal, and gives the problems as people see them. */
async function refusal(file: string, exitCode: number): Promise<string> {
  const folder = join(file, "..");
  const before = readdirSync(folder).sort();
  const start = performance.now();
  const memory = process.memoryUsage.rss();
  const { code, err } = await cli("export", file, "-o", join(folder, "out.psm"), "--target", "wasm32");
  expect(err).not.toMatch(/^ {4}at /m);
  expect(err).not.toMatch(/fault of ours/);
  expect(err).toMatch(/error PS\d{4}/);
  expect({ code, err }).toMatchObject({ code: exitCode });
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(process.memoryUsage.rss() - memory).toBeLessThan(500e6);
  expect(readdirSync(folder).sort()).toEqual(before);
  return err;
}

const unary = (op: string, ...extra: readonly Bytes[]): Bytes =>
  graph(input("x"), node(op, ["x"], ["y"], nodeName("theNode"), ...extra), output("y"));

describe("a file that is no model", () => {
  const whole: Record<string, Bytes | string> = {
    "an empty file": "",
    "a text": "hello",
    zeros: new Uint8Array(1000),
    ones: new Uint8Array(1000).fill(255),
    "a length beyond the file": Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f),
    "a varint without end": new Uint8Array(64).fill(0x80),
  };
  test.each(Object.entries(whole))("%s", async (_, bytes) => {
    expect(await refusal(written(bytes), 3)).toMatch(/m\.onnx(@\d+)?: error/);
  });

  test("a model cut off gives the byte", async () => {
    for (const share of [0.1, 0.5, 0.9, 0.999])
      await refusal(written(digits.subarray(0, Math.floor(digits.length * share))), 3);
  });

  test("a folder, nothing, a kind that is not known", async () => {
    expect((await cli("export", root, "-o", join(root, "x.psm"))).code).toBeOneOf([2, 5]);
    expect((await cli("export", join(root, "none.onnx"), "-o", join(root, "x.psm"))).code).toBe(5);
    expect((await cli("export", written("x", "m.pkl"), "-o", join(root, "x.psm"))).code).toBe(2);
  });
});

describe("a model that asks for what there is not", () => {
  const models: Readonly<Record<string, readonly [bytes: Bytes, said: RegExp]>> = {
    "an operator": [model(unary("Frobnicate")), /theNode.*Frobnicate|Frobnicate.*theNode/s],
    "an operator's domain": [model(unary("Relu", nodeDomain("com.nobody"))), /theNode[\s\S]*com\.nobody/],
    "an opset of the future": [Buffer.concat([int(1, 10), opset(99), unary("Relu")]), /opset|99/],
    "an element type": [
      model(graph(input("x", 99), node("Relu", ["x"], ["y"], nodeName("theNode")), output("y", 99))),
      /99/,
    ],
    "elements that are texts": [
      model(graph(input("x", 8), node("Identity", ["x"], ["y"], nodeName("theNode")), output("y", 8))),
      /string/,
    ],
    "a value that nothing defines": [
      model(graph(node("Relu", ["ghost"], ["y"], nodeName("theNode")), output("y"))),
      /ghost/,
    ],
    "a graph that turns in a circle": [
      model(
        graph(node("Relu", ["b"], ["a"], nodeName("one")), node("Relu", ["a"], ["b"], nodeName("two")), output("a")),
      ),
      /one[\s\S]*two|two[\s\S]*one/,
    ],
    "an attribute of another kind": [
      model(unary("Softmax", attribute("axis", 3, sub(4, "last")))),
      /theNode[\s\S]*axis/,
    ],
    "an axis that is not there": [model(unary("Softmax", attribute("axis", 2, int(3, 7)))), /theNode/],
    "no graph": [model(), /graph/],
  };
  test.each(Object.entries(models))("%s", async (_, [bytes, said]) => {
    expect(await refusal(written(bytes), 3)).toMatch(said);
  });

  test("all of it is told in one run", async () => {
    const bytes = model(
      graph(
        input("x"),
        node("Frobnicate", ["x"], ["a"], nodeName("first")),
        node("Relu", ["ghost"], ["b"], nodeName("second")),
        node("Mangle", ["x"], ["c"], nodeName("third")),
        output("a"),
        output("b"),
        output("c"),
      ),
    );
    const said = await refusal(written(bytes), 3);
    for (const name of ["first", "second", "third"]) expect(said).toMatch(name);
    const { code, json } = await cliJson("check", written(bytes));
    expect([code, json.diagnostics.length]).toEqual([3, 3]);
  });
});

describe("sizes that are forged", () => {
  const huge = 2n ** 40n;
  const models: Readonly<Record<string, Bytes>> = {
    "a constant of 2^62 elements": model(
      graph(
        input("x"),
        initializer("w", FLOAT, [2n ** 31n, 2n ** 31n], raw(float32s(1))),
        node("Add", ["x", "w"], ["y"]),
        output("y"),
      ),
    ),
    "negative sizes": model(
      graph(input("x"), initializer("w", FLOAT, [-1n], raw(float32s(1))), node("Add", ["x", "w"], ["y"]), output("y")),
    ),
    "data of another length": model(
      graph(input("x"), initializer("w", FLOAT, [3], raw(float32s(1, 2))), node("Add", ["x", "w"], ["y"]), output("y")),
    ),
    "a constant that is filled to a tebibyte": model(
      graph(
        input("x", FLOAT, [1]),
        initializer("s", INT64, [1], packed(7, [huge])),
        node("ConstantOfShape", ["s"], ["c"], nodeName("theNode")),
        node("Add", ["x", "c"], ["y"]),
        output("y", FLOAT, ["n"]),
      ),
    ),
    "an expansion to a pebibyte": model(
      graph(
        input("x", FLOAT, [1]),
        initializer("s", INT64, [2], packed(7, [huge, 1024])),
        node("Expand", ["x", "s"], ["y"], nodeName("theNode")),
        output("y", FLOAT, ["n", "m"]),
      ),
    ),
    "a size beyond 2^53": model(
      graph(input("x", FLOAT, [2 ** 53, 2 ** 20]), node("Relu", ["x"], ["y"]), output("y", FLOAT, ["a", "b"])),
    ),
    "a rank of a thousand": model(
      graph(
        input(
          "x",
          FLOAT,
          Array.from({ length: 1000 }, () => 1),
        ),
        node("Relu", ["x"], ["y"]),
        output("y", FLOAT, [1]),
      ),
    ),
    "a hundred branches within one another": model(graph(input("c", 9, []), ...nested(100), output("y"))),
  };
  test.each(Object.entries(models))("%s", async (name, bytes) => {
    const file = written(bytes);
    const { code } = await cliJson("check", file);
    expect(code).toBeOneOf([0, 3, 4]);
    // What can be said of any sizes is no fault of the model: then it is the target that cannot hold them.
    const out = join(file, "..", "out.psm");
    const exported = await cli("export", file, "-o", out, "--target", "wasm32");
    expect(exported.code, name).toBeOneOf([0, 3, 4]);
    expect(exported.err).not.toMatch(/fault of ours/);
  });
});

test.each(["wasm", "native"])(
  "sizes beyond the machine end the run with exit 4 (%s)",
  async (engine) => {
    const inputs = [input("x", FLOAT, ["n"]), initializer("s", INT64, [2], packed(7, [2n ** 40n, 1]))];
    const bytes = model(graph(...inputs, node("Expand", ["x", "s"], ["y"]), output("y", FLOAT, ["m", "n"])));
    const out = join(written(bytes), "..", "out.psm");
    const target = engine === "wasm" ? "wasm32" : "host";
    expect((await cli("export", join(out, "..", "m.onnx"), "-o", out, "--target", target)).code).toBe(0);
    const args = ["run", out, "--trust", "--engine", engine, "--seed", "1"];
    const { code, json } = await cliJson(...args, "--dim", "n=1");
    expect([code, json.diagnostics[0]?.code]).toEqual([4, "PS5241"]);
    const input9 = await cliJson(...args, "--dim", "n=9000000000000");
    expect([input9.code, input9.json.diagnostics[0]?.code]).toEqual([4, "PS6005"]);
  },
  120_000,
);

function nested(depth: number): readonly Bytes[] {
  let body: readonly Bytes[] = [node("Identity", ["c"], ["y"])];
  for (let k = 0; k < depth; k++)
    body = [
      node(
        "If",
        ["c"],
        ["y"],
        subgraph("then_branch", ...body, output("y")),
        subgraph("else_branch", ...body.slice(0, 0), node("Identity", ["c"], ["y"]), output("y")),
      ),
    ];
  return body;
}

describe("weights beside the model", () => {
  const beside = (entries: Readonly<Record<string, string>>): Bytes =>
    model(
      graph(input("x"), initializer("w", FLOAT, [2], external(entries)), node("Add", ["x", "w"], ["y"]), output("y")),
    );
  const floats = float32s(1, 2);
  const cases: Readonly<Record<string, readonly [entries: Record<string, string>, make: (folder: string) => void]>> = {
    "that are missing": [{ location: "w.bin" }, () => {}],
    "that are too short": [{ location: "w.bin" }, (f) => writeFileSync(join(f, "w.bin"), floats.subarray(0, 4))],
    "in the folder above": [{ location: "../w.bin" }, (f) => writeFileSync(join(f, "..", "w.bin"), floats)],
    "at an absolute place": [{ location: "/etc/passwd" }, () => {}],
    "behind a symbolic link": [{ location: "w.bin" }, (f) => symlinkSync("/etc/passwd", join(f, "w.bin"))],
    "behind a hard link": [
      { location: "w.bin" },
      (f) => {
        writeFileSync(join(f, "other"), floats);
        linkSync(join(f, "other"), join(f, "w.bin"));
      },
    ],
    "that are a folder": [{ location: "w.bin" }, (f) => mkdirSync(join(f, "w.bin"))],
    "with a negative offset": [{ location: "w.bin", offset: "-4" }, (f) => writeFileSync(join(f, "w.bin"), floats)],
    "with a length beyond 64 bits": [
      { location: "w.bin", length: "99999999999999999999999" },
      (f) => writeFileSync(join(f, "w.bin"), floats),
    ],
    "without a place": [{ offset: "0" }, () => {}],
  };
  test.each(Object.entries(cases))("%s", async (_, [entries, make]) => {
    expect(await refusal(written(beside(entries), "m.onnx", make), 3)).toMatch(/'?w'?/);
  });

  test("that shrink while they are exported leave nothing behind", async () => {
    const file = written(beside({ location: "w.bin" }), "m.onnx", (f) => writeFileSync(join(f, "w.bin"), floats));
    const work = cli("export", file, "-o", join(file, "..", "out.psm"), "--target", "wasm32");
    truncateSync(join(file, "..", "w.bin"), 4);
    const { code, err } = await work;
    expect(code, err).toBeOneOf([3, 5]);
    expect(readdirSync(join(file, "..")).sort()).toEqual(["m.onnx", "w.bin"]);
  });
});

describe("MLIR text", () => {
  const texts: Readonly<Record<string, string>> = {
    "that is none": "\u0000\u0001 hello",
    "cut off": "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.add %x, ",
    "with an unknown operation":
      "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.frob %x : tensor<4xf32>\n  return %0 : tensor<4xf32>\n}",
    "with an unknown dialect": "func.func @main() {\n  foo.bar\n  return\n}",
    "with an unknown type": "func.func @main(%x: tensor<4xf33>) {\n  return\n}",
    "with types that do not fit":
      "func.func @main(%x: tensor<4xf32>) -> tensor<5xf32> {\n  return %x : tensor<4xf32>\n}",
    "with a value used before it is there": "func.func @main() -> tensor<f32> {\n  return %0 : tensor<f32>\n}",
    "with sizes beyond all memory": "func.func @main(%x: tensor<9999999999999999999xf32>) {\n  return\n}",
    "with a constant of another length":
      "func.func @main() -> tensor<3xf32> {\n  %0 = stablehlo.constant dense<[1.0, 2.0]> : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}",
    "nested ten thousand deep": `func.func @main() {\n${"scf.execute_region {\n".repeat(10_000)}`,
    "with parentheses in an affine map": `func.func @main() attributes {a = affine_map<(d0) -> (${"(".repeat(10_000)}d0)>} {\n return }`,
    "with minus signs in an affine map": `func.func @main() attributes {a = affine_map<(d0) -> (${"-".repeat(10_000)}d0)>} {\n return }`,
    "with tuples of tuples": `func.func @main(%x: ${"tuple<".repeat(10_000)}`,
    "with arrays of arrays": `func.func @main(%x: !llvm.${"array<1 x ".repeat(10_000)}`,
    "with an alias of itself": `#a = #b\n#b = #a\nfunc.func @main() attributes {a = #a} {\n return }`,
    "with sizes in parentheses": `func.func @main() attributes {psm.symbols = ["s0 in [0, 9]"], psm.shapes = ["${"(".repeat(10_000)}s0"]} {\n return }`,
    "with thirty thousand million results":
      'func.func @main() -> tensor<f32> {\n  %r:29999999999 = "stablehlo.constant"() {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>\n  return %r#0 : tensor<f32>\n}',
    "with a fill of nothing": "func.func @main() {\n  linalg.fill\n  return\n}",
    "with ten thousand brackets": `func.func @main() attributes {a = ${"[".repeat(10_000)}} {\n return }`,
    "without a function": "module {\n}",
    "of a function without a body": "func.func @main(%x: tensor<4xf32>)",
  };
  test.each(Object.entries(texts))("%s", async (_, text) => {
    await refusal(written(text, "m.mlir"), 3);
  });
});

test("one bad byte anywhere in a trained model is refused, or leaves a model", async () => {
  const step = process.env["PERSIMMONS_TESTS"] === "nightly" ? 97 : 2_003;
  for (let at = 0; at < digits.length; at += step) {
    const bytes = Buffer.from(digits);
    bytes[at]! ^= 0xff;
    const file = written(bytes);
    const { code, json } = await cliJson("check", file);
    expect(code, `byte ${at}: ${JSON.stringify(json.diagnostics)}`).toBeOneOf([0, 3]);
  }
}, 300_000);
