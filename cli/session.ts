/**
 * @file What a verb may touch of the world, and how its outcome is told: lines for people, or one JSON object.
 * Invariant: with `--json` standard output holds that object and nothing else; problems and progress go to standard error.
 */

import type { Diagnostic } from "../ir/diagnostic.js";
import { type Failure, failureOf, formatProblems } from "./faults.js";

export interface Session {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Aborted when the user interrupts; see `interruptible`. */
  readonly signal: AbortSignal;
  /** Whether standard error is a terminal that progress can be drawn on. */
  readonly isTerminal: boolean;
  /**
   * Lets an interruption abort `signal` while `work` runs. Outside, it ends the process at once: work that never gives
   * the event loop a turn, as compiling is, could not be told otherwise.
   */
  interruptible<T>(work: () => Promise<T>): Promise<T>;
}

/** What a verb that did its work has to say. */
export interface Outcome {
  /** 1 for a wrong result, 3 for a model found wanting; 0 by default. */
  readonly exitCode?: 0 | 1 | 3;
  /** What the verb found wrong, and problems that did not stop it. */
  readonly diagnostics?: readonly Diagnostic[];
  /** The fields of the `--json` object besides `ok` and `diagnostics`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** For people. */
  readonly lines: readonly string[];
}

export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Runs a verb and reports; gives the exit code. */
export async function report(session: Session, options: CommonOptions, verb: () => Promise<Outcome>): Promise<number> {
  try {
    const outcome = await verb();
    const { exitCode = 0, diagnostics = [], data, lines } = outcome;
    if (options.json) writeJson(session, { ok: exitCode === 0, diagnostics, ...data });
    else {
      session.stdout.write(lines.map((line) => `${line}\n`).join(""));
      session.stderr.write(formatProblems(diagnostics));
    }
    return exitCode;
  } catch (error) {
    const failure = failureOf(error);
    reportFailure(session, options, failure);
    if (failure.exitCode === 70 && options.verbose) session.stderr.write(`${stackOf(error)}\n`);
    return failure.exitCode;
  }
}

export function reportFailure(session: Session, options: CommonOptions, failure: Failure): void {
  const { exitCode, diagnostics } = failure;
  if (options.json) writeJson(session, { ok: false, diagnostics, exitCode });
  else session.stderr.write(formatProblems(diagnostics));
}

function writeJson(session: Session, value: unknown): void {
  session.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
  return `${error.stack}${cause}`;
}
