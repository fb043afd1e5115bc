/** @file `check` and `inspect` of torch.export archives: operators as the model names them, the user's names, what helps. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Arg,
  entriesOf,
  type GraphText,
  type NodeText,
  programJson,
  zipped,
} from "../frontends/torch-fx/archive.js";
import { cli, cliJson } from "./session.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-check-"));
let files = 0;

const t = (tensor: string): Arg => ({ tensor });
const node = (target: string, output: string, inputs: Readonly<Record<string, Arg>>, line = 1): NodeText => ({
  target,
  inputs,
  outputs: [output],
  trace: `  File "/home/user/net.py", line ${line}, in forward\n    x = f(x)\n`,
});

function archive(graph: GraphText, change: (json: ReturnType<typeof programJson>) => void = () => {}): string {
  const path = join(folder, `m${files++}.pt2`);
  const json = programJson(graph);
  change(json);
  writeFileSync(path, zipped(entriesOf(graph, json)));
  return path;
}

const small: GraphText = {
  inputs: ["x"],
  outputs: ["d"],
  tensors: {
    x: { sizes: [2, 3] },
    a: { sizes: [2, 3] },
    b: { sizes: [2, 3] },
    c: { sizes: [2, 3] },
    d: { sizes: [2, 3] },
  },
  nodes: [
    node("aten.relu.default", "a", { self: t("x") }, 3),
    node("torch.ops.mine.twist.default", "b", { self: t("a") }, 4),
    node("aten.relu.default", "c", { self: t("b") }, 5),
    node("torch.ops.mine.twist.default", "d", { self: t("c") }, 6),
  ],
};

describe("check of an archive", () => {
  it("counts operators as the model names them, and tells a custom one by its name, its lines and a kernel to bind", async () => {
    const path = archive(small);
    const { code, json } = await cliJson("check", path);
    expect(code).toBe(3);
    expect(json["coverage"]).toEqual([
      { operator: "aten.relu.default", nodes: 2, refused: 0 },
      {
        operator: "mine.twist.default",
        nodes: 2,
        refused: 2,
        custom: true,
        places: ["/home/user/net.py:4", "/home/user/net.py:6"],
        fixes: ["bind a kernel to the operator mine.twist.default, or write it with operators of PyTorch"],
      },
    ]);
    const { out } = await cli("check", path);
    expect(out).toMatch(
      /mine\.twist\.default +2 {2}a custom operator, 2 not supported\n {2}at \/home\/user\/net\.py:4\n/,
    );
    expect(out).toMatch(/\n2 of 4 nodes supported\n/);
  });

  it("counts the nodes of graphs within", async () => {
    const inner = (json: ReturnType<typeof programJson>): void => {
      const module = json["graph_module"] as { graph: { nodes: { inputs: unknown[]; target: string }[] } };
      const { graph } = structuredClone(module);
      graph.nodes.splice(1);
      const [first] = module.graph.nodes;
      first!.target = "torch.ops.higher_order.wrap_with_set_grad_enabled";
      first!.inputs.unshift(
        { name: "", arg: { as_bool: false }, kind: 1 },
        {
          name: "",
          arg: { as_graph: { name: "body", graph: { ...graph, outputs: [{ as_tensor: { name: "a" } }] } } },
          kind: 1,
        },
      );
    };
    const { json } = await cliJson(
      "check",
      archive({ ...small, outputs: ["a"], nodes: small.nodes.slice(0, 1) }, inner),
    );
    expect((json["coverage"] as { operator: string; nodes: number }[]).map((c) => [c.operator, c.nodes])).toEqual([
      ["aten.relu.default", 1],
      ["higher_order.wrap_with_set_grad_enabled", 1],
    ]);
  });

  it("succeeds where everything is supported", async () => {
    const path = archive({ ...small, outputs: ["a"], nodes: small.nodes.slice(0, 1) });
    const { code, out } = await cli("check", path);
    expect([code, out]).toEqual([0, "aten.relu.default      1  supported\n1 of 1 nodes supported\n"]);
  });
});

describe("inspect of an archive", () => {
  const leaf = { type: null, context: null, children_spec: [] };
  const tuple = (...children: unknown[]): unknown => ({
    type: "builtins.tuple",
    context: "null",
    children_spec: children,
  });
  const dict = { type: "builtins.dict", context: "[]", children_spec: [] };

  it("names arguments as the user does, and says which sizes may vary, and within which bounds", async () => {
    const s0 = "Symbol('s0', positive=True, integer=True)";
    const graph: GraphText = {
      inputs: ["arg_1"],
      outputs: ["y"],
      tensors: { arg_1: { sizes: [s0, 3] }, w: { sizes: [2, 3] }, y: { sizes: [`Add(${s0}, Integer(2))`, 3] } },
      nodes: [node("aten.cat.default", "y", { tensors: [t("arg_1"), t("w")], dim: 0 })],
      ranges: { s0: [2, 64] },
      buffers: { w: { fqn: "table", bytes: new Uint8Array(24), sizes: [2, 3] } },
    };
    const path = archive(graph, (json) => {
      const signature = {
        inputs: [],
        outputs: [],
        in_spec: JSON.stringify([1, tuple(tuple(leaf), dict)]),
        out_spec: JSON.stringify([1, leaf]),
        forward_arg_names: ["tokens"],
      };
      (json["graph_module"] as Record<string, unknown>)["module_call_graph"] = [{ fqn: "", signature }];
    });
    const { json } = await cliJson("inspect", path);
    expect(json).toMatchObject({
      format: "pt2",
      producer: "PyTorch 2.13.0",
      inputs: [{ name: "tokens", type: "float32[s0, 3]" }],
      outputs: [{ name: "output", type: "float32[s0 + 2, 3]" }],
      symbols: [{ name: "s0", min: 2, max: 64, at: ["tokens[0]"] }],
      operators: [{ operator: "aten.cat.default", count: 1 }],
      weights: { count: 1, bytes: 24, external: 0 },
    });
    expect((await cli("inspect", path)).out).toMatch(/sizes that may vary\n {2}s0: from 2 to 64, of tokens\[0\]\n/);
  });
});
