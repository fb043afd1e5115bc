/**
 * @file How a verb becomes part of the command tree. A file of this folder declares one verb, its arguments and options,
 * and loads what does the work only when it is called, so that `--help` and typos cost nothing.
 */

import { Command, InvalidArgumentError, Option } from "commander";
import type { CommonOptions, Outcome, Session } from "../session.js";

/**
 * Turns the work of a verb into commander's action: runs it, reports, keeps the exit code. The types of options and
 * arguments are what the verb declares to commander; there is nothing that could check that.
 */
export type Act = <O extends CommonOptions, Args extends readonly unknown[]>(
  work: (session: Session, options: O, ...args: Args) => Promise<Outcome>,
) => (...given: unknown[]) => Promise<void>;

/** One verb of the tree. */
export type MakeVerb = (act: Act) => Command;

/** A verb with the options that all have. */
export function verb(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option("--json", "print one JSON object: ok, diagnostics, and what the verb found")
    .option("--verbose", "say more: what export planned, where in our code an internal fault happened");
}

/** An option that may be given several times. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((value: string, previous: readonly string[]) => [...previous, value])
    .default([], "none");
}

/** Parses a whole number within bounds. */
export function whole(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`a whole number ${range} is expected.`);
  };
}

/** Parses a number that is not negative. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("a number that is not negative is expected.");
}

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Parses sizes such as `512M`. */
export function bytes(text: string): number {
  const match = /^(\d+)([KMGT]?)i?B?$/.exec(text);
  if (match !== null) return Number(match[1]) * units[match[2]!]!;
  throw new InvalidArgumentError("a size such as 512M is expected.");
}
