/** @file What a model file holds, read without compiling it: for `inspect` and `check`. One file for each format reads it. */

import type { Location } from "../ir/location.js";

export interface OperatorUse {
  /** As the model names it: "Conv", "com.microsoft::FusedMatMul", "aten.linear.default", "stablehlo.add". */
  readonly operator: string;
  readonly count: number;
  /** Where its nodes are. */
  readonly places: readonly Location[];
  /** It is no operator of the format: somebody has registered it. */
  readonly custom?: true;
}

export interface ModelPort {
  readonly name: string;
  readonly type: string;
}

/** A size that the caller chooses. */
export interface ModelSymbol {
  readonly name: string;
  readonly min: number;
  /** Absent where there is no limit. */
  readonly max?: number;
  /** The sizes of inputs that are this symbol: `tokens[1]`. */
  readonly at: readonly string[];
}

export interface ModelCensus {
  readonly file: string;
  readonly bytes: number;
  readonly format: "onnx" | "mlir" | "pt2" | "python";
  /** Version of each operator set. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly symbols?: readonly ModelSymbol[];
  readonly operators: readonly OperatorUse[];
  /** Constants: how many, and the bytes of their elements. */
  readonly weights: { readonly count: number; readonly bytes: number; readonly external: number };
}

/** Counts the operators of the nodes at the given places, most used first. */
export function tally(
  nodes: Iterable<{ readonly operator: string; readonly at: Location }>,
  isCustom: (operator: string) => boolean = () => false,
): readonly OperatorUse[] {
  const places = new Map<string, Location[]>();
  for (const { operator, at } of nodes) {
    const known = places.get(operator);
    if (known) known.push(at);
    else places.set(operator, [at]);
  }
  return [...places]
    .map(([operator, at]) => ({
      operator,
      count: at.length,
      places: at,
      ...(isCustom(operator) ? { custom: true as const } : {}),
    }))
    .sort((a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1));
}
