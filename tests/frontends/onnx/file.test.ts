/** @file Opening model files: read once into memory of about their size; what cannot be a model is refused by name. */

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readOnnx, scanOnnx } from "../../../frontends/onnx/read.js";
import { CompileError, DiagnosticSink } from "../../../ir/diagnostic.js";
import { pythonWith } from "../../support/python.js";
import { FLOAT, graph, input, int, model, opset, sub, varint } from "./encode.js";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "psm-onnx-file-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function failure(path: string): CompileError {
  try {
    readOnnx(path, new DiagnosticSink());
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
  throw new Error("it was read");
}

describe("a file that is no model", () => {
  test("is refused with exit code 5 where it cannot be read", () => {
    execFileSync("mkfifo", [join(folder, "fifo")]);
    const cases = { none: "there is no such file", fifo: "it is not a regular file", ".": "it is not a regular file" };
    for (const [name, reason] of Object.entries(cases)) {
      const error = failure(join(folder, name));
      expect(error.exitCode).toBe(5);
      expect(error.diagnostics).toMatchObject([{ code: "PS2101" }]);
      expect(error.message).toContain(reason);
    }
    expect(failure(join(folder, "a\0b")).message).toContain("NUL");
  });

  test("of 2 GiB or more is refused by its size, without reading it", () => {
    const path = join(folder, "huge.onnx");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 31);
    const error = failure(path);
    expect(error.exitCode).toBe(5);
    expect(error.message).toContain("it has 2147483648 bytes, and an ONNX file ends before 2 GiB");
    expect(error.message).toContain("external data");
  });

  test("has exit code 3 where it can be read", () => {
    const path = join(folder, "m.onnx");
    writeFileSync(path, "not a model");
    expect(failure(path).exitCode).toBe(3);
  });
});

test("scanning leaves problems in the sink and gives what could be read", () => {
  const path = join(folder, "m.onnx");
  writeFileSync(path, model(graph(input("x"), sub(1, sub(1, "nowhere"), sub(4, "Neg")))));
  const sink = new DiagnosticSink();
  expect(scanOnnx(path, sink)?.graph.nodes).toHaveLength(1);
  expect(sink.all.map((d) => d.code)).toEqual(["PS2107"]);
});

test("reading a file of 300 MiB takes little memory beyond its size", () => {
  const path = join(folder, "m.onnx");
  const size = 300 * 2 ** 20;
  const head = Buffer.concat([varint(9 * 8 + 2), varint(size)]);
  const fields = Buffer.concat([int(1, size / 4), int(2, FLOAT), sub(8, "w"), head]);
  const weight = Buffer.concat([varint(5 * 8 + 2), varint(fields.length + size), fields]);
  const whole = Buffer.concat([int(1, 10), opset(21), varint(7 * 8 + 2), varint(weight.length + size), weight]);
  writeFileSync(path, whole);
  truncateSync(path, whole.length + size);
  const before = process.memoryUsage();
  const tensor = readOnnx(path, new DiagnosticSink()).graph.initializers.get("w")!;
  const after = process.memoryUsage();
  expect(tensor.payload).toMatchObject({ kind: "bytes" });
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(size + 2 ** 20);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(16 * 2 ** 20);
});

test("a file of millions of empty messages is refused before they fill the memory", () => {
  const path = join(folder, "m.onnx");
  const count = 5_000_000;
  const fd = openSync(path, "w");
  writeSync(fd, Buffer.concat([varint(7 * 8 + 2), varint(2 * count)]));
  writeSync(fd, Buffer.alloc(2 * count, Uint8Array.of(0x0a, 0)));
  closeSync(fd);
  expect(failure(path).message).toContain("the file has more than 4000000 messages");
});

const python = pythonWith("onnx");
test.skipIf(python === undefined)("the checked-in decoder is what its generator makes (needs Python with onnx)", () => {
  const find = "import onnx, os; print(os.path.join(os.path.dirname(onnx.__file__), 'onnx-ml.proto'))";
  const proto = execFileSync(python!, ["-c", find], { encoding: "utf8" }).trim();
  const script = fileURLToPath(new URL("../../../scripts/generate-onnx-proto.mjs", import.meta.url));
  execFileSync(process.execPath, [script, proto, "--check"]);
});
