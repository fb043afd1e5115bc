/** @file Forged manifests: every one ends in a located fault, soon, and without taking memory. */

import fc from "fast-check";
import { Builder } from "flatbuffers";
import { describe, expect, it } from "vitest";
import { encodeFlatBuffer } from "../../../runtime-lib/bundle/encode-flatbuffer.js";
import { type FlatSchema, field, scalar, string, table, vector } from "../../../runtime-lib/bundle/flat-schema.js";
import { manifestSchema } from "../../../runtime-lib/bundle/generated/manifest.js";
import { decodeManifest } from "../../../runtime-lib/bundle/manifest.js";
import { seal, sealBytes } from "../../../runtime-lib/bundle/seal.js";
import { verifyFlatBuffer } from "../../../runtime-lib/bundle/verify-flatbuffer.js";
import { RuntimeFault } from "../../../runtime-lib/diagnostic.js";
import { fuzzed } from "../../support/fuzz.js";
import { sampleManifest } from "./sample-manifest.js";

/** The FlatBuffer alone; every forgery is sealed as its forger would. */
const good = encodeFlatBuffer(manifestSchema, { ...sampleManifest });

/** "ok", or "fault" after checking that the fault is one a user can act on. */
function verdict(bytes: Uint8Array): "ok" | "fault" {
  try {
    decodeManifest(seal(bytes), "manifest.bin");
    return "ok";
  } catch (error) {
    if (!(error instanceof RuntimeFault)) throw error;
    expect(error.exitCode).toBe(5);
    for (const { at, message } of error.diagnostics) {
      expect(message).not.toBe("");
      expect(at.kind === "bytes" && at.file === "manifest.bin" && at.offset >= 0).toBe(true);
      expect(at.kind === "bytes" && at.offset <= bytes.length + sealBytes).toBe(true);
    }
    return "fault";
  }
}

function faultIn(schema: FlatSchema, bytes: Uint8Array): string {
  try {
    verifyFlatBuffer(schema, bytes, "f");
  } catch (error) {
    if (error instanceof RuntimeFault) return error.message;
    throw error;
  }
  return "ok";
}

describe("a damaged manifest", () => {
  it.each([0x01, 0x80, 0xff])("with any byte changed by %i is read or refused, never anything else", (mask) => {
    const counts = { ok: 0, fault: 0 };
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice();
      bytes[at]! ^= mask;
      counts[verdict(bytes)]++;
    }
    expect(counts.fault).toBeGreaterThan(good.length / 4);
    expect(counts.ok).toBeGreaterThan(0);
  });

  it("with any word set to an extreme is read or refused", () => {
    for (let at = 0; at + 4 <= good.length; at += 2) {
      for (const word of [0, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, good.length]) {
        const bytes = good.slice();
        new DataView(bytes.buffer).setUint32(at, word, true);
        verdict(bytes);
      }
    }
  });

  it("is refused at every truncation", () => {
    for (let length = 0; length < good.length; length++) {
      // The file ends in padding or a string; only a cut inside trailing zeros could go unseen.
      if (good.subarray(length).every((byte) => byte === 0)) continue;
      expect(verdict(good.subarray(0, length))).toBe("fault");
    }
  });

  it("of random bytes, or random edits, is read or refused", () => {
    const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 30 }), (edits) => {
        const bytes = good.slice();
        for (const [at, value] of edits) bytes[at] = value;
        verdict(bytes);
      }),
      fuzzed(2000),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        verdict(new Uint8Array([8, 0, 0, 0, 0x50, 0x53, 0x4d, 0x42, ...tail]));
      }),
      fuzzed(2000),
    );
  });
});

/** A schema small enough to build broken files for by hand. */
const tiny: FlatSchema = {
  identifier: "TINY",
  root: "Node",
  tables: {
    Node: [
      field("name", 0, string, { optional: true }),
      field("children", 1, vector(table("Node"))),
      field("sizes", 2, vector(scalar("u32"))),
      field("names", 3, vector(string)),
      field("flag", 4, scalar("bool")),
      field("big", 5, scalar("u64")),
    ],
  },
  enums: {},
  unions: {},
};

function build(make: (builder: Builder) => number): Uint8Array {
  const builder = new Builder(64);
  builder.finish(make(builder), "TINY");
  return builder.asUint8Array().slice();
}

function node(builder: Builder, slots: Readonly<Record<number, number>>): number {
  builder.startObject(6);
  for (const [slot, offset] of Object.entries(slots)) builder.addFieldOffset(Number(slot), offset, 0);
  return builder.endObject();
}

function offsets(builder: Builder, all: readonly number[]): number {
  builder.startVector(4, all.length, 4);
  for (const offset of all) builder.addOffset(offset);
  return builder.endVector();
}

describe("the verifier", () => {
  it("refuses a forged length of a list or a string at its place, at once", () => {
    const bytes = build((builder) =>
      node(builder, { 0: builder.createString("name"), 1: offsets(builder, [node(builder, {})]) }),
    );
    const view = new DataView(bytes.buffer);
    const root = view.getUint32(0, true);
    const started = performance.now();
    for (const [slot, what] of [
      [0, "string of 4294967280 bytes"],
      [1, "list of 4294967280 elements"],
    ] as const) {
      const at = root + view.getUint16(root - view.getInt32(root, true) + 4 + 2 * slot, true);
      const target = at + view.getUint32(at, true);
      const forged = bytes.slice();
      new DataView(forged.buffer).setUint32(target, 0xffff_fff0, true);
      expect(faultIn(tiny, forged)).toContain(`f@${target}: error PS5003`);
      expect(faultIn(tiny, forged)).toContain(`${what} that leaves the file`);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("accepts a deep chain up to the limit, and refuses one table more", () => {
    const chain = (depth: number): Uint8Array =>
      build((builder) => {
        let child = node(builder, {});
        for (let k = 1; k < depth; k++) child = node(builder, { 1: offsets(builder, [child]) });
        return child;
      });
    expect(faultIn(tiny, chain(64))).toBe("ok");
    expect(faultIn(tiny, chain(65))).toContain("tables nest deeper than 64");
  });

  it("refuses a small file whose shared tables would expand without end", () => {
    const bomb = build((builder) => {
      let child = node(builder, {});
      for (let k = 0; k < 40; k++) child = node(builder, { 1: offsets(builder, [child, child, child]) });
      return child;
    });
    const started = performance.now();
    expect(faultIn(tiny, bomb)).toContain("parts of the file overlap");
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("refuses a list that many tables share, and accepts a string that they do", () => {
    const sharing = (slot: number, make: (builder: Builder) => number): Uint8Array =>
      build((builder) => {
        const shared = make(builder);
        return node(builder, {
          1: offsets(
            builder,
            Array.from({ length: 50 }, () => node(builder, { [slot]: shared })),
          ),
        });
      });
    const list = (builder: Builder): number => {
      builder.startVector(4, 100, 4);
      for (let k = 0; k < 100; k++) builder.addInt32(k);
      return builder.endVector();
    };
    expect(faultIn(tiny, sharing(2, list))).toContain("parts of the file overlap");
    expect(
      faultIn(
        tiny,
        sharing(0, (builder) => builder.createString("x".repeat(400))),
      ),
    ).toBe("ok");
  });

  it("refuses a table that contains itself", () => {
    const bytes = build((builder) => node(builder, { 1: offsets(builder, [node(builder, {})]) }));
    const view = new DataView(bytes.buffer);
    const root = view.getUint32(0, true);
    const slot = root - view.getInt32(root, true) + 4 + 2;
    const listAt = root + view.getUint16(slot, true);
    const list = listAt + view.getUint32(listAt, true);
    // References are unsigned, so only overflow could point back; a reference past the end is refused.
    view.setUint32(list + 4, 2 ** 32 + root - (list + 4), true);
    expect(faultIn(tiny, bytes)).toContain("leaves the file");
  });

  it("refuses strings that are not UTF-8 or not terminated, and booleans and integers out of range", () => {
    const withString = (): Uint8Array => build((builder) => node(builder, { 0: builder.createString("héllo") }));
    const broken = withString();
    broken[broken.indexOf(0xc3)] = 0xff;
    expect(faultIn(tiny, broken)).toContain("not UTF-8");
    const unterminated = withString();
    unterminated[unterminated.indexOf(0x6f) + 1] = 1;
    expect(faultIn(tiny, unterminated)).toContain("does not end with a zero byte");
    const scalars = build((builder) => {
      builder.startObject(6);
      builder.addFieldInt8(4, 2, 0);
      return builder.endObject();
    });
    expect(faultIn(tiny, scalars)).toContain("a boolean with value 2");
    const wide = build((builder) => {
      builder.startObject(6);
      builder.addFieldInt64(5, 2n ** 53n, 0n);
      return builder.endObject();
    });
    expect(faultIn(tiny, wide)).toContain("beyond 53 bits");
  });

  it("refuses references, fields and vtables that are not aligned", () => {
    const bytes = build((builder) => {
      const name = builder.createString("name");
      builder.startObject(6);
      builder.addFieldOffset(0, name, 0);
      builder.addFieldInt64(5, 1n, 0n);
      return builder.endObject();
    });
    const view = new DataView(bytes.buffer);
    const root = view.getUint32(0, true);
    const vtable = root - view.getInt32(root, true);
    const nameAt = root + view.getUint16(vtable + 4, true);
    const broken = (edit: (view: DataView) => void): string => {
      const copy = bytes.slice();
      edit(new DataView(copy.buffer));
      return faultIn(tiny, copy);
    };
    const add = (at: number, by: number) => (v: DataView) => v.setUint16(at, v.getUint16(at, true) + by, true);
    expect(broken(() => {})).toBe("ok");
    expect(broken(add(0, 1))).toContain("is not aligned to 4 bytes");
    expect(broken(add(nameAt, 2))).toContain("is not aligned to 4 bytes");
    expect(broken(add(vtable + 4 + 2 * 5, 4))).toContain("field big of a Node is not aligned to 8 bytes");
    expect(broken(add(root, 1))).toContain("is not aligned");
  });

  it("names the byte where a missing identifier begins to differ", () => {
    const bytes = good.slice();
    bytes[6] = 0x58;
    expect(faultIn(manifestSchema, bytes)).toBe(
      'f@6: error PS5003: the file does not carry the identifier "PSMB"\n' +
        "  fix: the file is damaged or was not written by Persimmons: export the model again",
    );
  });

  it("ignores fields that a later version appended", () => {
    const later: FlatSchema = {
      ...tiny,
      tables: { Node: [...tiny.tables["Node"]!, field("later", 6, string, { required: true })] },
    };
    const record = { name: "a", children: [], sizes: [1], names: ["b"], flag: true, big: 3, later: "x" };
    expect(faultIn(tiny, encodeFlatBuffer(later, record))).toBe("ok");
  });
});
