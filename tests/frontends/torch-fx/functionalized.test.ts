/** @file Operators that write, as decomposed graphs wrap them: what they write are views of copies, which are results. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { importTorch } from "../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../frontends/torch-fx/read.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { entriesOf, type GraphText, programJson, zipped } from "./archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-functionalized-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** Arguments as the schema writes them. */
type Given = Readonly<Record<string, unknown>>;

const tensors = (...names: readonly string[]): unknown => ({ as_tensors: names.map((name) => ({ name })) });
const int = (value: number): unknown => ({ as_int: value });
const ints = (...values: readonly number[]): unknown => ({ as_ints: values });

/** A graph of one wrapped operator; `outputs` are names, and null where the operator gives nothing. */
function wrapped(
  operator: string,
  given: Given,
  outputs: readonly (string | null)[],
  { version = "_v2", inputs = ["x"] as readonly string[] } = {},
): string {
  const results = outputs.filter((name) => name !== null);
  const graph: GraphText = {
    inputs,
    outputs: results,
    tensors: Object.fromEntries([...inputs, ...results].map((name) => [name, { sizes: [4, 3] }])),
    nodes: [
      {
        target: `torch.ops.higher_order.auto_functionalized${version}`,
        inputs: {},
        outputs: [],
        trace: '  File "/home/user/net.py", line 7, in forward\n    f(x)\n',
      },
    ],
  };
  const json = programJson(graph);
  const [node] = (json["graph_module"] as { graph: { nodes: Record<string, unknown>[] } }).graph.nodes;
  node!["inputs"] = [
    { name: "", arg: { as_operator: `torch.ops.${operator}` }, kind: 1 },
    ...Object.entries(given).map(([name, arg]) => ({ name, arg, kind: 2 })),
  ];
  node!["outputs"] = outputs.map((name) => (name === null ? { as_none: true } : { as_tensor: { name } }));
  const path = join(folder, `m${files++}.pt2`);
  writeFileSync(path, zipped(entriesOf(graph, json)));
  return path;
}

const counted = Array.from({ length: 12 }, (_, k) => k);

async function run(path: string, inputs = 1): Promise<readonly (readonly number[])[]> {
  const context = newContext();
  const module = importTorch(await readTorch(path, context.diagnostics), context);
  expect(verify(module, context)).toEqual([]);
  const given = Array.from({ length: inputs }, () => fromScalars("f32", [4, 3], counted));
  const results = interpret(module, "main", given, context) as readonly NdArray[];
  return results.map((r) => Array.from(r.data as ArrayLike<number>));
}

async function problems(path: string): Promise<string> {
  const context = newContext();
  try {
    importTorch(await readTorch(path, context.diagnostics), context);
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "";
}

describe("an operator that writes, wrapped", () => {
  it("writes a whole copy, and leaves what it was given", async () => {
    const given = { other: { as_float: 2 }, _self_base_index: int(0), _all_bases: tensors("x") };
    expect(await run(wrapped("aten.mul_.Tensor", given, [null, "y"]))).toEqual([counted.map((x) => 2 * x)]);
    const alias = { ...given, _self_alias: { as_bool: true } };
    expect(await run(wrapped("aten.mul_.Tensor", alias, [null, "y"]))).toEqual([counted.map((x) => 2 * x)]);
  });

  it("writes a slice of a copy", async () => {
    const given = {
      other: { as_float: 2 },
      _self_base_index: int(0),
      _self_slice_dim: int(0),
      _self_slice_start: int(1),
      _self_slice_end: int(3),
      _all_bases: tensors("x"),
    };
    const wanted = counted.map((x) => (x >= 3 && x < 9 ? 2 * x : x));
    expect(await run(wrapped("aten.mul_.Tensor", given, [null, "y"]))).toEqual([wanted]);
  });

  it("writes what sizes, strides and an offset show of a copy", async () => {
    const given = {
      other: { as_float: 10 },
      _self_base_index: int(0),
      _self_size: ints(3),
      _self_stride: ints(3),
      _self_storage_offset: int(1),
      _all_bases: tensors("x"),
    };
    const wanted = counted.map((x) => ([1, 4, 7].includes(x) ? 10 * x : x));
    expect(await run(wrapped("aten.mul_.Tensor", given, [null, "y"]))).toEqual([wanted]);
  });

  it("reads one base while it writes another, of several", async () => {
    const given = { other: { as_tensor: { name: "z" } }, _self_base_index: int(1), _all_bases: tensors("x", "z") };
    const path = wrapped("aten.add_.Tensor", given, [null, "y", "w"], { inputs: ["x", "z"] });
    expect(await run(path, 2)).toEqual([counted, counted.map((x) => 2 * x)]);
  });

  it("is one of the older kind, which names what is written", async () => {
    const given = { self: { as_tensor: { name: "x" } }, other: { as_float: 3 } };
    const path = wrapped("aten.mul_.Tensor", given, [null, "y"], { version: "" });
    expect(await run(path)).toEqual([counted.map((x) => 3 * x)]);
  });

  it("is refused by its own name where it has no row, with the line and a kernel to bind", async () => {
    const given = { by: { as_float: 2 }, _x_base_index: int(0), _all_bases: tensors("x") };
    const message = await problems(wrapped("mine.twist.default", given, [null, "y"]));
    expect(message).toMatch(/net\.py:7.*PS2401: mine\.twist\.default on float32 is not supported/s);
    expect(message).toMatch(/fix: bind a kernel to the operator mine\.twist\.default/);
    const old = await problems(
      wrapped("mine.twist.default", { x: { as_tensor: { name: "x" } } }, [null, "y"], { version: "" }),
    );
    expect(old).toMatch(/mine\.twist\.default.*fix: bind a kernel/s);
  });

  it("is refused where the arguments are not as PyTorch writes them", async () => {
    expect(await problems(wrapped("aten.mul_.Tensor", { _self_base_index: int(0) }, ["y"]))).toMatch(/lists no bases/);
    const far = { other: { as_float: 2 }, _self_base_index: int(5), _all_bases: tensors("x") };
    expect(await problems(wrapped("aten.mul_.Tensor", far, [null, "y"]))).toMatch(/argument 'self'/);
  });
});
