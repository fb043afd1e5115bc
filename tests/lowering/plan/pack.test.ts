/** @file The planner's core keeps its promises on any input, and meets its bound on inputs like real ones. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newContext } from "../../../lowering/dialects.js";
import { type Buffer, packBuffers } from "../../../lowering/plan/pack.js";
import { mostLive, packSymbolic, type SymbolicBuffer } from "../../../lowering/plan/pack-symbolic.js";
import { Random } from "../../support/random.js";
import { layerBuffers, perfectBuffers, randomBuffers } from "./buffers.js";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

/** Pairs that are live together in overlapping bytes, alias groups apart. */
function collisions(buffers: readonly Buffer[], offsets: ReadonlyMap<string, number>): readonly string[] {
  const found: string[] = [];
  buffers.forEach((a, i) => {
    for (const b of buffers.slice(i + 1)) {
      const isOne = a.aliasGroup !== undefined && a.aliasGroup === b.aliasGroup;
      const together = a.space === b.space && a.begin < b.end && b.begin < a.end;
      const [x, y] = [offsets.get(a.id)!, offsets.get(b.id)!];
      if (!isOne && together && x < y + b.size && y < x + a.size) found.push(`${a.id} ${b.id}`);
    }
  });
  return found;
}

describe("any buffers", () => {
  it("do not overlap while they are live", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const buffers = randomBuffers(new Random(seed));
        expect(collisions(buffers, packBuffers(buffers).offsets)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("are aligned, end within the total, and the total is no less than the bound", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const buffers = randomBuffers(new Random(seed));
        const { offsets, spaces } = packBuffers(buffers);
        for (const b of buffers) {
          const offset = offsets.get(b.id)!;
          expect(offset % b.alignment).toBe(0);
          expect(offset + b.size).toBeLessThanOrEqual(spaces.get(b.space)!.total);
        }
        for (const { total, lowerBound } of spaces.values()) expect(lowerBound).toBeLessThanOrEqual(total);
      }),
      { numRuns: 300 },
    );
  });

  it("of one alias group are one piece of storage", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const buffers = randomBuffers(new Random(seed));
        const { offsets } = packBuffers(buffers);
        const places = new Map<string, number>();
        for (const { id, aliasGroup } of buffers) {
          if (aliasGroup === undefined) continue;
          expect(offsets.get(id)).toBe(places.get(aliasGroup) ?? offsets.get(id));
          places.set(aliasGroup, offsets.get(id)!);
        }
      }),
    );
  });

  it("are placed the same every time", () => {
    const buffers = randomBuffers(new Random(7), 40);
    expect([...packBuffers(buffers).offsets]).toEqual([...packBuffers(buffers).offsets]);
  });

  it("with a life or an alignment that means nothing are refused", () => {
    const buffer = { id: "b", size: 8, begin: 2, end: 3, alignment: 4, space: "" };
    expect(() => packBuffers([{ ...buffer, end: 2 }])).toThrow("buffer b: lives from 2 to 2");
    expect(() => packBuffers([{ ...buffer, alignment: 3 }])).toThrow("buffer b: an alignment of 3");
    expect(() => packBuffers([{ ...buffer, size: -1 }])).toThrow("buffer b: a size of -1 bytes");
  });
});

describe("buffers like those of real programs", () => {
  it("of layers one after the other take no more than what is live at once", () => {
    for (let seed = 0; seed < 30; seed++) {
      const { total, lowerBound } = packBuffers(layerBuffers(new Random(seed), 100)).spaces.get("arena")!;
      expect(total).toBe(lowerBound);
    }
  });

  it("that fill a memory without gaps are fitted back into it", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { total } = packBuffers(perfectBuffers(new Random(seed), 2 ** 20, 60)).spaces.get("arena")!;
      expect(total).toBe(2 ** 20);
    }
  });
});

const problems = fileURLToPath(new URL("minimalloc/", import.meta.url));

describe("published allocation problems", () => {
  it.each(["B", "C", "F", "G", "H"])("%s is packed into the memory it was made for", (name) => {
    const [, ...lines] = readFileSync(`${problems}${name}.1048576.csv`, "utf8").trim().split("\n");
    const buffers = lines.map((line): Buffer => {
      const [id, lower, upper, size] = line.split(",") as [string, string, string, string];
      return { id, size: Number(size), begin: Number(lower), end: Number(upper), alignment: 1, space: "" };
    });
    const { offsets, spaces } = packBuffers(buffers, 160_000);
    expect(collisions(buffers, offsets)).toEqual([]);
    expect(spaces.get("")!.total).toBeLessThanOrEqual(1_048_576);
  });
});

describe("buffers of symbolic sizes", () => {
  const { dims } = newContext();
  const [s, t] = [dims.symbol("s", { min: 1, max: 64 }), dims.symbol("t", { min: 0, max: Number.POSITIVE_INFINITY })];
  const sizes = [dims.mul(s, 4), dims.mul(s, 100), dims.add(dims.mul(t, 8), 24), dims.mul(s, t), dims.mul(t, 64)];

  const random = (r: Random): readonly SymbolicBuffer[] =>
    Array.from({ length: r.int(1, 12) }, (_, i) => {
      const begin = r.int(0, 10);
      return { id: `b${i}`, size: r.pick(sizes), begin, end: begin + r.int(1, 6) };
    });

  it("do not overlap while they are live, whatever the symbols are, and the total is no less than what is live", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 5000 }), (seed, sValue, tValue) => {
        const values = new Map([
          ["s", sValue],
          ["t", tValue],
        ]);
        const at = (d: (typeof sizes)[number]): number => dims.evaluate(d, values);
        const buffers = random(new Random(seed));
        const { offsets, total } = packSymbolic(buffers, 64, dims);
        const fixed = buffers.map((b) => ({ ...b, size: at(b.size), alignment: 64, space: "" }));
        const placed = new Map([...offsets].map(([id, d]) => [id, at(d)] as const));
        expect(collisions(fixed, placed)).toEqual([]);
        expect([...placed.values()].every((x) => x % 64 === 0)).toBe(true);
        for (const b of fixed) expect(placed.get(b.id)! + b.size).toBeLessThanOrEqual(at(total));
        expect(at(mostLive(buffers, dims))).toBeLessThanOrEqual(at(total));
      }),
    );
  });
});
