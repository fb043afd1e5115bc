/** @file Whatever the text, reading ends soon, with a program that verifies and prints, or with a `CompileError`. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { importMlirText } from "../../../frontends/mlir/import.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { printModule } from "../../../ir/text/module.js";
import { newContext } from "../../../lowering/dialects.js";
import { fuzzRuns, fuzzSeed, fuzzTimeout } from "../../support/fuzz.js";
import { Random } from "../../support/random.js";

const golden = fileURLToPath(new URL("../../golden", import.meta.url));

/** The programs of the golden files: every dialect, in the text that people read. */
const programs: readonly string[] = readdirSync(golden, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".mlir"))
  .sort()
  .flatMap((file) => readFileSync(join(golden, file), "utf8").split("// -----\n"))
  .map((text) => text.replace(/^\/\/.*\n/gm, ""))
  .filter((text) => text.trim() !== "" && text.length < 6000);

/** What a text is made of, and what it is not. */
const pieces = [
  ...'(){}[]<>,:="%@#!^*+-?0\n\u0000é',
  ...[
    "9999999999",
    "-1",
    "0x7fc00000",
    "1e999",
    "x",
    "?x",
    "->",
    "::",
    "tensor<",
    "memref<",
    "vector<4x",
    "f32",
    "index",
  ],
  ...[
    "tuple<",
    "!llvm.ptr",
    "affine_map<(d0) -> (",
    "dense<",
    "dense_resource<",
    "loc(",
    "array<i64: ",
    "strided<[",
    "func.func",
  ],
  ...["return", "^bb0", "true", "#a = #a\n", "!t = !t\n", "{-#", "#-}", "//", '"a.b"() : () -> ()'],
];

const token = /%\w+|@\w+|[A-Za-z_][\w.]*|-?\d+|\s+|[^\w\s]/g;

function mutate(text: string, r: Random): string {
  const tokens = text.match(token) ?? [];
  for (let edits = r.chance(0.5) ? 1 : r.int(1, 6); edits > 0; edits--) {
    const at = r.int(0, Math.max(0, tokens.length - 1));
    const other = r.int(0, Math.max(0, tokens.length - 1));
    const edit = r.int(0, 6);
    if (edit === 0) tokens.splice(at, r.int(1, 4));
    else if (edit === 1) tokens.splice(at, 0, r.pick(pieces));
    else if (edit === 2) tokens[at] = r.pick(pieces);
    else if (edit === 3) tokens[at] = tokens[other] ?? "";
    else if (edit === 4) tokens.splice(at, 0, ...tokens.slice(other, other + r.int(1, 20)));
    else if (edit === 5) tokens.splice(at, 0, r.pick(pieces).repeat(r.int(2, 300)));
    else tokens.length = at;
  }
  return tokens.join("");
}

function outcome(text: string): "program" | "refused" {
  const context = newContext();
  try {
    expect(printModule(importMlirText(text, "m.mlir", context), context)).not.toBe("");
    return "program";
  } catch (error) {
    if (!(error instanceof CompileError)) throw new Error(`crash on\n${text}`, { cause: error });
    expect(error.diagnostics.length).toBeGreaterThan(0);
    return "refused";
  }
}

describe("reading MLIR text", () => {
  test("accepts most of the programs that are mutated below", () => {
    const counts = { program: 0, refused: 0 };
    for (const text of programs) counts[outcome(text)]++;
    expect(counts.program).toBeGreaterThan(programs.length * 0.5);
  });

  test(
    "mutated ends with a program or a CompileError, in little time",
    () => {
      const r = new Random(fuzzSeed);
      const counts = { program: 0, refused: 0 };
      let slowest = 0;
      for (let k = fuzzRuns(3000); k > 0; k--) {
        const text = mutate(r.pick(programs), r);
        const start = performance.now();
        counts[outcome(text)]++;
        slowest = Math.max(slowest, performance.now() - start);
      }
      expect(counts.refused).toBeGreaterThan(counts.program);
      expect(counts.program).toBeGreaterThan(0);
      expect(slowest).toBeLessThan(3000);
    },
    fuzzTimeout,
  );

  test(
    "of random pieces ends with a program or a CompileError",
    () => {
      const r = new Random(fuzzSeed + 1);
      for (let k = fuzzRuns(2000); k > 0; k--)
        outcome(Array.from({ length: r.int(0, 30) }, () => r.pick(pieces)).join(r.pick(["", " "])));
    },
    fuzzTimeout,
  );
});
