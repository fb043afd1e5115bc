/** @file What JAX lowers real functions to, interpreted after every stage down to loops: still what JAX computes. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import type { ElementType } from "../../ir/element.js";
import { interpret } from "../../ir/interpret.js";
import { fromBytes, type NdArray } from "../../ir/ndarray.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import { pythonWith, runPython } from "../support/python.js";
import { runMemrefs } from "./bufferize/run.js";
import { expectClose, parseText, withoutSign } from "./fuse/structured.js";

const python = pythonWith("jax", "jaxlib");

interface RawArray {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly bytes: string;
}

interface Program {
  readonly name: string;
  readonly text: string;
  readonly inputs: readonly RawArray[];
  readonly results: readonly RawArray[];
}

/** With the error that sums in another order may make. */
const programs = [
  ["mlp", 1e-5],
  ["conv_net", 1e-5],
  ["conv_grad", 1e-5],
  ["attention", 1e-5],
  ["scans", 1e-5],
  ["loops", 1e-5],
  ["conditions", 1e-5],
  ["orders", 1e-5],
  ["indexing", 0],
  ["fourier", 1e-5],
  ["cumulative", 1e-5],
  ["random", 1e-5],
  ["integers", 0],
  ["special", 1e-4],
  ["mixed", 1e-5],
  ["linear", 1e-4],
  ["gradients", 1e-5],
  ["padded", 0],
  ["complexes", 1e-5],
  ["dynamic_sizes", 1e-5],
  ["dynamic_pooling", 1e-5],
] as const;

const unpack = ({ element, shape, bytes }: RawArray): NdArray =>
  fromBytes(element, shape, new Uint8Array(Buffer.from(bytes, "base64")));

const cpu = cpuNamed("x86-64-v3");
if (!cpu) throw new Error("there is no CPU x86-64-v3");
const stages = stagesFor(cpu);
const script = new URL("../ir/stablehlo/jax_programs.py", import.meta.url);

describe.skipIf(python === undefined)("programs of JAX", () => {
  let made: readonly Program[] = [];
  beforeAll(() => {
    made = JSON.parse(runPython(python!, readFileSync(script, "utf8")).toString()) as Program[];
  }, 120_000);

  it.each(programs)("%s", (name, tolerance) => {
    const { text, inputs, results } = made.find((p) => p.name === name)!;
    const context = newContext();
    const module = parseText(text, context);
    const [given, wanted] = [inputs.map(unpack), results.map(unpack)];
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
