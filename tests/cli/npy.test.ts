/** @file .npy files: every type there and back, what NumPy writes and reads, and files that are damaged. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../cli/npy.js";
import { CompileError } from "../../ir/diagnostic.js";
import { dtypeNames, findDtype } from "../../runtime-lib/bundle/dtype.js";
import type { TensorData } from "../../runtime-lib/engines/engine.js";
import { fuzzed } from "../support/fuzz.js";
import { pythonWith } from "../support/python.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-npy-"));
const file = join(folder, "a.npy");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sample(dtype: string, shape: readonly number[]): TensorData {
  const size = shape.reduce((a, b) => a * b, findDtype(dtype)!.bytes);
  const narrow = findDtype(dtype)!.bits < 8;
  return { dtype, shape, bytes: Uint8Array.from({ length: size }, (_, k) => (narrow ? k % 2 : (k * 37 + 1) & 0xff)) };
}

/** Exit code and message of what reading `bytes` throws. */
function refusal(bytes: Uint8Array | string, expected?: string): string {
  writeFileSync(file, bytes);
  try {
    readNpy(file, expected);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return `${error.exitCode} ${error.diagnostics.map((d) => d.message.replace(`${file}: `, "")).join("; ")}`;
  }
  throw new Error("it was read");
}

function withHeader(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, "latin1"), data]);
}

test.each(dtypeNames)("%s comes back as it was, in every rank", (dtype) => {
  for (const shape of [[], [0], [5], [2, 3], [1, 0, 4]]) {
    const tensor = sample(dtype, shape);
    writeNpy(file, tensor);
    expect(readFileSync(file).length % 64).toBe(tensor.bytes.length % 64);
    const back = readNpy(file);
    expect({ ...back, bytes: Uint8Array.from(back.bytes) }).toEqual(tensor);
  }
});

describe("what others write", () => {
  test("is turned into row-major order and this machine's bytes", () => {
    const data = Buffer.alloc(24);
    [0, 3, 1, 4, 2, 5].forEach((value, k) => {
      data.writeFloatBE(value, 4 * k);
    });
    writeFileSync(file, withHeader("{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3)}\n", data));
    const { dtype, shape, bytes } = readNpy(file);
    expect([dtype, shape, [...new Float32Array(bytes.slice().buffer)]]).toEqual(["f32", [2, 3], [0, 1, 2, 3, 4, 5]]);
  });

  test("of types that NumPy lacks is taken for what is expected, if the sizes fit", () => {
    writeFileSync(
      file,
      withHeader("{'descr': '<V2', 'fortran_order': False, 'shape': (1,), }", Buffer.from([0x80, 0x3f])),
    );
    expect(readNpy(file, "bf16").dtype).toBe("bf16");
    expect(refusal(readFileSync(file), "f32")).toBe("2 its elements are 2 bytes of an unknown type ('<V2')");
    expect(refusal(readFileSync(file))).toMatch(/^2 its elements are 2 bytes of an unknown type/);
  });

  test("with spare bits set reads as narrow integers", () => {
    const data = Uint8Array.of(0x0d, 0xf7, 0xf8);
    writeFileSync(file, withHeader("{'descr': '|V1', 'fortran_order': False, 'shape': (3,), }", data));
    expect([...new Int8Array(readNpy(file, "i4").bytes)]).toEqual([-3, 7, -8]);
    expect([...readNpy(file, "ui4").bytes]).toEqual([13, 7, 8]);
  });

  const python = pythonWith("numpy", "ml_dtypes");
  test.skipIf(python === undefined)("NumPy and we read each other's files", () => {
    const script = `
import sys, numpy as np, ml_dtypes
folder = sys.argv[1]
for name, kind in [("f32", np.float32), ("i64", np.int64), ("i1", np.bool_), ("complex<f32>", np.complex64), ("ui8", np.uint8)]:
    a = np.load(f"{folder}/ours-{name}.npy"); assert a.dtype == kind and a.shape == (2, 3), (name, a.dtype)
    np.save(f"{folder}/theirs-{name}.npy", np.asfortranarray(a))
a = np.load(f"{folder}/ours-bf16.npy")["bf16"].view(ml_dtypes.bfloat16)
np.save(f"{folder}/theirs-bf16.npy", a)
`;
    const names = ["f32", "i64", "i1", "complex<f32>", "ui8", "bf16"];
    for (const name of names) writeNpy(join(folder, `ours-${name}.npy`), sample(name, [2, 3]));
    execFileSync(python!, ["-c", script, folder]);
    for (const name of names) {
      const back = readNpy(join(folder, `theirs-${name}.npy`), name);
      expect({ ...back, bytes: Uint8Array.from(back.bytes) }).toEqual(sample(name, [2, 3]));
    }
  });
});

describe("damaged and foreign files are refused", () => {
  const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  test.each([
    ["", "2 it is no .npy file"],
    ["PK\x03\x04 and more than twelve bytes", "2 it is no .npy file"],
    ["\x93NUMPY\x07\x00\x00\x00\x00\x00\x00", "2 version 7 of the format is not known"],
    ["\x93NUMPY\x01\x00\xff\xffabcd", "2 its header is cut short"],
    [withHeader(good, new Uint8Array(7)), "2 its data is cut short: f32 [2] in 74 bytes"],
    [withHeader(good.replace("(2,)", "(2, 4503599627370496, 4503599627370496)")), /^2 its data is cut short/],
    [withHeader(good.replace("<f4", "|O")), "2 it holds Python objects, which are never read"],
    [withHeader(good.replace("<f4", "<U5")), "2 its elements are of type '<U5', which models do not have"],
    [withHeader(good.replace("'<f4'", "[('a', '<f4'), ('b', '<f4')]")), /^2 its header is not one that is understood/],
    [withHeader(good.replace("'<f4'", "[('a', '<f4')]")), "2 its elements are records ('a'), not numbers"],
    [withHeader(good.replace("'shape'", "'form'")), /^2 its header is not one that is understood/],
    [withHeader(`${good} + __import__('os')`), /^2 its header is not one that is understood/],
  ])("%j", (bytes, message) => {
    const text = refusal(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    expect(text).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });

  test("a file that cannot be read is exit 5", () => {
    expect(() => readNpy(join(folder, "none.npy"))).toThrow(/cannot be read: ENOENT/);
    expect(() => writeNpy(join(folder, "no", "a.npy"), sample("f32", [1]))).toThrow(/cannot be written: ENOENT/);
  });

  test("whatever byte is flipped, there is a tensor or a refusal", () => {
    writeNpy(file, sample("bf16", [3, 2]));
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = byte;
        writeFileSync(file, bytes.subarray(0, length));
        try {
          const { dtype, shape, bytes: data } = readNpy(file, "bf16");
          expect(data.length).toBe(shape.reduce((a, b) => a * b, findDtype(dtype)!.bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      }),
      fuzzed(400),
    );
  });
});
