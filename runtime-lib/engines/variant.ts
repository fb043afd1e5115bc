/** @file From a manifest and a folder to what an engine loads: one target's module, description and weights. */

import path from "node:path";
import type { Manifest, Target } from "../bundle/generated/manifest.js";
import { runtimeFault } from "../diagnostic.js";
import { describeModel } from "../native/description.js";
import type { Engine, ModelVariant } from "./engine.js";
import { fingerprintWeights } from "./weights-file.js";

/** The variant of a target. Reads the weights' header and samples; throws PS5230 where the file is not the manifest's. */
export function variantOf(manifest: Manifest, target: Target, folder: string): ModelVariant {
  const modulePath = path.join(folder, moduleOf(target));
  const data = manifest.weightData;
  if (data === undefined) return { description: describeModel(manifest, target), modulePath };
  const weightsPath = path.join(folder, data.file);
  const description = describeModel(manifest, target, fingerprintWeights(weightsPath, data));
  return { description, modulePath, weightsPath };
}

/** The LLVM module of a target for CPUs, which the manifest's checks have found. */
function moduleOf(target: Target): string {
  if (target.module === undefined) throw new Error(`the target '${target.name}' has no LLVM module`);
  return target.module;
}

/** The first target an engine runs. Throws PS5225 (exit 4) where the bundle has none, naming those it has. */
export function targetFor(manifest: Manifest, engine: Engine["name"]): Target {
  const kind = engine === "cycles" ? "spatial" : engine;
  const target = manifest.targets.find((t) => t.kind === kind);
  if (target !== undefined) return target;
  const there = manifest.targets.map((t) => `'${t.name}'`).join(", ");
  const fix = kind === "wasm" ? "export with --target=wasm32" : "choose an engine that runs one of those";
  throw runtimeFault("PS5225", `no target of the bundle runs on the ${engine} engine (it has ${there || "none"})`, {
    exitCode: 4,
    fix,
  });
}
