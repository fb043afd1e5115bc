/** @file External data: what is beside the model is read, lazily and at any offset; anything else is refused by its reason. */

import { execFileSync } from "node:child_process";
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ExternalRange } from "../../../frontends/onnx/external-data.js";
import { readOnnx } from "../../../frontends/onnx/read.js";
import type { OnnxModel, OnnxTensor } from "../../../frontends/onnx/records.js";
import { tensorBytes } from "../../../frontends/onnx/tensor-data.js";
import { CompileError, DiagnosticSink } from "../../../ir/diagnostic.js";
import {
  attribute,
  type Bytes,
  external,
  FLOAT,
  float32s,
  graph,
  INT64,
  initializer,
  input,
  int,
  model,
  node,
  sub,
  subgraph,
  tensor,
} from "./encode.js";

let outer = "";
let folder = "";

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), "psm-external-"));
  folder = join(outer, "model");
  mkdirSync(join(folder, "sub"), { recursive: true });
  for (const path of ["w.bin", "sub/w.bin", "../secret.bin"]) writeFileSync(join(folder, path), float32s(1, 2, 3, 4));
});

afterEach(() => {
  rmSync(outer, { recursive: true });
});

function read(...parts: readonly Bytes[]): OnnxModel {
  const path = join(folder, "m.onnx");
  writeFileSync(path, model(graph(input("x"), ...parts)));
  return readOnnx(path, new DiagnosticSink());
}

function problems(...parts: readonly Bytes[]): string[] {
  try {
    read(...parts);
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics.map((d) => d.message);
    throw error;
  }
  return [];
}

const weight = (entries: Readonly<Record<string, string>>, dims = [2]): Bytes =>
  initializer("w", FLOAT, dims, external(entries));

function range(t: OnnxTensor): ExternalRange {
  if (t.payload.kind !== "external") throw new Error(`payload is ${t.payload.kind}`);
  return t.payload.range;
}

describe("a tensor beside the model", () => {
  test("is read from its offset, in this folder or one below", () => {
    for (const location of ["w.bin", "./w.bin", "sub/w.bin", "sub//./w.bin"]) {
      const w = read(weight({ location, offset: "4", length: "8" })).graph.initializers.get("w")!;
      expect(tensorBytes(w)).toEqual(float32s(2, 3));
    }
  });

  test("starts at 0 and is as long as its sizes say, where the model does not", () => {
    expect(tensorBytes(read(weight({ location: "w.bin" })).graph.initializers.get("w")!)).toEqual(float32s(1, 2));
  });

  test("is read in part, and in order", async () => {
    const r = range(read(weight({ location: "w.bin" }, [4])).graph.initializers.get("w")!);
    expect(r).toMatchObject({ path: "w.bin", offset: 0, length: 16 });
    expect(r.read(4, 4)).toEqual(float32s(2));
    expect(() => r.read(12, 8)).toThrow("outside a range of 16 bytes");
    const slices: Uint8Array[] = [];
    for await (const slice of r.stream()) slices.push(slice);
    expect(Buffer.concat(slices)).toEqual(Buffer.from(float32s(1, 2, 3, 4)));
  });

  test("may lie beyond 4 GiB of a file of 5", () => {
    const path = join(folder, "big.bin");
    const fd = openSync(path, "w");
    writeSync(fd, float32s(7, 8), 0, 8, 5e9);
    closeSync(fd);
    const w = read(weight({ location: "big.bin", offset: String(5e9), length: "8" })).graph.initializers.get("w")!;
    expect(tensorBytes(w)).toEqual(float32s(7, 8));
  });

  test("longer than 64 MiB is streamed in slices of at most that", async () => {
    const count = 40 * 2 ** 20;
    writeFileSync(join(folder, "big.bin"), "");
    truncateSync(join(folder, "big.bin"), count * 4);
    const r = range(read(weight({ location: "big.bin" }, [count])).graph.initializers.get("w")!);
    const lengths: number[] = [];
    for await (const slice of r.stream()) lengths.push(slice.length);
    expect(lengths).toEqual([64 * 2 ** 20, 64 * 2 ** 20, 32 * 2 ** 20]);
  });

  test("that changes after the model was read is refused", () => {
    const w = read(weight({ location: "w.bin" })).graph.initializers.get("w")!;
    writeFileSync(join(folder, "w.bin"), float32s(9, 9, 9, 9, 9));
    expect(() => tensorBytes(w)).toThrow("'w.bin' has changed since the model was read");
    rmSync(join(folder, "w.bin"));
    expect(() => tensorBytes(w)).toThrow("cannot open 'w.bin': there is no such file");
  });
});

describe("external data is refused", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ["from an absolute path", { location: "/etc/passwd" }, "'/etc/passwd' is an absolute path"],
    ["from a drive", { location: "C:\\w.bin" }, "is an absolute path"],
    ["from outside the folder", { location: "../secret.bin" }, "'../secret.bin' leaves the model's folder"],
    ["from outside by a detour", { location: "sub/../../secret.bin" }, "leaves the model's folder"],
    ["from outside by backslashes", { location: "..\\secret.bin" }, "leaves the model's folder"],
    ["from the folder itself", { location: "." }, "'.' names no file"],
    ["from a folder", { location: "sub" }, "'sub' is not a regular file"],
    ["from a file used as a folder", { location: "w.bin/x" }, "is a symbolic link or no folder"],
    ["from a file that is not there", { location: "none.bin" }, "cannot open 'none.bin': there is no such file"],
    ["with a NUL in its name", { location: "w.bin\0" }, "contains a NUL character"],
    ["without a name", { offset: "0" }, "it has no 'location'"],
    [
      "beyond the end of its file",
      { location: "w.bin", offset: "12" },
      "bytes 12 to 20 of 'w.bin', which has 16 bytes",
    ],
    ["at an offset beyond all files", { location: "w.bin", offset: "9007199254740991" }, "which has 16 bytes"],
    ["at a negative offset", { location: "w.bin", offset: "-4" }, "'offset' is '-4', which is no number of bytes"],
    ["at no number", { location: "w.bin", offset: "0x10" }, "'offset' is '0x10'"],
    [
      "of another length than its sizes say",
      { location: "w.bin", length: "16" },
      "'length' is 16, but its sizes and element type take 8",
    ],
  ];
  test.each(cases)("%s", (_, entries, message) => {
    const found = problems(weight(entries));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("initializer 'w': external data: ");
    expect(found[0]).toContain(message);
  });

  test("through a symbolic link, as the file or as a folder", () => {
    symlinkSync("w.bin", join(folder, "link.bin"));
    symlinkSync("sub", join(folder, "dir"));
    expect(problems(weight({ location: "link.bin" }))[0]).toContain("'link.bin' is a symbolic link");
    expect(problems(weight({ location: "dir/w.bin" }))[0]).toContain("a folder of 'dir/w.bin' is a symbolic link");
  });

  test("through a hard link", () => {
    linkSync(join(outer, "secret.bin"), join(folder, "link.bin"));
    expect(problems(weight({ location: "link.bin" }))[0]).toContain("'link.bin' is a hard link (2 links)");
  });

  test("from a fifo, without waiting for its writer", () => {
    execFileSync("mkfifo", [join(folder, "fifo")]);
    expect(problems(weight({ location: "fifo" }))[0]).toContain("'fifo' is not a regular file");
  });

  test("wherever a tensor is: attributes, subgraphs, sparse tensors", () => {
    const bad = external({ location: "../secret.bin" });
    const value = attribute("value", 4, sub(5, tensor("", FLOAT, [2], bad)));
    const found = problems(
      node("Constant", [], ["a"], value),
      node("If", ["x"], ["b"], subgraph("then_branch", initializer("i", FLOAT, [2], bad))),
      sub(15, sub(1, tensor("s", FLOAT, [2], bad)), sub(2, tensor("", INT64, [2], bad)), int(3, 4)),
    );
    expect(found.map((m) => m.split(": external data")[0]).sort()).toEqual([
      "attribute 'value'",
      "initializer 'i'",
      "initializer 's': indices",
      "initializer 's': values",
    ]);
  });
});
