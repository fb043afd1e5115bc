/**
 * @file Random programs of every StableHLO and CHLO operation, interpreted after each stage down to loops. The last stage
 * changes how narrow elements are stored, which has tests of its own.
 */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { printModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import { errorOf, randomOps, randomProgram } from "../support/random-stablehlo.js";
import { runMemrefs } from "./bufferize/run.js";
import { expectClose, parseText, withoutSign } from "./fuse/structured.js";

const cpu = cpuNamed("x86-64-v3");
if (!cpu) throw new Error("there is no CPU x86-64-v3");
const stages = stagesFor(cpu);
/** Stages after which `@main` works on memrefs of the elements that the program has. */
const onMemrefs = new Set(["bufferize", "loops"]);
const seeds = Array.from({ length: Number(process.env["PERSIMMONS_SEEDS"] ?? 2) }, (_, i) => i + 100);

describe.each(randomOps)("%s", (op) => {
  it.each(seeds)("seed %i", (seed) => {
    const { text, inputs, loose, referee } = randomProgram(op, seed);
    if (referee === "none") return;
    const context = newContext();
    const module = parseText(text, context);
    const wanted = (interpret(module, "main", inputs as Datum[], context) as NdArray[]).map(withoutSign);
    const judge = (stage: string, results: readonly NdArray[]): void => {
      const after = `stage ${stage} made\n${printModule(module, context)}\nof\n${text}`;
      // Sums in another order, in other parts: twice the error of one operation.
      wanted.forEach((w, i) => expectClose(results[i]!, w, 2 * loose * errorOf(w.element), after));
    };
    runStages(stages, module, context, {
      until: "loops",
      onStage({ stage }) {
        if (onMemrefs.has(stage.name))
          judge(
            stage.name,
            runMemrefs(module, { inputs: inputs.map(withoutSign), states: [], wanted }, context).results,
          );
        else {
          const given = stage.name === "simplify" ? inputs : inputs.map(withoutSign);
          const results = interpret(module, "main", given as Datum[], context) as NdArray[];
          judge(stage.name, results.map(withoutSign));
        }
      },
    });
    expect(stages.some((s) => s.name === "loops")).toBe(true);
  });
});
