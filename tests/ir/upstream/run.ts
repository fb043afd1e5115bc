/**
 * @file Runs one program both ways: by our interpreter, and compiled and run by upstream. A program has a function
 * `@main` without arguments that hands integers to `@printI64`; both ways give the list of them.
 */

import { execFileSync } from "node:child_process";
import {
  accessed,
  advance,
  allocateMemory,
  copyMemory,
  loadPointer,
  type Pointer,
} from "../../../ir/dialects/llvm/pointer.js";
import { interpret } from "../../../ir/interpret.js";
import { eachIndex } from "../../../ir/ndarray.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { upstreamContext } from "./context.js";
import { findTool, mlirOpt, runTool } from "./referee.js";

const mlirRunner = findTool("mlir-runner");
const libraries = findLibraries();

/** True where programs can be run by upstream. */
export const canRunUpstream = mlirOpt !== undefined && mlirRunner !== undefined && libraries.length > 0;

function findLibraries(): readonly string[] {
  const version = mlirRunner?.split("-").at(-1);
  if (version === undefined) return [];
  const [library] = findFiles(`/usr/lib/llvm-${version}/lib/libmlir_c_runner_utils.so*`);
  return library === undefined ? [] : [library];
}

function findFiles(pattern: string): readonly string[] {
  return execFileSync("sh", ["-c", `ls ${pattern} 2>/dev/null || true`], { encoding: "utf8" })
    .split("\n")
    .filter((x) => x !== "");
}

const passes = [
  "--one-shot-bufferize=bufferize-function-boundaries=1",
  "--convert-linalg-to-loops",
  "--lower-vector-multi-reduction",
  "--convert-vector-to-scf",
  "--expand-strided-metadata",
  "--lower-affine",
  "--convert-scf-to-cf",
  "--arith-expand",
  "--memref-expand",
  "--convert-complex-to-standard",
  "--convert-math-to-llvm",
  "--convert-math-to-libm",
  "--convert-complex-to-llvm",
  "--convert-vector-to-llvm",
  "--lower-affine",
  "--finalize-memref-to-llvm",
  "--convert-arith-to-llvm",
  "--convert-index-to-llvm",
  "--convert-func-to-llvm",
  "--convert-cf-to-llvm",
  "--convert-ub-to-llvm",
  "--reconcile-unrealized-casts",
];

const declarations = "func.func private @printI64(i64)\nfunc.func private @printNewline()\n";

/** The program in upstream's `llvm` dialect, lowered by upstream. */
function lower(program: string): string {
  return runTool(mlirOpt!, [...passes, "-"], declarations + program);
}

export function runUpstream(program: string): readonly bigint[] {
  const lowered = lower(program);
  const out = runTool(
    mlirRunner!,
    ["-e", "main", "-entry-point-result=void", `-shared-libs=${libraries.join(",")}`, "-"],
    lowered,
  );
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map(BigInt);
}

export function runOurs(program: string): readonly bigint[] {
  return interpretProgram(declarations + program);
}

/** Our interpreter on what upstream makes of the program in its `llvm` dialect. */
export function runOursLowered(program: string): readonly bigint[] {
  return interpretProgram(lower(program));
}

function interpretProgram(text: string): readonly bigint[] {
  const context = upstreamContext();
  const module = parseModule(text, "program.mlir", context);
  const problems = verify(module, context).map((d) => d.message);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const printed: bigint[] = [];
  const externals = {
    printI64: (x: unknown) => {
      printed.push(x as bigint);
      return [];
    },
    printNewline: () => [],
    memrefCopy: copyDescriptors,
    malloc: (size: unknown) => [allocateMemory(Number(size), "malloc", 16)],
    free: (pointer: unknown) => {
      const { memory } = pointer as Pointer;
      if (!memory || memory.freed) throw new Error("free of what is not allocated");
      memory.freed = true;
      return [];
    },
  };
  interpret(module, "main", [], context, { externals });
  return printed;
}

/** Upstream's runtime function: copies elements between two memrefs given as (rank, pointer to descriptor). */
function copyDescriptors(elementSize: unknown, source: unknown, target: unknown): readonly [] {
  const [from, to] = [readDescriptor(source as Pointer), readDescriptor(target as Pointer)];
  const bytes = Number(elementSize);
  for (const index of eachIndex(from.sizes)) {
    const at = ({ base, strides }: Descriptor): Pointer =>
      advance(base, bytes * index.reduce((sum, x, i) => sum + x * strides[i]!, 0));
    copyMemory(at(to), at(from), bytes);
  }
  return [];
}

interface Descriptor {
  /** Of the first element. */
  readonly base: Pointer;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** `{ allocated, aligned, offset, sizes…, strides… }`, eight bytes each; the element size is that of i32. */
function readDescriptor(unranked: Pointer): Descriptor {
  const number = (at: Pointer): number => Number(accessed(at, 8).view.getBigInt64(at.offset, true));
  const rank = number(unranked);
  const at = loadPointer(advance(unranked, 8));
  const read = (from: number): readonly number[] =>
    Array.from({ length: rank }, (_, i) => number(advance(at, 8 * (from + i))));
  const offset = number(advance(at, 16));
  return { base: advance(loadPointer(advance(at, 8)), 4 * offset), sizes: read(3), strides: read(3 + rank) };
}

/** Text that prints `value` of an integer, index or float type, floats by their bits. */
export function printValue(value: string, type: string): string {
  const bits = type.startsWith("bf") ? 16 : Number(type.slice(1));
  const integer = type === "index" ? "i64" : `i${bits}`;
  const lines: string[] = [];
  const step = (text: string): string => {
    const name = `${value}_p${lines.length}`;
    lines.push(`${name} = ${text}`);
    return name;
  };
  let at = value;
  if (/^b?f/.test(type)) at = step(`arith.bitcast ${at} : ${type} to ${integer}`);
  if (type === "index") at = step(`arith.index_cast ${at} : index to i64`);
  else if (bits < 64) at = step(`arith.extui ${at} : ${integer} to i64`);
  return [...lines, `func.call @printI64(${at}) : (i64) -> ()`, "func.call @printNewline() : () -> ()"]
    .map((l) => `  ${l}`)
    .join("\n");
}
