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
  readonly save?: string;
  readonly trust?: boolean;
}

export const benchVerb: MakeVerb = (act) =>
  verb("bench", "time bundles, also against other runtimes: medians and ratios of interleaved runs")
    .argument("<bundle...>", "the bundles")
    .option(
      "--against <peers>",
      "of ort, openvino, eager and inductor, with commas; each runs in a Python process of its own",
      peers,
      [],
    )
    .addOption(
      repeated(
        "--model <file>",
        "for --against: the model of each bundle in their order, or all those of one (.onnx, .pt2)",
      ),
    )
    .addOption(new Option("--engine <name>", "time this engine").choices(["native", "wasm", "cycles"]))
    .option("--target <name>", "time this variant of the code")
    .option("--threads <number>", "threads for everyone", whole(1, 1024), 2)
    .option("--rounds <number>", "rounds in which everyone runs once in turn", whole(1), 20)
    .addOption(repeated("--in <name=file>", "an input from a .npy file, for a single bundle; the others are made up"))
    .option("--seed <number>", "for inputs that are made up", whole(0), 0)
    .addOption(repeated("--dim <name=size>", "a size for the inputs"))
    .option("--save <file>", "write the times as JSON, with a description of the machine")
    .option("--trust", "run native code of a bundle that was not exported by this user")
    .action(act(benchAction));

/** Loading cli/peer.ts for its list would load what starts processes. */
const known: ReadonlySet<string> = new Set<PeerName>(["ort", "openvino", "eager", "inductor"]);

function peers(text: string): readonly PeerName[] {
  const names = [...new Set(text.split(","))];
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return names as readonly PeerName[];
  throw new InvalidArgumentError(`'${unknown}' is none of ${[...known].join(", ")}.`);
}

async function benchAction(session: Session, options: BenchOptions, bundles: readonly string[]): Promise<Outcome> {
  const { benchBundles } = await import("../bench-bundles.js");
  return session.interruptible(() => benchBundles(session, bundles, options));
}
