/** @file Damaged programs: whatever is done to a text, it is read or refused with diagnostics; nothing crashes. */

import { describe, expect, it } from "vitest";
import { CompileError } from "../../../ir/diagnostic.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { graphContext } from "../../support/draft-program.js";
import { Random } from "../../support/random.js";
import { randomOps, randomProgram } from "../../support/random-stablehlo.js";

const quick = process.env["PERSIMMONS_TESTS"] === "quick";
const DAMAGES = quick ? 10 : 80;

/** One change to the part of a text behind its first line: another number, a list cut or grown, a word lost. */
function damaged(text: string, r: Random): string {
  const changes = [
    (s: string) => replaceOne(s, /-?\d+/g, r, () => String(r.int(-2, 9))),
    (s: string) => replaceOne(s, /, -?\d+/g, r, () => ""),
    (s: string) => replaceOne(s, /-?\d+(?=[,\]>])/g, r, (found) => `${found}, ${r.int(0, 4)}`),
    (s: string) =>
      replaceOne(s, /\b(f32|f64|i32|i64|ui8|bf16|i1)\b/g, r, () => r.pick(["f32", "i32", "i1", "ui8", "complex<f32>"])),
    (s: string) => replaceOne(s, /%\w+/g, r, () => `%arg${r.int(0, 3)}`),
    (s: string) => replaceOne(s, /[A-Za-z_]+ = [^,{}<>]+,? ?/g, r, () => ""),
    (s: string) => replaceOne(s, /\S+/g, r, () => ""),
  ];
  const start = text.indexOf("\n") + 1;
  return text.slice(0, start) + r.pick(changes)(text.slice(start));
}

function replaceOne(text: string, pattern: RegExp, r: Random, by: (found: string) => string): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text;
  const { 0: found, index } = r.pick(matches);
  return text.slice(0, index) + by(found) + text.slice(index + found.length);
}

describe("a damaged program is read or refused", () => {
  it.each(randomOps)("%s", (op) => {
    const r = new Random(op.length * 31);
    let refused = 0;
    for (let i = 0; i < DAMAGES; i++) {
      const { text } = randomProgram(op, (i % 6) + 1);
      const context = graphContext();
      const generic = printModule(parseModule(text, "whole.mlir", context), context, { generic: true });
      const broken = damaged(r.chance(0.5) ? text : generic, r);
      try {
        const own = graphContext();
        if (verify(parseModule(broken, "damaged.mlir", own), own).length > 0) refused++;
      } catch (error) {
        if (!(error instanceof CompileError)) throw new Error(`crash on\n${broken}`, { cause: error });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});
