/** @file Loops generated from random trees run every instance once, in the tree's order, for every size. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SetsTooLarge } from "../../../../ir/analysis/sets/linear.js";
import { printModule } from "../../../../ir/text/module.js";
import { verify } from "../../../../ir/verify.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { replaceLoops } from "../../../../lowering/loops/polyhedral/replace-loops.js";
import { choices, compareKeys, type Instance, keyOf, logOf, nests, programOf, treeOf } from "./random-scops.js";

const runs = Number(process.env["PERSIMMONS_TEST_RUNS"] ?? 60);
const sizes = [-3, 0, 1, 4, 9];
const textOf = ({ statement, point }: Instance): string => `${statement}[${point.join()}]`;

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
