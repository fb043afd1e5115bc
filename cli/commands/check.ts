/** @file `persimmons check`: does every operator of a model have a translation? No code is generated. */

import type { CommonOptions, Outcome, Session } from "../session.js";
import { type KernelOptions, kernelImport, withKernelOptions } from "./kernel-options.js";
import { type MakeVerb, verb } from "./verb.js";

interface Options extends CommonOptions, KernelOptions {}

export const checkVerb: MakeVerb = (act) =>
  withKernelOptions(verb("check", "report which operators of a model are supported, without generating code"))
    .argument("<model>", "the model file")
    .action(act(checkAction));

async function checkAction(_: Session, options: Options, model: string): Promise<Outcome> {
  const importing = kernelImport(options, model);
  const { checkModel } = await import("../check-model.js");
  return checkModel(model, importing);
}
