/** @file Archives of torch.export that are whole, damaged or hostile: what is read, and how what is wrong is told. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importTorch } from "../../../frontends/torch-fx/import.js";
import { integerOf, parseJson } from "../../../frontends/torch-fx/json.js";
import { readTorch, scanTorch } from "../../../frontends/torch-fx/read.js";
import type { NamedProgram } from "../../../frontends/torch-fx/records.js";
import { knownTargets, parseSignature, signatureOf } from "../../../frontends/torch-fx/signatures.js";
import { dimOf, parseSympy } from "../../../frontends/torch-fx/sympy.js";
import { CompileError, DiagnosticSink } from "../../../ir/diagnostic.js";
import { newContext } from "../../../lowering/dialects.js";
import { fuzzed, fuzzTimeout } from "../../support/fuzz.js";
import { entriesOf, floats, type GraphText, programJson, zipped } from "./archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-read-pt2-"));
const path = join(folder, "m.pt2");

const graph: GraphText = {
  inputs: ["x"],
  outputs: ["y"],
  buffers: { b: { fqn: "bias", bytes: floats(1, 2, 3, 4, 5, 6), sizes: [2, 3], strides: [1, 2] } },
  tensors: { x: { sizes: [2, 3] }, b: { sizes: [2, 3] }, y: { sizes: [2, 3] } },
  nodes: [
    {
      target: "aten.add.Tensor",
      inputs: { self: { tensor: "x" }, other: { tensor: "b" } },
      outputs: ["y"],
      trace: 'File "model.py", line 7, in forward',
    },
  ],
};

/** Everything that is reported of an archive of these bytes. */
async function reports(bytes: Uint8Array): Promise<string> {
  writeFileSync(path, bytes);
  try {
    await readTorch(path, new DiagnosticSink());
  } catch (error) {
    if (error instanceof CompileError) return error.message.replaceAll(path, "m.pt2");
    throw error;
  }
  return "";
}

type Change = (json: ReturnType<typeof programJson>) => void;

/** The archive with its JSON changed. */
function changed(change: Change): Uint8Array {
  const json = structuredClone(programJson(graph));
  change(json);
  return zipped(entriesOf(graph, json));
}

type Loose = { [key: string]: Loose } & Loose[];
const at = (json: unknown): Loose => json as Loose;

describe("an archive", () => {
  it("is read with its tensors as views of their storage", async () => {
    writeFileSync(path, zipped(entriesOf(graph)));
    const [{ program }] = (await readTorch(path, new DiagnosticSink())) as [NamedProgram];
    expect(program.graph.nodes.map((n) => n.target)).toEqual(["aten.add.Tensor"]);
    expect(program.graph.nodes[0]!.at).toMatchObject({ node: "y", source: "model.py:7" });
    expect(program.payloads.get("bias")).toMatchObject({ meta: { sizes: [2, 3], strides: [1, 2], offset: 0 } });
  });

  it.each<readonly [string, () => Uint8Array, string]>([
    ["that is empty", () => new Uint8Array(), "m.pt2: error PS2302: the file is no archive"],
    ["that is no zip", () => new TextEncoder().encode("hello".repeat(50)), "error PS2302: the file is no archive"],
    ["that is cut short", () => zipped(entriesOf(graph)).slice(0, -300), "error PS2302: the file is no archive"],
    ["that is compressed", () => zipped(entriesOf(graph), 6), "PS2302: entry 'm/models/model.json' is compressed"],
    ["without a graph", () => zipped({ "m/byteorder": floats(1) }), "PS2302: the archive holds no graph"],
    ["of pickles", () => zipped({ "m/data.pkl": floats(1) }), "a pickle ('m/data.pkl'), which is never read"],
    [
      "with two models",
      () => zipped({ ...entriesOf(graph), "m/models/a.json": floats(1), "m/models/model.json": floats(1) }),
      "PS2303: 'm/models/model.json' is no JSON",
    ],
    [
      "whose graph is no JSON",
      () => zipped({ ...entriesOf(graph), "m/models/model.json": new TextEncoder().encode("{") }),
      "PS2303",
    ],
    [
      "of another schema",
      () => changed((j) => (at(j)["schema_version"]!["major"] = at(9))),
      "PS2304: the graph has schema 9, written by PyTorch 2.13.0",
    ],
    [
      "whose tensor is missing",
      () => {
        const { "m/data/weights/weight_0": _, ...rest } = entriesOf(graph);
        return zipped(rest);
      },
      "m.pt2#bias: error PS2306: tensor 'bias' has no data: the archive has no entry 'm/data/weights/weight_0'",
    ],
    [
      "whose storage is too short",
      () => zipped({ ...entriesOf(graph), "m/data/weights/weight_0": floats(1, 2) }),
      "tensor 'bias' reaches byte 24 of a storage of 8 bytes",
    ],
    [
      "with a node of no target",
      () => changed((j) => (at(j)["graph_module"]!["graph"]!["nodes"]![0]!["target"] = at(3))),
      "m.pt2#y (model.py:7): error PS2305: node 0 of the graph: target: a text is expected, not 3",
    ],
    [
      "with an argument of no kind",
      () =>
        changed((j) => (at(j)["graph_module"]!["graph"]!["nodes"]![0]!["inputs"]![0]!["arg"] = at({ as_dragon: 1 }))),
      "inputs[0].arg: 'as_dragon' is no kind of argument",
    ],
    [
      "with sizes that are no expression",
      () =>
        changed(
          (j) =>
            (at(j)["graph_module"]!["graph"]!["tensor_values"]!["x"]!["sizes"]![0] = at({
              as_expr: { expr_str: "import os" },
            })),
        ),
      "tensor 'x': sizes[0].expr_str: 'import os' is no expression",
    ],
    [
      "of a layout that is not dense",
      () => changed((j) => (at(j)["graph_module"]!["graph"]!["tensor_values"]!["x"]!["layout"] = at(2))),
      "layout: only strided tensors are supported",
    ],
  ])("%s is refused", async (_, bytes, wanted) => {
    expect(await reports(bytes())).toContain(wanted);
  });

  it("with a pickled tensor names it", async () => {
    const entries = entriesOf(graph);
    const name = "m/data/weights/model_weights_config.json";
    const config = new TextDecoder().decode(entries[name]!).replace('"use_pickle":false', '"use_pickle":true');
    const text = await reports(zipped({ ...entries, [name]: new TextEncoder().encode(config) }));
    expect(text).toContain("tensor 'bias' is stored as a pickle, which is never read");
  });

  it("with several faults lists them all", async () => {
    const text = await reports(
      changed((j) => {
        const inner = at(j)["graph_module"]!["graph"]!;
        inner["nodes"]![0]!["target"] = at(null);
        inner["tensor_values"]!["y"]!["dtype"] = at(9);
        inner["tensor_values"]!["b"]!["sizes"] = at("two");
      }),
    );
    expect(text.match(/error PS2305/g)).toHaveLength(2);
    expect(text).toContain("error PS2309: tensor 'y': dtype: torch.complex32 is not supported");
  });

  it("with entries that overlap is refused", async () => {
    const bytes = zipped(entriesOf(graph));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const starts: number[] = [];
    for (let i = 0; i + 4 < bytes.length; i++) if (view.getUint32(i, true) === 0x02014b50) starts.push(i);
    // Every entry of the directory says that it lies where the first one does.
    for (const start of starts) view.setUint32(start + 42, 0, true);
    expect(await reports(bytes)).toContain("overlap");
  });
});

describe("damage", () => {
  const whole = zipped(entriesOf(graph));

  async function survives(bytes: Uint8Array): Promise<void> {
    writeFileSync(path, bytes);
    const context = newContext();
    try {
      const program = await scanTorch(path, context.diagnostics);
      if (program !== undefined && !context.diagnostics.hasErrors) importTorch(program, context);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
    }
  }

  it(
    "of any bytes is told, or does no harm",
    async () => {
      const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(edits, async (changes) => {
          const bytes = whole.slice();
          for (const [place, value] of changes) bytes[place] = value;
          await survives(bytes);
        }),
        fuzzed(200),
      );
    },
    fuzzTimeout,
  );

  it(
    "of the graph's values is told, or does no harm",
    async () => {
      const values = fc.oneof(
        fc.integer(),
        fc.constant(null),
        fc.string(),
        fc.constant([]),
        fc.constant({}),
        fc.boolean(),
      );
      await fc.assert(
        fc.asyncProperty(fc.nat(), values, async (which, value) => {
          const json = structuredClone(programJson(graph));
          replaceNth(json, which, value);
          await survives(zipped(entriesOf(graph, json)));
        }),
        fuzzed(300),
      );
    },
    fuzzTimeout,
  );
});

/** Replaces one of the values inside, counted in some order. */
function replaceNth(root: unknown, which: number, value: unknown): void {
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const visit = (x: unknown): void => {
    if (typeof x !== "object" || x === null) return;
    for (const key of Object.keys(x)) {
      places.push([x as Record<string, unknown>, key]);
      visit((x as Record<string, unknown>)[key]);
    }
  };
  visit(root);
  const [object, key] = places[which % places.length]!;
  object[key] = value;
}

describe("JSON", () => {
  it("keeps integers beyond 2^53, and what looks like them inside texts and fractions", () => {
    const text =
      '{"end": 9223372036854775807, "low": -9223372036854775808, "name": "x: 9223372036854775807,", "f": 0.35355339059327373, "e": 12000000000000000000e3}';
    const json = parseJson(text) as Record<string, never>;
    expect(integerOf(json["end"])).toBe(9223372036854775807n);
    expect(integerOf(json["low"])).toBe(-9223372036854775808n);
    expect(json["name"]).toBe("x: 9223372036854775807,");
    expect([json["f"], json["e"]]).toEqual([0.35355339059327373, 1.2e22]);
  });

  it("of any kind is read as JSON.parse reads it, long integers apart", () => {
    const isLong = (x: number): boolean => Number.isInteger(x) && Math.abs(x) >= 1e15 && Math.abs(x) < 1e21;
    const exact = (x: unknown): unknown => {
      if (typeof x === "number") return isLong(x) ? `\u0001${x}` : x;
      if (Array.isArray(x)) return x.map(exact);
      if (typeof x !== "object" || x === null) return x;
      return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, exact(value)]));
    };
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(text)).toEqual(exact(JSON.parse(text)));
      }),
      { ...fuzzed(300), examples: [['["a\\\\\\"1234567890123456789"]']] },
    );
  });
});

describe("expressions over sizes", () => {
  const { dims } = newContext();
  const s0 = dims.symbol("s0", { min: 1, max: 64 });
  const value = (text: string): unknown => {
    const d = dimOf(parseSympy(text), dims, (name) => (name === "s0" ? s0 : undefined));
    return typeof d === "number" || d === undefined ? d : dims.print(d);
  };
  const S = "Symbol('s0', positive=True, integer=True)";

  it.each([
    [`Add(${S}, Integer(-1))`, "s0 - 1"],
    [`Mul(Integer(2), Pow(${S}, Integer(2)))`, "s0*s0*2"],
    [`FloorDiv(Add(${S}, Integer(3)), Integer(4))`, "floordiv(s0 + 3, 4)"],
    [`CeilToInt(IntTrueDiv(${S}, Integer(4)))`, "floordiv(s0 + 3, 4)"],
    [`ModularIndexing(${S}, Integer(1), Integer(8))`, "mod(s0, 8)"],
    [`Max(Integer(1), ${S})`, "s0"],
    [`Mul(Rational(1, 2), Mul(Integer(4), ${S}))`, "s0*2"],
    ["Integer(7)", 7],
    ["Symbol('u0', integer=True)", undefined],
  ])("%s", (text, wanted) => {
    expect(value(text)).toBe(wanted);
  });

  it.each([
    "",
    "Add(",
    "Symbol(s0)",
    "__import__('os')",
    "Add(Integer(1) Integer(2))",
    "Integer(1.5)",
    `${"Add(".repeat(500)}`,
  ])("'%s' is none", (text) => {
    expect(() => parseSympy(text)).toThrow(SyntaxError);
  });

  it("of any characters are read, or are none", () => {
    const words = fc.constantFrom(
      "Add",
      "Integer",
      "(",
      ")",
      ",",
      "'s0'",
      "1",
      "-2",
      "=",
      "True",
      "Symbol",
      " ",
      ".",
      "Rational",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        try {
          parseSympy(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      fuzzed(500),
    );
  });
});

describe("signatures", () => {
  it("say names, defaults, what is written and what is shared", () => {
    const { parameters, results } = parseSignature(
      '(Tensor(a!) self, SymInt[2] stride=[1, 1], *, Scalar alpha=1, str mode="same", ScalarType? dtype=None) -> Tensor(a!)',
    );
    expect(parameters.map((p) => p.name)).toEqual(["self", "stride", "alpha", "mode", "dtype"]);
    expect(parameters[0]).toMatchObject({ type: "Tensor", alias: "a", isWritten: true, isList: false });
    expect(parameters[1]).toMatchObject({ type: "SymInt", isList: true, length: 2 });
    expect(parameters.slice(1).map((p) => p.default?.kind)).toEqual(["list", "int", "string", "none"]);
    expect(results).toMatchObject([{ alias: "a", isWritten: true }]);
  });

  it("of every operator can be read", () => {
    for (const target of knownTargets()) expect(signatureOf(target), target).toBeDefined();
    expect(knownTargets().length).toBeGreaterThan(2000);
  });
});
