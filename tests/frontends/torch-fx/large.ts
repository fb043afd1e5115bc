/** @file Graphs of any size in training form: layers of norms, products, views, slices and writes to a part of a tensor. */

import type { Arg, GraphText, MetaText, NodeText } from "./archive.js";

const t = (tensor: string): Arg => ({ tensor });
const [whole, heads, turned, row] = [
  [2, 8, 16],
  [2, 8, 4, 4],
  [2, 4, 8, 4],
  [2, 16],
] as const;

type Step = readonly [
  target: string,
  sizes: readonly number[],
  inputs: (self: Arg, before: Arg) => Record<string, Arg>,
];

const steps: readonly Step[] = [
  ["layer_norm.default", whole, (input) => ({ input, normalized_shape: [16], weight: t("scale"), bias: t("scale") })],
  ["linear.default", whole, (input) => ({ input, weight: t("weight"), bias: t("scale") })],
  ["view.default", heads, (self) => ({ self, size: [2, 8, 4, 4] })],
  ["transpose.int", turned, (self) => ({ self, dim0: 1, dim1: 2 })],
  ["gelu.default", turned, (self) => ({ self })],
  ["slice.Tensor", turned, (self) => ({ self, dim: 2, start: 0, end: 2 ** 62 })],
  ["transpose.int", heads, (self) => ({ self, dim0: 1, dim1: 2 })],
  ["reshape.default", whole, (self) => ({ self, shape: [2, 8, 16] })],
  ["mul.Tensor", whole, (self) => ({ self, other: 0.5 })],
];

/** About `size` nodes, of which every twelfth writes in place to a part of what the layer makes. */
export function largeGraph(size: number): GraphText {
  const nodes: NodeText[] = [];
  const tensors: Record<string, MetaText> = {
    x: { sizes: whole },
    weight: { sizes: [16, 16] },
    scale: { sizes: [16] },
  };
  const add = (target: string, sizes: readonly number[], inputs: Record<string, Arg>): string => {
    const name = `n${nodes.length}`;
    const trace = `  File "/home/user/net.py", line ${nodes.length + 1}, in forward\n    x = f(x)\n`;
    nodes.push({ target: `aten.${target}`, inputs, outputs: [name], trace });
    tensors[name] = { sizes };
    return name;
  };
  let before = "x";
  while (nodes.length < size) {
    let self = before;
    for (const [target, sizes, inputs] of steps) self = add(target, sizes, inputs(t(self), t(before)));
    const part = add("select.int", row, { self: t(self), dim: 1, index: 0 });
    add("add_.Tensor", row, { self: t(part), other: 1.5 });
    before = add("add.Tensor", whole, { self: t(before), other: t(self) });
  }
  const buffer = (fqn: string, sizes: readonly number[]) => {
    return { fqn, sizes, bytes: new Uint8Array(4 * sizes.reduce((a, b) => a * b, 1)) };
  };
  const buffers = { weight: buffer("weight", [16, 16]), scale: buffer("scale", [16]) };
  return { inputs: ["x"], outputs: [before], nodes, tensors, buffers };
}
