/** @file `persimmons doctor`: what this machine has of what Persimmons can use. */

import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

export const doctorVerb: MakeVerb = (act) =>
  verb("doctor", "show what was found: Node, compilers, CPU, engines, cache, Python").action(act(doctorAction));

async function doctorAction(session: Session, _: CommonOptions): Promise<Outcome> {
  const { examine } = await import("../examine.js");
  return session.interruptible(() => examine(session));
}
