/** @file Fourier transforms over the last axes. Source: StableHLO specification, "fft". */

import { defineOp } from "../../define.js";
import type { Dim } from "../../dim.js";
import { complexOf, partOf } from "../../element.js";
import { roundingOf } from "../../float-format.js";
import { floatOrComplexTensor, i64Array } from "../../kinds.js";
import { emptyArray, type NdArray, sizeOf } from "../../ndarray.js";
import { printType, type TensorType } from "../../types.js";
import { type FftType, fftType } from "./attributes.js";
import { transform } from "./fourier.js";
import { mayEqual } from "./shapes.js";

export const fft = defineOp("stablehlo.fft", {
  summary: "Fourier transform over the last one to three axes; the real forms keep half of the spectrum's last axis.",
  operands: { operand: floatOrComplexTensor },
  attrs: { fft_type: fftType, fft_length: i64Array },
  results: { result: floatOrComplexTensor },
  traits: ["pure"],
  format:
    "$operand `,` `type` `=` $fft_type `,` `length` `=` $fft_length attr-dict `:` functional-type(operands, results)",
  infer({ operand }, { fft_type: kind, fft_length: lengths }, { context }) {
    const complex = complexOf(partOf(operand.element));
    if (!complex || lengths.length < 1 || lengths.length > 3 || lengths.length > operand.shape.length) {
      return `cannot transform ${printType(operand)} over ${lengths.length} axes`;
    }
    if ((operand.element === complex) === (kind === "RFFT")) return `${kind} does not take ${operand.element}`;
    const first = operand.shape.length - lengths.length;
    const bad = lengths.findIndex((n, i) => {
      const halved = kind === "IRFFT" && i === lengths.length - 1 ? Math.floor(n / 2) + 1 : n;
      return !mayEqual(context, operand.shape[first + i]!, n === 0 ? 0 : halved);
    });
    if (bad >= 0) return `axis ${first + bad} of ${printType(operand)} does not fit a length of ${lengths[bad]}`;
    const last = lengths.at(-1)!;
    const shape: Dim[] = [...operand.shape.slice(0, first), ...lengths];
    if (kind === "RFFT") shape[shape.length - 1] = last === 0 ? 0 : Math.floor(last / 2) + 1;
    return { result: context.types.tensor(shape, kind === "IRFFT" ? partOf(operand.element) : complex) };
  },
  evaluate: ({ operand }, { fft_type: kind, fft_length: lengths }, evaluation) => ({
    result: transformLast(
      operand,
      kind,
      lengths,
      (evaluation.op.result.type as TensorType).element,
      evaluation.shape(),
    ),
  }),
});

function transformLast(
  operand: NdArray,
  kind: FftType,
  lengths: readonly number[],
  element: NdArray["element"],
  shape: readonly number[],
): NdArray {
  const out = emptyArray(element, shape);
  const round = roundingOf(partOf(element) === "f32" ? "f32" : "f64");
  const inverse = kind === "IFFT" || kind === "IRFFT";
  const size = sizeOf(lengths);
  const [stepIn, stepOut] = [sizeOf(operand.shape.slice(-lengths.length)), sizeOf(shape.slice(-lengths.length))];
  const scale = inverse ? 1 / size : 1;
  for (let b = 0; b < sizeOf(shape.slice(0, -lengths.length)); b++) {
    const block = readSpectrum(operand, b * stepIn, lengths, kind);
    transformAxes(block, lengths, inverse);
    const width = shape.at(-1)!;
    const full = lengths.at(-1)!;
    for (let i = 0; i < stepOut; i++) {
      const at = 2 * (Math.floor(i / width) * full + (i % width));
      if (kind === "IRFFT") out.data[b * stepOut + i] = round(block[at]! * scale);
      else {
        out.data[2 * (b * stepOut + i)] = round(block[at]! * scale);
        out.data[2 * (b * stepOut + i) + 1] = round(block[at + 1]! * scale);
      }
    }
  }
  return out;
}

/** One block as pairs over the full lengths; IRFFT's missing half is the conjugate of the half it has. */
function readSpectrum(operand: NdArray, start: number, lengths: readonly number[], kind: FftType): Float64Array {
  const block = new Float64Array(2 * sizeOf(lengths));
  const data = operand.data as Float64Array;
  const full = lengths.at(-1)!;
  if (kind === "RFFT") {
    for (let i = 0; i < block.length / 2; i++) block[2 * i] = data[start + i]!;
    return block;
  }
  if (kind !== "IRFFT") return Float64Array.from(data.subarray(2 * start, 2 * start + block.length));
  const half = Math.floor(full / 2) + 1;
  const others = lengths.slice(0, -1);
  for (let row = 0; row < sizeOf(others); row++) {
    for (let k = 0; k < full; k++) {
      const mirrored = k >= half;
      const from = 2 * (start + (mirrored ? mirrorRow(row, others) : row) * half + (mirrored ? full - k : k));
      block[2 * (row * full + k)] = data[from]!;
      block[2 * (row * full + k) + 1] = mirrored ? -data[from + 1]! : data[from + 1]!;
    }
  }
  return block;
}

/** The row of negated frequencies. */
function mirrorRow(row: number, lengths: readonly number[]): number {
  let [rest, result, step] = [row, 0, 1];
  for (const n of lengths.toReversed()) {
    result += ((n - (rest % n)) % n) * step;
    rest = Math.floor(rest / n);
    step *= n;
  }
  return result;
}

function transformAxes(block: Float64Array, lengths: readonly number[], inverse: boolean): void {
  let step = 1;
  for (const n of lengths.toReversed()) {
    const line = new Float64Array(2 * n);
    for (let start = 0; start < block.length / 2; start++) {
      if (Math.floor(start / step) % n !== 0) continue;
      for (let i = 0; i < n; i++) line.set(block.subarray(2 * (start + i * step), 2 * (start + i * step) + 2), 2 * i);
      const out = transform(line, inverse);
      for (let i = 0; i < n; i++) block.set(out.subarray(2 * i, 2 * i + 2), 2 * (start + i * step));
    }
    step *= n;
  }
}
