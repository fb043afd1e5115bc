/** @file Asks jaxlib about programs: whether it accepts their text, and what they compute. One process judges a whole list. */

import { readFileSync } from "node:fs";
import type { ElementType } from "../../../ir/element.js";
import { fromBytes, type NdArray, toBytes } from "../../../ir/ndarray.js";
import { runPython } from "../../support/python.js";

export interface Case {
  /** Must all be accepted, and mean the same. */
  readonly texts: readonly string[];
  /** With inputs the first text is run. */
  readonly inputs?: readonly NdArray[];
  readonly referee?: "xla" | "refined" | "interpreter" | "none";
}

export interface Verdict {
  /** One for each text: `null`, or why it was refused. */
  readonly problems: readonly (string | null)[];
  readonly results?: readonly NdArray[];
  /** Why the program could not be run. */
  readonly error?: string;
}

interface RawArray {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly bytes: string;
}

export function judge(python: string, cases: readonly Case[]): readonly Verdict[] {
  const script = readFileSync(new URL("./referee.py", import.meta.url), "utf8");
  const raw = cases.map(({ inputs, ...rest }) => ({ ...rest, ...(inputs ? { inputs: inputs.map(pack) } : {}) }));
  const verdicts = JSON.parse(runPython(python, script, JSON.stringify(raw)).toString()) as (Omit<
    Verdict,
    "results"
  > & { results?: RawArray[] })[];
  return verdicts.map(({ results, ...rest }) => ({ ...rest, ...(results ? { results: results.map(unpack) } : {}) }));
}

function pack(a: NdArray): RawArray {
  return { element: a.element, shape: a.shape, bytes: Buffer.from(toBytes(a)).toString("base64") };
}

function unpack({ element, shape, bytes }: RawArray): NdArray {
  return fromBytes(element, shape, new Uint8Array(Buffer.from(bytes, "base64")));
}
