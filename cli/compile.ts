/**
 * @file The compiler as the verbs use it: a model file through import and the stages of lowering/pipeline.ts, once for
 * each target, to something that writes a bundle. Each variant has a context of its own, so targets never mix and a
 * server compiles for ever without growing. Between stages the event loop gets a turn, for progress to be drawn.
 */

import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { emitBundle, type LoweredVariant } from "../backend/emit-bundle.js";
import type { Context } from "../ir/context.js";
import { CompileError } from "../ir/diagnostic.js";
import { entryInterfaces } from "../ir/entry.js";
import type { Operation } from "../ir/graph.js";
import type { Stage } from "../ir/pass.js";
import { printModule } from "../ir/text/module.js";
import { newContext } from "../lowering/dialects.js";
import { InvalidStageOutput, runStages } from "../lowering/driver.js";
import { type ImportOptions, importModel, stagesFor } from "../lowering/pipeline.js";
import type { TargetDescription } from "../machine/target.js";
import type { Compose } from "../runtime-lib/bundle/bundle-draft.js";
import type { Source } from "../runtime-lib/bundle/generated/manifest.js";
import { RuntimeFault } from "../runtime-lib/diagnostic.js";
import type { CompiledModel, CompileOptions, StageTiming } from "./compiler.js";
import { fileError, InternalBug } from "./faults.js";
import { modelName } from "./model-name.js";
import { packageVersion } from "./version.js";

/** See `Compiler`. */
export async function compileModel(path: string, options: CompileOptions): Promise<CompiledModel> {
  return compileGraph(
    { source: await describeSource(path), make: () => importGraph(path, options.importing) },
    options,
  );
}

/** A model at graph level, as its importer wrote it. */
export interface Graph {
  readonly module: Operation;
  readonly context: Context;
}

export interface GraphSource {
  readonly source: Source;
  /** A new context with the model in it; the same each time. */
  readonly make: () => Graph | Promise<Graph>;
}

export async function importGraph(path: string, importing: ImportOptions = {}): Promise<Graph> {
  const context = newContext();
  return { module: await importModel(path, context, importing), context };
}

/** `compileModel` for a model that need not be a file as it is. */
export async function compileGraph({ source, make }: GraphSource, options: CompileOptions): Promise<CompiledModel> {
  const timings: StageTiming[] = [];
  const lowered: Lowered[] = [];
  for (const target of options.targets) lowered.push(await lower(make, target, options, timings));
  const [first] = lowered;
  if (first === undefined) throw new Error("a model is compiled for at least one target");
  const input = {
    model: modelName(source.stem),
    producer: `persimmons ${packageVersion()}`,
    source,
    options: options.profile ? [{ name: "profile", value: "true" }] : [],
    variants: lowered,
  };
  const compose: Compose = async (draft) => {
    const start = performance.now();
    try {
      return await emitBundle(input, draft);
    } catch (error) {
      throw isOurFault(error) ? await withLastGoodStage(error, make, stagesFor(first.machine)) : error;
    } finally {
      timings.push({ target: "all", stage: "emit", milliseconds: performance.now() - start });
    }
  };
  return { compose, timings, diagnostics: first.context.diagnostics.all };
}

interface Lowered extends LoweredVariant {
  readonly entries: ReturnType<typeof entryInterfaces>;
}

async function lower(
  make: GraphSource["make"],
  machine: TargetDescription,
  options: CompileOptions,
  timings: StageTiming[],
): Promise<Lowered> {
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    options.onStage?.(machine.name, name);
    await nextTurn();
    const start = performance.now();
    const result = await work();
    timings.push({ target: machine.name, stage: name, milliseconds: performance.now() - start });
    return result;
  };
  const { module, context } = await timed("import", make);
  let entries: Lowered["entries"] | undefined;
  const dump = dumper(options.dumpIr, machine, options.targets.length > 1);
  dump("import", module, context);
  const done: Stage[] = [];
  try {
    for (const stage of stagesFor(machine)) {
      await timed(stage.name, () => runStages([stage], module, context));
      // What callers see is read off when sizes are known that calls hid, and before lowering changes types.
      entries ??= entryInterfaces(module, context);
      dump(stage.name, module, context);
      done.push(stage);
    }
  } catch (error) {
    throw isOurFault(error) ? await withLastGoodStage(error, make, done) : error;
  }
  if (entries === undefined) throw new Error("there are no stages");
  return { machine, module, context, entries };
}

function isOurFault(error: unknown): boolean {
  if (error instanceof CompileError || error instanceof RuntimeFault) return false;
  return !(error instanceof Error && error.name === "AbortError");
}

/**
 * A fault of ours with the program as it was before: the stages that went well are run once more, as they leave the same
 * program each time, and its text is written where the report says.
 */
async function withLastGoodStage(
  error: unknown,
  make: GraphSource["make"],
  done: readonly Stage[],
): Promise<InternalBug> {
  const files: string[] = [];
  const write = (name: string, text: string): void => {
    const file = join(mkdtempSync(join(tmpdir(), "persimmons-bug-")), `${name}.mlir`);
    writeFileSync(file, text);
    files.push(file);
  };
  try {
    const { module, context } = await make();
    runStages(done, module, context);
    write(done.at(-1)?.name ?? "import", printModule(module, context, { generic: true }));
    if (error instanceof InvalidStageOutput) write(`${error.stage}.invalid`, error.text);
  } catch {
    // A disk that is full, or a stage that fails in another way now: the fault itself is what has to be told.
  }
  return new InternalBug(error, files);
}

/** Writes `NN-STAGE.mlir` to the folder of `--dump-ir`, in a folder of its own for each of several targets. */
function dumper(folder: string | undefined, machine: TargetDescription, several: boolean) {
  let count = 0;
  return (stage: string, module: Operation, context: Context): void => {
    if (folder === undefined) return;
    const into = several ? join(folder, machine.name) : folder;
    const file = join(into, `${String(count++).padStart(2, "0")}-${stage}.mlir`);
    try {
      mkdirSync(into, { recursive: true });
      writeFileSync(file, printModule(module, context));
    } catch (error) {
      if (error instanceof Error && "syscall" in error) throw fileError(file, "write", error);
      throw error;
    }
  };
}

/** What the bundle remembers of the model file. Throws exit 5 where it cannot be read. */
export async function describeSource(path: string): Promise<Source> {
  const hash = createHash("sha256");
  try {
    for await (const slice of createReadStream(path)) hash.update(slice as Uint8Array);
  } catch (error) {
    throw fileError(path, "read", error);
  }
  const extension = extname(path);
  return {
    stem: basename(path, extension),
    kind: extension.slice(1).toLowerCase() || "unknown",
    sha256: hash.digest("hex"),
  };
}
