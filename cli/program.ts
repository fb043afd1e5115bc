/**
 * @file The command tree: every verb, what commander finds wrong with a command line as a problem like any other, and
 * what an interruption does.
 */

import { Command, CommanderError } from "commander";
import { compileError } from "../ir/diagnostic.js";
import { benchVerb } from "./commands/bench.js";
import { checkVerb } from "./commands/check.js";
import { completionVerb } from "./commands/completion.js";
import { doctorVerb } from "./commands/doctor.js";
import { explainVerb } from "./commands/explain.js";
import { exportVerb } from "./commands/export.js";
import { generateVerb } from "./commands/generate.js";
import { inspectVerb } from "./commands/inspect.js";
import { profileVerb } from "./commands/profile.js";
import { runVerb } from "./commands/run.js";
import { serveVerb } from "./commands/serve.js";
import type { Act } from "./commands/verb.js";
import { verifyVerb } from "./commands/verify.js";
import { cliCode, failureOf } from "./faults.js";
import { type CommonOptions, type Outcome, report, reportFailure, type Session } from "./session.js";
import { packageVersion } from "./version.js";

const verbs = [
  exportVerb,
  runVerb,
  generateVerb,
  verifyVerb,
  checkVerb,
  inspectVerb,
  explainVerb,
  profileVerb,
  benchVerb,
  doctorVerb,
  serveVerb,
  completionVerb,
];

const exitCodes = `
Exit codes:
  0 done   1 a wrong result   2 usage, wrong inputs   3 model malformed or unsupported
  4 the target or a limit cannot be met   5 I/O, corrupt bundle   70 a fault of ours   130 interrupted`;

/** The tree; `act` says what calling a verb does. */
export function commandTree(act: Act): Command {
  const program = new Command("persimmons")
    .description("compiles models to bundles, ahead of time, and runs them")
    .version(packageVersion(), "-V, --version")
    .helpCommand("help [verb]", "show the help of a verb")
    .addHelpText("after", exitCodes);
  for (const make of verbs) program.addCommand(make(act));
  return program;
}

/** Runs a command line; gives the exit code. */
export async function runProgram(args: readonly string[], session: Session = processSession()): Promise<number> {
  let exitCode = 0;
  const act: Act =
    <O extends CommonOptions, Args extends readonly unknown[]>(
      work: (session: Session, options: O, ...args: Args) => Promise<Outcome>,
    ) =>
    async (...given: unknown[]) => {
      // Commander appends the options and the command to a verb's own arguments.
      const options = given.at(-2) as O;
      exitCode = await report(session, options, () => work(session, options, ...(given.slice(0, -2) as never)));
    };
  const tree = commandTree(act);
  for (const command of [tree, ...tree.commands]) redirect(command, session);
  try {
    await tree.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usageFailure(error, args, session);
  }
}

/** Help goes to standard output; what commander complains of is caught and reported by us. */
function redirect(command: Command, session: Session): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => session.stdout.write(text),
    writeErr: (text) => session.stdout.write(text),
    outputError: () => {},
  });
}

function usageFailure(error: CommanderError, args: readonly string[], session: Session): number {
  if (error.exitCode === 0) return 0;
  // Without a verb commander has printed the help.
  if (error.code === "commander.help") return 2;
  const [first = "", ...rest] = error.message.split("\n");
  const near = /\(Did you mean (.*)\?\)/.exec(rest.join(" "))?.[1];
  const fix = near === undefined ? "see persimmons help" : `did you mean ${near}?`;
  const problem = compileError(cliCode.usage, first.replace(/^error: /, ""), { exitCode: 2, fix });
  const json = args.includes("--json");
  reportFailure(session, { json }, failureOf(problem));
  return 2;
}

/** The session of this process. */
function processSession(): Session {
  const controller = new AbortController();
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
    isTerminal: process.stderr.isTTY === true && process.stderr.columns > 0 && process.env["TERM"] !== "dumb",
    interruptible: async (work) => {
      const interrupt = () => {
        // A second time means at once.
        if (controller.signal.aborted) process.exit(130);
        controller.abort();
      };
      process.on("SIGINT", interrupt);
      process.on("SIGTERM", interrupt);
      try {
        return await work();
      } finally {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", interrupt);
      }
    },
  };
}
