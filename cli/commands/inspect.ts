/** @file `persimmons inspect`: what is in a bundle, or in a model. */

import { usageError } from "../faults.js";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

interface Options extends CommonOptions {
  readonly check?: boolean;
}

export const inspectVerb: MakeVerb = (act) =>
  verb("inspect", "show what is in a bundle, or in a model")
    .argument("<path>", "a bundle, or a model file")
    .option("--check", "of a bundle: hash every file, whatever an earlier check found")
    .action(act(inspectAction));

async function inspectAction(session: Session, options: Options, path: string): Promise<Outcome> {
  if (/\.(onnx|mlir|pt2)$/i.test(path)) {
    if (options.check) throw usageError(`--check is for bundles, and ${path} is a model`, "leave --check out");
    const { inspectModel } = await import("../inspect-model.js");
    return inspectModel(path);
  }
  const { inspectBundle } = await import("../inspect-bundle.js");
  return session.interruptible(() => inspectBundle(path, options.check === true, session.signal));
}
