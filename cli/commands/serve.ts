/** @file `persimmons serve`: a compile server over standard input and output, one JSON object a line each way. */

import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

export const serveVerb: MakeVerb = (act) =>
  verb("serve", "serve compilations over standard input and output, one JSON object a line")
    .addHelpText("after", "\nSee cli/serve/protocol.ts for the requests. The server ends with its standard input.")
    .action(act(serveAction));

async function serveAction(session: Session, _: CommonOptions): Promise<Outcome> {
  const { serve } = await import("../serve/server.js");
  const { watchParent } = await import("../serve/watch-parent.js");
  const { compileModel } = await import("../compile.js");
  watchParent();
  await serve(session, compileModel);
  return { data: {}, lines: [] };
}
