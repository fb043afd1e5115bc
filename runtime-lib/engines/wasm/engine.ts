/**
 * @file The wasm engine: the bundle's wasm32 module in a sandbox. The module imports nothing, so it can reach nothing
 * but its own memory; that memory grows to a cap and no further. The place for bundles from strangers.
 */

import { readFile } from "node:fs/promises";
import { runtimeFault } from "../../diagnostic.js";
import type { ModelDescription } from "../../native/description.js";
import { buildWasm, wasmPage } from "../build-wasm.js";
import type { Engine, LoadedModel, LoadOptions, ModelVariant } from "../engine.js";
import * as records from "../records.js";
import { status, statusError } from "../status.js";
import { readWeights } from "../weights-file.js";
import { WasmModel } from "./model.js";
import { compileSandboxed, Sandbox } from "./sandbox.js";
import type { CompiledWasm } from "./webassembly.js";

/** What 32-bit addresses reach: 4 GiB. */
const reach = 2 ** 32;

/** The engine; the environment names the cache (PERSIMMONS_CACHE). */
export function wasmEngine(env: NodeJS.ProcessEnv = process.env): Engine {
  return {
    name: "wasm",
    load: async (variant: ModelVariant, options: LoadOptions = {}) => {
      requireWasm(variant.description);
      const pages = memoryPages(variant.description, options.memoryLimit ?? reach);
      const bytes = await readFile(await buildWasm(variant, pages, env));
      return openWasm(await compileSandboxed(bytes, variant.description.model), variant);
    },
  };
}

/** Throws PS5224 (exit 4) for a variant of another kind. */
function requireWasm(d: ModelDescription): void {
  if (d.target.kind === "wasm") return;
  const message = `the variant '${d.target.name}' is for ${d.target.triple}; the wasm engine runs wasm32`;
  throw runtimeFault("PS5224", message, { exitCode: 4, fix: "export with --target=wasm32" });
}

/** The cap in pages. Throws PS5240 or PS5241 (exit 4) where the weights are beyond wasm32, or beyond the cap. */
function memoryPages(d: ModelDescription, limit: number): number {
  const weights = d.weights?.bytes ?? 0;
  const what = `model '${d.model}' has ${weights} bytes of weights`;
  if (weights >= reach) {
    const message = `${what}; wasm32 addresses ${reach} bytes (4 GiB)`;
    throw runtimeFault("PS5240", message, { exitCode: 4, fix: "use the native engine" });
  }
  if (weights >= limit) {
    const message = `${what}; the memory cap is ${limit} bytes`;
    throw runtimeFault("PS5241", message, { exitCode: 4, fix: "raise the cap, or use the native engine" });
  }
  return Math.floor(Math.min(limit, reach) / wasmPage);
}

async function openWasm(module: CompiledWasm, variant: ModelVariant): Promise<LoadedModel> {
  const { description } = variant;
  const sandbox = await Sandbox.open(module);
  const weightsBytes = description.weights?.bytes ?? 0;
  const weightsData = weightsBytes === 0 ? 0 : placeWeights(sandbox, variant);
  const handle = createInstance(sandbox, weightsData, weightsBytes);
  return new WasmModel(sandbox, description, handle, () => openWasm(module, variant));
}

/** Copies the weights into the sandbox; gives their address. */
function placeWeights(sandbox: Sandbox, variant: ModelVariant): number {
  const weights = variant.description.weights!;
  if (variant.weightsPath === undefined) {
    throw runtimeFault("PS5230", `the model '${variant.description.model}' needs its weights '${weights.file}'`);
  }
  const at = sandbox.alloc(weights.bytes, "the weights");
  readWeights(variant.weightsPath, weights, sandbox.bytes(at, weights.bytes));
  return at;
}

function createInstance(sandbox: Sandbox, weightsData: number, weightsBytes: number): number {
  const errorBytes = 4096;
  const optionsBytes = records.optionsRecordBytes(4);
  const at = sandbox.alloc(optionsBytes + 8 + errorBytes, "the instance");
  const outAt = at + optionsBytes;
  records.writeOptionsRecord(sandbox.view(), at, 4, {
    threads: 1,
    memoryLimit: 0,
    weightsBytes,
    weightsPath: 0n,
    weightsData: BigInt(weightsData),
    shareWeights: 0n,
    error: BigInt(outAt + 8),
    errorBytes,
  });
  const code = sandbox.call("create", at, outAt);
  if (code !== status.ok) throw statusError(code, sandbox.text(outAt + 8, errorBytes));
  const handle = sandbox.view().getUint32(outAt, true);
  sandbox.free(at);
  return handle;
}
