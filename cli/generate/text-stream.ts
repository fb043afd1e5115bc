/**
 * @file Text as it is written, token by token. A token may hold part of a character, and how it is spelled may depend on the
 * one before, so text is given out once later tokens cannot change it; what may become a stop text is held back.
 */

import type { Tokenizer } from "./tokenizer.js";

/** Tokens before the first new one that are decoded with it. */
const CONTEXT = 6;

/** A character that is not complete. */
const INCOMPLETE = "\ufffd";

export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #stops: readonly string[];
  readonly #tokens: number[];
  /** From here on tokens are decoded; up to `#read` their text is known. */
  #from: number;
  #read: number;
  /** Text that may be the beginning of a stop text. */
  #held = "";
  #text = "";
  #isStopped = false;

  constructor(tokenizer: Tokenizer, prompt: readonly number[], stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#stops = stops;
    this.#tokens = [...prompt];
    this.#from = Math.max(0, prompt.length - CONTEXT);
    this.#read = prompt.length;
  }

  /** All text given out so far. */
  get text(): string {
    return this.#text;
  }

  /** True once a stop text has come. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Takes a token; gives the text that is certain now. */
  add(token: number): string {
    this.#tokens.push(token);
    const known = this.#tokenizer.decode(this.#tokens.slice(this.#from, this.#read));
    const all = this.#tokenizer.decode(this.#tokens.slice(this.#from));
    if (all.length <= known.length || all.endsWith(INCOMPLETE)) return "";
    this.#from = this.#read;
    this.#read = this.#tokens.length;
    return this.#give(all.slice(known.length));
  }

  /** What is left when no more tokens come. */
  end(): string {
    const known = this.#tokenizer.decode(this.#tokens.slice(this.#from, this.#read));
    const rest = this.#tokenizer.decode(this.#tokens.slice(this.#from)).slice(known.length);
    this.#read = this.#tokens.length;
    const given = this.#give(rest);
    if (this.#isStopped) return given;
    const held = this.#held;
    this.#held = "";
    this.#text += held;
    return given + held;
  }

  #give(text: string): string {
    if (this.#isStopped) return "";
    const waiting = this.#held + text;
    const places = this.#stops.map((stop) => waiting.indexOf(stop)).filter((place) => place >= 0);
    const stop = Math.min(...places);
    this.#isStopped = places.length > 0;
    const certain = this.#isStopped ? stop : waiting.length - this.#pending(waiting);
    this.#held = this.#isStopped ? "" : waiting.slice(certain);
    this.#text += waiting.slice(0, certain);
    return waiting.slice(0, certain);
  }

  /** How many characters at the end may begin a stop text. */
  #pending(text: string): number {
    let most = 0;
    for (const stop of this.#stops)
      for (let n = Math.min(stop.length - 1, text.length); n > most; n--) if (text.endsWith(stop.slice(0, n))) most = n;
    return most;
  }
}
