/** @file What the compile server does for requests that concern models and bundles on disk. */

import type { Diagnostic } from "../../ir/diagnostic.js";
import { openBundle } from "../../runtime-lib/bundle/read-bundle.js";
import { prepareLibrary } from "../../runtime-lib/load-model.js";
import { checkModel } from "../check-model.js";
import type { Compiler } from "../compiler.js";
import { importingOf } from "../constexprs.js";
import { type ExportRequest, exportModel } from "../export-model.js";
import type { RequestOf } from "./protocol.js";

/** What a request may use. */
export interface Serving {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly compile: Compiler;
  /** Sends a line of progress. */
  readonly event: (event: Readonly<Record<string, unknown>>) => void;
}

export interface Answer {
  /** Where the answer is that something is wrong. */
  readonly exitCode?: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly result: Readonly<Record<string, unknown>>;
}

export async function answerExport(params: RequestOf<"export">["params"], serving: Serving): Promise<Answer> {
  const { progress, build, emit, constexprs, kernel, ...rest } = params;
  const start = performance.now();
  const importing = importingOf(params.model, new Map(Object.entries(constexprs ?? {})), kernel);
  const request = { ...defined(rest), emitLibrary: emit === "lib", importing } as ExportRequest;
  const exported = await exportModel(request, {
    env: serving.env,
    signal: serving.signal,
    interruptible: (work) => work(),
    progress: {
      step: (title, work) => work((detail) => (progress ? serving.event({ event: "progress", title, detail }) : {})),
    },
    compile: serving.compile,
  });
  const written = performance.now();
  const { path, digest, manifest, timings, diagnostics } = exported;
  const library = build === true ? await libraryOf(path, {}, serving) : {};
  const milliseconds = { export: written - start, build: performance.now() - written };
  const targets = manifest.targets.map((target) => target.name);
  return {
    diagnostics,
    result: { bundle: path, digest, model: manifest.model, targets, timings, milliseconds, ...library },
  };
}

export async function answerBuild(params: RequestOf<"build">["params"], serving: Serving): Promise<Answer> {
  const { bundle, target, trust } = params;
  return { diagnostics: [], result: await libraryOf(bundle, defined({ target, trust }), serving) };
}

async function libraryOf(
  path: string,
  choice: { readonly target?: string; readonly trust?: boolean },
  serving: Serving,
): Promise<Readonly<Record<string, unknown>>> {
  const bundle = await openBundle(path, { signal: serving.signal });
  const { library, code, target, variant } = await prepareLibrary(bundle, { ...choice, engine: "native" }, serving.env);
  const { description, weightsPath } = variant;
  return { library, code, target: target.name, model: description.model, weights: weightsPath ?? null };
}

export async function answerCheck(params: RequestOf<"check">["params"]): Promise<Answer> {
  const importing = importingOf(params.model, new Map(Object.entries(params.constexprs ?? {})), params.kernel);
  const { exitCode = 0, diagnostics = [], data } = await checkModel(params.model, importing);
  return { exitCode, diagnostics, result: data };
}

/** The object without its undefined fields. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
