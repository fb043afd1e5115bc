/**
 * @file A model file to a bundle on disk: what the verb, the compile server and the npm export share. The destination is
 * checked before anything is compiled; a bundle appears whole or not at all.
 */

import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { Diagnostic } from "../ir/diagnostic.js";
import type { Compose, WrittenBundle } from "../runtime-lib/bundle/bundle-draft.js";
import { checkPackDestination, packBundle } from "../runtime-lib/bundle/pack-bundle.js";
import { openBundle } from "../runtime-lib/bundle/read-bundle.js";
import { trustBundle } from "../runtime-lib/bundle/trust.js";
import { checkDirectoryDestination, writeBundle } from "../runtime-lib/bundle/write-bundle.js";
import { RuntimeFault } from "../runtime-lib/diagnostic.js";
import { buildNative } from "../runtime-lib/engines/build-native.js";
import { variantOf } from "../runtime-lib/engines/variant.js";
import { bundledTarget } from "../runtime-lib/load-model.js";
import { modelHeader } from "../runtime-lib/native/header.js";
import { nativeSources } from "../runtime-lib/native/sources.js";
import { slicesOfFile } from "../runtime-lib/unpack.js";
import { checkAttachedFiles, withAttachedFiles } from "./attached-files.js";
import type { CompileOptions, Compiler, StageTiming } from "./compiler.js";
import { asDiagnostics, usageError } from "./faults.js";
import type { Progress } from "./progress.js";
import { resolveTargets } from "./targets.js";

export interface ExportRequest {
  readonly model: string;
  /** The directory to write; STEM.psm in the current one by default. */
  readonly out?: string;
  /** Write one file instead. */
  readonly pack?: string;
  /** `host`, `wasm32`, names of CPUs and accelerators, files that describe accelerators. */
  readonly targets?: readonly string[];
  /** Also put a shared library and its header into the bundle. */
  readonly emitLibrary?: boolean;
  readonly profile?: boolean;
  readonly dumpIr?: string;
  /** Files to put into the bundle as they are, under their names. */
  readonly files?: readonly string[];
  /** Sizes of kernels, and which of them. */
  readonly importing?: CompileOptions["importing"];
}

export interface ExportResult extends WrittenBundle {
  readonly timings: readonly StageTiming[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ExportContext {
  readonly compile: Compiler;
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly interruptible: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Compiles and writes. Rejects with everything wrong with the model (exit 3), the targets (4) or the destination (2 or 5). */
export async function exportModel(request: ExportRequest, context: ExportContext): Promise<ExportResult> {
  const { model, pack, dumpIr, profile, files = [], importing } = request;
  const destination = destinationOf(request);
  if (pack === undefined) checkDirectoryDestination(destination);
  else checkPackDestination(destination);
  checkAttachedFiles(files);
  const targets = await resolveTargets(request.targets ?? [], context.env);
  if (request.emitLibrary && !targets.some((target) => target.kind === "native")) {
    throw usageError("--emit=lib makes a native library, and no target is native", "add --target host");
  }
  const compiled = await context.progress.step(`compile ${basename(model)}`, (say) =>
    context.compile(model, {
      targets,
      ...(profile === undefined ? {} : { profile }),
      ...(dumpIr === undefined ? {} : { dumpIr }),
      ...(importing === undefined ? {} : { importing }),
      onStage: (target, stage) => say(`${target}: ${stage}`),
    }),
  );
  const compose = withAttachedFiles(compiled.compose, files);
  const written = await context.interruptible(() => write(request, destination, compose, context));
  const untrusted = trust(written);
  return { ...written, timings: compiled.timings, diagnostics: [...compiled.diagnostics, ...untrusted] };
}

/** Puts the bundle on the trust list; a list that cannot be written is told, and costs the user a `--trust` later. */
function trust({ path, digest }: WrittenBundle): readonly Diagnostic[] {
  try {
    trustBundle(path, digest);
    return [];
  } catch (error) {
    if (!(error instanceof RuntimeFault)) throw error;
    return asDiagnostics(error.diagnostics).map((d) => ({ ...d, severity: "warning" }));
  }
}

function destinationOf({ model, out, pack }: ExportRequest): string {
  if (pack !== undefined && out !== undefined) {
    throw usageError("a bundle is written as a directory or as one file", "give -o or --pack, not both");
  }
  return resolve(pack ?? out ?? `${basename(model, extname(model))}.psm`);
}

async function write(
  request: ExportRequest,
  destination: string,
  compose: Compose,
  context: ExportContext,
): Promise<WrittenBundle> {
  const { signal, progress } = context;
  const writer = request.pack === undefined ? writeBundle : packBundle;
  if (!request.emitLibrary) {
    return progress.step(`write ${destination}`, () => writer(destination, compose, { signal }));
  }
  const staging = join(dirname(destination), `.${basename(destination)}.parts-${randomBytes(6).toString("hex")}`);
  try {
    await progress.step("write code and weights", () => writeBundle(staging, compose, { signal }));
    const withLibrary = await progress.step("build the library", () => composeWithLibrary(staging, context));
    return await progress.step(`write ${destination}`, () => writer(destination, withLibrary, { signal }));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The bundle in `staging` again, with the library of its first native target and the header. */
async function composeWithLibrary(staging: string, { env, signal }: ExportContext): Promise<Compose> {
  const bundle = await openBundle(staging, { signal });
  const { files, ...body } = bundle.manifest;
  const variant = variantOf(bundle.manifest, bundledTarget(bundle.manifest)!, staging);
  const library = await buildNative(variant, env);
  const name = variant.description.model;
  const header = modelHeader(variant.description, nativeSources().files.get("psm_abi.h")!);
  return async (draft) => {
    for (const { name } of files) await draft.file(name, slicesOfFile(bundle.file(name)));
    await draft.file(`lib${name}${extname(library)}`, readFileSync(library));
    await draft.file(`${name}.h`, header);
    return body;
  };
}
