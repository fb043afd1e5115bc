/**
 * @file Text to tokens and back by a `tokenizer.json`, as Hugging Face's libraries write it. The file is a stranger's: whatever
 * the library that reads it throws is a problem of the file.
 */

import { readFileSync } from "node:fs";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { compileError } from "../../ir/diagnostic.js";
import { fileError } from "../faults.js";
import { generateCode } from "./problems.js";

export interface Tokenizer {
  /** The tokens of a text, with those that the tokenizer puts around it. */
  encode(text: string): readonly number[];
  /** The text of tokens; those that only mark something have none. */
  decode(tokens: readonly number[]): string;
}

/** Throws where the file cannot be read (exit 5), or is no tokenizer (exit 2). */
export function readTokenizer(path: string): Tokenizer {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw fileError(path, "read", error);
  }
  return tokenizerOf(bytes, path);
}

/** The tokenizer of a file's bytes; `name` is the file's for messages. */
export function tokenizerOf(bytes: Uint8Array, name: string): Tokenizer {
  const json = parse(bytes, name);
  // What the file says is all there is: nothing is tidied up after it.
  const library = attempt(name, () => new Library(json, { clean_up_tokenization_spaces: false }));
  return {
    encode(text) {
      const { ids, tokens } = attempt(name, () => library.encode(text) as Encoded);
      const unknown = ids.findIndex((id) => id === undefined || id === null);
      if (unknown >= 0) throw unknownText(name, tokens[unknown]);
      return attempt(name, () => ids.map(idOf));
    },
    // The library decodes no empty lists.
    decode: (tokens) =>
      tokens.length === 0 ? "" : attempt(name, () => library.decode([...tokens], { skip_special_tokens: true })),
  };
}

/** What the library gives: it takes what the vocabulary says for numbers, and has none for what it does not know. */
interface Encoded {
  readonly ids: readonly unknown[];
  readonly tokens: readonly unknown[];
}

function parse(bytes: Uint8Array, name: string): object {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw problem(name, `it is no JSON: ${reasonOf(error)}`);
  }
  if (!isRecord(json)) throw problem(name, "it holds no object");
  const { model } = json;
  if (!isRecord(model) || !(isRecord(model["vocab"]) || Array.isArray(model["vocab"])))
    throw problem(name, "it has no model with a vocabulary");
  return json;
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null && !Array.isArray(x);
}

function idOf(id: unknown): number {
  if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0) return id;
  throw new Error(`its vocabulary has ${JSON.stringify(id)} for a token's number`);
}

function attempt<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw problem(name, reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}

function unknownText(name: string, text: unknown): Error {
  return compileError(generateCode.prompt, `${name} has no token for ${JSON.stringify(text)} in the prompt`, {
    exitCode: 2,
    fix: "use the tokenizer that the model was made with, or leave it out",
  });
}

function problem(name: string, reason: string): Error {
  return compileError(generateCode.tokenizer, `${name} is no tokenizer that can be used: ${reason}`, {
    exitCode: 2,
    fix: "give a tokenizer.json as Hugging Face's tokenizers save it, or the prompt as --prompt-ids",
  });
}
