/**
 * @file Small versions of real networks, interpreted as imported and again after every stage: they compute what PyTorch
 * computed, and no stage changes it. Their kernels are those of the real sizes: contractions over several panels with a
 * rest, convolutions with strides, groups and padding, attention, norms, embeddings.
 */

import { describe, expect, it } from "vitest";
import type { Context } from "../../ir/context.js";
import { entryInterfaces } from "../../ir/entry.js";
import type { Operation } from "../../ir/graph.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { importModel, stagesFor } from "../../lowering/pipeline.js";
import { type CpuDescription, cpuNamed } from "../../machine/cpu.js";
import { runMemrefs } from "../lowering/bufferize/run.js";
import { expectClose } from "../lowering/fuse/structured.js";
import { areAllAsked, casesOf, type ModelCase, type ModelFile, reducedModels } from "./models.js";

/** max |a - b| / max |b| to what PyTorch gives, and of sums in another order to what the imported program gives. */
const FROM_PYTORCH = 1e-4;
/** MobileNet's small maps leave its norms with little variance, which grows the error of the layers before. */
const fromImport = ({ name }: ModelFile): number => (name.startsWith("mobilenetv2") ? 1e-4 : 1e-5);
/** Stages after which the program works on tensors still. */
const onTensors = new Set(["simplify", "fuse"]);

const cpus = ["x86-64-v3", "x86-64-v4", "wasm32"].map((name) => cpuNamed(name)!);

interface Trial {
  readonly model: ModelFile;
  readonly cpu: CpuDescription;
}

/** Every model for every CPU, or a sample with each network, both kinds of sizes and all CPUs in it. */
const trials: readonly Trial[] = areAllAsked
  ? reducedModels.flatMap((model) => cpus.map((cpu) => ({ model, cpu })))
  : reducedModels.filter((_, i) => i % 2 === (i >> 1) % 2).map((model, i) => ({ model, cpu: cpus[i % cpus.length]! }));

interface Imported {
  readonly module: Operation;
  readonly context: Context;
  readonly inputs: readonly NdArray[];
  readonly outputs: readonly NdArray[];
}

async function imported(model: ModelFile, { inputs, outputs }: ModelCase): Promise<Imported> {
  const context = newContext();
  const module = await importModel(model.path, context);
  const [entry] = entryInterfaces(module, context);
  const named = (arrays: ReadonlyMap<string, NdArray>, values: readonly { readonly name: string }[]) =>
    values.map(({ name }) => arrays.get(name)!);
  return { module, context, inputs: named(inputs, entry!.inputs), outputs: named(outputs, entry!.outputs) };
}

async function judge({ model, cpu }: Trial, given: ModelCase): Promise<number> {
  const { module, context, inputs, outputs } = await imported(model, given);
  const run = () => interpret(module, "main", inputs, context) as readonly NdArray[];
  const wanted = run();
  outputs.forEach((w, i) => expectClose(wanted[i]!, w, FROM_PYTORCH, `${model.name}, ${given.name} as imported`));
  let judged = 0;
  runStages(stagesFor(cpu), module, context, {
    onStage({ stage }) {
      const found = onTensors.has(stage.name)
        ? run()
        : runMemrefs(module, { inputs, states: [], wanted, maxSteps: 1e9 }, context).results;
      wanted.forEach((w, i) =>
        expectClose(found[i]!, w, fromImport(model), `${model.name}, ${given.name} after ${stage.name}`),
      );
      judged++;
    },
  });
  return judged;
}

describe("no stage changes what a network computes", () => {
  it.each(trials.map((t) => [t.model.name, t.cpu.name, t] as const))(
    "%s for %s",
    async (_, __, trial) => {
      // The second of three sizes is none that the exporter saw.
      const cases = casesOf(trial.model);
      for (const given of areAllAsked ? cases : [cases[1] ?? cases[0]!])
        expect(await judge(trial, given)).toBe(stagesFor(trial.cpu).length);
    },
    1_800_000,
  );
});
