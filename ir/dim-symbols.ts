/** @file The symbols of one compilation: each name is declared once, with a kind and a range. */

import { compileError } from "./diagnostic.js";
import { type DimRange, intersectRanges } from "./dim-range.js";

/** Known when a model is called (`input`), or only while it runs, as the size of NonZero's result (`data`). */
export type DimSymbolKind = "input" | "data";

export interface DimSymbol {
  readonly kind: DimSymbolKind;
  readonly range: DimRange;
}

/** What a dimension's text means by a call, so no symbol has such a name. */
const functions: ReadonlySet<string> = new Set(["floordiv", "ceildiv", "mod", "max", "min"]);
const identifier = /^[A-Za-z_$][\w$.]*$/;
const sizes: DimRange = { min: 0, max: Infinity };

export class DimSymbols {
  readonly #entries = new Map<string, DimSymbol>();

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** PS1103 when `name` is not declared. */
  get(name: string): DimSymbol {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw compileError("PS1103", `dimension '${name}' is not declared`);
    return entry;
  }

  /** Range [0, infinity) and kind `input` unless given. PS1104 on a bad name or range, or another declaration. */
  declare(name: string, range?: DimRange, kind?: DimSymbolKind): void {
    const known = this.#entries.get(name);
    if (known === undefined) {
      if (!identifier.test(name) || functions.has(name)) {
        const fix = "use letters, digits and underscores";
        throw compileError("PS1104", `'${name}' cannot name a dimension`, { fix });
      }
      this.#entries.set(name, { kind: kind ?? "input", range: checkedRange(name, range ?? sizes) });
      return;
    }
    const sameRange = range === undefined || (range.min === known.range.min && range.max === known.range.max);
    if (sameRange && (kind === undefined || kind === known.kind)) return;
    const [min, max] = [known.range.min, known.range.max];
    throw compileError("PS1104", `dimension '${name}' is already declared: ${known.kind} in [${min}, ${max}]`);
  }

  /** PS1104 when the ranges have nothing in common. */
  narrow(name: string, range: DimRange): void {
    const entry = this.get(name);
    this.#entries.set(name, { ...entry, range: checkedRange(name, intersectRanges(entry.range, range)) });
  }
}

function checkedRange(name: string, range: DimRange): DimRange {
  const { min, max } = range;
  const isEnd = (n: number, infinity: number): boolean => Number.isSafeInteger(n) || n === infinity;
  if (isEnd(min, -Infinity) && isEnd(max, Infinity) && min <= max) return { min, max };
  throw compileError("PS1104", `dimension '${name}' has the empty or fractional range [${min}, ${max}]`);
}
