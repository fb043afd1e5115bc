/** @file `persimmons verify`: does a bundle compute what its model says? */

import { Option } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type KernelOptions, kernelImport, withKernelOptions } from "./kernel-options.js";
import { type MakeVerb, positive, repeated, verb, whole } from "./verb.js";

export interface VerifyOptions extends CommonOptions, KernelOptions {
  readonly entry?: string;
  readonly in: readonly string[];
  readonly seed: number;
  readonly dim: readonly string[];
  readonly tolerance: number;
  readonly reference?: "ort" | "interpreter";
  readonly engine?: "native" | "wasm" | "cycles";
  readonly target?: string;
  readonly threads?: number;
  readonly trust?: boolean;
}

export const verifyVerb: MakeVerb = (act) =>
  withKernelOptions(
    verb("verify", "compare a bundle with its model on another runtime; name the first node that differs"),
  )
    .argument("<model>", "the model file")
    .argument("<bundle>", "what export made of it")
    .option("--entry <name>", "the function to compare (default: the first)")
    .addOption(repeated("--in <name=file>", "an input from a .npy file"))
    .option("--seed <number>", "for the inputs that are not given, which are made up", whole(0), 0)
    .addOption(repeated("--dim <name=size>", "a size for made-up inputs (default: 3, or the nearest allowed)"))
    .option("--tolerance <number>", "the most that max|a-b| / max|b| may be", positive, 1e-4)
    .addOption(
      new Option(
        "--reference <name>",
        "compare with ONNX Runtime or the reference interpreter; by default the first that is there",
      ).choices(["ort", "interpreter"]),
    )
    .addOption(new Option("--engine <name>", "run the bundle on this engine").choices(["native", "wasm", "cycles"]))
    .option("--target <name>", "run this variant of the code")
    .option("--threads <number>", "threads to use", whole(1, 1024))
    .option("--trust", "run native code of a bundle that was not exported by this user")
    .action(act(verifyAction));

async function verifyAction(session: Session, options: VerifyOptions, model: string, bundle: string): Promise<Outcome> {
  const { verifyBundle } = await import("../verify-bundle.js");
  return verifyBundle(session, model, bundle, { ...options, importing: kernelImport(options, model) });
}
