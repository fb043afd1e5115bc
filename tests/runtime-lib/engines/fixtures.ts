/** @file Small models for the engines' tests: modules written by hand against the module ABI, with their manifests. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type {
  Entry,
  Manifest,
  SizeSymbol,
  State,
  Target,
  Value,
} from "../../../runtime-lib/bundle/generated/manifest.js";
import { hostArchitecture } from "../../../runtime-lib/engines/cpu.js";
import type { ModelVariant, TensorData } from "../../../runtime-lib/engines/engine.js";
import { variantOf } from "../../../runtime-lib/engines/variant.js";

const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), "modules");

export type ModelName = "add" | "rows" | "nonzero" | "total" | "spin" | "hungry" | "rogue" | "outlaw" | "arithmetic";

interface Model {
  readonly entries: readonly Entry[];
  readonly symbols?: readonly SizeSymbol[];
  readonly states?: readonly State[];
  /** The data of one f32 weight, "w". */
  readonly weight?: readonly number[];
  readonly profile?: boolean;
}

function value(name: string, dtype: string, shape: readonly string[], allocatedByRun = false): Value {
  return { name, dtype, shape, allocatedByRun };
}

function entry(name: string, inputs: readonly Value[], outputs: readonly Value[], more: Partial<Entry> = {}): Entry {
  return { name, inputs, outputs, states: [], checks: [], ...more };
}

function symbol(name: string, min: number, max?: number, kind: SizeSymbol["kind"] = "input"): SizeSymbol {
  return max === undefined ? { name, kind, min } : { name, kind, min, max };
}

function elementwise(name: string, from: string, to: string, inputs: readonly string[]): Entry {
  const given = inputs.map((input) => value(input, from, ["n"]));
  return entry(name, given, [value("z", to, ["n"])]);
}

const models: Readonly<Record<ModelName, Model>> = {
  add: {
    entries: [entry("main", [value("x", "f32", ["4"])], [value("y", "f32", ["4"])])],
    weight: [10, 20, 30, 40],
  },
  rows: {
    entries: [
      entry("main", [value("x", "f32", ["s0", "3"])], [value("y", "f32", ["s0", "3"])], {
        checks: [{ message: "dimension 0 of 'x' must be from 1 to 4096" }, { message: "dimension 1 of 'x' must be 3" }],
      }),
    ],
    symbols: [symbol("s0", 1, 4096)],
    weight: [0.25, 0.5, 0.75],
  },
  nonzero: {
    entries: [
      entry("main", [value("x", "i32", ["n"])], [value("y", "i64", ["s1"], true)], {
        checks: [{ message: "no element of 'x' may be negative" }],
      }),
    ],
    symbols: [symbol("n", 0, 1000000), symbol("s1", 0, undefined, "data")],
  },
  total: {
    entries: [
      entry("main", [value("x", "f32", ["2"])], [value("y", "f32", ["2"])], { states: [{ state: 0 }] }),
      entry("peek", [], [value("y", "f32", ["2"])], { states: [{ state: 0 }] }),
      entry("keep", [value("x", "f32", ["s0"])], [], { states: [{ state: 1 }] }),
    ],
    symbols: [symbol("s0", 0)],
    states: [
      { name: "total", dtype: "f32", shape: ["2"], weight: 0 },
      { name: "window", dtype: "f32", shape: ["s0"] },
    ],
    weight: [100, 200],
  },
  spin: { entries: [entry("main", [value("x", "i64", [])], [value("y", "i64", [])])], profile: true },
  hungry: {
    entries: [entry("main", [value("x", "i8", ["s0"])], [value("y", "i8", [])])],
    symbols: [symbol("s0", 1)],
  },
  rogue: { entries: [entry("main", [value("x", "i8", [])], [value("y", "i8", [])])] },
  outlaw: { entries: [entry("main", [], [])] },
  arithmetic: {
    entries: [
      elementwise("widen", "f16", "f32", ["x"]),
      elementwise("narrow", "f32", "f16", ["x"]),
      elementwise("narrow64", "f64", "f16", ["x"]),
      elementwise("remainder", "f64", "f64", ["x", "y"]),
      elementwise("remainder32", "f32", "f32", ["x", "y"]),
      elementwise("fused", "f32", "f32", ["x", "y", "w"]),
      elementwise("round", "f64", "f64", ["x"]),
      elementwise("least", "f32", "f32", ["x", "y"]),
      elementwise("overflow", "i64", "i64", ["x", "y"]),
    ],
    symbols: [symbol("n", 0, 1000000)],
  },
};

/** A safetensors file with one f32 tensor "w"; the data section begins at a multiple of 64. */
function weightsFile(data: readonly number[]): { readonly bytes: Uint8Array; readonly offset: number } {
  const text = JSON.stringify({ w: { dtype: "F32", shape: [data.length], data_offsets: [0, data.length * 4] } });
  const header = Buffer.from(text.padEnd(Math.ceil((text.length + 8) / 64) * 64 - 8, " "));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return { bytes: Buffer.concat([length, header, floats(data)]), offset: 8 + header.length };
}

function target(name: string, kind: Target["kind"], triple: string, more: Partial<Target> = {}): Target {
  return {
    name,
    kind,
    triple,
    cpu: "",
    features: [],
    module: `kernels.${name}.ll`,
    kernels: [],
    programs: [],
    ...more,
  };
}

const kernel = { arguments: [], grid: [], flops: "0", bytes: "0", sources: [], summary: "test", remarks: [] };

export interface Fixture {
  readonly folder: string;
  readonly manifest: Manifest;
  variant(kind: "native" | "wasm", more?: Partial<Target>): ModelVariant;
}

/** Writes a model's bundle (without its manifest file) to a folder of its own under `root`. */
export function makeFixture(root: string, name: ModelName): Fixture {
  const folder = path.join(root, name);
  const model = models[name];
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(path.join(modules, `${name}.ll`), "utf8");
  const sha256 = "0".repeat(64);
  const weights = model.weight === undefined ? undefined : weightsFile(model.weight);
  if (weights !== undefined) writeFileSync(path.join(folder, "weights.safetensors"), weights.bytes);
  for (const t of ["host", "wasm32"]) writeFileSync(path.join(folder, `kernels.${t}.ll`), text);
  const manifest: Manifest = {
    formatVersion: 1,
    producer: "tests",
    model: name,
    source: { stem: name, kind: "mlir", sha256 },
    options: model.profile ? [{ name: "profile", value: "true" }] : [],
    files: weights === undefined ? [] : [{ name: "weights.safetensors", size: weights.bytes.length, sha256 }],
    symbols: model.symbols ?? [],
    ...(weights === undefined
      ? {}
      : {
          weightData: {
            file: "weights.safetensors",
            offset: weights.offset,
            bytes: weights.bytes.length - weights.offset,
          },
        }),
    weights:
      model.weight === undefined
        ? []
        : [{ name: "w", dtype: "f32", shape: [model.weight.length], offset: 0, bytes: model.weight.length * 4 }],
    states: model.states ?? [],
    entries: model.entries,
    sources: [],
    targets: [
      target("host", "native", `${hostArchitecture()}-unknown-linux-gnu`, {
        kernels: model.profile ? [{ symbol: `${name}_kernel`, ...kernel }] : [],
      }),
      target("wasm32", "wasm", "wasm32-unknown-unknown", {
        kernels: model.profile ? [{ symbol: `${name}_kernel`, ...kernel }] : [],
      }),
    ],
  };
  return {
    folder,
    manifest,
    variant: (kind, more = {}) => {
      const base = manifest.targets.find((t) => t.kind === kind)!;
      return variantOf(manifest, { ...base, ...more }, folder);
    },
  };
}

/** An environment whose compile cache all tests share, from one run to the next: its keys are contents. */
export const sharedCache: NodeJS.ProcessEnv = {
  PERSIMMONS_CACHE: path.join(tmpdir(), "persimmons-test-cache"),
  ...process.env,
};

/** A folder for one test file, and a way to remove it. */
export function makeRoot(): { readonly root: string; readonly remove: () => void } {
  const root = mkdtempSync(path.join(tmpdir(), "persimmons-engines-"));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export function tensor(
  dtype: "f32" | "i32" | "i64" | "i8",
  shape: readonly number[],
  values: readonly number[],
): TensorData {
  const arrays = {
    f32: () => Float32Array.from(values),
    i32: () => Int32Array.from(values),
    i64: () => BigInt64Array.from(values.map(BigInt)),
    i8: () => Int8Array.from(values),
  };
  return { dtype, shape, bytes: new Uint8Array(arrays[dtype]().buffer) };
}

export function numbers(t: TensorData): readonly number[] {
  const copy = t.bytes.slice().buffer;
  const readers: Readonly<Record<string, () => readonly number[]>> = {
    f32: () => [...new Float32Array(copy)],
    i32: () => [...new Int32Array(copy)],
    i64: () => [...new BigInt64Array(copy)].map(Number),
    i8: () => [...new Int8Array(copy)],
  };
  return readers[t.dtype]!();
}
