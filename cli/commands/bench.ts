/** @file `persimmons bench`: how long bundles take, beside other runtimes. */

import { InvalidArgumentError, Option } from "commander";
import type { PeerName } from "../peer.js";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { type MakeVerb, repeated, verb, whole } from "./verb.js";

export interface BenchOptions extends CommonOptions {
  readonly against: readonly PeerName[];
  readonly model: readonly string[];
  readonly engine?: "native" | "wasm" | "cycles";
  readonly target?: string;
  readonly threads: number;
  readonly rounds: number;
  readonly in: readonly string[];
  readonly seed: number;
  readonly dim: readonly string[];
  readonly trust?: boolean;
}

export const benchVerb: MakeVerb = (act) =>
  verb("bench", "time bundles, also against other runtimes: medians and ratios of interleaved runs")
    .argument("<bundle...>", "the bundles")
    .option(
      "--against <peers>",
      "ort, openvino, or both with a comma; each runs in a Python process of its own",
      peers,
      [],
    )
    .addOption(repeated("--model <file>", "the ONNX file of each bundle, in their order; for --against"))
    .addOption(new Option("--engine <name>", "time this engine").choices(["native", "wasm", "cycles"]))
    .option("--target <name>", "time this variant of the code")
    .option("--threads <number>", "threads for everyone", whole(1, 1024), 2)
    .option("--rounds <number>", "rounds in which everyone runs once in turn", whole(1), 20)
    .addOption(repeated("--in <name=file>", "an input from a .npy file, for a single bundle; the others are made up"))
    .option("--seed <number>", "for inputs that are made up", whole(0), 0)
    .addOption(repeated("--dim <name=size>", "a size for the inputs"))
    .option("--trust", "run native code of a bundle that was not exported by this user")
    .action(act(benchAction));

function peers(text: string): readonly PeerName[] {
  return text.split(",").map((name) => {
    if (name === "ort" || name === "openvino") return name;
    throw new InvalidArgumentError("ort or openvino is expected.");
  });
}

async function benchAction(session: Session, options: BenchOptions, bundles: readonly string[]): Promise<Outcome> {
  const { benchBundles } = await import("../bench-bundles.js");
  return session.interruptible(() => benchBundles(session, bundles, options));
}
