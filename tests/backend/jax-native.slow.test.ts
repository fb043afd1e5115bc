/** @file What JAX lowers real functions to, compiled natively: it computes what JAX computes; sizes left open, at several. */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import { functionBody, lookupFunction } from "../../ir/dialects/func.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { maxRelativeError } from "../../ir/ndarray-compare.js";
import { parseModule } from "../../ir/text/module.js";
import { hasStaticShape, type TensorType } from "../../ir/types.js";
import { newContext } from "../../lowering/dialects.js";
import { type JaxProgram, jaxPython, makeJaxPrograms } from "../support/jax-programs.js";
import { type NativeProgram, runTogether } from "../support/native-programs.js";
import { Random } from "../support/random.js";

/** Values for other sizes of a program that leaves some open; none for any other program. */
function otherSizes({ text, inputs }: JaxProgram): readonly (readonly NdArray[])[] {
  const context = newContext();
  const main = lookupFunction(parseModule(text, "jax.mlir", context), "main")!;
  const types = functionBody(main).args.map((a) => a.type as TensorType);
  if (types.every(hasStaticShape)) return [];
  const random = new Random(7);
  return [1, 2, 3, 9, 16].map((size) =>
    types.map((type, k) =>
      random.array(
        inputs[k]!.element,
        type.shape.map((d) => (typeof d === "number" ? d : size)),
      ),
    ),
  );
}

describe.skipIf(jaxPython === undefined)("programs of JAX as native code", () => {
  it("compute what JAX computes", async () => {
    const made = makeJaxPrograms();
    const programs = made.map((p): NativeProgram => ({ text: p.text, runs: [p.inputs, ...otherSizes(p)] }));
    const outcomes = await runTogether(programs);
    const problems = outcomes.flatMap((outcome, k) => {
      const { name, text, results } = made[k]!;
      if (outcome.kind !== "ran") return [`${name} is ${outcome.kind}: ${String((outcome.error as Error).stack)}`];
      return outcome.results.flatMap((found, n) => {
        const wanted = n === 0 ? results : interpreted(text, programs[k]!.runs[n]!);
        const wrong = wanted.findIndex((w, i) => !(maxRelativeError(found[i]!, w) <= 1e-4));
        return wrong < 0 ? [] : [`${name}, run ${n}: result ${wrong} is ${String(found[wrong]?.data.slice(0, 20))}`];
      });
    });
    expect(problems).toEqual([]);
  }, 600_000);
});

function interpreted(text: string, inputs: readonly NdArray[]): readonly NdArray[] {
  const context = newContext();
  return interpret(parseModule(text, "jax.mlir", context), "main", inputs as Datum[], context) as readonly NdArray[];
}
