/** @file Moves between registers, and bundles that respect latencies. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divide } from "../../../backend/spatial/map/divide.js";
import { type LinearItem, moves } from "../../../backend/spatial/schedule/linearize.js";
import { scheduleBundles } from "../../../backend/spatial/schedule/schedule-bundles.js";
import { parseProgram, printProgram } from "../../../machine/assembly.js";
import { tiny } from "./programs.js";

/** The contents of registers after copies, when each began with its own number. */
function contentsAfter(items: readonly LinearItem[]): (register: number) => number {
  const contents = new Map<number, number>();
  const read = (r: number): number => contents.get(r) ?? r;
  for (const item of items) {
    if (item.kind !== "instruction") throw new Error("a move is an instruction");
    const [to = 0, from = 0] = item.instruction.values;
    contents.set(to, read(from));
  }
  return read;
}

describe("moves between registers", () => {
  it("are as if all happened at once, cycles included", () => {
    const registers = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(registers, fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }), (to, sources) => {
        const from = to.map((_, k) => sources[k]!);
        const after = contentsAfter(moves(to, from, 31));
        to.forEach((t, k) => {
          expect(after(t)).toBe(from[k]);
        });
      }),
    );
  });

  it("cost nothing where everything is in its place", () => {
    expect(moves([1, 2], [1, 2], 31)).toEqual([]);
  });
});

function scheduled(text: string): string {
  const items = parseProgram(text).map(
    ([instruction]): LinearItem => ({ kind: "instruction", instruction: instruction! }),
  );
  return printProgram(scheduleBundles(items, tiny)).trim();
}

describe("bundles", () => {
  it("hold what does not depend on each other, and wait for what does", () => {
    expect(scheduled("l.unit v0, a0, 1\nl.unit v1, a1, 1\nv.add v2, v0, v1\nst.unit v2, a2, 1").split("\n")).toEqual([
      "l.unit v0, a0, 1 | l.unit@ld1 v1, a1, 1",
      ...new Array<string>(tiny.latencies.load - 1).fill("nop"),
      "v.add v2, v0, v1",
      ...new Array<string>(tiny.latencies.vector - 1).fill("nop"),
      "st.unit v2, a2, 1",
      ...new Array<string>(tiny.latencies.storeToLoad - 1).fill("nop"),
    ]);
  });

  it("keep the order of transfers, waits and memory", () => {
    expect(scheduled("d.issue d0, in0\nd.wait 0, 1\nl.unit v0, a0, 0\nd.issue d1, in0").split("\n")).toEqual([
      "d.issue d0, in0",
      "d.wait 0, 1",
      "l.unit v0, a0, 0",
      ...new Array<string>(tiny.latencies.load - 1).fill("nop"),
      "d.issue d1, in0",
    ]);
  });

  it("let a register be read while it is written anew", () => {
    expect(scheduled("d.write d0, hbm, s1\ns.addi s1, s1, 4\nd.write d1, hbm, s1").split("\n")).toEqual([
      "d.write d0, hbm, s1 | s.addi s1, s1, 4",
      "d.write d1, hbm, s1",
    ]);
  });

  it("end loops where no other loop ends", () => {
    const inner: LinearItem = { kind: "loop", count: 1, body: [] };
    const bundles = scheduleBundles([{ kind: "loop", count: 0, body: [inner] }], tiny);
    expect(printProgram(bundles)).toBe("c.loop 0, s0, 3\nc.loop 1, s1, 1\nnop\nnop\n");
  });
});

describe("the shares of tiles", () => {
  it("cover a dimension once, in blocks that fit", () => {
    const size = fc.integer({ min: 0, max: 5000 });
    fc.assert(
      fc.property(size, fc.constantFrom(0, 1, 2, 100), fc.integer({ min: 1, max: 128 }), (height, width, block) => {
        const { rows, columns, along } = divide(tiny, { size: height, block }, { size: width, block });
        const tiles = { both: [2, 2], rows: [4, 1], columns: [1, 4] }[along];
        [rows, columns].forEach((share, k) => {
          expect(share.block).toBeLessThanOrEqual(block);
          expect(share.chunk).toBe(share.blocks * share.block);
          expect(share.chunk * tiles[k]!).toBeGreaterThanOrEqual(share.size);
          expect(share.isExact).toBe(share.chunk * tiles[k]! === share.size);
        });
      }),
    );
  });
});
