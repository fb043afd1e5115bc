/** @file Safetensors: what is written is legal, aligned and read back; what breaks a rule of the format is refused. */

import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dtypeNames, findDtype } from "../../../runtime-lib/bundle/dtype.js";
import { readSafetensors } from "../../../runtime-lib/bundle/safetensors.js";
import { parseSafetensorsHeader } from "../../../runtime-lib/bundle/safetensors-header.js";
import {
  isPadding,
  layoutSafetensors,
  type TensorDescription,
  type TensorSource,
  writeSafetensors,
} from "../../../runtime-lib/bundle/safetensors-writer.js";
import { fuzzed } from "../../support/fuzz.js";
import { pythonWith, runPython } from "../../support/python.js";
import { codesOf, faultOf, inTemporaryDirectory } from "./faults.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const elements = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** A tensor whose bytes count up from `first`. */
function counting({ name, dtype, shape }: TensorDescription, first = 0): TensorSource {
  const bytes = elements(shape) * findDtype(dtype)!.bytes;
  return { name, dtype, shape, bytes, source: () => Uint8Array.from({ length: bytes }, (_, k) => first + k) };
}

async function written(tensors: readonly TensorSource[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await writeSafetensors({ write: (bytes) => void chunks.push(bytes.slice()) }, tensors);
  return Buffer.concat(chunks);
}

const header = (text: string, dataBytes: number) => parseSafetensorsHeader(encode(text), dataBytes, "w.safetensors");

const one = (members: string): string => `{"a":{${members}}}`;
const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';

describe("a written file", () => {
  const tensors = [
    counting({ name: "a", dtype: "f32", shape: [3, 5] }),
    counting({ name: "b", dtype: "bf16", shape: [32] }, 7),
    counting({ name: "empty", dtype: "f64", shape: [0, 4] }),
    counting({ name: "scalar ü", dtype: "i64", shape: [] }),
    counting({ name: "z", dtype: "complex<f64>", shape: [2] }),
    counting({ name: "q", dtype: "ui4", shape: [3] }),
  ];

  it("is legal, with every tensor and the data at multiples of 64", async () => {
    const bytes = await written(tensors);
    await inTemporaryDirectory((directory) => {
      const path = join(directory, "w.safetensors");
      writeFileSync(path, bytes);
      const fd = openSync(path, "r");
      const file = readSafetensors({ fd, offset: 0, bytes: bytes.length, path });
      closeSync(fd);
      const layout = layoutSafetensors(tensors);
      expect(file.dataOffset).toBe(layout.dataOffset);
      expect(file.dataOffset % 64).toBe(0);
      expect(file.dataBytes).toBe(layout.dataBytes);
      const own = file.tensors.filter((tensor) => !isPadding(tensor.name));
      for (const { name, offset, bytes: size } of layout.tensors) {
        const tensor = own.find((t) => t.name === name)!;
        expect([tensor.begin, tensor.end]).toEqual([offset, offset + size]);
        expect(offset % 64).toBe(0);
        const data = bytes.subarray(file.dataOffset + offset, file.dataOffset + offset + size);
        expect(Uint8Array.from(data)).toEqual(tensors.find((t) => t.name === name)!.source());
      }
      expect(own).toHaveLength(tensors.length);
      expect([...file.metadata]).toEqual([
        ["psm.dtype:z", "complex<f64>"],
        ["psm.dtype:q", "ui4"],
      ]);
    });
  });

  it("is the same every time, and for sources in any number of pieces", async () => {
    const whole = counting({ name: "a", dtype: "ui8", shape: [1000] });
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 1000; at += 7) yield (whole.source() as Uint8Array).subarray(at, at + 7);
    }
    expect(await written([{ ...whole, source: pieces }])).toEqual(await written([whole]));
  });

  it("holds any tensors of any types", async () => {
    const tensor = fc.record({
      name: fc.string({ unit: "grapheme", maxLength: 8 }).map((s) => `t${s}`),
      dtype: fc.constantFrom(...dtypeNames),
      shape: fc.array(fc.nat(5), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(tensor, { selector: (t) => t.name, maxLength: 6 }), async (described) => {
        const bytes = await written(described.map((t) => counting(t)));
        const headBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
        const data = bytes.length - 8 - headBytes;
        const read = parseSafetensorsHeader(bytes.subarray(8, 8 + headBytes), data, "f");
        expect(
          read.tensors
            .filter((t) => !isPadding(t.name))
            .map((t) => t.name)
            .sort(),
        ).toEqual(described.map((t) => t.name).sort());
        expect(read.tensors.every((t) => t.begin % 64 === 0 || isPadding(t.name))).toBe(true);
      }),
      fuzzed(100),
    );
  });

  it("is refused by its writer where the data do not fit the description", async () => {
    const tensor = counting({ name: "a", dtype: "f32", shape: [4] });
    await expect(written([{ ...tensor, source: () => new Uint8Array(15) }])).rejects.toThrow("15 came");
    await expect(written([{ ...tensor, bytes: 12 }])).rejects.toThrow("12 were promised");
    await expect(written([tensor, tensor])).rejects.toThrow("two tensors are named 'a'");
    for (const name of ["__metadata__", "__padding__.0", "\ud800"]) {
      await expect(written([{ ...tensor, name }])).rejects.toThrow("cannot be named");
    }
    expect(() => layoutSafetensors([{ name: "a", dtype: "f33", shape: [] }])).toThrow("unknown element type");
    expect(() => layoutSafetensors([{ name: "a", dtype: "f32", shape: [2 ** 52, 2] }])).toThrow("impossible shape");
  });

  const python = pythonWith("safetensors.numpy");

  it.skipIf(python === undefined)("is read by the format's own library", async () => {
    const bytes = await written([
      counting({ name: "a", dtype: "f32", shape: [3, 5] }),
      counting({ name: "b", dtype: "i16", shape: [7] }),
    ]);
    const script = [
      "import sys, json, safetensors.numpy as s",
      "t = s.load(sys.stdin.buffer.read())",
      "print(json.dumps({k: [str(v.dtype), list(v.shape), list(v.tobytes())] for k, v in t.items() if not k.startswith('__padding__')}))",
    ].join("\n");
    const seen = JSON.parse(runPython(python!, script, bytes).toString());
    expect(Object.keys(seen).sort()).toEqual(["a", "b"]);
    expect(seen.b).toEqual(["int16", [7], Array.from({ length: 14 }, (_, k) => k)]);
  });
});

describe("a header", () => {
  it("gives names, types, shapes and places, in the order of the bytes", () => {
    const text = `{"b":{"dtype":"U8","shape":[2,2],"data_offsets":[8,12]}, "__metadata__":{"k":"v"},\n\t"a":{${good}}}   `;
    expect(header(text, 12)).toEqual({
      metadata: new Map([["k", "v"]]),
      tensors: [
        { name: "a", dtype: "F32", shape: [2], begin: 0, end: 8 },
        { name: "b", dtype: "U8", shape: [2, 2], begin: 8, end: 12 },
      ],
    });
  });

  it("may escape names, and have none", () => {
    expect(header('{"\\u00e9\\"\\n":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', 1).tensors[0]!.name).toBe('é"\n');
    expect(header("{}", 0).tensors).toEqual([]);
  });

  it("counts types narrower than a byte in bits", () => {
    expect(header(one('"dtype":"F4","shape":[3,2],"data_offsets":[0,3]'), 3).tensors).toHaveLength(1);
  });

  it.each<[string, string, number, string]>([
    [
      "an element type it does not know",
      one('"dtype":"F31","shape":[2],"data_offsets":[0,8]'),
      8,
      "not an element type",
    ],
    [
      "an element type named as a property of objects",
      one('"dtype":"toString","shape":[2],"data_offsets":[0,8]'),
      8,
      "not an element type",
    ],
    [
      "a size that does not fit",
      one('"dtype":"F32","shape":[3],"data_offsets":[0,8]'),
      8,
      "takes 12 bytes, its place has 8",
    ],
    [
      "bits that do not fill bytes",
      one('"dtype":"F4","shape":[3],"data_offsets":[0,2]'),
      2,
      "does not fill whole bytes",
    ],
    [
      "a product beyond 53 bits",
      one('"dtype":"U8","shape":[94906267,94906267],"data_offsets":[0,8]'),
      8,
      "beyond 53 bits",
    ],
    [
      "a product that would wrap to zero",
      one('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]'),
      0,
      "beyond 53 bits",
    ],
    ["bytes outside the data", one(good), 4, "not in a data section of 4"],
    ["bytes backwards", one('"dtype":"U8","shape":[0],"data_offsets":[4,0]'), 4, "not in a data section"],
    ["a hole at the end", one(good), 12, "bytes [8, 12) of the data belong to no tensor"],
    [
      "a hole at the beginning",
      one('"dtype":"U8","shape":[2],"data_offsets":[2,4]'),
      4,
      "bytes [0, 2) of the data belong to no tensor",
    ],
    ["an overlap", `{"a":{${good}},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, 8, "inside another"],
    ["a name twice", `{"a":{${good}},"a":{${good}}}`, 8, "the key 'a' occurs twice"],
    ["a name twice, spelled differently", `{"a":{${good}},"\\u0061":{${good}}}`, 8, "the key 'a' occurs twice"],
    ["a key twice", one(`${good},"dtype":"F32"`), 8, "the key 'dtype' occurs twice"],
    ["metadata twice", '{"__metadata__":{},"__metadata__":{}}', 0, "occurs twice"],
    ["a key it does not know", one(`${good},"x":"y"`), 8, "which the format does not know"],
    ["a missing key", one('"dtype":"F32","shape":[2]'), 8, "needs dtype, shape and two data_offsets"],
    ["three offsets", one('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'), 8, "two data_offsets"],
    ["a negative size", one('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8, "a number without sign"],
    ["a fraction", one('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'), 8, "']' is expected"],
    ["a leading zero", one('"dtype":"F32","shape":[02],"data_offsets":[0,8]'), 8, "cannot begin with 0"],
    [
      "an integer beyond 53 bits",
      one('"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]'),
      8,
      "beyond 53 bits",
    ],
    ["something after it", "{} x", 0, "only spaces may follow"],
    ["another beginning", " {}", 0, "does not begin with '{'"],
    ["no end", '{"a', 0, "does not end"],
    ["a control character", '{"a\n":{}}', 0, "control character"],
    ["a bad escape", '{"a\\x":{}}', 0, "escape that JSON does not know"],
    ["half a surrogate pair", '{"\\ud800":{}}', 0, "not Unicode"],
    ["metadata that is no text", '{"__metadata__":{"a":1}}', 0, "'\"' is expected"],
    ["nothing", "", 0, "does not begin with '{'"],
  ])("is refused with %s", async (_, text, dataBytes, message) => {
    const fault = await faultOf(() => header(text, dataBytes));
    expect(fault.exitCode).toBe(5);
    expect(fault.diagnostics[0]!.code).toBe("PS5012");
    expect(fault.message).toContain(message);
  });

  it("is refused for everything wrong with its tensors at once", async () => {
    const text = `{"a":{"dtype":"X","shape":[],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[5],"data_offsets":[0,8]}}`;
    const { diagnostics } = await faultOf(() => header(text, 8));
    expect(diagnostics.map((d) => d.message)).toEqual([
      "tensor 'a': 'X' is not an element type of the format",
      "tensor 'b': [5] of F32 takes 20 bytes, its place has 8",
    ]);
    expect(diagnostics.map((d) => d.at)).toEqual([
      { kind: "bytes", file: "w.safetensors", offset: 9 },
      { kind: "bytes", file: "w.safetensors", offset: 8 + text.indexOf('"b"') },
    ]);
  });

  it("of any edit of a legal one is read or refused", async () => {
    const legal = `{"__metadata__":{"k":"v"},"a":{${good}},"b":{"dtype":"U8","shape":[2,2],"data_offsets":[8,12]}}`;
    const edit = fc.tuple(
      fc.nat(legal.length),
      fc.nat(2),
      fc.oneof(fc.constantFrom(...'{}[]",:0129\\ '), fc.string({ maxLength: 2 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const text = edits.reduce((t, [at, drop, put]) => t.slice(0, at) + put + t.slice(at + drop), legal);
        const codes = await codesOf(() => header(text, 12));
        if (codes !== "ok") expect(new Set(codes)).toEqual(new Set(["PS5012"]));
        else expect(() => JSON.parse(text)).not.toThrow();
      }),
      fuzzed(3000),
    );
  });

  it("of random bytes is read or refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        await codesOf(() => parseSafetensorsHeader(Uint8Array.of(0x7b, ...bytes), 0, "f"));
      }),
      fuzzed(2000),
    );
  });
});

describe("a file", () => {
  it("beyond 4 GB is read without its data, at exact offsets", async () => {
    await inTemporaryDirectory((directory) => {
      const path = join(directory, "big.safetensors");
      const size = 6 * 2 ** 30 + 8;
      const text = `{"a":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]},"b":{"dtype":"U8","shape":[3],"data_offsets":[${size},${size + 3}]}}`;
      const fd = openSync(path, "w+");
      const length = new Uint8Array(8);
      new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
      writeSync(fd, length);
      writeSync(fd, encode(text));
      ftruncateSync(fd, 8 + text.length + size + 3);
      const file = readSafetensors({ fd, offset: 0, bytes: 8 + text.length + size + 3, path });
      closeSync(fd);
      expect(file.tensors[1]).toEqual({ name: "b", dtype: "U8", shape: [3], begin: size, end: size + 3 });
    });
  });

  it("is refused when its header's length is a lie, before anything is allocated", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "w.safetensors");
      const read = async (length: bigint, rest: string): Promise<string> => {
        const bytes = new Uint8Array(8 + rest.length);
        new DataView(bytes.buffer).setBigUint64(0, length, true);
        bytes.set(encode(rest), 8);
        writeFileSync(path, bytes);
        const fd = openSync(path, "r");
        try {
          return (await faultOf(() => readSafetensors({ fd, offset: 0, bytes: bytes.length, path }))).message;
        } finally {
          closeSync(fd);
        }
      };
      expect(await read(2n ** 64n - 1n, "{}")).toContain("a header of 18446744073709551615 bytes is beyond 100000000");
      expect(await read(100_000_001n, "{}")).toContain("beyond 100000000");
      expect(await read(3n, "{}")).toContain("a header of 3 bytes leaves the file of 10");
      writeFileSync(path, "1234567");
      const fd = openSync(path, "r");
      expect((await faultOf(() => readSafetensors({ fd, offset: 0, bytes: 7, path }))).message).toContain("too few");
      closeSync(fd);
      expect(readFileSync(path, "utf8")).toBe("1234567");
    });
  });
});
