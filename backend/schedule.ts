/**
 * @file The manifest's schedule: the host function of an entry as data. Native code is generated from the same
 * function; here it is told to people, to tools and to the control processor of an emulated accelerator.
 */

import type { Context } from "../ir/context.js";
import { callOp, functionBody } from "../ir/dialects/func.js";
import type { Dim } from "../ir/dim.js";
import { elementFacts } from "../ir/element.js";
import type { EntryInterface } from "../ir/entry.js";
import type { Block, Operation, Value } from "../ir/graph.js";
import type { MemRefType } from "../ir/types.js";
import type {
  Action,
  BufferKind,
  Kernel,
  PlannedBuffer,
  Program,
  Step,
} from "../runtime-lib/bundle/generated/manifest.js";
import { sizeExpression } from "./expression.js";
import { symbolsIn } from "./llvm/kernel.js";

export interface ScheduleInput {
  readonly entry: EntryInterface;
  readonly entryIndex: number;
  readonly host: Operation;
  readonly kernels: readonly Kernel[];
  readonly kernelFunctions: ReadonlyMap<string, Operation>;
  readonly weightIndex: (name: string) => number;
  readonly symbolIndex: (name: string) => number;
  /** Bytes of the arena, and the bound no plan can beat. */
  readonly arena: Dim;
  readonly lowerBound: Dim;
}

export function scheduleOf(input: ScheduleInput, context: Context): Program {
  const walk = new ScheduleWalk(input, context);
  const steps = walk.host();
  return {
    entry: input.entryIndex,
    buffers: walk.buffers(),
    steps,
    memory: { arenaBytes: sizeExpression(input.arena), lowerBoundBytes: sizeExpression(input.lowerBound) },
  };
}

/** A buffer as it is found, with the steps it is used in. */
interface OpenBuffer {
  readonly kind: BufferKind;
  readonly index: number;
  readonly size: string;
  readonly offset: string;
  readonly alignment: number;
  begin: number;
  end: number;
}

class ScheduleWalk {
  readonly #input: ScheduleInput;
  readonly #context: Context;
  readonly #buffers: OpenBuffer[] = [];
  readonly #ids = new Map<Value, number>();
  readonly #scalars = new Map<Value, string>();
  #step = 0;

  constructor(input: ScheduleInput, context: Context) {
    this.#input = input;
    this.#context = context;
  }

  buffers(): readonly PlannedBuffer[] {
    return this.#buffers.map((b) => ({ ...b, end: Math.min(Math.max(b.end, b.begin + 1), this.#step) }));
  }

  host(): readonly Step[] {
    const { entry, host } = this.#input;
    const { args } = functionBody(host);
    const groups: readonly (readonly [BufferKind, number])[] = [
      ["input", entry.inputs.length],
      ["state", entry.states.length],
      ["output", entry.outputs.length],
    ];
    let next = 0;
    for (const [kind, count] of groups)
      for (let i = 0; i < count && next < args.length; i++) this.#addBuffer(args[next++]!, kind, i, "0");
    return this.#block(functionBody(host));
  }

  #addBuffer(value: Value, kind: BufferKind, index: number, offset: string): void {
    const type = value.type as MemRefType;
    const { dims } = this.#context;
    const bytes = dims.mul(dims.product(type.shape), elementFacts[type.element].storageBytes);
    this.#ids.set(value, this.#buffers.length);
    this.#buffers.push({
      kind,
      index,
      size: sizeExpression(bytes),
      offset,
      alignment: kind === "input" || kind === "output" ? elementFacts[type.element].storageBytes : 64,
      begin: this.#step,
      end: this.#step,
    });
  }

  #use(value: Value): number {
    const id = this.#ids.get(value);
    if (id === undefined) throw new Error("a buffer of the schedule has not been placed");
    const buffer = this.#buffers[id]!;
    buffer.end = Math.max(buffer.end, this.#step);
    return id;
  }

  #block(block: Block): readonly Step[] {
    const steps: Step[] = [];
    for (const op of block.ops()) {
      const step = this.#operation(op);
      if (step) steps.push(step);
    }
    return steps;
  }

  #operation(op: Operation): Step | undefined {
    switch (op.name) {
      case "func.call":
        return this.#stepOf(() => this.#launch(op, op.operands));
      case "scf.parallel": {
        // A launch in chunks; the chunk's number, the call's last operand, is no argument of the launch.
        const call = op.region(0).blocks[0]!.first!;
        return this.#stepOf(() => this.#launch(call, call.operands.slice(0, -1)));
      }
      case "memref.view":
        return this.#place(op);
      case "memref.get_global":
        this.#addBuffer(op.result, "weight", this.#input.weightIndex(op.attrs["name"] as string), "0");
        return undefined;
      case "memref.alloc":
        this.#addBuffer(op.result, "heap", 0, "0");
        return this.#stepOf(() => ({ kind: "alloc", buffer: this.#use(op.result) }));
      case "memref.dealloc":
        return this.#stepOf(() => ({ kind: "free", buffer: this.#use(op.operand(0)) }));
      case "memref.copy":
        return this.#stepOf(() => this.#copy(op));
      case "scf.if":
        return this.#stepOf(() => this.#choice(op));
      case "scf.while":
        return this.#stepOf(() => this.#loop(op));
      default:
        this.#scalarOrAlias(op);
        return undefined;
    }
  }

  /** Steps are numbered from 0, a step before those inside it. */
  #stepOf(make: () => Action): Step {
    this.#step++;
    return { action: make(), sources: [] };
  }

  #place(op: Operation): undefined {
    const offset = this.#scalar(op.operand(1));
    this.#addBuffer(op.result, "arena", 0, offset);
    return undefined;
  }

  #launch(op: Operation, operands: readonly Value[]): Action {
    const { callee } = callOp.attrsOf(op);
    const kernel = this.#input.kernels.findIndex((k) => k.symbol === callee);
    const buffers = operands.filter((v) => v.type.kind === "memref").map((v) => this.#use(v));
    const own = operands.filter((v) => v.type.kind !== "memref").map((v) => this.#scalar(v));
    const func = this.#input.kernelFunctions.get(callee);
    return { kind: "launch", kernel, buffers, scalars: [...own, ...(func ? symbolsIn(func, this.#context) : [])] };
  }

  #copy(op: Operation): Action {
    const [from, to] = [this.#use(op.operand(0)), this.#use(op.operand(1))];
    return { kind: "copy", from, fromOffset: "0", to, toOffset: "0", bytes: this.#buffers[from]!.size };
  }

  #choice(op: Operation): Action {
    const condition = this.#conditionBuffer(op.operand(0));
    const [body, otherwise] = [0, 1].map((k) =>
      op.regions[k]?.blocks[0] ? this.#block(op.region(k).blocks[0]!) : [],
    ) as [readonly Step[], readonly Step[]];
    return { kind: "if", condition, body, otherwise };
  }

  #loop(op: Operation): Action {
    const [before, body] = [op.region(0).blocks[0]!, op.region(1).blocks[0]!];
    const first = this.#block(before);
    const condition = this.#conditionBuffer(before.terminator.operand(0));
    return { kind: "while", before: first, condition, body: this.#block(body) };
  }

  /** The buffer a condition was read from; a truth value in memory is a byte that arithmetic turns into `i1`. */
  #conditionBuffer(value: Value): number {
    let op = value.definingOp;
    while (op?.def.dialect === "arith" && op.operands.length > 0) op = op.operand(0).definingOp;
    if (op?.name !== "memref.load") throw new Error("a condition of the schedule must be read from a buffer");
    return this.#use(op.operand(0));
  }

  #scalarOrAlias(op: Operation): void {
    const [source] = op.operands;
    const isAlias = op.results.length === 1 && op.results[0]!.type.kind === "memref" && source?.type.kind === "memref";
    if (isAlias) this.#ids.set(op.results[0]!, this.#use(source));
    else if (op.results.length === 1) this.#scalars.set(op.results[0]!, this.#expression(op));
  }

  #scalar(value: Value): string {
    return this.#scalars.get(value) ?? "0";
  }

  /** An index computed on the host, over the symbols; what is read from data has no expression and counts as 0. */
  #expression(op: Operation): string {
    const [a, b] = op.operands.map((v) => this.#scalar(v));
    const joined: Readonly<Record<string, string>> = { "arith.addi": "+", "arith.muli": "*", "arith.subi": "-" };
    if (op.name === "arith.constant") return String((op.attrs["value"] as { readonly value?: bigint }).value ?? 0);
    if (op.name === "memref.dim") {
      const axis = Number(this.#scalar(op.operand(1)));
      return sizeExpression((op.operand(0).type as MemRefType).shape[axis]!);
    }
    if (op.name === "arith.index_cast") return a!;
    const sign = joined[op.name];
    return sign === undefined ? "0" : `(${a}) ${sign} (${b})`;
  }
}
