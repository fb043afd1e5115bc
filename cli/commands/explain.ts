/** @file `persimmons explain`: why the kernels of a bundle are as they are. */

import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

export interface ExplainOptions extends CommonOptions {
  readonly target?: string;
}

export const explainVerb: MakeVerb = (act) =>
  verb("explain", "list the kernels of a bundle, or say what one comes from and what was decided about it")
    .argument("<bundle>", "the bundle")
    .argument("[what...]", "kernel NAME")
    .option("--target <name>", "the variant of the code (default: the first)")
    .action(act(explainAction));

async function explainAction(
  session: Session,
  options: ExplainOptions,
  bundle: string,
  what: readonly string[],
): Promise<Outcome> {
  const { explainBundle } = await import("../explain-bundle.js");
  return explainBundle(session, bundle, what, options);
}
