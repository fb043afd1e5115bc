/** @file Bundles loaded into the compile server: for callers that cannot load a native library themselves. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { compileError } from "../../ir/diagnostic.js";
import { entryIndex } from "../../runtime-lib/engines/engine.js";
import { type LoadChoice, loadModel, type RunnableModel } from "../../runtime-lib/load-model.js";
import { asDiagnostics, cliCode } from "../faults.js";
import { readNpy, writeNpy } from "../npy.js";
import { type Answer, defined, type Serving } from "./methods.js";
import type { RequestOf } from "./protocol.js";

export class LoadedBundles {
  readonly #loaded = new Map<number, RunnableModel>();
  #next = 1;

  async load(params: RequestOf<"load">["params"], { env, signal }: Serving): Promise<Answer> {
    const { bundle, ...choice } = params;
    const loaded = await loadModel(bundle, { ...(defined(choice) as LoadChoice), signal }, env);
    const handle = this.#next++;
    this.#loaded.set(handle, loaded);
    const { model, target, remarks } = loaded;
    const { description } = model;
    return {
      diagnostics: asDiagnostics(remarks),
      result: { handle, engine: model.engine, target: target.name, description },
    };
  }

  async run(params: RequestOf<"run">["params"], { signal }: Serving): Promise<Answer> {
    const { handle, entry = "main", inputs: files, out } = params;
    const { model } = this.#get(handle);
    const described = model.description.entries[entryIndex(model.description, entry)]!;
    const inputs = files.map((file, k) => readNpy(file, described.inputs[k]?.dtype));
    const start = performance.now();
    const outputs = await model.runAsync(entry, inputs, signal);
    const milliseconds = performance.now() - start;
    await mkdir(out, { recursive: true });
    const written = outputs.map((output, k) => {
      const file = join(out, `${k}.npy`);
      writeNpy(file, output);
      return { file, dtype: output.dtype, shape: output.shape };
    });
    return { diagnostics: [], result: { outputs: written, milliseconds } };
  }

  async reset({ handle, state }: RequestOf<"reset">["params"]): Promise<Answer> {
    this.#get(handle).model.resetState(state);
    return { diagnostics: [], result: {} };
  }

  async counters({ handle }: RequestOf<"counters">["params"]): Promise<Answer> {
    return { diagnostics: [], result: { counters: this.#get(handle).model.counters() } };
  }

  async unload({ handle }: RequestOf<"unload">["params"]): Promise<Answer> {
    this.#get(handle).model.close();
    this.#loaded.delete(handle);
    return { diagnostics: [], result: {} };
  }

  close(): void {
    for (const { model } of this.#loaded.values()) model.close();
    this.#loaded.clear();
  }

  #get(handle: number): RunnableModel {
    const loaded = this.#loaded.get(handle);
    if (loaded !== undefined) return loaded;
    throw compileError(cliCode.request, `no bundle is loaded as ${handle}`, { exitCode: 2 });
  }
}
