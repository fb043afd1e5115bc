/** @file Kernels on memrefs as text, and running them before and after a pass on the same made-up data. */

import { allocate, fromArray, toArray } from "../../ir/buffer.js";
import type { Context } from "../../ir/context.js";
import { functionBody, functionName, functionsOf } from "../../ir/dialects/func.js";
import type { Operation } from "../../ir/graph.js";
import { interpret } from "../../ir/interpret.js";
import { fromScalars, type NdArray, sizeOf } from "../../ir/ndarray.js";
import { type MemRefType, staticShape } from "../../ir/types.js";

/** Numbers that differ from one another and from argument to argument. */
function madeUp(shape: readonly number[], seed: number): NdArray {
  return fromScalars(
    "f32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(i * 0.7 + seed))),
  );
}

/** What every function of the module leaves in its last argument, all arguments being f32 memrefs of static shape. */
export function runKernels(module: Operation, context: Context): ReadonlyMap<string, NdArray> {
  const results = new Map<string, NdArray>();
  for (const func of functionsOf(module)) {
    const buffers = functionBody(func).args.map((arg, k) => {
      const shape = staticShape(arg.type as MemRefType);
      const view = allocate("f32", shape);
      fromArray(view, madeUp(shape, k));
      return view;
    });
    interpret(module, functionName(func), buffers, context);
    results.set(functionName(func), toArray(buffers.at(-1)!));
  }
  return results;
}

const memref = (...shape: readonly number[]): string => `memref<${shape.map((d) => `${d}x`).join("")}f32>`;

interface GenericText {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly map: string }[];
  readonly output: { readonly shape: readonly number[]; readonly map: string };
  readonly dims: number;
  readonly kinds: readonly ("parallel" | "reduction")[];
  /** Over %a, %b, … for the inputs and %out. */
  readonly body: string;
}

/** A function around one structured operation. */
export function genericKernel(name: string, g: GenericText): string {
  const dims = Array.from({ length: g.dims }, (_, d) => `d${d}`).join(", ");
  const operands = [...g.inputs, g.output];
  const args = operands.map((x, k) => `%arg${k}: ${memref(...x.shape)}`).join(", ");
  const maps = operands.map((x) => `affine_map<(${dims}) -> (${x.map})>`).join(", ");
  const ins =
    g.inputs.length === 0
      ? ""
      : `ins(${g.inputs.map((_, k) => `%arg${k}`).join(", ")} : ${g.inputs.map((x) => memref(...x.shape)).join(", ")}) `;
  const blockArgs = [...g.inputs.map((_, k) => `%${"abc"[k]}: f32`), "%out: f32"].join(", ");
  return `func.func private @${name}(${args}) {
  linalg.generic {indexing_maps = [${maps}], iterator_types = [${g.kinds.map((k) => `"${k}"`).join(", ")}]} ${ins}outs(%arg${g.inputs.length} : ${memref(...g.output.shape)}) {
  ^bb0(${blockArgs}):
    ${g.body}
  }
  return
}`;
}

const sumOfProducts = `%p = arith.mulf %a, %b : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32`;

/** out[m, n] += a[m, k] * b[k, n], or b[n, k] when transposed. */
export function matmulKernel(name: string, m: number, n: number, k: number, transposed = false): string {
  return genericKernel(name, {
    inputs: [
      { shape: [m, k], map: "d0, d2" },
      transposed ? { shape: [n, k], map: "d1, d2" } : { shape: [k, n], map: "d2, d1" },
    ],
    output: { shape: [m, n], map: "d0, d1" },
    dims: 3,
    kinds: ["parallel", "parallel", "reduction"],
    body: sumOfProducts,
  });
}

export interface ConvolutionShape {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
  readonly window: number;
  readonly stride: number;
}

/** NCHW input that is already padded, OIHW weights. */
export function convolutionKernel(name: string, s: ConvolutionShape): string {
  const reach = (size: number): number => (size - 1) * s.stride + s.window;
  return genericKernel(name, {
    inputs: [
      {
        shape: [s.batch, s.channels, reach(s.height), reach(s.width)],
        map: `d0, d4, d2 * ${s.stride} + d5, d3 * ${s.stride} + d6`,
      },
      { shape: [s.filters, s.channels, s.window, s.window], map: "d1, d4, d5, d6" },
    ],
    output: { shape: [s.batch, s.filters, s.height, s.width], map: "d0, d1, d2, d3" },
    dims: 7,
    kinds: ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"],
    body: sumOfProducts,
  });
}
