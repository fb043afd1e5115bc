/** @file `persimmons profile`: where the time of a bundle goes, kernel by kernel. */

import { Option } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type KernelOptions, withKernelOptions } from "./kernel-options.js";
import { type MakeVerb, repeated, verb, whole } from "./verb.js";

export interface ProfileOptions extends CommonOptions, KernelOptions {
  readonly diff?: boolean;
  readonly entry?: string;
  readonly in: readonly string[];
  readonly seed: number;
  readonly dim: readonly string[];
  readonly rounds: number;
  readonly engine?: "native" | "wasm";
  readonly target?: string;
  readonly threads: number;
  readonly roof: boolean;
  readonly save?: string;
  readonly trace?: string;
  readonly trust?: boolean;
}

export const profileVerb: MakeVerb = (act) =>
  withKernelOptions(
    verb("profile", "time each kernel of a bundle that was exported with --profile, beside what the machine can do"),
  )
    .argument("<bundle...>", "the bundle, or a model file, which is exported first; two of them with --diff")
    .option("--diff", "compare two bundles by what their kernels come from")
    .option("--entry <name>", "the function to run (default: the first)")
    .addOption(repeated("--in <name=file>", "an input from a .npy file; the others are made up"))
    .option("--seed <number>", "for inputs that are made up", whole(0), 0)
    .addOption(repeated("--dim <name=size>", "a size for made-up inputs"))
    .option("--rounds <number>", "runs, of which the medians are told", whole(1), 20)
    .addOption(new Option("--engine <name>", "run on this engine").choices(["native", "wasm"]))
    .option("--target <name>", "run this variant of the code; for a model, export for it")
    .option("--threads <number>", "threads to use", whole(1, 1024), 2)
    .option("--no-roof", "do not measure what the machine can do at most")
    .option("--save <file>", "write what --json prints to a file")
    .option("--trace <file>", "write one run as trace events, for ui.perfetto.dev")
    .option("--trust", "run native code of a bundle that was not exported by this user")
    .action(act(profileAction));

async function profileAction(session: Session, options: ProfileOptions, bundles: readonly string[]): Promise<Outcome> {
  const { profile } = await import("../profile.js");
  return session.interruptible(() => profile(session, bundles, options));
}
