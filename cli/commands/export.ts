/** @file `persimmons export`: a model to a bundle. */

import { Option } from "commander";
import { cpus } from "../../machine/cpu.js";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type KernelOptions, kernelImport, withKernelOptions } from "./kernel-options.js";
import { type MakeVerb, repeated, verb } from "./verb.js";

interface Options extends CommonOptions, KernelOptions {
  readonly out?: string;
  readonly pack?: string;
  readonly target: readonly string[];
  readonly emit?: "lib";
  readonly profile?: boolean;
  readonly dumpIr?: string;
  readonly timings?: boolean;
  readonly file: readonly string[];
}

export const exportVerb: MakeVerb = (act) =>
  withKernelOptions(verb("export", "compile a model (.onnx, .mlir, .pt2) or kernels (.py) to a bundle"))
    .argument("<model>", "the model file")
    .option("-o, --out <dir>", "the bundle to write (default: ./STEM.psm)")
    .option("--pack <file>", "write the bundle as one file")
    .addOption(
      repeated(
        "-t, --target <name>",
        "host, wasm32, a CPU, an accelerator or a FILE.json that describes one; repeatable",
      ),
    )
    .addOption(new Option("--emit <what>", "also make libNAME.so and NAME.h, for C and Python").choices(["lib"]))
    .addOption(repeated("--file <file>", "also put this file into the bundle, such as a tokenizer.json; repeatable"))
    .option("--profile", "count calls and time of each kernel")
    .option("--dump-ir <dir>", "write the program after each stage")
    .option("--timings", "show what each stage took")
    .addHelpText("after", targetHelp)
    .action(act(exportAction));

/** The names that `--target` takes for CPUs. */
function targetHelp(): string {
  const named = cpus.map(({ name, aliases, summary }) => [[name, ...aliases].join(", "), summary] as const);
  const rows = [["host", "this machine"] as const, ...named];
  const width = Math.max(...rows.map(([names]) => names.length));
  const lines = rows.map(([names, summary]) => `  ${names.padEnd(width)}  ${summary}`);
  return `\nTargets (persimmons doctor lists accelerators too):\n${lines.join("\n")}`;
}

async function exportAction(session: Session, options: Options, model: string): Promise<Outcome> {
  const { exportModel } = await import("../export-model.js");
  const { compileModel } = await import("../compile.js");
  const { progressOf } = await import("../progress.js");
  const { describeExport } = await import("../describe-export.js");
  const { out, pack, target, emit, profile, dumpIr, file } = options;
  const request = {
    model,
    targets: target,
    emitLibrary: emit === "lib",
    files: file,
    importing: kernelImport(options, model),
    ...(out === undefined ? {} : { out }),
    ...(pack === undefined ? {} : { pack }),
    ...(profile === undefined ? {} : { profile }),
    ...(dumpIr === undefined ? {} : { dumpIr }),
  };
  const { env, signal, interruptible } = session;
  const progress = progressOf(session, options);
  const result = await exportModel(request, { compile: compileModel, progress, env, signal, interruptible });
  return describeExport(result, options);
}
