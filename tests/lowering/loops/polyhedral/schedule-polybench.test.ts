/** @file The schedules of PolyBench at LARGE sizes: legal, found in time, and of the shapes that are known to pay. */

import { expect, test } from "vitest";
import { printRow } from "../../../../ir/analysis/sets/text-print.js";
import { dependencesOf } from "../../../../lowering/loops/polyhedral/dependences.js";
import { isLegal } from "../../../../lowering/loops/polyhedral/legality.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { scheduleScop } from "../../../../lowering/loops/polyhedral/schedule/schedule-scop.js";
import type { ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { Scop } from "../../../../lowering/loops/polyhedral/scop.js";
import { bufferized } from "./polybench-kernels.js";

const LARGE: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ["2mm", { NI: 800, NJ: 900, NK: 1100, NL: 1200 }],
  ["3mm", { NI: 800, NJ: 900, NK: 1000, NL: 1100, NM: 1200 }],
  ["adi", { TSTEPS: 500, N: 1000 }],
  ["atax", { M: 1900, N: 2100 }],
  ["bicg", { M: 1900, N: 2100 }],
  ["cholesky", { N: 2000 }],
  ["correlation", { M: 1200, N: 1400 }],
  ["covariance", { M: 1200, N: 1400 }],
  ["deriche", { W: 4096, H: 2160 }],
  ["doitgen", { NQ: 140, NR: 150, NP: 160 }],
  ["durbin", { N: 2000 }],
  ["fdtd_2d", { TMAX: 500, NX: 1000, NY: 1200 }],
  ["floyd_warshall", { N: 2800 }],
  ["gemm", { NI: 1000, NJ: 1100, NK: 1200 }],
  ["gemver", { N: 2000 }],
  ["gesummv", { N: 1300 }],
  ["gramschmidt", { M: 1000, N: 1200 }],
  ["heat_3d", { TSTEPS: 500, N: 120 }],
  ["jacobi_1d", { TSTEPS: 500, N: 2000 }],
  ["jacobi_2d", { TSTEPS: 500, N: 1300 }],
  ["lu", { N: 2000 }],
  ["ludcmp", { N: 2000 }],
  ["mvt", { N: 2000 }],
  ["nussinov", { N: 2500 }],
  ["seidel_2d", { TSTEPS: 500, N: 2000 }],
  ["symm", { M: 1000, N: 1200 }],
  ["syr2k", { M: 1000, N: 1200 }],
  ["syrk", { M: 1000, N: 1200 }],
  ["trisolv", { N: 2000 }],
  ["trmm", { M: 1000, N: 1200 }],
];

/** One line: bands as `[members]child`, `*` for coincident, `;` between children. */
function brief(scop: Scop, node: ScheduleNode): string {
  if (node.kind === "leaf") return "";
  if (node.kind === "sequence")
    return `{${node.children.map((c) => `${c.statements.join(",")}:${brief(scop, c.child)}`).join("; ")}}`;
  if (node.kind !== "band") return brief(scop, node.child);
  const params = scop.parameters.map((p) => p.name);
  const members = node.members.map((m) => {
    const rows = new Set(
      [...m.rows].map(([name, row]) =>
        printRow(row, [...params, ...scop.statements.find((s) => s.name === name)!.dims]),
      ),
    );
    return `${[...rows].join("|")}${m.coincident ? "*" : ""}`;
  });
  return `${node.permutable ? "" : "!"}[${members.join(", ")}]${brief(scop, node.child)}`;
}

/** Shapes that are known to pay; the numbers of statements and dims are those of the kernel's text. */
const KNOWN: Readonly<Record<string, string>> = {
  "2mm": "{S0:[i0*, i1*]; S1:[i0*, i1*, i2]; S2:[i0*, i1*]; S3:[i0*, i1*, i2]}",
  gemm: "{S0:[i0*, i1*]; S1:[i0*, i2*, i1]}",
  syrk: "{S0:[i0*, i1*]; S1:[i0*, i2*, i1]}",
  jacobi_1d: "[i0, 2*i0 + i1|2*i0 + i1 + 1]{S0:; S1:}",
  jacobi_2d: "[i0, 2*i0 + i1|2*i0 + i1 + 1, 2*i0 + i2|2*i0 + i2 + 1]{S0:; S1:}",
  heat_3d: "[i0, 2*i0 + i1|2*i0 + i1 + 1, 2*i0 + i2|2*i0 + i2 + 1, 2*i0 + i3|2*i0 + i3 + 1]{S0:; S1:}",
  seidel_2d: "[i0, i0 + i1, 2*i0 + i1 + i2]",
  floyd_warshall: "[i0][i1, i2]",
  lu: "[i0, i1, i2|i1]{S0:; S1:; S2:}",
  trisolv: "{S0:[i0*]; S1,S2:[i0, i1|i0]{S1:; S2:}}",
  atax: "{S0:[i0*]; S1:[i0*]; S2,S3:[i0]{S2:[i1]; S3:[i1*]}}",
  bicg: "{S0:[i0*]; S1:[i0*]; S2,S3:[i0, i1]{S2:; S3:}}",
  covariance:
    "{S0:[i0*]; S1:[i0*, i1]; S2:[i0*]; S3:[i0*, i1*]; S4:[i0*, i1*]; S5:[i0*, i1*, i2]; S6,S7:[i0*, i1*]{S6:; S7:}}",
};

/** Many times what it takes, for machines that do other work at the same time. */
const MOST_MILLISECONDS = 10_000;

test.each(LARGE)(
  "%s gets a legal schedule, and a known one where there is one",
  { timeout: 60_000 },
  async (name, sizes) => {
    const scop = readScop((await bufferized(name, sizes)).func);
    if ("reason" in scop) throw new Error(scop.reason);
    const start = performance.now();
    const deps = dependencesOf(scop);
    const { root, why } = scheduleScop(scop, deps);
    const time = performance.now() - start;
    if (process.env["PERSIMMONS_REPORT"])
      console.log(`${name} ${time.toFixed(0)} ms: ${brief(scop, root)}\n${why.join("\n")}`);
    expect(isLegal(scop, deps, root)).toBe(true);
    expect(root).not.toBe(scop.schedule);
    if (KNOWN[name] !== undefined) expect(brief(scop, root)).toBe(KNOWN[name]);
    expect(time).toBeLessThan(MOST_MILLISECONDS);
  },
);
