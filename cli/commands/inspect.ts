/** @file `persimmons inspect`: what is in a bundle, or in a model. */

import { usageError } from "../faults.js";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type KernelOptions, kernelImport, withKernelOptions } from "./kernel-options.js";
import { type MakeVerb, verb } from "./verb.js";

interface Options extends CommonOptions, KernelOptions {
  readonly check?: boolean;
}

export const inspectVerb: MakeVerb = (act) =>
  withKernelOptions(verb("inspect", "show what is in a bundle, or in a model"))
    .argument("<path>", "a bundle, or a model file")
    .option("--check", "of a bundle: hash every file, whatever an earlier check found")
    .action(act(inspectAction));

async function inspectAction(session: Session, options: Options, path: string): Promise<Outcome> {
  const importing = kernelImport(options, path);
  if (/\.(onnx|mlir|pt2|py)$/i.test(path)) {
    if (options.check) throw usageError(`--check is for bundles, and ${path} is a model`, "leave --check out");
    const { inspectModel } = await import("../inspect-model.js");
    return inspectModel(path, importing);
  }
  const { inspectBundle } = await import("../inspect-bundle.js");
  return session.interruptible(() => inspectBundle(path, options.check === true, session.signal));
}
