/** @file `persimmons completion`: a script that completes verbs and options in a shell. */

import { Argument } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, verb } from "./verb.js";

export const completionVerb: MakeVerb = (act) => {
  const command = verb("completion", 'print a shell\'s completion script: eval "$(persimmons completion bash)"');
  const completionAction = async (_: Session, __: CommonOptions, shell: "bash" | "zsh" | "fish"): Promise<Outcome> => {
    const { completionScript } = await import("../completion.js");
    const script = completionScript(command.parent!, shell);
    return { data: { shell, script }, lines: [script.trimEnd()] };
  };
  return command
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .action(act(completionAction));
};
