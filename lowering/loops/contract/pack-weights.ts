/**
 * @file Weights in the order in which contractions read them, made when the bundle is written and not at each run. A weight
 * is stored packed where all that reads it is contractions that see the same matrix in it, in kernels that have
 * a weight in that place at every call: they get an argument for the packed form in the place of the plain one. So no
 * weight is ever stored in two forms.
 */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { moduleBody } from "../../../ir/dialects/builtin.js";
import { callOp, funcOp, functionBody, lookupFunction, updateFunctionType } from "../../../ir/dialects/func.js";
import { getGlobal, global } from "../../../ir/dialects/memref/global.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { layoutName, type PackedLayout, packedResource } from "../../../ir/packed-resource.js";
import type { Resource } from "../../../ir/resource.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import type { Contraction } from "./roles.js";
import { argumentBehind, packedLayoutOf, readersOf } from "./weight-view.js";

/** An argument of a kernel that contractions read as a matrix. */
interface Slot {
  readonly kernel: Operation;
  readonly position: number;
  readonly layout: PackedLayout;
  /** Contractions that read the argument and could read it packed. */
  readonly readers: Operation[];
  /** The argument for the packed form, once there is one. */
  packed?: Value;
}

/** The kernels of a module and the constants that they are called with. */
export class WeightPacking {
  readonly #module: Operation;
  readonly #context: Context;
  readonly #calls = new Map<Operation, Operation[]>();
  /** Arguments by kernel and position. */
  readonly #slots = new Map<Operation, Map<number, Slot>>();
  /** Resources that globals hold, by the names of the globals; and what reads each resource. */
  readonly #held = new Map<string, Resource>();
  readonly #uses = new Map<Resource, { readonly op: Operation; readonly operand: number }[]>();
  /** Names of packed globals by those of their resources. */
  readonly #packed = new Map<string, string>();

  constructor(module: Operation, context: Context) {
    this.#module = module;
    this.#context = context;
    for (const op of moduleBody(module).ops()) {
      if (!global.matches(op)) continue;
      const { initial_value: value, sym_name: name } = global.attrsOf(op);
      const held = value?.kind === "resource" ? context.resources.get(value.name) : undefined;
      if (held) this.#held.set(name, held);
    }
    for (const op of module.walk()) {
      if (getGlobal.matches(op)) this.#noteUses(op);
      const kernel = callOp.matches(op) ? lookupFunction(module, callOp.attrsOf(op).callee) : undefined;
      if (kernel && funcOp.attrsOf(kernel).sym_visibility === "private")
        this.#calls.set(kernel, [...(this.#calls.get(kernel) ?? []), op]);
    }
  }

  #noteUses(load: Operation): void {
    const held = this.#held.get(getGlobal.attrsOf(load).name);
    if (!held) return;
    const uses = [...new Set(load.result.users)].flatMap((op) =>
      op.operands.flatMap((x, operand) => (x === load.result ? [{ op, operand }] : [])),
    );
    this.#uses.set(held, [...(this.#uses.get(held) ?? []), ...uses]);
  }

  /** Says that `op`, which is the contraction `c` of `kernel`, could read its vector side packed. */
  propose(kernel: Operation, op: Operation, c: Contraction, cpu: CpuDescription): void {
    const layout = packedLayoutOf(c, cpu);
    const position = argumentBehind(kernel, c.vectors.value);
    if (!layout || position === undefined || !this.#calls.has(kernel)) return;
    const slots = this.#slots.get(kernel) ?? new Map<number, Slot>();
    this.#slots.set(kernel, slots);
    const slot = slots.get(position) ?? { kernel, position, layout, readers: [] };
    slots.set(position, slot);
    if (layoutName(slot.layout) === layoutName(layout)) slot.readers.push(op);
  }

  /** Settles which arguments are packed: one that is not takes with it all that reads its weights. */
  decide(): void {
    const isLeft = (slot: Slot): boolean => this.#isReadByContractions(slot) && this.#isPackedAtCalls(slot);
    for (let hasChanged = true; hasChanged; ) {
      hasChanged = false;
      for (const slots of this.#slots.values())
        for (const slot of [...slots.values()])
          if (!isLeft(slot)) hasChanged = slots.delete(slot.position) || hasChanged;
    }
  }

  #isReadByContractions({ kernel, position, readers }: Slot): boolean {
    const read = readersOf(functionBody(kernel).args[position]!);
    const isOnce = new Set(read.map((x) => x.op)).size === read.length;
    return isOnce && read.every(({ op }) => readers.includes(op));
  }

  #isPackedAtCalls({ kernel, position, layout }: Slot): boolean {
    const name = layoutName(layout);
    return this.#calls.get(kernel)!.every((call) => {
      const weight = this.#weightIn(call.operand(position));
      if (!weight || !packedResource(weight, layout)) return false;
      return this.#uses.get(weight)!.every(({ op, operand }) => {
        const slot = this.#slotOf(op, operand);
        return slot !== undefined && layoutName(slot.layout) === name;
      });
    });
  }

  #slotOf(call: Operation, operand: number): Slot | undefined {
    const kernel = callOp.matches(call) ? lookupFunction(this.#module, callOp.attrsOf(call).callee) : undefined;
    return kernel && this.#slots.get(kernel)?.get(operand);
  }

  /**
   * The argument of `kernel` that holds the vector side of `c`, of shape [blocks of columns, summed positions, columns of a
   * block]; `undefined` where that side stays as it is.
   */
  argumentFor(kernel: Operation, c: Contraction): Value | undefined {
    const position = argumentBehind(kernel, c.vectors.value);
    const slot = position === undefined ? undefined : this.#slots.get(kernel)?.get(position);
    if (!slot) return undefined;
    slot.packed ??= this.#makeArgument(slot);
    return slot.packed;
  }

  #makeArgument({ kernel, position, layout }: Slot): Value {
    const calls = this.#calls.get(kernel)!;
    const packed = calls.map((call) => packedResource(this.#weightIn(call.operand(position))!, layout)!);
    calls.forEach((call, k) => {
      call.setOperands([...call.operands, this.#load(call, packed[k]!)]);
    });
    const { shape, element } = packed[0]!;
    const made = functionBody(kernel).addArg(this.#context.types.memref(shape, element));
    updateFunctionType(kernel, this.#context);
    return made;
  }

  /** Takes away what nothing reads any more. */
  finish(): void {
    if (this.#packed.size === 0) return;
    for (const [kernel, calls] of this.#calls) this.#dropUnusedWeights(kernel, calls);
    const read = new Set<string>();
    for (const op of this.#module.walk()) if (getGlobal.matches(op)) read.add(getGlobal.attrsOf(op).name);
    for (const op of [...moduleBody(this.#module).ops()])
      if (global.matches(op) && !read.has(global.attrsOf(op).sym_name)) op.erase();
  }

  #weightIn(x: Value): Resource | undefined {
    const op = x.definingOp;
    return op && getGlobal.matches(op) ? this.#held.get(getGlobal.attrsOf(op).name) : undefined;
  }

  #load(call: Operation, weight: Resource): Value {
    const name = this.#packed.get(weight.name) ?? this.#makeGlobal(weight);
    const type = this.#context.types.memref(weight.shape, weight.element);
    return Builder.before(this.#context, call).value(getGlobal, {}, { name }, { results: [type] });
  }

  #makeGlobal(weight: Resource): string {
    const { resources, types } = this.#context;
    if (!resources.get(weight.name)) resources.add(weight);
    const name = weight.name.replace(/[^\w$.]/g, "_").replace(/^(?=\d)/, "_");
    const body = moduleBody(this.#module);
    const value = { kind: "resource", name: weight.name, type: types.tensor(weight.shape, weight.element) } as const;
    const type = types.memref(weight.shape, weight.element);
    new Builder(this.#context, body, body.first).op(
      global,
      {},
      { sym_name: name, sym_visibility: "private", constant: true, type, initial_value: value },
    );
    this.#packed.set(weight.name, name);
    return name;
  }

  #dropUnusedWeights(kernel: Operation, calls: readonly Operation[]): void {
    const body = functionBody(kernel);
    for (let k = body.args.length - 1; k >= 0; k--) {
      if (body.args[k]!.isUsed || !calls.every((call) => getGlobal.matches(call.operand(k).definingOp))) continue;
      const sources = calls.map((call) => call.operand(k).definingOp!);
      body.eraseArg(k);
      for (const call of calls) call.setOperands(call.operands.filter((_, n) => n !== k));
      for (const source of sources) if (source.block && !source.result.isUsed) source.erase();
    }
    updateFunctionType(kernel, this.#context);
  }
}
