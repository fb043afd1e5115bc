/**
 * @file Elementwise work on the vector unit: blocks of the operands come to SRAM with their rows padded to whole vector
 * registers, every register goes through the body once, results go back without the padding. Broadcasts and transposes
 * are strides of the transfers.
 */

import { constant } from "../../../ir/dialects/arith/constant.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { Location } from "../../../ir/location.js";
import { elementOf, type ScalarType } from "../../../ir/types.js";
import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { planSram, type SramPlan } from "../allocate/sram.js";
import { divide } from "../map/divide.js";
import type { ElementwiseForm } from "../map/kernel-forms.js";
import type { StridedOperand } from "../map/strided.js";
import { type BlockPlace, forEachBlock } from "./blocks.js";
import type { Selected } from "./contraction.js";
import type { Scalar, TileBuilder } from "./tile-builder.js";

/** Elements of a block: enough for long transfers, few enough for many operands. */
const BLOCK_COLUMNS = 512;
const BLOCK_ROWS = 16;

/** Instructions for operations on f32; bf16 numbers are widened before and narrowed after. */
const binary: Readonly<Record<string, string>> = {
  "arith.addf": "v.add",
  "arith.subf": "v.sub",
  "arith.mulf": "v.mul",
  "arith.maximumf": "v.max",
  "arith.minimumf": "v.min",
};
const conversions: Readonly<Record<string, string>> = { "arith.extf": "v.widen", "arith.truncf": "v.narrow" };

/** Why the body cannot be run, or nothing. */
export function elementwiseProblem(
  { body, inputs, outputs }: ElementwiseForm,
  machine: AcceleratorDescription,
): string | undefined {
  const odd = new Set([...body.ops()].filter((op) => !isSelectable(op)).map((op) => op.name));
  if (odd.size > 0) return `the vector unit has no ${[...odd].join(", ")}`;
  const strange = outputs.find(
    ({ value }) => value.definingOp?.block !== body && !isConstant(value) && value.owner !== body,
  );
  if (strange !== undefined) return "it gives a value from outside its body";
  const operands = inputs.length + outputs.length;
  const most = Math.min(machine.registers.descriptor, machine.registers.address);
  return operands > most ? `it has ${operands} operands; ${most} can be addressed at once` : undefined;
}

function isSelectable(op: Operation): boolean {
  if (op.def.traits.includes("terminator") || constant.matches(op)) return true;
  const types = [...op.operands, ...op.results].map((v) => v.type);
  const isFloat = types.every((t) => t.kind === "scalar" && (t.element === "f32" || t.element === "bf16"));
  return isFloat && (op.name in binary || op.name in conversions);
}

function isConstant(value: Value): boolean {
  return constant.matches(value.definingOp);
}

interface Operand {
  readonly operand: StridedOperand;
  readonly name: string;
  readonly base: Value;
  /** Its descriptor, semaphore and address register. */
  readonly index: number;
}

/** Emits the program. Throws PS4302 where a tile's SRAM is too small. */
export function selectElementwise(
  b: TileBuilder,
  form: ElementwiseForm,
  machine: AcceleratorDescription,
  kernel: { readonly name: string; readonly at: Location },
): Selected {
  const { lanes } = machine.vector;
  const columns = Math.floor(BLOCK_COLUMNS / lanes) * lanes;
  const division = divide(machine, { size: form.rows, block: BLOCK_ROWS }, { size: form.columns, block: columns });
  const vectors = Math.ceil(division.columns.block / lanes);
  const all = [...form.inputs.map((x) => x.operand), ...form.outputs.map((x) => x.operand)];
  const requests = all.map(({ elementBytes }, i) => {
    return { name: `operand ${i}`, bytes: division.rows.block * vectors * lanes * elementBytes, copies: 1 };
  });
  const sram = planSram(requests, machine, kernel.name, kernel.at);
  const operands = all.map((operand, index): Operand => {
    return { operand, name: `operand ${index}`, base: b.addressOf(operand.buffer), index };
  });
  for (const x of operands) describeOperand(b, x, sram, { lanes, vectors });
  const constants = splatConstants(b, form);
  forEachBlock(b, division, (inner, place) => {
    emitBlock(inner, { form, constants }, operands, place, { sram, lanes, vectors });
  });
  const ops = [...form.body.ops()].filter((op) => op.name in binary).map((op) => binary[op.name]!);
  const summary = `${ops.length === 0 ? "copy or fill" : ops.join(", ")} ${form.rows}x${form.columns}, blocks of ${division.rows.block}x${division.columns.block}`;
  return { sramBytes: sram.bytes, summary };
}

/** What is done to every register, and the registers that hold constants meanwhile. */
interface Work {
  readonly form: ElementwiseForm;
  readonly constants: ReadonlyMap<Value, Value>;
}

interface Shape {
  readonly lanes: number;
  /** Vector registers to a row. */
  readonly vectors: number;
}

function describeOperand(
  b: TileBuilder,
  { operand, name, index }: Operand,
  sram: SramPlan,
  { lanes, vectors }: Shape,
): void {
  const { strides, elementBytes } = operand;
  b.describe(index, {
    element: elementBytes,
    sram: sram.addresses.get(name)!,
    hbm_stride0: strides[1]!,
    hbm_stride1: strides[0]!,
    sram_stride0: elementBytes,
    sram_stride1: vectors * lanes * elementBytes,
    padded0: vectors * lanes,
    signal: index,
  });
  b.address(index, { stride0: lanes * elementBytes });
}

function emitBlock(
  b: TileBuilder,
  work: Work,
  operands: readonly Operand[],
  place: BlockPlace,
  { sram, vectors }: Shape & { readonly sram: SramPlan },
): void {
  for (const { operand, base, index } of operands) {
    const row = b.mul(place.row, operand.strides[0]!);
    const hbm = b.add(b.add(base, row), b.mul(place.column, operand.strides[1]!));
    b.describe(index, { hbm, size0: place.columns, size1: place.rows });
  }
  const inputs = operands.slice(0, work.form.inputs.length);
  const outputs = operands.slice(work.form.inputs.length);
  for (const { index } of inputs) b.issue(index, index % 2 === 0 ? "in0" : "in1");
  for (const { index } of inputs) b.wait(index);
  for (const { name, index } of operands) b.address(index, { base: sram.addresses.get(name)! });
  b.loop(b.mul(place.rows, vectors), [], (inner) => {
    emitBody(inner, work, inputs, outputs);
    return [];
  });
  for (const { index } of outputs) b.issue(index, index % 2 === 0 ? "out0" : "out1");
  for (const { index } of outputs) b.wait(index);
}

/** The body on one register of each operand. */
function emitBody(
  b: TileBuilder,
  { form, constants }: Work,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
): void {
  const values = new Map(constants);
  form.inputs.forEach(({ argument }, i) => {
    const name = isHalf(argument) ? "l.half" : "l.unit";
    values.set(argument, b.instruction(name, [], { address: inputs[i]!.index, advance: 1 })!);
  });
  const registerOf = (v: Value): Value => values.get(v)!;
  const wide = (v: Value): Value => (isHalf(v) ? b.instruction("v.widen", [registerOf(v)])! : registerOf(v));
  for (const op of form.body.ops()) {
    if (op.def.traits.includes("terminator") || constant.matches(op)) continue;
    const conversion = conversions[op.name];
    const made =
      conversion === undefined
        ? b.instruction(binary[op.name]!, op.operands.map(wide))!
        : b.instruction(conversion, [registerOf(op.operand(0))])!;
    const isNarrowed = conversion === undefined && isHalf(op.result);
    values.set(op.result, isNarrowed ? b.instruction("v.narrow", [made])! : made);
  }
  form.outputs.forEach(({ value }, i) => {
    const name = isHalf(value) ? "st.half" : "st.unit";
    b.instruction(name, [registerOf(value)], { address: outputs[i]!.index, advance: 1 });
  });
}

function isHalf(v: Value): boolean {
  return elementOf(v.type as ScalarType) === "bf16";
}

/** The constants that the body uses, each in a register of its own. */
function splatConstants(b: TileBuilder, { body, outputs }: ElementwiseForm): ReadonlyMap<Value, Value> {
  const used = [...[...body.ops()].flatMap((op) => op.operands), ...outputs.map((x) => x.value)];
  return new Map([...new Set(used.filter(isConstant))].map((v) => [v, splat(b, v)]));
}

/** A constant in every lane. */
function splat(b: TileBuilder, v: Value): Value {
  const bits: Scalar = constantBits(v);
  const lanes = b.instruction("v.splat", [b.value(bits)])!;
  return isHalf(v) ? b.instruction("v.narrow", [lanes])! : lanes;
}

/** The bits of a float constant as f32; every bf16 number is one. */
function constantBits(v: Value): number {
  const attr = constant.attrsOf(v.definingOp!).value;
  if (attr.kind !== "float") throw new Error("a constant of the body is no float");
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, attr.value);
  return view.getInt32(0);
}
