/** @file What JAX lowers real functions to, interpreted after every stage down to loops: still what JAX computes. */

import { beforeAll, describe, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import { type JaxProgram, jaxPrograms, jaxPython, makeJaxPrograms } from "../support/jax-programs.js";
import { runMemrefs } from "./bufferize/run.js";
import { expectClose, parseText, withoutSign } from "./fuse/structured.js";

const cpu = cpuNamed("x86-64-v3");
if (!cpu) throw new Error("there is no CPU x86-64-v3");
const stages = stagesFor(cpu);

describe.skipIf(jaxPython === undefined)("programs of JAX", () => {
  let made: readonly JaxProgram[] = [];
  beforeAll(() => {
    made = makeJaxPrograms();
  }, 120_000);

  it.each(jaxPrograms)("%s", (name, tolerance) => {
    const { text, inputs: given, results: wanted } = made.find((p) => p.name === name)!;
    const context = newContext();
    const module = parseText(text, context);
    const signless = { inputs: given.map(withoutSign), states: [], wanted: wanted.map(withoutSign) };
    runStages(stages, module, context, {
      until: "loops",
      onStage({ stage }) {
        const isGraph = stage.name === "simplify";
        const found =
          isGraph || stage.name === "fuse"
            ? (interpret(module, "main", (isGraph ? given : signless.inputs) as Datum[], context) as NdArray[])
            : runMemrefs(module, signless, context).results;
        wanted.forEach((w, i) =>
          expectClose(found[i]!, isGraph ? w : withoutSign(w), tolerance, `stage ${stage.name} of ${name}`),
        );
      },
    });
  });
});
