/** @file What layers of networks give, against numbers computed by PyTorch or by hand from its definitions. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importTorch } from "../../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../../frontends/torch-fx/read.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../../ir/ndarray.js";
import { verify } from "../../../../ir/verify.js";
import { newContext } from "../../../../lowering/dialects.js";
import { type Arg, INT64, writeArchive } from "../archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-nn-"));
let files = 0;

/** The numbers that one operator gives for f32 tensors, all other arguments being constants. */
async function run(
  target: string,
  tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>,
  others: Readonly<Record<string, Arg>>,
  ...results: readonly (readonly number[])[]
): Promise<readonly (readonly number[])[]> {
  const names = Object.keys(tensors);
  const outputs = results.map((_, i) => `y${i}`);
  const inputs = { ...Object.fromEntries(names.map((name): [string, Arg] => [name, { tensor: name }])), ...others };
  const sizes = (list: readonly (readonly [string, readonly number[], (number | undefined)?])[]) =>
    Object.fromEntries(list.map(([name, shape, dtype]) => [name, dtype ? { sizes: shape, dtype } : { sizes: shape }]));
  const context = newContext();
  const path = writeArchive(join(folder, `m${files++}.pt2`), {
    inputs: names,
    outputs,
    nodes: [{ target, inputs, outputs }],
    tensors: {
      ...sizes(names.map((name) => [name, tensors[name]!.shape])),
      ...sizes(results.map((shape, i) => [`y${i}`, shape, i > 0 ? INT64 : undefined])),
    },
  });
  const module = importTorch(await readTorch(path, context.diagnostics), context);
  verify(module, context);
  const values = names.map((name) => fromScalars("f32", tensors[name]!.shape, tensors[name]!.values));
  const found = interpret(module, "main", values, context) as readonly NdArray[];
  return found.map((a) => Array.from(a.data as ArrayLike<number | bigint>, Number));
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("contractions", () => {
  it("leave out what is added where beta is 0, even where it is not a number", async () => {
    const [y] = await run(
      "aten.addmm.default",
      {
        self: { shape: [2], values: [Number.NaN, 1] },
        mat1: { shape: [1, 2], values: [1, 2] },
        mat2: { shape: [2, 2], values: [1, 2, 3, 4] },
      },
      { beta: 0, alpha: 2 },
      [1, 2],
    );
    expect(y).toEqual([14, 20]);
  });

  it("multiply by the transposed weights of a linear layer", async () => {
    const tensors = {
      input: { shape: [1, 2], values: [1, 10] },
      weight: { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] },
      bias: { shape: [3], values: [0.5, 0, -1] },
    };
    expect((await run("aten.linear.default", tensors, {}, [1, 3]))[0]).toEqual([21.5, 43, 64]);
  });
});

describe("convolutions", () => {
  it("take operands without a batch", async () => {
    const tensors = {
      input: { shape: [1, 4], values: [1, 2, 3, 4] },
      weight: { shape: [1, 1, 2], values: [1, 10] },
    };
    expect((await run("aten.conv1d.default", tensors, { padding: [1] }, [1, 5]))[0]).toEqual([10, 21, 32, 43, 4]);
  });

  it("that are transposed spread their operand and pad the end by output_padding", async () => {
    const tensors = {
      input: { shape: [1, 1, 2], values: [1, 2] },
      weight: { shape: [1, 1, 2], values: [1, 10] },
    };
    const y = await run("aten.conv_transpose1d.default", tensors, { stride: [2], output_padding: [1] }, [1, 1, 5]);
    expect(y[0]).toEqual([1, 10, 2, 20, 0]);
  });
});

describe("pooling", () => {
  it("gives the place of the largest element in its channel", async () => {
    const values = [...upTo(4), ...upTo(4).reverse()];
    const tensors = { self: { shape: [1, 2, 2, 2], values } };
    const [y, places] = await run(
      "aten.max_pool2d_with_indices.default",
      tensors,
      { kernel_size: [2, 2] },
      [1, 2, 1, 1],
      [1, 2, 1, 1],
    );
    expect(y).toEqual([3, 3]);
    expect(places).toEqual([3, 0]);
  });

  it("shares an axis of five out to three overlapping windows", async () => {
    const tensors = { self: { shape: [1, 1, 5], values: [0, 1, 2, 3, 4] } };
    const [y] = await run("aten.adaptive_avg_pool1d.default", tensors, { output_size: [3] }, [1, 1, 3]);
    expect(y).toEqual([0.5, 2, 3.5]);
  });
});

describe("interpolation", () => {
  it("takes the places of the new elements' middles unless corners are aligned", async () => {
    const tensors = { self: { shape: [1, 1, 2], values: [0, 4] } };
    const size = { output_size: [4] };
    const middles = await run("aten.upsample_linear1d.default", tensors, { ...size, align_corners: false }, [1, 1, 4]);
    expect(middles[0]).toEqual([0, 1, 3, 4]);
    const thirds = { self: { shape: [1, 1, 2], values: [0, 3] } };
    const corners = await run("aten.upsample_linear1d.default", thirds, { ...size, align_corners: true }, [1, 1, 4]);
    corners[0]!.forEach((x, i) => expect(x).toBeCloseTo(i, 5));
  });
});

describe("normalization", () => {
  it("of layers without weights gives mean 0 and variance 1", async () => {
    const tensors = { input: { shape: [1, 2], values: [1, 3] } };
    const [y] = await run("aten.layer_norm.default", tensors, { normalized_shape: [2], eps: 0 }, [1, 2]);
    expect(y).toEqual([-1, 1]);
  });
});
