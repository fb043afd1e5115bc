/** @file `persimmons completion`: a script that completes verbs and options in a shell. */

import { Argument } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

export const completionVerb: MakeVerb = (act) =>
  verb("completion", 'print a shell\'s completion script: eval "$(persimmons completion bash)"')
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .action(act(completionAction));

async function completionAction(_: Session, __: CommonOptions, shell: string): Promise<Outcome> {
  const { completionScript } = await import("../completion.js");
  const { commandTree } = await import("../program.js");
  const script = completionScript(
    commandTree(() => async () => {}),
    shell as "bash" | "zsh" | "fish",
  );
  return { data: { shell, script }, lines: [script.trimEnd()] };
}
