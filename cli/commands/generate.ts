/** @file `persimmons generate`: a language model reads a prompt and writes on. */

import { InvalidArgumentError, Option } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";
import { bytes, type MakeVerb, positive, repeated, verb, whole } from "./verb.js";

export interface GenerateOptions extends CommonOptions {
  readonly prompt?: string;
  readonly promptIds?: readonly number[];
  readonly tokensIn?: string;
  readonly tokenizer?: string;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop: readonly string[];
  readonly ignoreEnd?: boolean;
  readonly engine?: "native" | "wasm" | "cycles";
  readonly target?: string;
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly trust?: boolean;
}

export const generateVerb: MakeVerb = (act) =>
  verb("generate", "write on from a prompt with a language model; the text goes to standard output")
    .argument("<bundle>", "a bundle with the entries prefill and decode, as persimmons.export_generation makes it")
    .option("--prompt <text>", "the beginning of the text")
    .option("--prompt-ids <numbers>", "the prompt as numbers of tokens, with commas between them", tokenList)
    .option("--tokens-in <file>", "the prompt as numbers of tokens, from a text or .npy file")
    .option("--tokenizer <file>", "a tokenizer.json (default: the bundle's own)")
    .option("--max-tokens <number>", "write at most so many tokens", whole(1), 128)
    .option(
      "--temperature <number>",
      "draw tokens instead of taking the most likely; 1 as the model says, 0 not",
      positive,
    )
    .option("--top-k <number>", "draw from so many of the most likely tokens", whole(1))
    .option("--top-p <number>", "draw from the most likely tokens that together have this probability", probability)
    .option("--seed <number>", "for drawing: the same seed writes the same text", whole(0))
    .addOption(repeated("--stop <text>", "end before this text; repeatable"))
    .option("--ignore-end", "go on behind tokens that end a text")
    .addOption(new Option("--engine <name>", "run on this engine and no other").choices(["native", "wasm", "cycles"]))
    .option("--target <name>", "run this variant of the code")
    .option("--threads <number>", "threads to use (default: one per CPU)", whole(1, 1024))
    .option("--memory-limit <size>", "refuse to use more memory, such as 512M", bytes)
    .option("--trust", "run native code of a bundle that was not exported by this user")
    .action(act(generateAction));

function tokenList(text: string): readonly number[] {
  if (/^\s*\d{1,15}(\s*,\s*\d{1,15})*\s*$/.test(text)) return text.split(",").map(Number);
  throw new InvalidArgumentError("whole numbers with commas between them are expected, such as 1,2,3.");
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("a number above 0 and up to 1 is expected.");
}

async function generateAction(session: Session, options: GenerateOptions, bundle: string): Promise<Outcome> {
  const { generate } = await import("../generate/generate.js");
  return session.interruptible(() => generate(session, bundle, options));
}
