/**
 * @file What a library says of itself (`NAME_describe`, as JSON): the part of the manifest that a caller of one variant
 * needs, without FlatBuffers. The engines, the generated C table and the generated header all read it.
 * Invariant: a pure function of manifest, target and weights file, with a fixed order of keys: equal input, equal text.
 */

import type { Check, Entry, Manifest, SizeSymbol, Target, TargetKind, Value } from "../bundle/generated/manifest.js";

export interface DescribedWeights {
  /** Name of the file beside the manifest. */
  readonly file: string;
  /** Where the data section begins in the file. */
  readonly offset: number;
  /** Size of the data section. */
  readonly bytes: number;
  /** Of the whole file. */
  readonly sha256: string;
  /** Cheap check at load (psm_weights.c); 0 where it was not computed. */
  readonly fingerprint: number;
}

export interface DescribedState {
  readonly name: string;
  readonly dtype: string;
  /** Expressions over the symbols. */
  readonly shape: readonly string[];
  /** Where the first value lies in the weights' data section; zeros when absent. */
  readonly init?: number;
}

export interface DescribedEntry {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Indices into the model's states, in the order of the entry's buffers. */
  readonly states: readonly number[];
  readonly checks: readonly Check[];
  readonly inputNesting?: string;
  readonly outputNesting?: string;
}

export interface ModelDescription {
  readonly abi: 1;
  readonly producer: string;
  /** The prefix of every symbol: a C identifier. */
  readonly model: string;
  readonly target: {
    readonly name: string;
    readonly kind: TargetKind;
    readonly triple: string;
    readonly cpu: string;
    readonly features: readonly string[];
  };
  readonly symbols: readonly SizeSymbol[];
  readonly weights?: DescribedWeights;
  readonly states: readonly DescribedState[];
  readonly entries: readonly DescribedEntry[];
  /** Symbols of the kernels, in the order of their counters. */
  readonly kernels: readonly string[];
  /** Whether the module counts calls and nanoseconds per kernel (export option `profile`). */
  readonly profiled: boolean;
}

/** The description of one variant. `fingerprint` is that of the weights file (0: not checked at load). */
export function describeModel(manifest: Manifest, target: Target, fingerprint = 0): ModelDescription {
  const weights = describeWeights(manifest, fingerprint);
  const { name, kind, triple, cpu, features } = target;
  return {
    abi: 1,
    producer: manifest.producer,
    model: manifest.model,
    target: { name, kind, triple, cpu, features },
    symbols: manifest.symbols,
    ...(weights === undefined ? {} : { weights }),
    states: manifest.states.map(({ name, dtype, shape, weight }) => {
      const init = weight === undefined ? {} : { init: manifest.weights[weight]!.offset };
      return { name, dtype, shape, ...init };
    }),
    entries: manifest.entries.map(describeEntry),
    kernels: target.kernels.map((kernel) => kernel.symbol),
    profiled: manifest.options.some((option) => option.name === "profile" && option.value === "true"),
  };
}

function describeWeights(manifest: Manifest, fingerprint: number): DescribedWeights | undefined {
  const data = manifest.weightData;
  if (data === undefined) return undefined;
  const file = manifest.files.find((f) => f.name === data.file);
  return { file: data.file, offset: data.offset, bytes: data.bytes, sha256: file?.sha256 ?? "", fingerprint };
}

function describeEntry(entry: Entry): DescribedEntry {
  const { name, inputs, outputs, checks, inputNesting, outputNesting } = entry;
  return {
    name,
    inputs,
    outputs,
    states: entry.states.map((use) => use.state),
    checks,
    ...(inputNesting === undefined ? {} : { inputNesting }),
    ...(outputNesting === undefined ? {} : { outputNesting }),
  };
}
