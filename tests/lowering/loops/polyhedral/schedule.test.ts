/** @file What the scheduler makes of small programs; those of random ones are judged in referee.test.ts. */

import { expect, test } from "vitest";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { scheduleScop } from "../../../../lowering/loops/polyhedral/schedule/schedule-scop.js";
import { scopOfText } from "../../../support/scops.js";

test("a loop that is turned around in the middle gets a legal schedule", () => {
  const scop = scopOfText(`
for i = 0 .. 10
  A[i] = A[9 - i]`);
  const deps = dependencesOf(scop);
  const { root } = scheduleScop(scop, deps);
  expect(isLegal(scop, deps, root)).toBe(true);
});
