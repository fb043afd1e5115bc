/** @file Functions of JAX with the text it lowers them to, inputs and its own results, made by `jax_programs.py`. */

import { readFileSync } from "node:fs";
import type { ElementType } from "../../ir/element.js";
import { fromBytes, type NdArray } from "../../ir/ndarray.js";
import { pythonWith, runPython } from "./python.js";

/** The interpreter with JAX, where there is one. */
export const jaxPython = pythonWith("jax", "jaxlib");

export interface JaxProgram {
  readonly name: string;
  readonly text: string;
  readonly inputs: readonly NdArray[];
  readonly results: readonly NdArray[];
}

interface RawArray {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly bytes: string;
}

type RawProgram = Omit<JaxProgram, "inputs" | "results"> & Readonly<Record<"inputs" | "results", readonly RawArray[]>>;

/** Names, each with the error that sums in another order may make. */
export const jaxPrograms = [
  ["mlp", 1e-5],
  ["conv_net", 1e-5],
  ["conv_grad", 1e-5],
  ["attention", 1e-5],
  ["scans", 1e-5],
  ["loops", 1e-5],
  ["conditions", 1e-5],
  ["orders", 1e-5],
  ["indexing", 0],
  ["fourier", 1e-5],
  ["cumulative", 1e-5],
  ["random", 1e-5],
  ["integers", 0],
  ["special", 1e-4],
  ["mixed", 1e-5],
  ["linear", 1e-4],
  ["gradients", 1e-5],
  ["padded", 0],
  ["complexes", 1e-5],
  ["dynamic_sizes", 1e-5],
  ["dynamic_pooling", 1e-5],
] as const;

/** Runs JAX, which takes seconds. */
export function makeJaxPrograms(): readonly JaxProgram[] {
  const script = readFileSync(new URL("./jax_programs.py", import.meta.url), "utf8");
  const made = JSON.parse(runPython(jaxPython!, script).toString()) as readonly RawProgram[];
  return made.map((p) => ({ ...p, inputs: p.inputs.map(unpack), results: p.results.map(unpack) }));
}

function unpack({ element, shape, bytes }: RawArray): NdArray {
  return fromBytes(element, shape, new Uint8Array(Buffer.from(bytes, "base64")));
}
