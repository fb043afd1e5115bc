/**
 * @file Contractions on the matrix unit. A block of the result stays in the accumulators while the sum is walked in
 * steps of the array's depth; the operands of the next step arrive while the present one is computed.
 * Invariant: an element's products are added in the order of k, one after another, as the graph says.
 */

import type { Location } from "../../../ir/location.js";
import { type AcceleratorDescription, matrixFormatOf } from "../../../machine/accelerator.js";
import { drainCycles, initCycles, loadCycles, streamCycles } from "../../../machine/matrix-timing.js";
import { matrixFormatCodes } from "../../../machine/opcodes.js";
import { planSram } from "../allocate/sram.js";
import { type Division, divide } from "../map/divide.js";
import type { ContractionForm } from "../map/kernel-forms.js";
import { type BlockPlace, forEachBlock } from "./blocks.js";
import type { Scalar, TileBuilder } from "./tile-builder.js";

/** What a selector says of the program it made. */
export interface Selected {
  readonly sramBytes: number;
  /** For people. */
  readonly summary: string;
}

/** Descriptors, semaphores and the configuration that the program uses. */
const LEFT = 0;
const RIGHT = 1;
const RESULT = 2;
const CONFIGURATION = 0;
const ENGINES = ["in0", "in1"] as const;

/** Sizes of one kernel, all known now. */
interface Plan {
  readonly form: ContractionForm;
  readonly machine: AcceleratorDescription;
  readonly division: Division;
  /** The k that one step brings, and the number of steps. */
  readonly depth: number;
  readonly steps: number;
  /** The k of the last step. */
  readonly lastDepth: number;
  readonly left: Buffers;
  readonly right: Buffers;
  readonly result: number;
  readonly rowBytes: { readonly left: number; readonly right: number; readonly result: number };
}

/** The two copies of a double buffer. */
interface Buffers {
  readonly first: number;
  /** Sum of both addresses: it minus one of them is the other. */
  readonly sum: number;
}

/** Emits the program. Throws PS4302 where a tile's SRAM is too small. */
export function selectContraction(
  b: TileBuilder,
  form: ContractionForm,
  machine: AcceleratorDescription,
  kernel: { readonly name: string; readonly at: Location },
): Selected {
  const { plan, sramBytes } = planContraction(form, machine, kernel);
  const { left, right, output } = form;
  const bases = {
    left: b.addressOf(left.buffer),
    right: b.addressOf(right.buffer),
    output: b.addressOf(output.buffer),
  };
  describeOperands(b, plan);
  forEachBlock(b, plan.division, (inner, place) => {
    const addressIn = (base: Scalar, row: number, column: number): Scalar =>
      inner.add(inner.add(base, inner.mul(place.row, row)), inner.mul(place.column, column));
    const leftAt = addressIn(bases.left, left.strides[0]!, 0);
    const rightAt = addressIn(bases.right, 0, right.strides[1]!);
    const resultAt = addressIn(bases.output, output.strides[0]!, output.strides[1]!);
    emitBlock(inner, plan, place, { leftAt, rightAt, resultAt });
  });
  const { rows, columns } = plan.division;
  const summary = `matmul ${form.m}x${form.n}x${form.k} ${form.format}, blocks of ${rows.block}x${columns.block}x${plan.depth}`;
  return { sramBytes, summary };
}

function planContraction(
  form: ContractionForm,
  machine: AcceleratorDescription,
  kernel: { readonly name: string; readonly at: Location },
): { readonly plan: Plan; readonly sramBytes: number } {
  const array = matrixFormatOf(machine, form.format)!;
  const division = divide(
    machine,
    { size: form.m, block: machine.matrix.accumulatorRows },
    { size: form.n, block: array.columns },
  );
  const depth = array.rows;
  const steps = Math.max(1, Math.ceil(form.k / depth));
  const bytes = form.left.elementBytes;
  const rowBytes = { left: depth * bytes, right: array.columns * bytes, result: array.columns * 4 };
  const sram = planSram(
    [
      { name: "left", bytes: division.rows.block * rowBytes.left, copies: 2 },
      { name: "right", bytes: depth * rowBytes.right, copies: 2 },
      { name: "result", bytes: division.rows.block * rowBytes.result, copies: 1 },
    ],
    machine,
    kernel.name,
    kernel.at,
  );
  const buffers = (name: string): Buffers => {
    const first = sram.addresses.get(name)!;
    return { first, sum: 2 * first + sram.strides.get(name)! };
  };
  const plan: Plan = {
    form,
    machine,
    division,
    depth,
    steps,
    lastDepth: form.k - (steps - 1) * depth,
    left: buffers("left"),
    right: buffers("right"),
    result: sram.addresses.get("result")!,
    rowBytes,
  };
  return { plan, sramBytes: sram.bytes };
}

/** What no block changes. */
function describeOperands(b: TileBuilder, plan: Plan): void {
  const { left, right, output } = plan.form;
  b.describe(LEFT, {
    element: left.elementBytes,
    hbm_stride0: left.strides[1]!,
    hbm_stride1: left.strides[0]!,
    sram_stride0: left.elementBytes,
    sram_stride1: plan.rowBytes.left,
    signal: LEFT,
  });
  b.describe(RIGHT, {
    element: right.elementBytes,
    hbm_stride0: right.strides[1]!,
    hbm_stride1: right.strides[0]!,
    sram_stride0: right.elementBytes,
    sram_stride1: plan.rowBytes.right,
    signal: RIGHT,
  });
  b.describe(RESULT, {
    element: output.elementBytes,
    sram: plan.result,
    hbm_stride0: output.strides[1]!,
    hbm_stride1: output.strides[0]!,
    sram_stride0: output.elementBytes,
    sram_stride1: plan.rowBytes.result,
    signal: RESULT,
  });
  b.configure(CONFIGURATION, {
    format: matrixFormatCodes.indexOf(plan.form.format),
    source_stride: plan.rowBytes.left,
    weights_stride: plan.rowBytes.right,
    initial: plan.result,
    initial_stride: plan.rowBytes.result,
    accumulator: 0,
    output: plan.result,
    output_stride: plan.rowBytes.result,
    output_format: matrixFormatCodes.indexOf("f32"),
  });
}

interface BlockAddresses {
  readonly leftAt: Scalar;
  readonly rightAt: Scalar;
  readonly resultAt: Scalar;
}

function emitBlock(b: TileBuilder, plan: Plan, place: BlockPlace, at: BlockAddresses): void {
  const { machine, form, steps, depth, lastDepth } = plan;
  const { rows, columns } = place;
  b.describe(LEFT, { size1: rows });
  b.describe(RIGHT, { size0: columns });
  b.describe(RESULT, { hbm: at.resultAt, size0: columns, size1: rows });
  b.configure(CONFIGURATION, { rows, columns });
  b.issue(RESULT, ENGINES[0]);
  const stepDepth = (k: number): number => (k === steps - 1 ? lastDepth : depth);
  issueStep(b, { hbm: at, sram: [plan.left.first, plan.right.first], depth: stepDepth(0) });
  b.wait(RESULT);
  b.matrix("m.init", CONFIGURATION);
  const init = cyclesPerRow(plan, (n, width) => initCycles(machine, n, width));
  b.delay(b.add(b.mul(rows, init.perRow), init.fixed));
  const [last] = emitSteps(b, plan, rows, at);
  b.wait(LEFT);
  b.wait(RIGHT);
  compute(b, plan, { rows, depth: lastDepth, left: last!.left, right: last!.right });
  b.delay(machine.matrix.latency);
  b.matrix("m.drain", CONFIGURATION);
  const drain = cyclesPerRow(plan, (n, width) => drainCycles(machine, n, width, form.output.elementBytes));
  b.delay(b.add(b.mul(rows, drain.perRow), drain.fixed));
  b.issue(RESULT, "out0");
  b.wait(RESULT);
}

/** Cycles as a number for every row and one for all, for the widest rows. */
function cyclesPerRow(plan: Plan, cycles: (rows: number, columns: number) => number) {
  const width = plan.division.columns.block;
  const fixed = cycles(0, width);
  return { fixed, perRow: cycles(1, width) - fixed };
}

interface Step {
  readonly hbm: { readonly leftAt: Scalar; readonly rightAt: Scalar };
  /** Where left and right operand go. */
  readonly sram: readonly [Scalar, Scalar];
  readonly depth: Scalar;
}

/** Asks for the operands of a step. */
function issueStep(b: TileBuilder, { hbm, sram, depth }: Step): void {
  b.describe(LEFT, { hbm: hbm.leftAt, sram: sram[0], size0: depth });
  b.issue(LEFT, ENGINES[0]);
  b.describe(RIGHT, { hbm: hbm.rightAt, sram: sram[1], size1: depth });
  b.issue(RIGHT, ENGINES[1]);
}

/** All steps but the last; gives where the last one's operands will be. */
function emitSteps(
  b: TileBuilder,
  plan: Plan,
  rows: Scalar,
  at: BlockAddresses,
): readonly { left: Scalar; right: Scalar }[] {
  const { form, steps, depth, left, right } = plan;
  if (steps === 1) return [{ left: left.first, right: right.first }];
  const inits = [b.value(at.leftAt), b.value(at.rightAt), b.value(0), b.value(left.first), b.value(right.first)];
  const results = b.loop(steps - 1, inits, (inner, [leftAt, rightAt, from, nowLeft, nowRight]) => {
    const next = {
      leftAt: inner.value(inner.add(leftAt!, depth * form.left.strides[1]!)),
      rightAt: inner.value(inner.add(rightAt!, depth * form.right.strides[0]!)),
    };
    const nextFrom = inner.value(inner.add(from!, depth));
    const nextLeft = inner.value(inner.sub(left.sum, nowLeft!));
    const nextRight = inner.value(inner.sub(right.sum, nowRight!));
    const nextDepth = inner.min(inner.sub(form.k, nextFrom), depth);
    issueStep(inner, { hbm: next, sram: [nextLeft, nextRight], depth: nextDepth });
    inner.wait(LEFT);
    inner.wait(RIGHT);
    compute(inner, plan, { rows, depth, left: nowLeft!, right: nowRight! });
    return [next.leftAt, next.rightAt, nextFrom, nextLeft, nextRight];
  });
  return [{ left: results[3] ?? 0, right: results[4] ?? 0 }];
}

/** One step on the matrix unit; when it ends, both operands' buffers are free. */
function compute(
  b: TileBuilder,
  { machine, form, division }: Plan,
  step: { readonly rows: Scalar; readonly depth: number; readonly left: Scalar; readonly right: Scalar },
): void {
  const array = matrixFormatOf(machine, form.format)!;
  b.configure(CONFIGURATION, { source: step.left, weights: step.right, depth: step.depth });
  b.matrix("m.load", CONFIGURATION);
  b.delay(loadCycles(machine, array, step.depth, division.columns.block));
  b.matrix("m.stream", CONFIGURATION);
  b.delay(b.mul(step.rows, streamCycles(array, 1)));
}
