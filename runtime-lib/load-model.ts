/**
 * @file From a path to a model that runs: opens the bundle, chooses engine and target, asks the trust list, finds or
 * builds the code. The choice is a function of what was asked, the bundle and the machine, and is told to the caller;
 * an engine that was asked for is used or refused, never replaced.
 */

import { join } from "node:path";
import { buildLibrary, knownLibrary } from "./built-library.js";
import type { Manifest, Target } from "./bundle/generated/manifest.js";
import { type OpenBundle, openBundle } from "./bundle/read-bundle.js";
import { isTrusted, untrusted } from "./bundle/trust.js";
import { type FaultDiagnostic, faultDiagnostic, RuntimeFault, runtimeFault } from "./diagnostic.js";
import { requireHost } from "./engines/cpu.js";
import { openCycles } from "./engines/cycles/engine.js";
import type { LoadedModel, LoadOptions, ModelVariant } from "./engines/engine.js";
import { openNative } from "./engines/native/engine.js";
import { findNativeToolchain } from "./engines/toolchain.js";
import { targetFor, variantOf } from "./engines/variant.js";
import { wasmEngine } from "./engines/wasm/engine.js";
import { describeModel } from "./native/description.js";
import { neededFeatures } from "./native/features.js";
import { unpackedBundle } from "./unpack.js";

export type EngineName = "native" | "wasm" | "cycles";

export const engineNames: readonly EngineName[] = ["native", "wasm", "cycles"];

export interface LoadChoice extends LoadOptions {
  /**
   * By default native where the bundle has code for this machine and a library or a compiler is there, else wasm; cycles
   * where all its targets are accelerators, or `target` is one.
   */
  readonly engine?: EngineName;
  /** The variant to run; by default the one that uses most of this machine. */
  readonly target?: string;
  /** Run native code of a bundle that is not on the trust list. */
  readonly trust?: boolean;
  readonly verify?: "always" | "stamp";
  readonly signal?: AbortSignal;
}

/** Where the code that runs came from. */
export type CodeOrigin = "bundle" | "cache" | "built" | "sandbox" | "emulated";

export interface RunnableModel {
  readonly bundle: OpenBundle;
  readonly target: Target;
  readonly model: LoadedModel;
  readonly code: CodeOrigin;
  /** What the user should know about the choice. */
  readonly remarks: readonly FaultDiagnostic[];
}

/**
 * Loads the bundle at `path`. Rejects with a `RuntimeFault`: what `openBundle` throws, PS5017 where native code is not
 * trusted, PS5220 where there is no compiler, PS5225 where no target of the bundle runs here, and the engines' own.
 */
export async function loadModel(
  path: string,
  choice: LoadChoice = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunnableModel> {
  const { verify, signal } = choice;
  const bundle = await openBundle(path, { ...(verify && { verify }), ...(signal && { signal }) });
  const chosen = await chooseTarget(bundle, choice, env);
  const { target, remarks } = chosen;
  if (chosen.engine === "native") {
    const { library, code, variant } = await findLibrary(bundle, target, choice, env);
    return { bundle, target, model: openNative(library, variant, choice), code, remarks };
  }
  const { manifest, path: folder } = await unpackedBundle(bundle, signal);
  if (chosen.engine === "cycles") {
    return { bundle, target, model: await openCycles(manifest, target, folder, choice), code: "emulated", remarks };
  }
  const model = await wasmEngine(env).load(variantOf(manifest, target, folder), choice);
  return { bundle, target, model, code: "sandbox", remarks };
}

/** A native library for callers of the C ABI, with what it was built from. */
export interface PreparedLibrary {
  /** Path of the shared library. */
  readonly library: string;
  readonly code: CodeOrigin;
  readonly target: Target;
  readonly variant: ModelVariant;
}

/** The native library of an open bundle, built if need be; rejects as `loadModel` does. */
export async function prepareLibrary(
  bundle: OpenBundle,
  choice: LoadChoice = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<PreparedLibrary> {
  const { target } = await chooseTarget(bundle, { ...choice, engine: "native" }, env);
  return { target, ...(await findLibrary(bundle, target, choice, env)) };
}

/** The library of a bundle exported with `--emit=lib`, or undefined. */
export function bundledLibrary({ files, model }: Pick<Manifest, "files" | "model">): string | undefined {
  return files.find(({ name }) => name === `lib${model}.so` || name === `lib${model}.dylib`)?.name;
}

/** The target that the library in a bundle was built for: the first native one. */
export function bundledTarget({ targets }: Pick<Manifest, "targets">): Target | undefined {
  return targets.find((target) => target.kind === "native");
}

interface Choice {
  readonly engine: EngineName;
  readonly target: Target;
  readonly remarks: readonly FaultDiagnostic[];
}

async function chooseTarget(bundle: OpenBundle, choice: LoadChoice, env: NodeJS.ProcessEnv): Promise<Choice> {
  const { manifest } = bundle;
  if (choice.target !== undefined) return namedTarget(manifest, choice.target, choice.engine);
  if (choice.engine === "wasm") return { engine: "wasm", target: targetFor(manifest, "wasm"), remarks: [] };
  if (choice.engine === "cycles") return { engine: "cycles", target: targetFor(manifest, "cycles"), remarks: [] };
  if (choice.engine === "native") return { engine: "native", target: nativeTarget(manifest), remarks: [] };
  // An emulator is what one asks for; it stands in for nothing, so it is the default only of bundles for accelerators alone.
  if (manifest.targets.length > 0 && manifest.targets.every((t) => t.kind === "spatial"))
    return { engine: "cycles", target: targetFor(manifest, "cycles"), remarks: [] };
  const wasm = manifest.targets.find((target) => target.kind === "wasm");
  try {
    const target = nativeTarget(manifest);
    requireHost(describeModel(manifest, target));
    if (wasm !== undefined && !hasLibrary(bundle, target, env)) await findNativeToolchain(env);
    return { engine: "native", target, remarks: [] };
  } catch (error) {
    if (wasm === undefined || !(error instanceof RuntimeFault)) throw error;
    const native = manifest.targets.some((target) => target.kind === "native");
    return { engine: "wasm", target: wasm, remarks: native ? [sandboxed(error)] : [] };
  }
}

function sandboxed(error: RuntimeFault): FaultDiagnostic {
  const why = error.diagnostics.map((d) => d.message).join("; ");
  const fix = error.diagnostics[0]?.fix;
  return faultDiagnostic("PS5227", `the wasm engine runs the model, because ${why}`, {
    severity: "remark",
    ...(fix === undefined ? {} : { fix }),
  });
}

/** The target called `name`. Throws PS5225 (exit 4) where the bundle has none, or the engine asked for does not run it. */
function namedTarget(manifest: Manifest, name: string, engine: EngineName | undefined): Choice {
  const target = manifest.targets.find((t) => t.name === name);
  const there = manifest.targets.map((t) => `'${t.name}'`).join(", ");
  if (target === undefined) {
    throw runtimeFault("PS5225", `the bundle has no target '${name}'`, { exitCode: 4, fix: `it has ${there}` });
  }
  const kind = target.kind === "spatial" ? "cycles" : target.kind;
  if (engine !== undefined && engine !== kind) {
    const message = `the target '${name}' does not run on the ${engine} engine`;
    throw runtimeFault("PS5225", message, { exitCode: 4, fix: `the bundle has ${there}` });
  }
  return { engine: kind, target, remarks: [] };
}

/** Of the native targets this machine can run, the one that needs most features. Throws what `requireHost` throws, or PS5225. */
function nativeTarget(manifest: Manifest): Target {
  const native = manifest.targets.filter((target) => target.kind === "native");
  if (native.length < 2) return targetFor(manifest, "native");
  const need = (t: Target) => neededFeatures(t.cpu, t.features).length;
  const byNeed = native.toSorted((a, b) => need(b) - need(a));
  const fits = byNeed.find((target) => {
    try {
      requireHost(describeModel(manifest, target));
      return true;
    } catch (error) {
      if (error instanceof RuntimeFault) return false;
      throw error;
    }
  });
  if (fits === undefined) requireHost(describeModel(manifest, byNeed.at(-1)!));
  return fits ?? byNeed.at(-1)!;
}

function hasLibrary(bundle: OpenBundle, target: Target, env: NodeJS.ProcessEnv): boolean {
  if (isBundled(bundle, target)) return true;
  return knownLibrary({ digest: bundle.digest, target: target.name }, env) !== undefined;
}

function isBundled({ manifest }: OpenBundle, target: Target): boolean {
  return bundledLibrary(manifest) !== undefined && bundledTarget(manifest)?.name === target.name;
}

async function findLibrary(
  given: OpenBundle,
  target: Target,
  choice: LoadChoice,
  env: NodeJS.ProcessEnv,
): Promise<Omit<PreparedLibrary, "target">> {
  requireTrust(given, choice);
  requireHost(describeModel(given.manifest, target));
  const bundle = await unpackedBundle(given, choice.signal);
  const variant = variantOf(bundle.manifest, target, bundle.path);
  if (isBundled(bundle, target)) {
    return { library: join(bundle.path, bundledLibrary(bundle.manifest)!), code: "bundle", variant };
  }
  const which = { digest: bundle.digest, target: target.name };
  const known = knownLibrary(which, env);
  if (known !== undefined) return { library: known, code: "cache", variant };
  return { library: await buildLibrary(which, variant, env), code: "built", variant };
}

function requireTrust(bundle: OpenBundle, choice: LoadChoice): void {
  if (choice.trust === true || isTrusted(bundle.digest)) return;
  throw untrusted(
    bundle.path,
    bundle.manifest.targets.map((target) => target.kind),
  );
}
