/** @file Models as bundles for an accelerator, run on the emulator: what the tests of `backend/spatial` share. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { compileModel } from "../../../cli/compile.js";
import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { acceleratorNamed } from "../../../machine/presets.js";
import type { TargetDescription } from "../../../machine/target.js";
import { writeBundle } from "../../../runtime-lib/bundle/write-bundle.js";
import type { KernelCounter, TensorData } from "../../../runtime-lib/engines/engine.js";
import { loadModel } from "../../../runtime-lib/load-model.js";

export const folder = mkdtempSync(path.join(tmpdir(), "persimmons-spatial-"));

export function preset(name: string): AcceleratorDescription {
  const found = acceleratorNamed(name);
  if (found === undefined) throw new Error(`there is no preset ${name}`);
  return found;
}

export const tiny = preset("p1-tiny");
export const wasm32 = cpuNamed("wasm32")!;

let count = 0;

/** Compiles MLIR text; gives the bundle's path. */
export async function exportText(text: string, targets: readonly TargetDescription[] = [tiny]): Promise<string> {
  const model = path.join(folder, `model${count++}.mlir`);
  writeFileSync(model, text);
  const { compose } = await compileModel(model, { targets });
  const { path: bundle } = await writeBundle(`${model}.psm`, compose);
  return bundle;
}

export interface Ran {
  readonly outputs: readonly TensorData[];
  readonly counters: readonly KernelCounter[];
  readonly engine: string;
}

/** Runs a bundle's `main`. */
export async function runBundle(bundle: string, inputs: readonly TensorData[], target?: string): Promise<Ran> {
  const { model } = await loadModel(bundle, target === undefined ? {} : { target });
  try {
    const outputs = await model.runAsync("main", inputs);
    return { outputs, counters: model.counters(), engine: model.engine };
  } finally {
    model.close();
  }
}

/** Exports and runs on the tiny accelerator. */
export async function runText(text: string, inputs: readonly TensorData[]): Promise<Ran> {
  return runBundle(await exportText(text), inputs);
}

/** Numbers that need rounding wherever they are added or multiplied, of very different sizes. */
export function roughNumbers(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length }, () => (next() - 0.5) * 2 ** Math.floor(next() * 24 - 12));
}

export function f32(data: Float32Array, ...shape: readonly number[]): TensorData {
  return { dtype: "f32", shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** The numbers cut to bf16, as bits. */
export function toBf16(data: Float32Array): Uint16Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  return Uint16Array.from(bits, (b) => b >>> 16);
}

export function fromBf16(data: Uint16Array): Float32Array {
  const bits = Uint32Array.from(data, (b) => b * 65536);
  return new Float32Array(bits.buffer);
}

export function bf16(data: Uint16Array, ...shape: readonly number[]): TensorData {
  return { dtype: "bf16", shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

export function numbersOf({ bytes }: TensorData): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** `a [m, k]` times `b [k, n]` as machine.md fixes it: each product rounded to f32, added in the order of k, rounded each time. */
export function naiveProduct(a: Float32Array, b: Float32Array, m: number, k: number, n: number): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let x = 0; x < k; x++) sum = Math.fround(sum + Math.fround(a[i * k + x]! * b[x * n + j]!));
      c[i * n + j] = sum;
    }
  }
  return c;
}
