/** @file The thirty kernels of PolyBench at MINI size, up to where their loops are affine ones on memrefs. */

import { fileURLToPath } from "node:url";
import { importPython } from "../../../../frontends/python-kernels/import.js";
import { allocate, type BufferView, fromArray, toArray } from "../../../../ir/buffer.js";
import type { Context } from "../../../../ir/context.js";
import { functionBody, functionName, functionsOf } from "../../../../ir/dialects/func.js";
import type { Operation } from "../../../../ir/graph.js";
import { interpret } from "../../../../ir/interpret.js";
import { LOOPS } from "../../../../ir/names.js";
import { fromScalars, type NdArray, sizeOf, toBytes } from "../../../../ir/ndarray.js";
import { type MemRefType, staticShape } from "../../../../ir/types.js";
import { bufferize } from "../../../../lowering/bufferize/bufferize.js";
import { newContext } from "../../../../lowering/dialects.js";
import { outlineKernels } from "../../../../lowering/fuse/outline-kernels.js";
import { stablehloToLinalg } from "../../../../lowering/fuse/stablehlo-to-linalg.js";
import { foldConstants } from "../../../../lowering/simplify/fold-constants.js";
import { resolveSizes } from "../../../../lowering/simplify/resolve-sizes.js";

/** Sizes by kernel. */
export const polybench: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ["2mm", { NI: 16, NJ: 18, NK: 22, NL: 24 }],
  ["3mm", { NI: 16, NJ: 18, NK: 20, NL: 22, NM: 24 }],
  ["adi", { TSTEPS: 20, N: 20 }],
  ["atax", { M: 38, N: 42 }],
  ["bicg", { M: 38, N: 42 }],
  ["cholesky", { N: 40 }],
  ["correlation", { M: 28, N: 32 }],
  ["covariance", { M: 28, N: 32 }],
  ["deriche", { W: 64, H: 64 }],
  ["doitgen", { NQ: 8, NR: 10, NP: 12 }],
  ["durbin", { N: 40 }],
  ["fdtd_2d", { TMAX: 20, NX: 20, NY: 30 }],
  ["floyd_warshall", { N: 60 }],
  ["gemm", { NI: 20, NJ: 25, NK: 30 }],
  ["gemver", { N: 40 }],
  ["gesummv", { N: 30 }],
  ["gramschmidt", { M: 20, N: 30 }],
  ["heat_3d", { TSTEPS: 20, N: 10 }],
  ["jacobi_1d", { TSTEPS: 20, N: 30 }],
  ["jacobi_2d", { TSTEPS: 20, N: 30 }],
  ["lu", { N: 40 }],
  ["ludcmp", { N: 40 }],
  ["mvt", { N: 40 }],
  ["nussinov", { N: 60 }],
  ["seidel_2d", { TSTEPS: 20, N: 40 }],
  ["symm", { M: 20, N: 30 }],
  ["syr2k", { M: 20, N: 30 }],
  ["syrk", { M: 20, N: 30 }],
  ["trisolv", { N: 40 }],
  ["trmm", { M: 20, N: 30 }],
];

export interface Kernel {
  readonly context: Context;
  readonly module: Operation;
  /** The function of affine loops. */
  readonly func: Operation;
}

/** A kernel after `bufferize`; a size that is left out stays symbolic. */
export async function bufferized(name: string, sizes: Readonly<Record<string, number>>): Promise<Kernel> {
  const file = fileURLToPath(new URL(`../../../../bench/polybench/kernels/${name}.py`, import.meta.url));
  const context = newContext();
  const module = await importPython(file, context, { constexprs: new Map(Object.entries(sizes)) });
  for (const pass of [resolveSizes, foldConstants, stablehloToLinalg, outlineKernels, bufferize])
    pass.run(module, context);
  const func = [...functionsOf(module)].find((f) => f.extra[LOOPS])!;
  return { context, module, func };
}

/** Made-up numbers, the diagonals heavy so that factors stay tame. */
function madeUp(shape: readonly number[], seed: number): NdArray {
  const columns = shape.at(-1) ?? 1;
  const value = (i: number) => {
    const onDiagonal = shape.length === 2 && i % columns === Math.floor(i / columns);
    return 1.25 + Math.sin(i * 0.7 + seed) + (onDiagonal ? columns * 2 : 0);
  };
  return fromScalars(
    "f64",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
  );
}

/** What a function, the one of the loops unless told, leaves in its arguments, which are f64 memrefs of static shape. */
export function runLoops({ module, func: loops, context }: Kernel, func = loops): readonly Uint8Array[] {
  const buffers = functionBody(func).args.map((arg, seed): BufferView => {
    const shape = staticShape(arg.type as MemRefType);
    const view = allocate("f64", shape);
    fromArray(view, madeUp(shape, seed));
    return view;
  });
  interpret(module, functionName(func), buffers, context);
  return buffers.map((view) => toBytes(toArray(view)));
}
