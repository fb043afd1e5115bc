/** @file tiles.bin: what is written is read, and whatever else comes is told apart, quickly and with a place. */

import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleBytes, EncodingError, fieldRange, instruction } from "../../../../machine/encoding.js";
import type { Field } from "../../../../machine/opcodes.js";
import { decodeTiles, encodeTiles, type TileProgram } from "../../../../runtime-lib/bundle/tiles.js";
import { RuntimeFault } from "../../../../runtime-lib/diagnostic.js";
import { Accelerator } from "../../../../runtime-lib/engines/cycles/accelerator.js";
import { verifyPrograms } from "../../../../runtime-lib/engines/cycles/verify-programs.js";
import { exportText, folder, tiny } from "../../../backend/spatial/programs.js";
import { machine } from "./emulator.js";

const halt = [instruction("c.halt", {})];
const small: TileProgram = {
  name: "kernel",
  argumentCount: 3,
  sramBytes: 4096,
  bundles: [[instruction("s.imm", { dest: 3, value: -5 })], [], halt],
};

let exported: Uint8Array;

beforeAll(async () => {
  const text = `func.func public @main(%x: tensor<5x40xf32>, %w: tensor<40x9xf32>) -> tensor<5x9xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<5x40xf32>, tensor<40x9xf32>) -> tensor<5x9xf32>
  return %0 : tensor<5x9xf32>
}`;
  exported = Uint8Array.from(readFileSync(path.join(await exportText(text), "tiles.bin")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("comes back as it was written", () => {
  expect(decodeTiles(encodeTiles([small, { ...small, name: "other", bundles: [halt] }]))).toEqual([
    small,
    { ...small, name: "other", bundles: [halt] },
  ]);
  expect(Buffer.from(encodeTiles(decodeTiles(exported)))).toEqual(Buffer.from(exported));
  expect(decodeTiles(encodeTiles([]))).toEqual([]);
});

it("refuses what it cannot write", () => {
  expect(() => encodeTiles([{ ...small, name: "no name" }])).toThrow(EncodingError);
  expect(() => encodeTiles([{ ...small, sramBytes: 2 ** 32 }])).toThrow(EncodingError);
  const bundles = [[{ ...instruction("s.imm", { dest: 3, value: 2 ** 39 }) }]];
  expect(() => encodeTiles([{ ...small, bundles }])).toThrow("s.imm value: 549755813888 is not in");
});

function read(bytes: Uint8Array): RuntimeFault | readonly TileProgram[] {
  try {
    return decodeTiles(bytes);
  } catch (error) {
    if (error instanceof RuntimeFault) return error;
    throw error;
  }
}

describe("a file that is not whole", () => {
  it("is a fault wherever it ends", () => {
    for (let length = 0; length < exported.length; length += length < 200 ? 1 : 37) {
      const fault = read(exported.subarray(0, length));
      expect(fault).toBeInstanceOf(RuntimeFault);
      expect((fault as RuntimeFault).exitCode).toBe(5);
    }
  });

  it("is a fault where there is more than it says", () => {
    expect(read(Buffer.concat([exported, new Uint8Array(1)]))).toBeInstanceOf(RuntimeFault);
  });

  it("has no two programs of one name", () => {
    expect(() => decodeTiles(encodeTiles([small, small]))).toThrow("two programs are called 'kernel'");
  });
});

/** Decodes, verifies and runs whatever is there; only typed faults may come out. */
function runWhole(bytes: Uint8Array): string {
  const programs = read(bytes);
  if (programs instanceof RuntimeFault) return programs.diagnostics[0]!.code;
  try {
    verifyPrograms(programs, tiny, "tiles.bin");
    const accelerator = new Accelerator({ ...tiny, grid: { rows: 1, columns: 1 } }, programs, 2000);
    for (const { name, argumentCount } of programs) {
      const buffers = Array.from({ length: argumentCount }, (_, k) => ({
        address: 8192 * (k + 1),
        bytes: new Uint8Array(2048),
        isWritable: true,
      }));
      accelerator.launch(name, buffers);
    }
    return "ran";
  } catch (error) {
    if (error instanceof RuntimeFault) return error.diagnostics[0]!.code;
    throw error;
  }
}

it("with any bits flipped gives typed faults and always ends", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(exported.length * 8 - 1), { minLength: 1, maxLength: 4 }), (flips) => {
      const bytes = exported.slice();
      for (const bit of flips) bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(runWhole(bytes)).toMatch(/^(PS52\d\d|ran)$/);
    }),
    { numRuns: 1500 },
  );
});

it("with any fields changed gives typed faults and always ends", () => {
  const seen = new Set<string>();
  const programs = decodeTiles(exported);
  const change = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.maxSafeInteger());
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const changed = changes.reduce((all, c) => withField(all, c), programs);
      seen.add(runWhole(encodeTiles(changed)));
    }),
    { numRuns: 1500, seed: 1 },
  );
  // From this seed the search reaches the verifier and every check of the tile.
  for (const code of ["PS5262", "PS5263", "PS5264", "PS5265", "PS5266", "PS5268", "ran"]) expect(seen).toContain(code);
});

/** The programs with one field of one instruction set to something the field can hold. */
function withField(
  programs: readonly TileProgram[],
  [which, where, field, value]: readonly [number, number, number, number],
): readonly TileProgram[] {
  const p = which % programs.length;
  const full = programs[p]!.bundles.flatMap((bundle, k) => (bundle.length > 0 ? [k] : []));
  const at = full[where % full.length]!;
  const bundles = programs[p]!.bundles.map((bundle, k) => {
    if (k !== at) return bundle;
    const [first, ...rest] = bundle;
    const fields = Object.values(first!.opcode.fields);
    const values = first!.values.map((v, f) => (f === field % fields.length ? withinRange(value, fields[f]!) : v));
    return [{ ...first!, values }, ...rest];
  });
  return programs.map((program, k) => (k === p ? { ...program, bundles } : program));
}

function withinRange(n: number, field: Field): number {
  const [least, greatest] = fieldRange(field);
  const count = greatest - least + 1;
  return least + (((n % count) + count) % count);
}

it("of random bytes behind a right header gives typed faults", () => {
  const header = exported.subarray(0, 32);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 512 }), (rest) => {
      const bytes = new Uint8Array([...header, ...rest]);
      new DataView(bytes.buffer).setUint32(12, bytes.length, true);
      expect(runWhole(bytes)).toMatch(/^(PS52\d\d|ran)$/);
    }),
  );
});

describe("programs that do not fit the machine", () => {
  const problemsOf = (program: Partial<TileProgram>, on = machine): readonly string[] => {
    try {
      verifyPrograms([{ ...small, ...program }], on, "tiles.bin");
    } catch (error) {
      return (error as RuntimeFault).diagnostics.map((d) => d.message);
    }
    return [];
  };

  it("are told everything at once", () => {
    const few = {
      ...machine,
      registers: { ...machine.registers, scalar: 2 },
      instructions: { bundleBits: 256, bundles: 2 },
    };
    expect(problemsOf({ sramBytes: 2 ** 21 }, few)).toEqual([
      "kernel: 3 bundles; a tile holds 2",
      "kernel: 3 arguments; there are 2 registers",
      "kernel: 2097152 bytes of SRAM; a tile has 1048576",
      "kernel: bundle 0 (s.imm s3, -5): there is no register s3",
    ]);
  });

  it.each([
    ["a program that does not end", [[]], "the last bundle has no c.halt"],
    [
      "a loop on the wrong level",
      [[instruction("c.loop", { level: 1, count: 0, length: 1 })], [], halt],
      "hardware loop 1 at depth 0",
    ],
    [
      "a loop beyond the end",
      [[instruction("c.loop", { level: 0, count: 0, length: 2 })], [], halt],
      "a loop that ends outside the program",
    ],
    ["a loop of nothing", [[instruction("c.loop", { level: 0, count: 0, length: 0 })], halt], "a loop without bundles"],
    [
      "loops that end together",
      [
        [instruction("c.loop", { level: 0, count: 0, length: 2 })],
        [instruction("c.loop", { level: 1, count: 0, length: 1 })],
        [],
        halt,
      ],
      "a loop that does not end before the one around it",
    ],
    [
      "an address register changed twice at once",
      [
        [
          instruction("l.unit", { dest: 0, address: 0, advance: 1 }),
          instruction("l.unit", { dest: 1, address: 0, advance: 1 }, "ld1"),
        ],
        halt,
      ],
      "a0 is changed and used at once",
    ],
  ])("are refused: %s", (_, bundles, wanted) => {
    expect(problemsOf({ bundles }).join("\n")).toContain(wanted);
  });

  it("have the size of their bundles", () => {
    expect(encodeTiles([small]).length).toBe(32 + 32 + 3 * bundleBytes);
  });
});
