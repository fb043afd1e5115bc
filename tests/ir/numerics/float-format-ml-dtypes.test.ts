/** @file The narrow float formats against the `ml_dtypes` package: every pattern decoded, and rounding of f32 values. */

import { describe, expect, it } from "vitest";
import { elementTypes, type FloatElement, isFloat } from "../../../ir/element.js";
import { decodeTable, encodeFloat, floatFormats } from "../../../ir/float-format.js";
import { pythonWith, runPython } from "../../support/python.js";

const python = pythonWith("numpy", "ml_dtypes");
const narrow = elementTypes.filter(isFloat).filter((element) => floatFormats[element].bits <= 16);

/** All patterns as f32, then the patterns that the f32 values on standard input round to. */
const script = (dtype: string, bits: number) => `
import sys, numpy, ml_dtypes
dtype = numpy.dtype(${dtype})
code = {1: numpy.uint8, 2: numpy.uint16}[dtype.itemsize]
numpy.seterr(all="ignore")
sys.stdout.buffer.write(numpy.arange(${2 ** bits}, dtype=code).view(dtype).astype(numpy.float32).tobytes())
sys.stdout.buffer.write(numpy.frombuffer(sys.stdin.buffer.read(), numpy.float32).astype(dtype).view(code).tobytes())
`;

function dtypeOf(element: FloatElement): string {
  if (element === "f16") return "numpy.float16";
  if (element === "bf16") return "ml_dtypes.bfloat16";
  return `ml_dtypes.float${element[1]}_${element.slice(2).toLowerCase()}`;
}

/** Every value of the format, every midpoint, a step of f32 to either side of each, and f32 patterns at random; one NaN. */
function probes(values: Float32Array): Float32Array {
  const finite = [...values].filter(Number.isFinite).sort((a, b) => a - b);
  const points = finite.flatMap((x, i) => (i === 0 ? [x] : [(x + finite[i - 1]!) / 2, x]));
  const exact = Float32Array.from([...points, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  const codes = new Uint32Array(exact.buffer);
  const random = new Uint32Array(1 << 16);
  let state = 12345;
  for (let i = 0; i < random.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    random[i] = state;
  }
  const all = [...codes, ...codes.map((c) => c + 1), ...codes.map((c) => c - 1), ...random];
  const isNaNCode = (code: number) => (code & 0x7fffffff) > 0x7f800000;
  return new Float32Array(Uint32Array.from(all, (code) => (isNaNCode(code) ? 0x7fc00000 : code)).buffer);
}

describe.skipIf(python === undefined)("float formats equal ml_dtypes", () => {
  for (const element of narrow) {
    it(`${element}: all patterns, and rounding at and beside every value and midpoint`, () => {
      const { bits } = floatFormats[element];
      const values = decodeTable(element);
      const inputs = probes(values);
      const output = runPython(python!, script(dtypeOf(element), bits), new Uint8Array(inputs.buffer));
      const bytes = new Uint8Array(output); // aligned
      const decoded = new Float32Array(bytes.buffer, 0, values.length);
      expect(values).toEqual(decoded);
      const Codes = bits > 8 ? Uint16Array : Uint8Array;
      const codes = new Codes(bytes.buffer, values.length * 4);
      expect(codes.length).toBe(inputs.length);
      const wrong: string[] = [];
      inputs.forEach((x, i) => {
        const [ours, theirs] = [encodeFloat(element, x), codes[i]!];
        const bothNaN = Number.isNaN(values[ours]) && Number.isNaN(values[theirs]);
        if (ours !== theirs && !bothNaN) wrong.push(`${x}: ${ours}, not ${theirs}`);
      });
      expect(wrong.slice(0, 10)).toEqual([]);
    });
  }
});
