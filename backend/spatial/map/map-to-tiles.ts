/**
 * @file Pass `map-to-tiles`: every kernel becomes a tile program, in place. The program is one for all tiles of the grid;
 * a tile finds its share by its own row and column. Kernels that the accelerator cannot run are refused all together.
 */

import { intAttr, stringAttr } from "../../../ir/attrs.js";
import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { CompileError, type Diagnostic, diagnostic } from "../../../ir/diagnostic.js";
import { callOp, funcOp, functionBody, functionName, functionsOf } from "../../../ir/dialects/func.js";
import type { Operation } from "../../../ir/graph.js";
import type { Location } from "../../../ir/location.js";
import { SUMMARY } from "../../../ir/names.js";
import type { Pass } from "../../../ir/pass.js";
import { type AcceleratorDescription, matrixFormatOf } from "../../../machine/accelerator.js";
import { type Selected, selectContraction } from "../select/contraction.js";
import { elementwiseProblem, selectElementwise } from "../select/elementwise.js";
import { TileBuilder } from "../select/tile-builder.js";
import { type KernelForm, kernelForm } from "./kernel-forms.js";

/** On a kernel: the SRAM its program needs in a tile. */
export const SRAM_BYTES = "psm.sram_bytes";

/** What the control processor can do between launches. */
const hostOperations = new Set([
  "func.call",
  "func.return",
  "memref.alloc",
  "memref.dealloc",
  "memref.copy",
  "memref.get_global",
]);

export function mapToTiles(machine: AcceleratorDescription): Pass {
  return {
    name: "map-to-tiles",
    summary: "Turns kernels into programs for the accelerator's tiles.",
    run(module, context) {
      const kernels = kernelsOf(module);
      const { forms, problems } = recognise(kernels, machine);
      problems.push(...hostProblems(module, new Set(kernels)));
      if (problems.length > 0) throw new CompileError(problems, 4);
      for (const [func, form] of forms) mapKernel(func, form, machine, context);
    },
  };
}

function kernelsOf(module: Operation): readonly Operation[] {
  return [...functionsOf(module)].filter(
    (f) => funcOp.attrsOf(f).sym_visibility === "private" && f.region(0).blocks.length > 0,
  );
}

function recognise(kernels: readonly Operation[], machine: AcceleratorDescription) {
  const forms = new Map<Operation, KernelForm>();
  const problems: Diagnostic[] = [];
  for (const func of kernels) {
    const form = kernelForm(func);
    const reason = form.kind === "unsupported" ? form.reason : problemOf(func, form, machine);
    if (reason !== undefined) problems.push(refusal(func, reason, machine));
    else if (form.kind !== "unsupported") forms.set(func, form);
  }
  return { forms, problems };
}

function problemOf(func: Operation, form: KernelForm, machine: AcceleratorDescription): string | undefined {
  const given = functionBody(func).args.length;
  // Addresses come in registers, and at least half of them are left to the program.
  const most = machine.registers.scalar / 2;
  if (given > most) return `it has ${given} arguments; addresses of ${most} can be handed over`;
  if (form.kind === "elementwise") return elementwiseProblem(form, machine);
  return matrixFormatOf(machine, form.format) === undefined
    ? `the matrix unit does not take ${form.format}`
    : undefined;
}

function refusal(func: Operation, reason: string, machine: AcceleratorDescription): Diagnostic {
  return diagnostic("PS4301", `${machine.name} cannot run the kernel '${functionName(func)}': ${reason}`, {
    at: placeOf(func),
    fix: "export for a CPU or wasm32; accelerators run matrix products and elementwise f32 and bf16 arithmetic so far",
  });
}

/** Where in the model the kernel's work comes from. */
function placeOf(func: Operation): Location {
  const known = [...func.walk()].map((op) => op.at).find((at) => at.kind !== "unknown");
  return known ?? func.at;
}

/** Everything in entries that the control processor does not do; once for each kind of operation. */
function hostProblems(module: Operation, kernels: ReadonlySet<Operation>): readonly Diagnostic[] {
  const problems = new Map<string, Diagnostic>();
  for (const func of functionsOf(module)) {
    if (kernels.has(func) || func.region(0).blocks.length === 0) continue;
    for (const op of func.walk()) {
      if (op === func || (hostOperations.has(op.name) && (op.name !== "func.call" || callOp.matches(op)))) continue;
      const message = `the control processor of an accelerator does not run ${op.name}`;
      if (!problems.has(op.name))
        problems.set(op.name, diagnostic("PS4303", message, { at: op.at, fix: "export for a CPU or wasm32" }));
    }
  }
  return [...problems.values()];
}

function mapKernel(func: Operation, form: KernelForm, machine: AcceleratorDescription, context: Context): void {
  const body = functionBody(func);
  const old = [...body.ops()];
  const end = body.terminator;
  const builder = new Builder(context, body, end);
  builder.at = placeOf(func);
  const b = new TileBuilder(builder);
  const kernel = { name: functionName(func), at: builder.at };
  const selected: Selected =
    form.kind === "contraction"
      ? selectContraction(b, form, machine, kernel)
      : selectElementwise(b, form, machine, kernel);
  for (const op of old.reverse()) if (op !== end) op.erase();
  func.setExtra(SRAM_BYTES, intAttr(selected.sramBytes, context.types.scalar("i64")));
  func.setExtra(SUMMARY, stringAttr(selected.summary));
}
