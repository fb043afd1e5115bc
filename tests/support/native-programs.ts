/**
 * @file Many small programs as one bundle, run by the native engine: programs are entries of one module, so that a
 * compiler is started once for dozens. Where the module cannot be compiled it is halved, until each culprit stands alone.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileGraph } from "../../cli/compile.js";
import { resolveTargets } from "../../cli/targets.js";
import { importMlirText } from "../../frontends/mlir/import.js";
import { CompileError } from "../../ir/diagnostic.js";
import type { ElementType } from "../../ir/element.js";
import { fromBytes, type NdArray, toBytes } from "../../ir/ndarray.js";
import { parseModule, printModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { writeBundle } from "../../runtime-lib/bundle/write-bundle.js";
import type { LoadedModel } from "../../runtime-lib/engines/engine.js";
import { loadModel } from "../../runtime-lib/load-model.js";

/** `PERSIMMONS_ENGINE=wasm` runs the same programs in the sandbox. */
const engine = process.env["PERSIMMONS_ENGINE"] === "wasm" ? "wasm" : "native";

/** A module whose `@main` takes the inputs of each run. */
export interface NativeProgram {
  readonly text: string;
  readonly runs: readonly (readonly NdArray[])[];
}

export type NativeOutcome =
  | { readonly kind: "ran"; readonly results: readonly (readonly NdArray[])[] }
  /** The compiler says that it does not support the program. */
  | { readonly kind: "refused"; readonly error: CompileError }
  /** A fault of ours. */
  | { readonly kind: "failed"; readonly error: unknown };

/** What becomes of each program, in order. */
export async function runTogether(programs: readonly NativeProgram[]): Promise<readonly NativeOutcome[]> {
  if (programs.length === 0) return [];
  try {
    return await compileAndRun(programs);
  } catch (error) {
    if (programs.length === 1)
      return [error instanceof CompileError ? { kind: "refused", error } : { kind: "failed", error }];
    const middle = Math.ceil(programs.length / 2);
    const first = await runTogether(programs.slice(0, middle));
    return [...first, ...(await runTogether(programs.slice(middle)))];
  }
}

async function compileAndRun(programs: readonly NativeProgram[]): Promise<readonly NativeOutcome[]> {
  const text = programs.map(({ text }, k) => asEntry(text, entryName(k))).join("\n");
  const folder = mkdtempSync(join(tmpdir(), "persimmons-native-"));
  try {
    const make = () => {
      const context = newContext();
      return { module: importMlirText(text, "random.mlir", context), context };
    };
    const source = { stem: "random", kind: "mlir", sha256: "0".repeat(64) };
    const targets = await resolveTargets([engine === "wasm" ? "wasm32" : "host"], process.env);
    const { compose } = await compileGraph({ source, make }, { targets });
    const { path } = await writeBundle(join(folder, "random.psm"), compose);
    const cached = { ...process.env, PERSIMMONS_CACHE: join(folder, "cache") };
    const { model } = await loadModel(path, { engine, trust: true, threads: 2 }, cached);
    try {
      return programs.map(({ runs }, k) => ({
        kind: "ran",
        results: runs.map((inputs) => runEntry(model, entryName(k), inputs)),
      }));
    } finally {
      model.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const entryName = (k: number): string => `program_${k}`;

/** The functions of a module as text: `@main` under another name, all others private under names of their own. */
function asEntry(text: string, name: string): string {
  const context = newContext();
  const body = printModule(parseModule(text, "program.mlir", context), context)
    .replace(/^module(?: @\w+)?(?: attributes \{.*?\})? \{\n/, "")
    .replace(/\}\s*$/, "");
  return body
    .replace(/(?<!custom_call )@(\w+)/g, (_, symbol: string) => (symbol === "main" ? `@${name}` : `@${name}_${symbol}`))
    .replace(/func\.func (?:public |private )?@(\w+)/g, (_, symbol: string) =>
      symbol === name ? `func.func @${symbol}` : `func.func private @${symbol}`,
    );
}

function runEntry(model: LoadedModel, entry: string, inputs: readonly NdArray[]): readonly NdArray[] {
  const given = inputs.map((x) => ({ dtype: x.element, shape: x.shape, bytes: toBytes(x) }));
  return model.run(entry, given).map(({ dtype, shape, bytes }) => fromBytes(dtype as ElementType, shape, bytes));
}
