/** @file `persimmons check`: does every operator of a model have a translation? No code is generated. */

import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

export const checkVerb: MakeVerb = (act) =>
  verb("check", "report which operators of a model are supported, without generating code")
    .argument("<model>", "the model file")
    .action(act(checkAction));

async function checkAction(_: Session, __: CommonOptions, model: string): Promise<Outcome> {
  const { checkModel } = await import("../check-model.js");
  return checkModel(model);
}
