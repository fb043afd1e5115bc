/**
 * @file Pass `outline-kernels`: every structured computation of a public function, in its regions too, becomes a private
 * function `@NAME_kernel_N` and a call of it marked `psm.kernel`. Equal kernels are one function: weights and inputs are
 * arguments. Each says what a launch of it costs (see `kernelCost`). What stays in the public function is what the host
 * does: calls, control flow, sizes, storage.
 */

import { stringAttr, unitAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { moduleBody } from "../../ir/dialects/builtin.js";
import { callOp, funcOp, functionBody, functionName, functionsOf, lookupFunction } from "../../ir/dialects/func.js";
import { extract } from "../../ir/dialects/tensor/access.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { derivedLocation } from "../../ir/location.js";
import { BYTES, FLOPS } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { printOp } from "../../ir/text/printer.js";
import { KERNEL } from "../kernels.js";
import { copyRemarks } from "../remarks.js";
import { buildKernel, type Kernel } from "./build-kernel.js";
import { kernelCost } from "./kernel-cost.js";
import { gather, inOrder, isKernelOp, kernelGroups } from "./kernel-groups.js";

export const outlineKernels: Pass = {
  name: "outline-kernels",
  summary: "Makes every structured computation a function of its own, equal ones the same.",
  run(module, context) {
    const entries = [...functionsOf(module)].filter(
      (f) => funcOp.attrsOf(f).sym_visibility !== "private" && f.region(0).blocks.length > 0,
    );
    for (const entry of entries) {
      new Outliner(module, entry, context).block(functionBody(entry));
      removeUnused(functionBody(entry));
    }
  },
};

class Outliner {
  readonly #module: Operation;
  readonly #entry: string;
  readonly #context: Context;
  /** Numbers that the host reads. */
  readonly #needed: ReadonlySet<Value>;
  readonly #byText = new Map<string, Operation>();
  #next = 0;

  constructor(module: Operation, entry: Operation, context: Context) {
    this.#module = module;
    this.#entry = functionName(entry);
    this.#needed = neededByHost(functionBody(entry));
    this.#context = context;
  }

  block(block: Block): void {
    for (const op of block.ops()) {
      if (isKernelOp(op)) continue;
      for (const region of op.regions) for (const inner of region.blocks) this.block(inner);
    }
    for (const group of kernelGroups(block)) this.#outline(group);
  }

  #outline(members: readonly Operation[]): void {
    const last = gather(members);
    // Kernels made before may have moved operations of this one.
    const group = inOrder(members);
    const kernel = buildKernel(group, (x) => !this.#needed.has(x), this.#context);
    if (kernel.results.length > 0) this.#call(kernel, last);
    for (const op of [...group].reverse()) op.erase();
  }

  #call(kernel: Kernel, last: Operation): void {
    const callee = this.#define(kernel);
    const builder = new Builder(this.#context, last.block!, last.next);
    builder.at = kernel.at;
    const options = { results: kernel.resultTypes, extra: { [KERNEL]: unitAttr } };
    const call = builder.op(callOp, { operands: kernel.args }, { callee }, options);
    kernel.results.forEach((old, i) => {
      replace(old, call.results[i]!, builder);
    });
  }

  /** The name of the kernel's function: that of an equal one, or of a new one at the end of the module. */
  #define(kernel: Kernel): string {
    const made = kernel.make("");
    const text = printOp(made, this.#context);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      known.at = derivedLocation(outlineKernels.name, [known.at, made.at]);
      made.dropReferences();
      return functionName(known);
    }
    const name = this.#freshName();
    made.setAttr("sym_name", name);
    const { dims } = this.#context;
    const { flops, bytes } = kernelCost(made, this.#context);
    if (flops !== 0) made.setExtra(FLOPS, stringAttr(dims.print(flops)));
    made.setExtra(BYTES, stringAttr(dims.print(bytes)));
    // Only now: what was said of equal kernels may differ, and does not keep them apart.
    for (const op of kernel.group) copyRemarks(op, made);
    moduleBody(this.#module).append(made);
    this.#byText.set(text, made);
    return name;
  }

  #freshName(): string {
    for (;;) {
      const name = `${this.#entry}_kernel_${this.#next++}`;
      if (!lookupFunction(this.#module, name)) return name;
    }
  }
}

/** A number that a kernel computes comes back in a tensor of rank 0. */
function replace(old: Value, made: Value, builder: Builder): void {
  if (old.type.kind === "tensor") old.replaceAllUsesWith(made);
  else old.replaceAllUsesWith(builder.value(extract, { tensor: made, indices: [] }, {}));
}

/** Scalars that operations of the host read, directly or through arithmetic; kernels get these as arguments. */
function neededByHost(body: Block): ReadonlySet<Value> {
  const needed = new Set<Value>();
  const visit = (x: Value): void => {
    if (x.type.kind !== "scalar" || needed.has(x)) return;
    needed.add(x);
    for (const operand of x.definingOp?.operands ?? []) visit(operand);
  };
  for (const op of body.ops()) visitHostReads(op, visit);
  return needed;
}

/** Visits what host operations read; arithmetic counts only where its result is read. */
function visitHostReads(op: Operation, visit: (x: Value) => void): void {
  if (isKernelOp(op)) return;
  const isArithmetic =
    op.def.traits.includes("pure") && op.regions.length === 0 && op.results.every((r) => r.type.kind === "scalar");
  if (!isArithmetic) op.operands.forEach(visit);
  for (const region of op.regions)
    for (const inner of region.blocks) for (const x of inner.ops()) visitHostReads(x, visit);
}

/** Erases pure operations whose results nothing reads, last first. */
function removeUnused(block: Block): void {
  for (const op of [...block.ops()].reverse()) {
    for (const region of op.regions) region.blocks.forEach(removeUnused);
    if (op.def.traits.includes("pure") && op.results.every((r) => !r.isUsed)) op.erase();
  }
}
