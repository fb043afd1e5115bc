/** @file A manifest that uses every table, every action and every optional field, for the tests of the bundle. */

import type { Action, Manifest, Step } from "../../../runtime-lib/bundle/generated/manifest.js";

export const hash = (digit: string): string => digit.repeat(64);

const step = (action: Action, ...sources: number[]): Step => ({ action, sources });

const launch = (kernel: number, buffers: readonly number[], scalars: readonly string[] = []): Step =>
  step({ kind: "launch", kernel, buffers, scalars }, 0);

/** Buffers: 0 input, 1 weight, 2 arena, 3 output, 4 state, 5 heap, 6 flag. Sixteen steps, those inside counted. */
const steps: readonly Step[] = [
  launch(0, [0, 1, 2]),
  step({ kind: "copy", from: 2, fromOffset: "0", to: 3, toOffset: "64*s0", bytes: "4*s0" }),
  step({ kind: "bind", symbol: 1, buffer: 6, offset: "8*s0", dtype: "i32" }),
  step({ kind: "require", check: 1, buffer: 6 }),
  step({ kind: "alloc", buffer: 5 }),
  step({
    kind: "if",
    condition: 6,
    body: [launch(1, [2], ["s0 floordiv 2"])],
    otherwise: [step({ kind: "while", before: [launch(1, [6], ["1"])], condition: 6, body: [launch(1, [4], ["u0"])] })],
  }),
  step({ kind: "free", buffer: 5 }),
  step({
    kind: "collective",
    operation: "all_reduce",
    reduction: "sum",
    dtype: "f32",
    inputs: [2],
    outputs: [3],
    groups: [0, 1, 2, 3],
    groupSize: 2,
    slices: "1",
    sliceBytes: "4*s0",
    channel: 7,
  }),
  step({ kind: "define", symbol: 1, value: "2 * s0" }),
  step({ kind: "move", from: 5, to: 5 }),
  step({ kind: "switch", value: "u0", cases: [{ value: -1, body: [launch(1, [2], ["0"])] }], otherwise: [] }),
];

export const sampleManifest: Manifest = {
  formatVersion: 1,
  producer: "persimmons 0.1.0",
  model: "tiny",
  source: { stem: "tiny", kind: "onnx", sha256: hash("a") },
  options: [{ name: "compute", value: "bf16" }],
  files: [
    { name: "kernels.host.ll", size: 1234, sha256: hash("b") },
    { name: "weights.safetensors", size: 576, sha256: hash("c") },
  ],
  symbols: [
    { name: "s0", kind: "input", min: 1, max: 8 },
    { name: "u0", kind: "data", min: 0 },
  ],
  weightData: { file: "weights.safetensors", offset: 448, bytes: 128 },
  weights: [
    { name: "fc.weight", dtype: "f32", shape: [2, 4], offset: 0, bytes: 32 },
    { name: "fc.packed", dtype: "bf16", shape: [16], offset: 64, bytes: 32, layout: "k/2, n, 2" },
  ],
  states: [{ name: "kv", dtype: "f32", shape: ["s0", "64"], weight: 0, sharding: '<@mesh, [{"x"}, {}]>' }],
  entries: [
    {
      name: "main",
      inputs: [{ name: "x", dtype: "f32", shape: ["s0", "4"], allocatedByRun: false }],
      outputs: [
        { name: "y", dtype: "f32", shape: ["s0*2", "2"], allocatedByRun: false, sharding: "<@mesh, [{}, {}]>" },
        { name: "größe", dtype: "i64", shape: ["u0"], allocatedByRun: true },
      ],
      states: [{ state: 0, argument: "past", result: "present" }],
      checks: [
        { message: "dimension 1 of x must be 4", input: 0, dimension: 1, expected: "4" },
        { message: "the index must be in range" },
      ],
      inputNesting: "[0]",
      outputNesting: '{"y": 0}',
    },
  ],
  sources: [
    { file: "tiny.onnx", node: "fc", line: 0, column: 0 },
    { file: "model.py", line: 12, column: 5 },
  ],
  mesh: { name: "mesh", axes: [{ name: "x", size: 4 }] },
  targets: [
    {
      name: "host",
      kind: "native",
      triple: "x86_64-unknown-linux-gnu",
      cpu: "znver4",
      features: ["+avx2", "+fma"],
      module: "kernels.host.ll",
      kernels: [
        {
          symbol: "tiny_k0",
          arguments: [
            { name: "a", kind: "read", dtype: "f32" },
            { name: "b", kind: "read", dtype: "f32" },
            { name: "c", kind: "write", dtype: "f32" },
          ],
          grid: ["s0 ceildiv 4"],
          flops: "16*s0",
          bytes: "32+24*s0",
          sources: [0, 1],
          summary: "matmul 14x32 f32",
          remarks: [
            {
              pass: "tile",
              what: "tiles of 14 x 32",
              why: "that many sums fit the registers",
              numbers: [{ name: "registers", value: "32" }],
            },
          ],
        },
        {
          symbol: "tiny_k1",
          arguments: [
            { name: "a", kind: "update", dtype: "f32" },
            { name: "n", kind: "scalar", dtype: "i64" },
          ],
          grid: [],
          flops: "n",
          bytes: "8*n",
          sources: [],
          summary: "relu in place",
          remarks: [],
        },
      ],
      programs: [
        {
          entry: 0,
          buffers: [
            { kind: "input", index: 0, size: "16*s0", offset: "0", begin: 0, end: 12, alignment: 4, name: "x" },
            { kind: "weight", index: 0, size: "32", offset: "0", begin: 0, end: 12, alignment: 64 },
            { kind: "arena", index: 0, size: "8*s0", offset: "0", begin: 0, end: 10, alignment: 64 },
            { kind: "output", index: 0, size: "16*s0", offset: "0", begin: 1, end: 12, alignment: 4 },
            { kind: "state", index: 0, size: "256*s0", offset: "0", begin: 0, end: 12, alignment: 64 },
            { kind: "heap", index: 0, size: "8*u0", offset: "0", begin: 4, end: 11, alignment: 64 },
            { kind: "arena", index: 0, size: "1", offset: "max(64, 8*s0)", begin: 2, end: 10, alignment: 64 },
          ],
          steps,
          memory: { arenaBytes: "max(64, 8*s0) + 64", lowerBoundBytes: "8*s0 + 1" },
        },
      ],
    },
  ],
};

/** The least a manifest can be. */
export const emptyManifest: Manifest = {
  formatVersion: 1,
  producer: "persimmons 0.1.0",
  model: "m",
  source: { stem: "m", kind: "mlir", sha256: hash("0") },
  options: [],
  files: [],
  symbols: [],
  weights: [],
  states: [],
  entries: [],
  sources: [],
  targets: [],
};
