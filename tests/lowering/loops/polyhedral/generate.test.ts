/** @file Loops generated from random trees run every instance once, in the tree's order, for every size. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { basicContains } from "../../../../ir/analysis/sets/basic.js";
import { rowOf, SetsTooLarge } from "../../../../ir/analysis/sets/linear.js";
import { Builder } from "../../../../ir/builder.js";
import { constantOf } from "../../../../ir/dialects/arith/constant.js";
import { printModule } from "../../../../ir/text/module.js";
import { verify } from "../../../../ir/verify.js";
import { emitStatement } from "../../../../lowering/loops/polyhedral/emit-statement.js";
import type { MarkedPlace } from "../../../../lowering/loops/polyhedral/place.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { replaceLoops } from "../../../../lowering/loops/polyhedral/replace-loops.js";
import { leaf, type Mark, type ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { Scop, Statement } from "../../../../lowering/loops/polyhedral/scop.js";
import {
  choices,
  compareKeys,
  type Instance,
  keyOf,
  logOf,
  nests,
  type Program,
  programOf,
  treeOf,
} from "./random-scops.js";

const runs = Number(process.env["PERSIMMONS_TEST_RUNS"] ?? 60);
const sizes = [-3, 0, 1, 4, 9];
const textOf = ({ statement, point }: Instance): string => `${statement}[${point.join()}]`;

/** A triangle below the diagonal. */
const triangle = `affine.for %s00 = 0 to %n {
  affine.for %s01 = 0 to affine_map<(d0) -> (d0 + 1)>(%s00) {
    %c0 = arith.index_cast %s00 {log = "S0 0 2"} : index to i64
    %c1 = arith.index_cast %s01 {log = "S0 1 2"} : index to i64
    %v = arith.addi %c0, %c1 : i64
    affine.store %v, %out[] : memref<i64>
  }
}`;

/** Tiles of both loops, and under a mark the points. */
function tiled(scop: Scop, tile: number): ScheduleNode {
  const [{ name, dims }] = scop.statements as readonly [Statement];
  const band = (size: number, child: ScheduleNode): ScheduleNode => ({
    kind: "band",
    permutable: true,
    members: dims.map((_, d) => {
      const rows = new Map([[name, rowOf(1 + dims.length, 0, [1 + d, 1])]]);
      return { rows, tile: size, coincident: false };
    }),
    child,
  });
  return band(tile, { kind: "mark", name: "points", child: band(1, leaf) });
}

function scopOf(program: Program): Scop {
  const scop = readScop(program.func);
  if ("reason" in scop) throw new Error(scop.reason);
  return scop;
}

describe("loops generated from tiles", () => {
  test("have fixed bounds where a tile is full", () => {
    const program = programOf([triangle]);
    const scop = scopOf(program);
    replaceLoops(program.func, scop, tiled(scop, 8), program.context);
    const [branch, more] = [...program.func.walk()].filter((op) => op.name === "scf.if");
    expect(more).toBeUndefined();
    const comparisons = (i: number) =>
      [...branch!.walk()].filter((op) => op.name === "arith.minsi" && branch!.region(i).blocks[0] === op.block).length;
    expect([comparisons(0), comparisons(1)]).toEqual([0, 1]);
  });

  test("are left below a mark to who handles it, with all that there is to know", () => {
    const program = programOf([triangle]);
    const before = logOf(program, 9).map(textOf);
    const scop = scopOf(program);
    const places: MarkedPlace[] = [];
    const onMark = (mark: Mark, place: MarkedPlace): boolean => {
      expect(mark.name).toBe("points");
      places.push(place);
      place.generateBelow(place.b);
      return true;
    };
    replaceLoops(program.func, scop, tiled(scop, 4), program.context, { onMark });
    const [{ items, variables, columns, context }] = places as [MarkedPlace];
    expect(variables.map((v) => v.member.tile)).toEqual([4, 4]);
    expect(columns).toHaveLength(3);
    expect(context.columns).toBe(3);
    // n = 9, tiles at 4 and 0, then what is a point of that tile and what is not.
    expect(basicContains(items[0]!.set, [9, 4, 0, 7, 3])).toBe(true);
    expect(basicContains(items[0]!.set, [9, 4, 0, 8, 3])).toBe(false);
    expect(basicContains(items[0]!.set, [9, 4, 4, 4, 5])).toBe(false);
    const after = logOf(program, 9);
    expect(after.map(textOf).sort()).toEqual(before.sort());
  });

  test("take a value instead of a load, and give one instead of storing it", () => {
    const program = programOf([
      `affine.for %s00 = 0 to %n {
        %u = affine.load %out[] : memref<i64>
        %v = arith.addi %u, %u : i64
        affine.store %v, %out[] : memref<i64>
      }`,
    ]);
    const scop = scopOf(program);
    const [statement] = scop.statements as readonly [Statement];
    const b = Builder.before(program.context, program.func.region(0).blocks[0]!.last!);
    const given = constantOf(b, 3, program.context.types.scalar("i64"));
    const reads = new Map([[statement.accesses[0]!, given]]);
    const value = emitStatement(b, scop, statement, [0], { reads, keepsValue: true });
    expect(value.definingOp?.operands).toEqual([given, given]);
    const outside = [...program.func.region(0).blocks[0]!.ops()].map((op) => op.name);
    expect(outside).toEqual(["affine.for", "arith.constant", "arith.addi", "func.return"]);
  });
});

describe("loops generated from a random tree", () => {
  test("run the instances of the nests, each once and in order", { timeout: 600_000 }, () => {
    let tooLarge = 0;
    fc.assert(
      fc.property(nests, choices, fc.boolean(), (text, numbers, separatesFullTiles) => {
        const program = programOf(text);
        const before = sizes.map((n) => logOf(program, n));
        const scop = readScop(program.func);
        if ("reason" in scop) throw new Error(scop.reason);
        const tree = treeOf(scop, numbers);
        try {
          replaceLoops(program.func, scop, tree, program.context, { separatesFullTiles });
        } catch (error) {
          if (!(error instanceof SetsTooLarge)) throw error;
          tooLarge++;
          return;
        }
        expect(verify(program.module, program.context)).toEqual([]);
        sizes.forEach((n, i) => {
          const after = logOf(program, n);
          const shown = () => printModule(program.module, program.context);
          expect(after.map(textOf).sort(), shown()).toEqual(before[i]!.map(textOf).sort());
          const keys = after.map((instance) => keyOf(scop, tree, instance, n));
          expect(
            keys.findIndex((key, k) => k > 0 && compareKeys(keys[k - 1]!, key) > 0),
            shown(),
          ).toBe(-1);
        });
      }),
      {
        numRuns: runs,
        ...(process.env["PERSIMMONS_TEST_SEED"] ? { seed: Number(process.env["PERSIMMONS_TEST_SEED"]) } : {}),
      },
    );
    expect(tooLarge).toBeLessThan(runs / 50 + 1);
  });
});
