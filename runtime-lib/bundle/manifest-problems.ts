/**
 * @file Gathers what is inconsistent in a manifest, so that all of it is reported at once. The recurring conditions
 * (names unique, indices in range, expressions well formed over known symbols) are here; what they are asked of is in
 * `check-manifest.ts` and `check-program.ts`.
 */

import { type FaultDiagnostic, faultDiagnostic, inFile } from "../diagnostic.js";
import { type Expression, type ExpressionProblem, readExpression, symbolsOf } from "./expression.js";

/** A forged manifest may have a million faults; the rest is counted. */
const mostListed = 64;

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const fileName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const sha256 = /^[0-9a-f]{64}$/;

/** Whether a bundle may hold a file of this name: no directories, nothing hidden, at most what file systems take. */
export function isPlainFileName(name: string): boolean {
  return fileName.test(name) && name.length <= 255;
}

type Parsed = { readonly problem: ExpressionProblem } | { readonly symbols: readonly string[] };

export class ManifestProblems {
  readonly #file: string;
  readonly #listed: FaultDiagnostic[] = [];
  /** Manifests repeat few expressions many times. */
  readonly #parsed = new Map<string, Parsed>();
  #more = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get all(): readonly FaultDiagnostic[] {
    if (this.#more === 0) return this.#listed;
    return [...this.#listed, this.#fault(`and ${this.#more} more problems`)];
  }

  #fault(message: string): FaultDiagnostic {
    return faultDiagnostic("PS5004", message, { at: inFile(this.#file) });
  }

  /** `path` names the part of the manifest: `entries[0].inputs[2]`. */
  add(path: string, message: string): void {
    if (this.#listed.length < mostListed) this.#listed.push(this.#fault(`${path}: ${message}`));
    else this.#more++;
  }

  unique(path: string, names: readonly string[]): void {
    const seen = new Set<string>();
    names.forEach((name, k) => {
      if (seen.has(name)) this.add(`${path}[${k}]`, `the name '${name}' occurs twice`);
      seen.add(name);
    });
  }

  identifier(path: string, name: string): void {
    if (!identifier.test(name)) this.add(path, `'${name}' is not an identifier`);
  }

  fileName(path: string, name: string): void {
    if (!isPlainFileName(name)) this.add(path, `'${name}' is not a plain file name`);
  }

  sha256(path: string, hash: string): void {
    if (!sha256.test(hash)) this.add(path, `'${hash}' is not a SHA-256 in lower-case hexadecimal`);
  }

  /** An index into something that has `length` elements, called `what`. */
  index(path: string, index: number, length: number, what: string): boolean {
    if (index < length) return true;
    this.add(path, `there is no ${what} ${index}; there are ${length}`);
    return false;
  }

  indices(path: string, all: readonly number[], length: number, what: string): void {
    all.forEach((index, k) => {
      this.index(`${path}[${k}]`, index, length, what);
    });
  }

  expression(path: string, text: string, known: ReadonlySet<string>): void {
    const parsed = this.#parse(text);
    if ("problem" in parsed) {
      this.add(path, `'${text}' at character ${parsed.problem.column + 1}: ${parsed.problem.message}`);
      return;
    }
    for (const name of parsed.symbols) {
      if (!known.has(name)) this.add(path, `'${text}' names the size ${name}, which the manifest does not declare`);
    }
  }

  expressions(path: string, texts: readonly string[], known: ReadonlySet<string>): void {
    texts.forEach((text, k) => {
      this.expression(`${path}[${k}]`, text, known);
    });
  }

  #parse(text: string): Parsed {
    const before = this.#parsed.get(text);
    if (before !== undefined) return before;
    const read: Expression | ExpressionProblem = readExpression(text);
    const parsed = read.kind === "problem" ? { problem: read } : { symbols: symbolsOf(read) };
    this.#parsed.set(text, parsed);
    return parsed;
  }
}
