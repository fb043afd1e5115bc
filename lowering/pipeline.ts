/**
 * @file The compiler, top to bottom. Read this file first: a model is imported, goes through the stages below in
 * this order, and leaves as a bundle (backend/emit-bundle.ts). After every stage the program is verified, only the
 * dialects under `leaves` may remain, and it still computes what the importer's program computed.
 */

import { mapToTiles } from "../backend/spatial/map/map-to-tiles.js";
import { importMlir } from "../frontends/mlir/import.js";
import { importOnnx } from "../frontends/onnx/import.js";
import { readOnnxToImport } from "../frontends/onnx/unknown-operators.js";
import { importPython, type PythonOptions } from "../frontends/python-kernels/import.js";
import { importTorch } from "../frontends/torch-fx/import.js";
import { readTorch } from "../frontends/torch-fx/read.js";
import type { Context } from "../ir/context.js";
import { compileError } from "../ir/diagnostic.js";
import type { Operation } from "../ir/graph.js";
import { type Pass, type Stage, stage } from "../ir/pass.js";
import type { AcceleratorDescription } from "../machine/accelerator.js";
import type { CpuDescription } from "../machine/cpu.js";
import { isAccelerator, type TargetDescription } from "../machine/target.js";
import { bufferize } from "./bufferize/bufferize.js";
import { LANES } from "./fuse/attention-groups.js";
import { foldUnitAxes } from "./fuse/fold-unit-axes.js";
import { fuseElementwise } from "./fuse/fuse-elementwise.js";
import { groupKernels } from "./fuse/group-kernels.js";
import { inlineComposites } from "./fuse/inline-composites.js";
import { orderAxes } from "./fuse/order-axes.js";
import { outlineKernels } from "./fuse/outline-kernels.js";
import { attentionAsks } from "./fuse/pad/asks.js";
import { padShapes } from "./fuse/pad-shapes.js";
import { stablehloToLinalg } from "./fuse/stablehlo-to-linalg.js";
import { expandComplex } from "./legalize/expand-complex.js";
import { expandMath } from "./legalize/expand-math.js";
import { expandNarrowFloatsWith } from "./legalize/expand-narrow-floats.js";
import { narrowIntegers } from "./legalize/narrow-integers.js";
import { fuseAttention } from "./loops/fuse-attention.js";
import { fuseRows } from "./loops/fuse-rows.js";
import { linalgToLoops } from "./loops/linalg-to-loops.js";
import { lowerAffine } from "./loops/lower-affine.js";
import { optimiseLoops } from "./loops/optimise-loops.js";
import { outlineChunks } from "./loops/outline-chunks.js";
import { splitIntoChunks } from "./loops/split-into-chunks.js";
import { tileContractions } from "./loops/tile-contractions.js";
import { placeBuffers } from "./plan/place-buffers.js";
import { placeScratch } from "./plan/place-scratch.js";
import { eliminateCommonSubexpressions } from "./simplify/eliminate-common-subexpressions.js";
import { expandBatchNorm } from "./simplify/expand-batch-norm.js";
import { expandCallTargets } from "./simplify/expand-call-targets.js";
import { expandChlo } from "./simplify/expand-chlo.js";
import { expandEinsum } from "./simplify/expand-einsum.js";
import { expandFft } from "./simplify/expand-fft.js";
import { expandRandom } from "./simplify/expand-random.js";
import { expandTuples } from "./simplify/expand-tuples.js";
import { foldConstants } from "./simplify/fold-constants.js";
import { foldSizes } from "./simplify/fold-sizes.js";
import { inlineCalls } from "./simplify/inline-calls.js";
import { raise } from "./simplify/raise.js";
import { removeDeadCode } from "./simplify/remove-dead-code.js";
import { resolveSizes } from "./simplify/resolve-sizes.js";
import { sumInIntegers } from "./simplify/sum-in-integers.js";
import { vectorizeGenerics } from "./vectorize/vectorize-generics.js";

const graph = ["func", "stablehlo", "chlo"];
/** StableHLO operations that are short for others. */
const expansions = [
  expandTuples,
  expandChlo,
  expandCallTargets,
  expandBatchNorm,
  expandEinsum,
  expandFft,
  expandRandom,
];

const real = ["func", "arith", "math", "scf", "cf", "memref", "vector", "cpu"];
const loops = [...real, "complex"];
const structured = ["func", "linalg", "tensor", "arith", "math", "complex", "scf", "cf"];

/** What some formats leave open: values of a kernel's sizes, and which kernel. */
export type ImportOptions = PythonOptions;

/** Names of model files' formats, by extension. */
const importers: Readonly<
  Record<string, (path: string, context: Context, options: ImportOptions) => Operation | Promise<Operation>>
> = {
  ".mlir": importMlir,
  ".onnx": (path, context) => importOnnx(readOnnxToImport(path, context.diagnostics), context),
  ".py": importPython,
  ".pt2": async (path, context) => importTorch(await readTorch(path, context.diagnostics), context),
};

/** Stage 1, import: any supported file to StableHLO. */
export async function importModel(path: string, context: Context, options: ImportOptions = {}): Promise<Operation> {
  const extension = /\.[^./\\]+$/.exec(path)?.[0] ?? "";
  const importer = importers[extension];
  if (!importer) {
    const known = Object.keys(importers).join(", ");
    throw compileError("PS2001", `'${path}' is of no known format`, {
      exitCode: 2,
      fix: `give a file that ends in ${known}`,
    });
  }
  return importer(path, context, options);
}

/**
 * The stages before storage; `arithmetic` decides what quantized products are summed in, `layout` how tensors lie there, `fit`
 * makes their sizes fit the target.
 */
const graphStages = (arithmetic: readonly Pass[], layout: readonly Pass[], fit: readonly Pass[]): readonly Stage[] => [
  stage("simplify", {
    why: "Fewer operations make every later decision cheaper, and calls hide what could be fused.",
    leaves: graph,
    // Sizes, forms and constants are seen through calls once those are inlined; forms are raised as exporters wrote them,
    // before any of their operations is expanded. Dead code last takes what all leave behind.
    passes: [
      inlineCalls,
      resolveSizes,
      ...arithmetic,
      raise,
      ...expansions,
      foldConstants,
      eliminateCommonSubexpressions,
      removeDeadCode,
    ],
  }),
  stage("fuse", {
    why: "Structured operations say what is parallel and what each point reads, which is what grouping needs.",
    leaves: structured,
    // Composites that no schedule claims are inlined before their operations take structured form.
    passes: [
      inlineComposites,
      ...expansions,
      stablehloToLinalg,
      foldUnitAxes,
      // Copies into another order are elementwise: what reads them reads the original instead.
      ...layout,
      fuseElementwise,
      eliminateCommonSubexpressions,
      removeDeadCode,
      ...fit,
    ],
  }),
];

/** Processors of desktops and servers convert f16 by instructions; WebAssembly does it in integers. */
function narrowFloatsOn({ arch, requires }: CpuDescription): Pass {
  const hasHalf = arch === "aarch64" || requires.includes("f16c");
  return expandNarrowFloatsWith({ native: new Set(hasHalf ? ["f16" as const] : []) });
}

/** Stages 2 to 8 for one target. */
export function stagesFor(target: TargetDescription): readonly Stage[] {
  return isAccelerator(target) ? stagesForAccelerator(target) : stagesForCpu(target);
}

function stagesForAccelerator(machine: AcceleratorDescription): readonly Stage[] {
  const leaves = ["func", "arith", "memref", "tile"];
  return [
    ...graphStages([], [], []),
    stage("bufferize", {
      why: "Storage is explicit from here on: what lies in HBM, and which kernels read and write it.",
      leaves: [...loops, "tensor", "linalg"],
      passes: [outlineKernels, bufferize],
    }),
    stage("map", {
      why: "Kernels are spread over the grid and become programs of tiles; what cannot is refused before anything else.",
      leaves,
      passes: [mapToTiles(machine)],
    }),
    stage("plan", {
      why: "Buffers in HBM that are not alive together share bytes.",
      leaves,
      passes: [placeBuffers],
    }),
  ];
}

function stagesForCpu(cpu: CpuDescription): readonly Stage[] {
  return [
    ...graphStages([sumInIntegers], [orderAxes], [padShapes(attentionAsks(LANES)), removeDeadCode]),
    stage("bufferize", {
      why: "Storage is explicit from here on: who writes where, and what may be reused.",
      leaves: [...loops, "tensor", "linalg"],
      // What passes between the operations of a group stays in the cache.
      passes: [groupKernels, outlineKernels, bufferize],
    }),
    stage("loops", {
      why: "Loops are tiled, vectorised and cut into chunks by what each access does in memory.",
      leaves: loops,
      // Attention whole, then rows, as each is then tiled by itself. Contractions before vectors, which alone would leave them without
      // register blocking; plain loops take the rest.
      passes: [
        fuseAttention(cpu),
        fuseRows,
        tileContractions(cpu),
        vectorizeGenerics(cpu),
        linalgToLoops,
        optimiseLoops(cpu),
        outlineChunks,
        lowerAffine,
        splitIntoChunks,
      ],
    }),
    stage("legalize", {
      why: "LLVM and WebAssembly compile what is left without library calls.",
      leaves: real,
      // Complex functions become real ones, those of narrow floats become f32's, which are expanded next; all leave i1
      // in memory.
      passes: [
        foldSizes,
        expandComplex,
        narrowFloatsOn(cpu),
        expandMath,
        narrowIntegers,
        eliminateCommonSubexpressions,
        removeDeadCode,
      ],
    }),
    stage("plan", {
      why: "Buffers that are not alive together share bytes, and what a kernel keeps to itself is placed too.",
      leaves: real,
      // Scratch first: where it becomes an argument, the host has more buffers to place.
      passes: [placeScratch, placeBuffers],
    }),
  ];
}
