/**
 * @file The accelerator's files of a bundle: tile programs with registers assigned, bundles formed and encoded, and the
 * description of the machine they are for. A program that does not fit the machine is refused here, with the numbers.
 */

import { CompileError, diagnostic } from "../../ir/diagnostic.js";
import { funcOp, functionBody } from "../../ir/dialects/func.js";
import type { Operation } from "../../ir/graph.js";
import { SUMMARY } from "../../ir/names.js";
import type { MemRefType } from "../../ir/types.js";
import type { AcceleratorDescription } from "../../machine/accelerator.js";
import type { ArgumentKind, Kernel } from "../../runtime-lib/bundle/generated/manifest.js";
import { encodeTiles, type TileProgram } from "../../runtime-lib/bundle/tiles.js";
import { assignRegisters } from "./allocate/registers.js";
import { SRAM_BYTES } from "./map/map-to-tiles.js";
import { linearize } from "./schedule/linearize.js";
import { scheduleBundles } from "./schedule/schedule-bundles.js";

/** The programs of all kernels, encoded. Throws PS4304 or PS4305 (exit 4), for all kernels at once. */
export function emitTiles(kernels: ReadonlyMap<string, Operation>, machine: AcceleratorDescription): Uint8Array {
  const programs: TileProgram[] = [];
  const problems: CompileError[] = [];
  for (const [name, func] of kernels) {
    try {
      programs.push(tileProgram(name, func, machine));
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0) {
    throw new CompileError(
      problems.flatMap((p) => p.diagnostics),
      4,
    );
  }
  return encodeTiles(programs);
}

/** One kernel's program; the function holds `tile` operations. */
export function tileProgram(name: string, func: Operation, machine: AcceleratorDescription): TileProgram {
  const assignment = assignRegisters(func, machine);
  const bundles = scheduleBundles(linearize(func, assignment), machine);
  const limit = machine.instructions.bundles;
  if (bundles.length > limit) {
    const message = `the program of '${name}' has ${bundles.length} bundles; a tile of ${machine.name} holds ${limit}`;
    throw new CompileError([diagnostic("PS4305", message, { at: func.at })], 4);
  }
  const sram = func.extra[SRAM_BYTES];
  const sramBytes = sram?.kind === "int" ? Number(sram.value) : 0;
  return { name, argumentCount: functionBody(func).args.length, sramBytes, bundles };
}

/** What bufferization says of an argument, as the manifest says it. */
const argumentKinds: Readonly<Record<string, ArgumentKind>> = { read: "read", write: "write", readwrite: "update" };

/** A kernel as the manifest lists it. */
export function describeTileKernel(symbol: string, func: Operation): Kernel {
  const access = accessesOf(func);
  const summary = func.extra[SUMMARY];
  return {
    symbol,
    arguments: functionBody(func).args.map((arg, k) => {
      const kind = argumentKinds[access[k] ?? ""] ?? "update";
      return { name: `arg${k}`, kind, dtype: (arg.type as MemRefType).element };
    }),
    grid: [],
    flops: "0",
    bytes: "0",
    sources: [],
    summary: summary?.kind === "string" ? summary.value : "",
    remarks: [],
  };
}

function accessesOf(func: Operation): readonly (string | undefined)[] {
  const attrs = funcOp.attrsOf(func).arg_attrs;
  if (attrs?.kind !== "array") return [];
  return attrs.items.map((item) => {
    const access = item.kind === "dict" ? item.entries["psm.access"] : undefined;
    return access?.kind === "string" ? access.value : undefined;
  });
}
