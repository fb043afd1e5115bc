/**
 * @file `NAME_E_run`: the host function of an entry as LLVM code. It calls kernels one after the other, hands those
 * that are split into chunks to the thread pool, allocates what only run time can size, and writes sizes that data
 * decided. Between two kernels it looks whether the caller has cancelled.
 */

import type { Context } from "../../ir/context.js";
import { callOp, functionBody, returnOp } from "../../ir/dialects/func.js";
import * as a from "../../ir/dialects/llvm/arithmetic.js";
import * as control from "../../ir/dialects/llvm/control.js";
import * as memory from "../../ir/dialects/llvm/memory.js";
import { elementFacts } from "../../ir/element.js";
import type { EntryInterface } from "../../ir/entry.js";
import { Block, newRegion, type Operation, type Value } from "../../ir/graph.js";
import type { MemRefType } from "../../ir/types.js";
import { allocatedOutputs, type HostArgument, hostArguments } from "../host-arguments.js";
import { addFunction, slotPointer, symbolsIn, taskName } from "./kernel.js";
import { liveAllocations } from "./live-allocations.js";
import { FunctionLowering, type Row } from "./lower/lowering.js";
import { defineSymbol } from "./lower/memref-rows.js";
import { computeRows } from "./lower/rows.js";
import { bareSymbol, finish, flatPositions, isKnown, planSizes } from "./plan-function.js";
import {
  ARENA_BUFFER,
  CANCELLED,
  FIRST_INPUT_BUFFER,
  loadMember,
  loadNumber,
  loadPointer,
  OUT_OF_MEMORY,
  pointerSlot,
  RT,
  storeNumber,
  WEIGHTS_BUFFER,
} from "./runtime-abi.js";

export interface HostFunction {
  readonly name: string;
  readonly entry: EntryInterface;
  readonly symbols: readonly string[];
  /** Byte offset of every weight from the weights' base. */
  readonly weightOffset: (name: string) => number;
  /** Kernels by name, as they stand before lowering. */
  readonly kernels: ReadonlyMap<string, Operation>;
  /** Count calls and time of each kernel. */
  readonly profile: boolean;
}

export function addHostFunction(context: Context, module: Operation, func: Operation, host: HostFunction): void {
  const block = new Block();
  const region = newRegion(block);
  const i32 = context.types.scalar("i32");
  const { bindings, checks } = planSizes(host.entry, context);
  const state: HostState = {
    host,
    rt: undefined,
    bufs: undefined,
    checks: checks.length,
    live: liveAllocations(func),
    exits: new Map(),
  };
  const to = new FunctionLowering(context, region, block, hostRows(state));
  const [rt, bufs, symbols, outDims] = [0, 1, 2, 3].map(() => block.addArg(to.pointer)) as [Value, Value, Value, Value];
  state.rt = rt;
  state.bufs = bufs;
  const { entry } = host;
  const bound = new Set(bindings.map((b) => b.symbol));
  host.symbols.forEach((s, k) => {
    if (bound.has(s)) to.setSymbol(s, loadNumber(to, symbols, k));
  });
  const old = functionBody(func);
  hostArguments(func, entry).forEach((argument, i) => {
    to.bindPointer(old.args[i]!, loadPointer(to, bufs, bufferOf(argument, entry)));
  });
  const terminator = to.block(old);
  if (!returnOp.matches(terminator)) throw new Error("an entry must end with a return");
  giveResults(to, terminator, allocatedOutputs(func, entry), host, bufs);
  const position = flatPositions(entry.outputs.map((o) => o.shape));
  entry.outputs.forEach(({ shape }, k) => {
    shape.forEach((d, axis) => {
      if (!isKnown(d, to)) throw new Error(`the size of output '${entry.outputs[k]!.name}' has no value`);
      storeNumber(to, outDims, position(k, axis), to.dim(d));
    });
  });
  host.symbols.forEach((s, k) => {
    if (to.hasSymbol(s) && !bound.has(s)) storeNumber(to, symbols, k, to.dim(context.dims.symbol(s)));
  });
  finish(to, 0);
  addFunction(context, module, {
    name: host.name,
    result: i32,
    args: block.args.map((x) => x.type),
    region,
    isPublic: true,
  });
}

/** `bufs` holds weights, arena, inputs, states, and a slot for every output. */
function bufferOf({ kind, index }: HostArgument, entry: EntryInterface): number {
  const before = { input: 0, state: entry.inputs.length, output: entry.inputs.length + entry.states.length };
  return kind === "arena" ? ARENA_BUFFER : FIRST_INPUT_BUFFER + before[kind] + index;
}

/** Results that were allocated during the run go to the slots of their outputs, which `outputs` numbers. */
function giveResults(
  to: FunctionLowering,
  terminator: Operation,
  outputs: readonly number[],
  { entry }: HostFunction,
  bufs: Value,
): void {
  terminator.operands.forEach((v, i) => {
    const slot = pointerSlot(to, bufs, bufferOf({ kind: "output", index: outputs[i]! }, entry));
    to.effect(memory.store, [to.address(v).pointer, slot], { alignment: 4 });
  });
}

/** True for sizes that only the data decide. */
export function isAllocatedByRun(shape: readonly MemRefType["shape"][number][], context: Context): boolean {
  const { dims } = context;
  return shape.some((d) => dims.symbolsOf(d).some((s) => dims.kind(s) === "data"));
}

interface HostState {
  readonly host: HostFunction;
  rt: Value | undefined;
  bufs: Value | undefined;
  /** Checks numbered so far. */
  checks: number;
  /** What must be freed where the function is left before an operation. */
  readonly live: ReadonlyMap<Operation, readonly Value[]>;
  /** The ways out so far, by status and by what they free; several places share one. */
  readonly exits: Map<number, Exit>;
}

/** A way out of the function that frees some buffers, and those that free one more first. */
interface Exit {
  readonly block: Block;
  readonly more: Map<Value, Exit>;
}

/** Goes on only where `condition` holds; else returns `status`, everything freed that is owned before `op`. */
function requireThat(to: FunctionLowering, state: HostState, op: Operation, condition: Value, status: number): void {
  const at = to.builder.block;
  let exit = state.exits.get(status);
  if (!exit) {
    exit = newExit(to, () => finish(to, status));
    state.exits.set(status, exit);
  }
  for (const v of state.live.get(op) ?? []) exit = exitFreeing(to, state, v, exit);
  to.builder.block = at;
  const good = to.newBlock();
  to.branch(condition, good, exit.block);
  to.startBlock(good);
}

function exitFreeing(to: FunctionLowering, state: HostState, value: Value, then: Exit): Exit {
  const made = then.more.get(value);
  if (made) return made;
  const exit = newExit(to, () => {
    free(to, state, value);
    to.jump(then.block);
  });
  then.more.set(value, exit);
  return exit;
}

function newExit(to: FunctionLowering, fill: () => void): Exit {
  const block = to.newBlock();
  to.startBlock(block);
  fill();
  return { block, more: new Map() };
}

function hostRows(state: HostState): ReadonlyMap<string, Row> {
  const rows = new Map(computeRows);
  rows.set("func.call", callRow(state));
  rows.set("scf.parallel", launchRow(state));
  rows.set("cf.assert", assertRow(state));
  rows.set("memref.alloc", allocRow(state));
  rows.set("memref.dealloc", deallocRow(state));
  rows.set("memref.get_global", globalRow(state));
  return rows;
}

/** Weights lie at known offsets from the base that the caller mapped. */
function globalRow(state: HostState): Row {
  return (op, to) => {
    const base = loadPointer(to, state.bufs!, WEIGHTS_BUFFER);
    to.bindPointer(op.result, to.offsetBytes(base, state.host.weightOffset(op.attrs["name"] as string)));
  };
}

/** A call of a kernel in one piece. */
function callRow(state: HostState): Row {
  return (op, to) => {
    checkCancelled(op, to, state);
    const { callee } = callOp.attrsOf(op);
    const values = kernelArguments(op, op.operands, state, to);
    counted(state, callee, to, () => {
      to.builder.op(control.call, { callee_operands: values }, { callee }, { results: [] });
    });
  };
}

/** A parallel loop around one call of a kernel hands its chunks to the thread pool. */
function launchRow(state: HostState): Row {
  return (op, to) => {
    const call = op.region(0).blocks[0]?.first;
    if (!call || !callOp.matches(call)) throw new Error("a parallel loop of the host must launch a kernel");
    checkCancelled(op, to, state);
    const count = to.value(op.operand(1));
    const { callee } = callOp.attrsOf(call);
    const values = kernelArguments(call, call.operands.slice(0, -1), state, to);
    counted(state, callee, to, () => launchChunks(to, state.rt!, callee, values, count));
  };
}

/** Runs `launch`; a profiling build adds one call, and the time it took, to the kernel's pair of counters. */
function counted({ host, rt }: HostState, kernel: string, to: FunctionLowering, launch: () => void): void {
  if (!host.profile) {
    launch();
    return;
  }
  const clock = loadMember(to, rt!, RT.clock, to.pointer);
  const now = (): Value =>
    to.builder.op(control.call, { callee_operands: [clock, rt!] }, {}, { results: [to.i64] }).result;
  const start = now();
  launch();
  const passed = to.emit(a.sub, [now(), start]);
  const counters = loadMember(to, rt!, RT.counters, to.pointer);
  const first = 2 * [...host.kernels.keys()].indexOf(kernel);
  for (const [slot, more] of [to.integer(1), passed].entries())
    storeNumber(to, counters, first + slot, to.add(loadNumber(to, counters, first + slot), more));
}

/** The call's own operands, then the symbols that the kernel's types mention. */
function kernelArguments(
  call: Operation,
  operands: readonly Value[],
  state: HostState,
  to: FunctionLowering,
): readonly Value[] {
  const { callee } = callOp.attrsOf(call);
  const kernel = state.host.kernels.get(callee);
  if (!kernel) throw new Error(`@${callee} is no kernel`);
  const values = operands.map((v) => (v.type.kind === "memref" ? to.address(v).pointer : to.value(v)));
  return [...values, ...symbolsIn(kernel, to.context).map((s) => to.dim(to.context.dims.symbol(s)))];
}

function checkCancelled(op: Operation, to: FunctionLowering, state: HostState): void {
  const i32 = to.context.types.scalar("i32");
  const flag = loadMember(to, state.rt!, RT.cancel, i32);
  requireThat(to, state, op, to.emit(a.icmp, [flag, to.integer(0, i32)], { predicate: "eq" }), CANCELLED);
}

/** Packs the arguments into 8-byte slots and lets the pool run the kernel's task for every chunk. */
function launchChunks(to: FunctionLowering, rt: Value, kernel: string, values: readonly Value[], count: Value): void {
  const slots = stackSlots(to, values.length);
  values.forEach((v, i) => {
    to.effect(memory.store, [v, slotPointer(to, slots, i)], { alignment: 8 });
  });
  const parallel = loadMember(to, rt, RT.parallel, to.pointer);
  const task = to.emit(memory.addressof, [], { global_name: taskName(kernel) });
  to.builder.op(control.call, { callee_operands: [parallel, rt, task, slots, count] }, {}, { results: [] });
}

/** Stack space made once, in the entry block. */
function stackSlots(to: FunctionLowering, count: number): Value {
  const { builder } = to;
  const at = builder.block;
  builder.block = to.region.blocks[0]!;
  builder.anchor = builder.block.first;
  const size = to.integer(count);
  const slots = to.emit(memory.alloca, [size], { elem_type: to.i64, alignment: 8 });
  builder.block = at;
  builder.anchor = undefined;
  return slots;
}

/** Leaves the entry with the number of the check, which stands behind those of the sizes (see `runChecks`). */
function assertRow(state: HostState): Row {
  return (op, to) => requireThat(to, state, op, to.value(op.operand(0)), ++state.checks);
}

/** What a host function checks while it runs, in the order of the numbers it returns. */
export function runChecks(func: Operation): readonly string[] {
  return [...func.walk()].flatMap((op) => (op.name === "cf.assert" ? [op.attrs["msg"] as string] : []));
}

function allocRow(state: HostState): Row {
  return (op, to) => {
    const type = op.result.type as MemRefType;
    let next = 0;
    for (const d of type.shape) {
      if (typeof d === "number") continue;
      const size = to.value(op.operand(next++));
      if (bareSymbol(d, to.context) !== undefined) defineSymbol(to, d, size);
    }
    const count = to.dim(to.context.dims.product(type.shape));
    const bytes = to.mul(count, to.integer(elementFacts[type.element].storageBytes));
    const alloc = loadMember(to, state.rt!, RT.alloc, to.pointer);
    const call = to.builder.op(
      control.call,
      { callee_operands: [alloc, state.rt!, bytes] },
      {},
      { results: [to.pointer] },
    );
    const isThere = to.emit(a.icmp, [toInteger(to, call.result), to.integer(0)], { predicate: "ne" });
    requireThat(to, state, op, isThere, OUT_OF_MEMORY);
    to.bindPointer(op.result, call.result);
  };
}

function toInteger(to: FunctionLowering, pointer: Value): Value {
  return to.emit(memory.ptrtoint, [pointer], {}, to.i64);
}

function deallocRow(state: HostState): Row {
  return (op, to) => free(to, state, op.operand(0));
}

function free(to: FunctionLowering, state: HostState, value: Value): void {
  const release = loadMember(to, state.rt!, RT.free, to.pointer);
  to.builder.op(
    control.call,
    { callee_operands: [release, state.rt!, to.address(value).pointer] },
    {},
    { results: [] },
  );
}
