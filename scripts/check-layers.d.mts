/** @file Types of check-layers.mjs. */

export interface LayerProblem {
  readonly severity: "error" | "warning";
  readonly rule: "arrow" | "cycle" | "barrel" | "header" | "computed" | "size";
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

/** Checks sources given as a map from path (relative to the repository, `/` between folders) to text. */
export function checkSources(sources: ReadonlyMap<string, string>): readonly LayerProblem[];

export function readSources(root: string): Map<string, string>;
