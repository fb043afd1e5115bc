/** @file Instructions as bits and as text: what goes in comes out, and what cannot go in is refused. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProgram, printProgram } from "../../machine/assembly.js";
import {
  type Bundle,
  bundleBytes,
  decodeBundle,
  EncodingError,
  encodeBundle,
  fieldRange,
  type Instruction,
  instruction,
} from "../../machine/encoding.js";
import { fieldBits, opcodeBits, opcodes, slots } from "../../machine/opcodes.js";

function recoded(bundle: Bundle): Bundle {
  const bytes = new Uint8Array(bundleBytes);
  encodeBundle(bundle, bytes, 0);
  return decodeBundle(bytes, 0);
}

describe("the opcode table", () => {
  it("numbers opcodes from 1, differently in each slot", () => {
    for (const { name } of slots) {
      const codes = opcodes.filter((o) => o.slots.includes(name)).map((o) => o.code);
      expect(new Set(codes).size).toBe(codes.length);
      expect(Math.min(...codes)).toBeGreaterThan(0);
      expect(Math.max(...codes)).toBeLessThan(2 ** opcodeBits);
    }
  });

  it("has instructions that fit their slots", () => {
    for (const { slots: where, fields } of opcodes) {
      const bits = Object.values(fields).reduce((sum, f) => sum + fieldBits(f), opcodeBits);
      for (const slot of where) expect(bits).toBeLessThanOrEqual(slots.find((s) => s.name === slot)!.bits);
    }
  });

  it("has choices that their bits can name", () => {
    for (const { fields } of opcodes) {
      for (const f of Object.values(fields))
        if (f.kind === "choice") expect(f.names.length).toBeLessThanOrEqual(2 ** f.bits);
    }
  });
});

describe.each(opcodes)("$name", (opcode) => {
  const fields = Object.values(opcode.fields);
  it.each(opcode.slots)("comes back from the slot %s with every field at its least and greatest", (slot) => {
    for (const extreme of [0, 1] as const) {
      const values = fields.map((f) => fieldRange(f)[extreme]);
      expect(recoded([{ opcode, slot, values }])).toEqual([{ opcode, slot, values }]);
    }
  });

  it("refuses what a field cannot hold", () => {
    fields.forEach((field, k) => {
      const [least, greatest] = fieldRange(field);
      for (const wrong of [least - 1, greatest + 1, 0.5, Number.NaN]) {
        const values = fields.map((f, i) => (i === k ? wrong : fieldRange(f)[0]));
        expect(() => recoded([{ opcode, slot: opcode.slots[0]!, values }])).toThrow(EncodingError);
      }
    });
  });
});

/** Any bundle: at most one instruction in each slot. */
const anyBundle: fc.Arbitrary<Bundle> = fc
  .tuple(
    ...slots.map(({ name: slot }) => {
      const here = opcodes.filter((o) => o.slots.includes(slot));
      const one: fc.Arbitrary<Instruction> = fc
        .constantFrom(...here)
        .chain((opcode) =>
          fc
            .tuple(
              ...Object.values(opcode.fields).map((f) => fc.maxSafeInteger().map((n) => intoRange(n, fieldRange(f)))),
            )
            .map((values) => ({ opcode, slot, values })),
        );
      return fc.option(one, { nil: undefined });
    }),
  )
  .map((slotted) => slotted.filter((i) => i !== undefined));

function intoRange(n: number, [least, greatest]: readonly [number, number]): number {
  const count = greatest - least + 1;
  return least + (((n % count) + count) % count);
}

describe("any bundle", () => {
  it("comes back from its bits", () => {
    fc.assert(fc.property(anyBundle, (bundle) => void expect(recoded(bundle)).toEqual(bundle)));
  });

  it("comes back from its text", () => {
    fc.assert(
      fc.property(fc.array(anyBundle, { maxLength: 4 }), (bundles) => {
        expect(parseProgram(printProgram(bundles))).toEqual(bundles);
      }),
    );
  });

  it("has one encoding: other bytes give another bundle, or none", () => {
    fc.assert(
      fc.property(anyBundle, fc.nat(bundleBytes * 8 - 1), (bundle, bit) => {
        const bytes = new Uint8Array(bundleBytes);
        encodeBundle(bundle, bytes, 0);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        let other: Bundle;
        try {
          other = decodeBundle(bytes, 0);
        } catch (error) {
          expect(error).toBeInstanceOf(EncodingError);
          return;
        }
        expect(other).not.toEqual(bundle);
      }),
    );
  });
});

describe("text", () => {
  it("reads as a person would write it", () => {
    const text =
      "s.addi s1, s2, -32 | l.unit v0, a0, 1 | l.half@ld1 v1, a1, 0 | v.add@valu1 v2, v0, v1\nd.write d3, hbm_stride0, s4\nnop\n";
    expect(printProgram(parseProgram(text))).toBe(text);
  });

  it.each([
    ["s.none s1", "line 1: there is no opcode 's.none'"],
    ["nop\ns.add s1, s2", "line 2: s.add takes 3 fields, not 2"],
    ["s.add s1, v2, s3", "line 1: s.add a: 'v2' is not one"],
    ["d.write d0, size9, s0", "line 1: d.write field: 'size9' is not one"],
    ["s.imm s0, 1 | s.imm s1, 2", "line 1: two instructions in one slot"],
    ["v.add@mxu v0, v1, v2", "line 1: v.add does not issue in the slot mxu"],
  ])("is refused with its line: %s", (text, message) => {
    expect(() => parseProgram(text)).toThrow(message);
  });

  it("names the fields that an instruction by name lacks", () => {
    expect(() => instruction("s.imm", { dest: 1, number: 2 })).toThrow(
      "s.imm has the fields dest, value, not number, value",
    );
    expect(() => instruction("s.none", {})).toThrow("there is no opcode 's.none'");
  });
});
