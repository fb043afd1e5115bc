/** @file The interpreter against XLA's CPU client and StableHLO's own interpreter, on random programs of every operation. */

import { beforeAll, describe, expect, it } from "vitest";
import { interpret } from "../../../ir/interpret.js";
import type { NdArray } from "../../../ir/ndarray.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { graphContext } from "../../support/draft-program.js";
import { pythonWith } from "../../support/python.js";
import { errorOf, type RandomProgram, randomOps, randomProgram } from "../../support/random-stablehlo.js";
import { difference } from "./compare-arrays.js";
import { judge, type Verdict } from "./referee.js";

const python = pythonWith("jax", "jaxlib");
const quick = process.env["PERSIMMONS_TESTS"] === "quick";
const PER_OP = quick ? 2 : 8;

interface Trial {
  readonly program: RandomProgram;
  readonly pretty: string;
  readonly generic: string;
  readonly problems: readonly string[];
  readonly results: readonly NdArray[];
}

function attempt(program: RandomProgram): Trial {
  const context = graphContext();
  const module = parseModule(program.text, "random.mlir", context);
  const problems = verify(module, context).map((d) => d.message);
  return {
    program,
    pretty: printModule(module, context),
    generic: printModule(module, context, { generic: true }),
    problems,
    results: interpret(module, "main", program.inputs, context) as readonly NdArray[],
  };
}

const seeds = Array.from({ length: PER_OP }, (_, i) => i + 1);

describe("random programs of each operation", () => {
  it.each(randomOps)("%s: the text reads back as it was printed, in both forms", (op) => {
    for (const seed of seeds) {
      const trial = attempt(randomProgram(op, seed));
      expect(trial.problems, trial.program.text).toEqual([]);
      expect(trial.pretty).toBe(trial.program.text);
      const context = graphContext();
      expect(printModule(parseModule(trial.generic, "generic.mlir", context), context)).toBe(trial.pretty);
    }
  });
});

describe.skipIf(python === undefined)("jaxlib (needs Python with jax)", () => {
  const verdicts = new Map<string, readonly { readonly trial: Trial; readonly verdict: Verdict }[]>();

  beforeAll(() => {
    const trials = randomOps.flatMap((op) => seeds.map((seed) => attempt(randomProgram(op, seed))));
    const answers = judge(
      python!,
      trials.map((t) => ({ texts: [t.pretty, t.generic], inputs: t.program.inputs, referee: t.program.referee })),
    );
    trials.forEach((trial, i) => {
      const { op } = trial.program;
      verdicts.set(op, [...(verdicts.get(op) ?? []), { trial, verdict: answers[i]! }]);
    });
  }, 900_000);

  it.each(randomOps)("%s: accepts both forms, which mean the same to it", (op) => {
    for (const { trial, verdict } of verdicts.get(op)!) expect(verdict.problems, trial.pretty).toEqual([null, null]);
  });

  /** What no machine at hand runs on one device is judged by its text alone. */
  const judged = randomOps.filter((op) => randomProgram(op, 1).referee !== "none");

  it.each(judged)("%s: computes what the interpreter computes", (op) => {
    for (const { trial, verdict } of verdicts.get(op)!) {
      const { program } = trial;
      const about = `seed ${program.seed}\n${program.text}`;
      expect(verdict.error, about).toBeUndefined();
      expect(verdict.results?.length, about).toBe(trial.results.length);
      trial.results.forEach((got, i) => {
        expect(difference(got, verdict.results![i]!, program.loose * errorOf(got.element)), about).toBeUndefined();
      });
    }
  });
});
