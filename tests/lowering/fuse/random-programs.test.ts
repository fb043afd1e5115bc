/** @file Random programs of every StableHLO and CHLO operation, interpreted before and after structured form. */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../../ir/define.js";
import { interpret } from "../../../ir/interpret.js";
import type { NdArray } from "../../../ir/ndarray.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { stablehloToLinalg } from "../../../lowering/fuse/stablehlo-to-linalg.js";
import { errorOf, randomOps, randomProgram } from "../../support/random-stablehlo.js";
import { expansions, expectClose, expectReadable, loweringContext, parseText, withoutSign } from "./structured.js";

const seeds = Array.from({ length: Number(process.env["PERSIMMONS_SEEDS"] ?? 6) }, (_, i) => i);

describe.each(randomOps)("%s", (op) => {
  it.each(seeds)("seed %i", (seed) => {
    const { text, inputs, loose, referee } = randomProgram(op, seed);
    if (referee === "none") return;
    const context = loweringContext();
    const module = parseText(text, context);
    const wanted = interpret(module, "main", inputs as Datum[], context) as NdArray[];
    for (const pass of expansions) pass.run(module, context);
    const graph = printModule(module, context);
    const expanded = interpret(module, "main", inputs as Datum[], context) as NdArray[];
    wanted.forEach((w, i) => {
      expectClose(expanded[i]!, w, loose * errorOf(w.element), `${text}\nresult ${i} of\n${graph}`);
    });
    stablehloToLinalg.run(module, context);
    const structured = printModule(module, context);
    expect(
      verify(module, context).map((d) => d.message),
      structured,
    ).toEqual([]);
    const actual = interpret(module, "main", inputs.map(withoutSign) as Datum[], context) as NdArray[];
    wanted.forEach((w, i) =>
      expectClose(actual[i]!, withoutSign(w), loose * errorOf(w.element), `${text}\nresult ${i} of\n${structured}`),
    );
    expectReadable(structured);
  });
});
