/** @file A session for tests: what a command line prints, and how it ends, without a process. */

import { PassThrough } from "node:stream";
import { runProgram } from "../../cli/program.js";
import type { Session } from "../../cli/session.js";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A problem as `--json` prints it. */
export interface ToldProblem {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly fix?: string;
}

export interface TestSession {
  readonly session: Session;
  readonly input: PassThrough;
  readonly controller: AbortController;
  readonly out: () => string;
  readonly err: () => string;
}

export function testSession(env: NodeJS.ProcessEnv = process.env): TestSession {
  const controller = new AbortController();
  const [input, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map((stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    return () => Buffer.concat(parts).toString("utf8");
  });
  const session: Session = {
    env,
    stdin: input,
    stdout,
    stderr,
    signal: controller.signal,
    isTerminal: false,
    interruptible: (work) => work(),
  };
  return { session, input, controller, out: texts[0]!, err: texts[1]! };
}

/** Runs a command line to its end. */
export async function cli(...args: readonly string[]): Promise<Ended> {
  const { session, out, err } = testSession();
  const code = await runProgram(args, session);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out: out(), err: err() };
}

/** Runs a command line with `--json`; gives the object it prints, and its exit code. */
export async function cliJson(...args: readonly string[]): Promise<{
  readonly code: number;
  readonly json: Readonly<Record<string, unknown>> & {
    readonly ok: boolean;
    readonly diagnostics: readonly ToldProblem[];
  };
}> {
  const { code, out } = await cli(...args, "--json");
  return { code, json: JSON.parse(out) as never };
}

/** `CODE message` of each problem. */
export function problemsOf(json: { readonly diagnostics: readonly ToldProblem[] }): readonly string[] {
  return json.diagnostics.map((d) => `${d.code} ${d.message}`);
}
