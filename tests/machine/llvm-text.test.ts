/**
 * @file LLVM takes the text that is written for every CPU described: llc compiles the kernels of a model with a matrix
 * product, a convolution, a softmax and int8 products between floats, and loops in Python (a product, a factorisation, a
 * stencil), for the triple, CPU and features that the bundle names; what comes out calls nothing but the runtime's own functions.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { emitBundle } from "../../backend/emit-bundle.js";
import { importPythonText } from "../../frontends/python-kernels/import.js";
import type { Context } from "../../ir/context.js";
import { entryInterfaces } from "../../ir/entry.js";
import type { Operation } from "../../ir/graph.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { type CpuDescription, cpus } from "../../machine/cpu.js";
import { writeBundle } from "../../runtime-lib/bundle/write-bundle.js";
import { findTool } from "../ir/upstream/referee.js";

const llc = findTool("llc");
const nm = findTool("llvm-nm");
const folder = mkdtempSync(join(tmpdir(), "psm-llc-"));
afterAll(() => rmSync(folder, { recursive: true }));

const model = `
func.func @main(%image: tensor<1x3x12x12xf32>, %filter: tensor<8x3x3x3xf32>, %w: tensor<800x40xf32>,
                %q: tensor<40x24xi8>) -> (tensor<1x40xf32>, tensor<1x24xf32>) {
  %c = stablehlo.convolution(%image, %filter) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1],
    window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
    : (tensor<1x3x12x12xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x10x10xf32>
  %r = stablehlo.reshape %c : (tensor<1x8x10x10xf32>) -> tensor<1x800xf32>
  %m = stablehlo.dot_general %r, %w, contracting_dims = [1] x [0] : (tensor<1x800xf32>, tensor<800x40xf32>) -> tensor<1x40xf32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %top = stablehlo.reduce(%m init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<1x40xf32>, tensor<f32>) -> tensor<1xf32>
  %tops = stablehlo.broadcast_in_dim %top, dims = [0] : (tensor<1xf32>) -> tensor<1x40xf32>
  %d = stablehlo.subtract %m, %tops : tensor<1x40xf32>
  %e = stablehlo.exponential %d : tensor<1x40xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sum = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<1x40xf32>, tensor<f32>) -> tensor<1xf32>
  %sums = stablehlo.broadcast_in_dim %sum, dims = [0] : (tensor<1xf32>) -> tensor<1x40xf32>
  %p = stablehlo.divide %e, %sums : tensor<1x40xf32>
  %scale = stablehlo.constant dense<127.0> : tensor<1x40xf32>
  %s = stablehlo.multiply %p, %scale : tensor<1x40xf32>
  %n = stablehlo.round_nearest_even %s : tensor<1x40xf32>
  %least = stablehlo.constant dense<-128.0> : tensor<f32>
  %most = stablehlo.constant dense<127.0> : tensor<f32>
  %k = stablehlo.clamp %least, %n, %most : (tensor<f32>, tensor<1x40xf32>, tensor<f32>) -> tensor<1x40xf32>
  %i = stablehlo.convert %k : (tensor<1x40xf32>) -> tensor<1x40xi8>
  %z = stablehlo.dot_general %i, %q, contracting_dims = [1] x [0] : (tensor<1x40xi8>, tensor<40x24xi8>) -> tensor<1x24xi32>
  %f = stablehlo.convert %z : (tensor<1x24xi32>) -> tensor<1x24xf32>
  return %p, %f : tensor<1x40xf32>, tensor<1x24xf32>
}`;

const loops = ["gemm", "lu", "jacobi_2d"]
  .map((name) => readFileSync(new URL(`../../bench/polybench/kernels/${name}.py`, import.meta.url), "utf8"))
  .join("\n\n");
const sizes = new Map(Object.entries({ NI: 100, NJ: 110, NK: 120, N: 130, TSTEPS: 20 }));

/** By name, what imports it. */
const programs: Readonly<Record<string, (context: Context) => Operation | Promise<Operation>>> = {
  mixed: (context) => parseModule(model, "mixed.mlir", context),
  loops: (context) => importPythonText(loops, "loops.py", context, { constexprs: sizes }),
};

/** The module's file, and what it is to be compiled for. */
async function exported(cpu: CpuDescription, program: string) {
  const context = newContext();
  const module = await programs[program]!(context);
  const [first, ...others] = stagesFor(cpu);
  runStages([first!], module, context);
  const entries = entryInterfaces(module, context);
  runStages(others, module, context);
  const source = { stem: program, kind: "mlir", sha256: "0".repeat(64) } as const;
  const variants = [{ machine: cpu, module, context, entries }];
  const input = { model: program, producer: "test", source, options: [], variants };
  const at = join(folder, `${program}.${cpu.name}.psm`);
  const { manifest } = await writeBundle(at, (draft) => emitBundle(input, draft));
  const target = manifest.targets[0]!;
  return { file: join(at, target.module!), target };
}

/** Compiles for what the manifest names; the functions that are called and not there. */
async function compiled(cpu: CpuDescription, program: string): Promise<readonly string[]> {
  const { file, target } = await exported(cpu, program);
  const object = join(folder, `${program}.${cpu.name}.o`);
  const machine = [`-mtriple=${target.triple}`, `-mcpu=${target.cpu}`, `-mattr=${target.features.join(",")}`];
  const options = [...machine, "-O2", "-filetype=obj", "-relocation-model=pic", file, "-o", object];
  const { status, stderr } = spawnSync(llc!, options, { encoding: "utf8" });
  // A name that LLVM does not know is only complained of.
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const out = execFileSync(nm!, ["--undefined-only", "--just-symbol-name", object], { encoding: "utf8" });
  return out
    .split("\n")
    .filter(
      (s) => s !== "" && !/^__(stack_pointer|linear_memory|memory_base|table_base|indirect_function_table)/.test(s),
    );
}

describe.skipIf(llc === undefined || nm === undefined).each(Object.keys(programs))(
  "the kernels of %s compile",
  (program) => {
    it.each(cpus.map((cpu) => [cpu.name, cpu] as const))(
      "for %s",
      async (_, cpu) => {
        const runtime = /^(psm_|mixed_|loops_|mem(cpy|set|move)$|_GLOBAL_OFFSET_TABLE_$)/;
        expect((await compiled(cpu, program)).filter((name) => !runtime.test(name))).toEqual([]);
      },
      120_000,
    );

    it.each(cpus.filter((cpu) => cpu.tuneFor !== undefined).map((cpu) => [cpu.name, cpu] as const))(
      "and are scheduled for %s",
      async (_, cpu) => {
        const tuned = { ...cpu, name: `${cpu.name}.tuned`, llvmCpu: cpu.tuneFor! };
        await expect(compiled(tuned, program)).resolves.toBeDefined();
      },
      120_000,
    );
  },
);
