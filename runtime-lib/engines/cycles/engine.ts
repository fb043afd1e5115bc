/**
 * @file The cycles engine: a bundle's spatial target on the emulated accelerator. The machine is the one described in the
 * bundle; programs are decoded and verified against it before anything runs.
 */

import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import path from "node:path";
import { type AcceleratorDescription, readAccelerator } from "../../../machine/accelerator.js";
import type { Manifest, Target } from "../../bundle/generated/manifest.js";
import { decodeTiles, type TileProgram } from "../../bundle/tiles.js";
import { faultDiagnostic, inFile, RuntimeFault, runtimeFault } from "../../diagnostic.js";
import { describeModel } from "../../native/description.js";
import type { LoadedModel, LoadOptions } from "../engine.js";
import { readWeights } from "../weights-file.js";
import { Accelerator } from "./accelerator.js";
import { checkSchedules } from "./control-processor.js";
import { CyclesModel } from "./model.js";
import { verifyPrograms } from "./verify-programs.js";

export interface CyclesOptions extends LoadOptions {
  /** The most bundles a tile may execute in one launch; 2^30 by default. */
  readonly bundleLimit?: number;
  /** The most steps of the schedule in one run; 2^30 by default. */
  readonly stepLimit?: number;
}

const defaultLimit = 2 ** 30;

/**
 * Loads a spatial target of the bundle in `folder`. Rejects with a `RuntimeFault`: PS5260 malformed tile programs, PS5261 a
 * malformed description, PS5262 programs that do not fit the machine, PS5269 schedules that are not run, PS5200 ones that contradict themselves, PS5230 other
 * weights, PS5241 more memory than there is.
 */
export async function openCycles(
  manifest: Manifest,
  target: Target,
  folder: string,
  options: CyclesOptions = {},
): Promise<LoadedModel> {
  const tilesPath = path.join(folder, target.tiles!);
  const machine = readMachine(await readFile(path.join(folder, target.machine!), "utf8"), target.machine!);
  const programs = decodeTiles(await readFile(tilesPath), tilesPath);
  verifyPrograms(programs, machine, tilesPath);
  checkKernels(target, programs, tilesPath);
  checkSchedules(manifest, target);
  // What a machine would have, as far as the computer that emulates it has it.
  const memoryLimit = Math.min(machine.hbm.bytes, options.memoryLimit ?? totalmem());
  const weights = weightsOf(manifest, folder, memoryLimit);
  const make = (): LoadedModel =>
    new CyclesModel({
      manifest,
      target,
      description: describeModel(manifest, target),
      accelerator: new Accelerator(machine, programs, options.bundleLimit ?? defaultLimit),
      weights,
      memoryLimit,
      stepLimit: options.stepLimit ?? defaultLimit,
      again: make,
    });
  return make();
}

/** The data section of the weights file; its size is checked before there is room made for it. */
function weightsOf({ weightData }: Manifest, folder: string, limit: number): Uint8Array {
  if (weightData === undefined) return new Uint8Array();
  const file = path.join(folder, weightData.file);
  const { bytes } = weightData;
  readWeights(file, weightData, new Uint8Array());
  if (bytes > limit)
    throw runtimeFault("PS5241", `weights of ${bytes} bytes; there are ${limit} bytes of memory`, { exitCode: 4 });
  const weights = new Uint8Array(bytes);
  readWeights(file, weightData, weights);
  return weights;
}

function readMachine(text: string, file: string): AcceleratorDescription {
  const fault = (message: string) => faultDiagnostic("PS5261", `machine description: ${message}`, { at: inFile(file) });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RuntimeFault([fault(error instanceof Error ? error.message : String(error))]);
  }
  const read = readAccelerator(json);
  if (!read.ok) throw new RuntimeFault(read.problems.map((p) => fault(`${p.path}: ${p.message}`)));
  return read.description;
}

/** Every kernel of the schedule has a program, which takes as many addresses as the kernel has buffers. */
function checkKernels({ kernels }: Target, programs: readonly TileProgram[], file: string): void {
  const taken = new Map(programs.map((p) => [p.name, p.argumentCount]));
  const problems = kernels.flatMap(({ symbol, arguments: given }) => {
    const count = taken.get(symbol);
    if (count === given.length) return [];
    if (count === undefined) return [`the kernel '${symbol}' has no tile program`];
    return [`the kernel '${symbol}' has ${given.length} arguments, its program takes ${count}`];
  });
  if (problems.length === 0) return;
  throw new RuntimeFault(problems.map((p) => faultDiagnostic("PS5262", p, { at: inFile(file) })));
}
