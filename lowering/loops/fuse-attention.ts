/**
 * @file Pass `fuse-attention`: a kernel whose operations are an attention becomes one loop over blocks of queries, for each of
 * which the scores of a chunk of keys stay in the cache from the first product to the second. What kernels are such is seen in
 * what they compute (structured/attention-form.ts), `attention/blocking.ts` decides sizes, `attention/build.ts` builds.
 */

import { stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { functionBody, functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { alloc } from "../../ir/dialects/memref/storage.js";
import type { Operation, Value } from "../../ir/graph.js";
import { SUMMARY } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import type { CpuDescription } from "../../machine/cpu.js";
import { remark } from "../remarks.js";
import { type Access, hasNeighbours } from "../structured/access.js";
import { type AttentionForm, attentionForm, movedOutput } from "../structured/attention-form.js";
import { collapsed } from "../structured/merge-dimensions.js";
import { type AttentionBlocking, attentionBlocking } from "./attention/blocking.js";
import { buildAttention } from "./attention/build.js";
import { isCausal } from "./attention/causal.js";
import { columnsOf } from "./contract/micro-kernel.js";

export function fuseAttention(cpu: CpuDescription): Pass {
  return {
    name: "fuse-attention",
    summary: "Runs attention block by block, its scores in the cache.",
    run(module, context) {
      for (const func of functionsOf(module)) if (func.region(0).blocks.length === 1) fuse(func, cpu, context);
    },
  };
}

function fuse(func: Operation, cpu: CpuDescription, context: Context): void {
  for (const op of [...functionBody(func).ops()].reverse()) {
    const form = op.block && generic.matches(op) && op.results.length === 0 ? attentionForm(op, writerOf) : undefined;
    const blocking = form && attentionBlocking(form, cpu);
    if (!form || !blocking || ![form.values, form.output].every((x) => hasNeighbours(x.value.type))) continue;
    const copy = copyOf(form);
    const members = copy ? [...form.ops, copy.op] : form.ops;
    if (!isKept(members, copy?.to.value ?? form.output.value)) continue;
    const last = inOrder(members).at(-1)!;
    const b = Builder.before(context, last);
    b.at = op.at;
    const output = copy ? withoutUnitsBehind(b, copy.to) : form.output;
    const isBehind = isCausal(form);
    const { scale, steps } = withoutScale(form);
    const plan = { form: { ...form, output }, blocking, scale, steps, isCausal: isBehind, isFused: cpu.fmaPorts > 0 };
    buildAttention(b, plan);
    eraseAll(members);
    describe(func, blocking, isBehind);
  }
}

/** The last operation before `op` that writes to `x`, where it is structured. */
function writerOf(op: Operation, x: Value): Operation | undefined {
  for (let at = op.prev; at; at = at.prev) {
    if (!generic.matches(at)) continue;
    if (generic.operandsOf(at).outputs.includes(x)) return at;
  }
  return undefined;
}

interface Copy {
  readonly op: Operation;
  readonly to: Access;
}

/** What alone reads the sums, to put their axes in another order. */
function copyOf(form: AttentionForm): Copy | undefined {
  const { value } = form.output;
  if (!alloc.matches(value.definingOp)) return undefined;
  const others = [...value.users].filter((user) => !form.ops.includes(user));
  const [op, ...more] = others;
  if (!op || more.length > 0 || !generic.matches(op) || !generic.operandsOf(op).inputs.includes(value))
    return undefined;
  const to = movedOutput(form, op);
  return to && hasNeighbours(to.value.type) ? { op, to } : undefined;
}

/** Axes of one element behind that of a value's elements are one with it. */
function withoutUnitsBehind(b: Builder, { value, map }: Access): Access {
  const last = map.results.findLastIndex((e) => e.kind === "dim");
  if (last === map.results.length - 1) return { value, map };
  const all = map.results.map((_, axis) => axis);
  const groups = [...all.slice(0, last).map((axis) => [axis]), all.slice(last)];
  return { value: collapsed(b, value, groups), map: { ...map, results: map.results.slice(0, last + 1) } };
}

/** Whether nothing else sees what passes between the operations: allocations of the kernel, all but what it gives. */
function isKept(members: readonly Operation[], output: Value): boolean {
  const written = new Set(members.flatMap((op) => generic.operandsOf(op).outputs));
  return [...written].every(
    (x) => x === output || (alloc.matches(x.definingOp) && [...x.users].every((user) => members.includes(user))),
  );
}

function inOrder(ops: readonly Operation[]): readonly Operation[] {
  return [...ops].sort((x, y) => (x.isBefore(y) ? -1 : 1));
}

function eraseAll(members: readonly Operation[]): void {
  const written = new Set(members.flatMap((op) => generic.operandsOf(op).outputs));
  for (const op of members) op.erase();
  for (const x of written) if (alloc.matches(x.definingOp) && !x.isUsed) x.definingOp!.erase();
}

/** A constant that products are multiplied by before anything else, and the steps that are left without it. */
function withoutScale({ steps }: AttentionForm): Pick<Parameters<typeof buildAttention>[1], "scale" | "steps"> {
  const [step, ...rest] = steps;
  if (!step) return { scale: 1, steps };
  const body = step.op.region(0).blocks[0]!;
  const arg = body.args[step.op.operands.indexOf(step.score)]!;
  const [product, ...others] = arg.users;
  if (others.length > 0 || product?.name !== "arith.mulf") return { scale: 1, steps };
  const factor = constantScalarOf(product.operands.find((x) => x !== arg) ?? arg);
  if (factor === undefined || product.operands.every((x) => x === arg)) return { scale: 1, steps };
  product.result.replaceAllUsesWith(arg);
  product.erase();
  return { scale: Number(factor), steps: body.terminator.operand(0) === arg ? rest : steps };
}

function describe(func: Operation, blocking: AttentionBlocking, isBehind: boolean): void {
  const { products, sums, queries, keys, isOneChunk } = blocking;
  const shape = `${products.rows}x${columnsOf(products)} and ${sums.rows}x${columnsOf(sums)}`;
  func.setExtra(SUMMARY, stringAttr(`attention ${shape} f32${isBehind ? ", causal" : ""}`));
  const chunks = isOneChunk ? "all keys at once" : "chunks of keys, earlier sums brought to each new greatest score";
  remark(func, {
    pass: "fuse-attention",
    what: `attention runs by blocks of queries and ${chunks}`,
    why: "the scores of a block stay in the second cache from the first product to the second",
    numbers: { queries, keys, "products' rows": products.rows, "sums' rows": sums.rows },
  });
  if (!isBehind) return;
  const why = "queries are compared with keys by their places, and those keys take no part";
  remark(func, { pass: "fuse-attention", what: "keys behind the last query of a block are not looked at", why });
}
