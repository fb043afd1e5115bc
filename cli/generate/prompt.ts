/** @file The prompt in tokens, however it is given: as text, in a list, in a file. */

import { readFileSync } from "node:fs";
import { CompileError, compileError, type Diagnostic, diagnostic } from "../../ir/diagnostic.js";
import { valuesOf } from "../../runtime-lib/tensor.js";
import { fileError, usageError } from "../faults.js";
import { readNpy } from "../npy.js";
import type { ModelFacts } from "./language-model.js";
import { generateCode } from "./problems.js";
import type { Tokenizer } from "./tokenizer.js";

export interface PromptOptions {
  readonly prompt?: string;
  readonly promptIds?: readonly number[];
  /** A file of token numbers: .npy, or text with anything but digits between them. */
  readonly tokensIn?: string;
}

/**
 * The tokens of the prompt. Throws (exit 2) where it is not given once, is empty, does not fit the cache or has tokens that
 * the model does not know; exit 5 where its file cannot be read.
 */
export function promptTokens(
  options: PromptOptions,
  { vocabulary, maxLength }: ModelFacts,
  tokenizer: Tokenizer | undefined,
): readonly number[] {
  const tokens = givenTokens(options, tokenizer);
  const problems: Diagnostic[] = [];
  const add = (message: string, fix?: string): void =>
    void problems.push(diagnostic(generateCode.prompt, message, fix === undefined ? {} : { fix }));
  if (tokens.length === 0) add("the prompt has no tokens");
  if (maxLength !== undefined && tokens.length > maxLength)
    add(
      `the prompt has ${tokens.length} tokens, and the cache holds ${maxLength}`,
      "shorten the prompt, or export the model with a larger max_len",
    );
  const odd = [...new Set(tokens.filter((token) => token >= vocabulary))];
  if (odd.length > 0) {
    const list = `${odd.slice(0, 8).join(", ")}${odd.length > 8 ? ", …" : ""}`;
    const fix = "use the tokenizer that the model was made with";
    add(`the model has a vocabulary of ${vocabulary} tokens, from 0 on; the prompt has ${list}`, fix);
  }
  if (problems.length > 0) throw new CompileError(problems, 2);
  return tokens;
}

function givenTokens(options: PromptOptions, tokenizer: Tokenizer | undefined): readonly number[] {
  const { prompt, promptIds, tokensIn } = options;
  const given = [prompt, promptIds, tokensIn].filter((x) => x !== undefined).length;
  if (given !== 1) {
    const message = given === 0 ? "there is no prompt" : "the prompt is given more than once";
    throw usageError(message, "give one of --prompt, --prompt-ids and --tokens-in");
  }
  if (promptIds !== undefined) return promptIds;
  if (tokensIn !== undefined) return readTokens(tokensIn);
  if (tokenizer !== undefined) return tokenizer.encode(prompt!);
  throw compileError(generateCode.tokenizer, "the prompt is text, and there is no tokenizer", {
    exitCode: 2,
    fix: "give --tokenizer FILE, export the model with tokenizer=FILE, or give --prompt-ids",
  });
}

function readTokens(file: string): readonly number[] {
  if (/\.npy$/i.test(file)) return readArray(file);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fileError(file, "read", error);
  }
  const tokens = parseTokens(text);
  if (tokens !== undefined) return tokens;
  throw compileError(generateCode.prompt, `${file} is no list of token numbers`, {
    exitCode: 2,
    fix: "write whole numbers with commas, spaces or lines between them, or a .npy file of integers",
  });
}

function readArray(file: string): readonly number[] {
  const { dtype, bytes } = readNpy(file);
  const numbers = /^u?i\d+$/.test(dtype) ? Array.from(valuesOf({ dtype, shape: [], bytes }), Number) : [-1];
  if (numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) return numbers;
  throw compileError(generateCode.prompt, `${file} holds no token numbers but ${dtype}`, {
    exitCode: 2,
    fix: "save an array of integers that are not negative",
  });
}

/** The numbers of `1, 2, 3`, `[1, 2, 3]` or one a line; `undefined` for anything else. */
export function parseTokens(text: string): readonly number[] | undefined {
  const parts = text
    .trim()
    .replace(/^\[|\]$/g, "")
    .split(/[\s,]+/)
    .filter((part) => part !== "");
  return parts.every((part) => /^\d{1,15}$/.test(part)) ? parts.map(Number) : undefined;
}
