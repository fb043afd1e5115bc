/** @file Schedule trees as text: isl reads them, and finds the same domains, members and order. */

import { describe, expect, test } from "vitest";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { printSchedule } from "../../../../lowering/loops/polyhedral/schedule-text.js";
import { type Band, leaf, type ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { Scop } from "../../../../lowering/loops/polyhedral/scop.js";
import { pythonWith, runPython } from "../../../support/python.js";
import { bufferized, polybench } from "./polybench-kernels.js";
import { programOf } from "./random-scops.js";

const python = pythonWith("islpy");

function scopOf(text: string): Scop {
  const scop = readScop(programOf([text]).func);
  if ("reason" in scop) throw new Error(scop.reason);
  return scop;
}

const triangle = `%v = arith.constant 0 : i64
affine.for %i = 0 to %n {
  affine.for %j = affine_map<(d0) -> (d0)>(%i) to %n step 2 {
    affine.store %v, %out[] : memref<i64>
  }
}`;

/** Bands become tiles of four and the points within. */
function tiled(node: ScheduleNode): ScheduleNode {
  if (node.kind === "sequence")
    return { ...node, children: node.children.map((f) => ({ ...f, child: tiled(f.child) })) };
  if (node.kind === "leaf") return node;
  const child = tiled(node.child);
  if (node.kind !== "band") return { ...node, child };
  const tiles: Band = { ...node, permutable: true, members: node.members.map((m) => ({ ...m, tile: 4 })), child: leaf };
  return { ...tiles, child: { kind: "mark", name: "points", child: { ...node, child } } };
}

describe("a schedule tree as text", () => {
  test("has isl's form", () => {
    const scop = scopOf(triangle);
    expect(printSchedule(scop, tiled(scop.schedule))).toMatchInlineSnapshot(`
      "domain: "[n0] -> { S0[i0, i1] : (i0 + i1) mod 2 = 0 and i0 >= 0 and n0 - i0 - 1 >= 0 and -i0 + i1 >= 0 and n0 - i1 - 1 >= 0 }"
      child:
        schedule: "[n0] -> [{ S0[i0, i1] -> [(4*floor((i0)/4))] }]"
        permutable: 1
        coincident: [ 0 ]
        child:
          mark: "points"
          child:
            schedule: "[n0] -> [{ S0[i0, i1] -> [(i0)] }]"
            permutable: 0
            coincident: [ 0 ]
            child:
              schedule: "[n0] -> [{ S0[i0, i1] -> [(4*floor((i1)/4))] }]"
              permutable: 1
              coincident: [ 0 ]
              child:
                mark: "points"
                child:
                  schedule: "[n0] -> [{ S0[i0, i1] -> [(i1)] }]"
                  permutable: 0
                  coincident: [ 0 ]
      "
    `);
  });

  describe.skipIf(python === undefined)("of a kernel of PolyBench", () => {
    test("is what isl reads, tiled or not, and makes loops of", { timeout: 300_000 }, async () => {
      const texts: string[] = [];
      for (const [name, sizes] of polybench) {
        const { func } = await bufferized(name, sizes);
        const scop = readScop(func);
        if ("reason" in scop) throw new Error(`${name}: ${scop.reason}`);
        texts.push(printSchedule(scop, scop.schedule), printSchedule(scop, tiled(scop.schedule)));
      }
      const script = `
import json, sys, islpy as isl
for text in json.load(sys.stdin):
    schedule = isl.Schedule.read_from_str(isl.DEFAULT_CONTEXT, text)
    assert schedule is not None
    domain = schedule.get_domain()
    order = schedule.get_map().intersect_domain(domain)
    assert order.domain().is_equal(domain), text
    print(order.n_map())
`;
      const printed = runPython(python!, script, JSON.stringify(texts)).toString().trim().split("\n").map(Number);
      expect(printed).toHaveLength(60);
      expect(printed.every((count) => count > 0)).toBe(true);
    });
  });
});
