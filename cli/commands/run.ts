/** @file `persimmons run`: a bundle on inputs from files, or made up. */

import { Option } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { bytes, type MakeVerb, positive, repeated, verb, whole } from "./verb.js";

export interface RunVerbOptions extends CommonOptions {
  readonly entry: string;
  readonly in: readonly string[];
  readonly seed?: number;
  readonly dim: readonly string[];
  readonly expect: readonly string[];
  readonly tolerance: number;
  readonly out?: string;
  readonly engine?: "native" | "wasm" | "cycles";
  readonly target?: string;
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly repeat: number;
  readonly trust?: boolean;
}

export const runVerb: MakeVerb = (act) =>
  verb("run", "run a bundle")
    .argument("<bundle>", "the directory or packed file that export wrote")
    .option("--entry <name>", "the function to run", "main")
    .addOption(repeated("--in <name=file>", "an input from a .npy file; without a name, the next in order"))
    .option("--seed <number>", "make up the inputs that are not given", whole(0))
    .addOption(repeated("--dim <name=size>", "a size for made-up inputs"))
    .addOption(repeated("--expect <name=file>", "what an output must be; exit 1 where it is not"))
    .option("--tolerance <number>", "for --expect: the most that max|a-b| / max|b| may be", positive, 1e-4)
    .option("--out <dir>", "write each output to DIR/NAME.npy")
    .addOption(new Option("--engine <name>", "run on this engine and no other").choices(["native", "wasm", "cycles"]))
    .option("--target <name>", "run this variant of the code")
    .option("--threads <number>", "threads to use (default: one per CPU)", whole(1, 1024))
    .option("--memory-limit <size>", "refuse to use more memory, such as 512M", bytes)
    .option("--repeat <number>", "run so many times on the same inputs; states go on", whole(1), 1)
    .option("--trust", "run native code of a bundle that was not exported by this user")
    .action(act(runAction));

async function runAction(session: Session, options: RunVerbOptions, bundle: string): Promise<Outcome> {
  const { runBundle } = await import("../run-bundle.js");
  return session.interruptible(() => runBundle(session, bundle, options));
}
