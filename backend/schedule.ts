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
import { allocatedOutputs, hostArguments } from "./host-arguments.js";
import { symbolsIn } from "./llvm/kernel.js";
import { HostSizes, type SymbolIndex } from "./schedule-sizes.js";

export interface ScheduleInput {
  readonly entry: EntryInterface;
  readonly entryIndex: number;
  readonly host: Operation;
  readonly kernels: readonly Kernel[];
  readonly kernelFunctions: ReadonlyMap<string, Operation>;
  readonly weightIndex: (name: string) => number;
  readonly symbolIndex: SymbolIndex;
  /** The entry's checks that come before those of the host function. */
  readonly sizeChecks: number;
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

/** What carries a value into or out of control flow: a heap buffer, or a symbol. */
interface Carrier {
  readonly buffer?: number;
  readonly symbol?: number;
}

class ScheduleWalk {
  readonly #input: ScheduleInput;
  readonly #context: Context;
  readonly #buffers: OpenBuffer[] = [];
  readonly #ids = new Map<Value, number>();
  readonly #sizes: HostSizes;
  #step = 0;
  #checks: number;

  constructor(input: ScheduleInput, context: Context) {
    this.#input = input;
    this.#context = context;
    this.#sizes = new HostSizes(context, input.symbolIndex);
    this.#checks = input.sizeChecks;
  }

  buffers(): readonly PlannedBuffer[] {
    return this.#buffers.map((b) => ({ ...b, end: Math.min(Math.max(b.end, b.begin + 1), this.#step) }));
  }

  host(): readonly Step[] {
    const { entry, host } = this.#input;
    const body = functionBody(host);
    hostArguments(host, entry).forEach(({ kind, index }, k) => {
      if (kind !== "arena") this.#addBuffer(body.args[k]!, kind, index, "0");
    });
    const steps = this.#block(body);
    const outputs = allocatedOutputs(host, entry);
    const given = body.terminator.operands.flatMap((v, k) => {
      const from = this.#use(v);
      const to = this.#addBuffer(v, "output", outputs[k]!, "0");
      return this.#stepOf(() => ({ kind: "move", from, to }));
    });
    return [...steps, ...given];
  }

  #addBuffer(value: Value, kind: BufferKind, index: number, offset: string): number {
    const type = value.type as MemRefType;
    const { dims } = this.#context;
    const bytes = dims.mul(dims.product(type.shape), elementFacts[type.element].storageBytes);
    const id = this.#buffers.length;
    this.#ids.set(value, id);
    this.#buffers.push({
      kind,
      index,
      size: this.#sizes.dim(bytes),
      offset,
      alignment: kind === "input" || kind === "output" ? elementFacts[type.element].storageBytes : 64,
      begin: this.#step,
      end: this.#step,
    });
    return id;
  }

  #use(value: Value): number {
    const id = this.#ids.get(value);
    if (id === undefined) throw new Error("a buffer of the schedule has not been placed");
    const buffer = this.#buffers[id]!;
    buffer.end = Math.max(buffer.end, this.#step);
    return id;
  }

  #block(block: Block): Step[] {
    const steps: Step[] = [];
    for (const op of block.ops()) steps.push(...this.#operation(op));
    return steps;
  }

  #operation(op: Operation): readonly Step[] {
    switch (op.name) {
      case "func.call":
        return this.#stepOf(() => this.#launch(op, op.operands));
      case "scf.parallel": {
        // A launch in chunks; the chunk's number, the call's last operand, is no argument of the launch.
        const call = op.region(0).blocks[0]!.first!;
        return this.#stepOf(() => this.#launch(call, call.operands.slice(0, -1)));
      }
      case "memref.view": {
        const defined = this.#defineSizes(op);
        this.#addBuffer(op.result, "arena", 0, this.#sizes.of(op.operand(1)));
        return defined;
      }
      case "memref.get_global":
        this.#addBuffer(op.result, "weight", this.#input.weightIndex(op.attrs["name"] as string), "0");
        return [];
      case "memref.alloc": {
        const defined = this.#defineSizes(op);
        this.#addBuffer(op.result, "heap", 0, "0");
        return [...defined, ...this.#stepOf(() => ({ kind: "alloc", buffer: this.#use(op.result) }))];
      }
      case "memref.dealloc":
        return this.#stepOf(() => ({ kind: "free", buffer: this.#use(op.operand(0)) }));
      case "memref.copy":
        return this.#stepOf(() => this.#copy(op));
      case "memref.load":
        return this.#read(op);
      case "cf.assert":
        return this.#stepOf(() => this.#require(op));
      case "scf.if":
      case "scf.index_switch":
        return this.#choice(op);
      case "scf.while":
        return this.#loop(op);
      default:
        return this.#scalarOrAlias(op);
    }
  }

  /** Steps are numbered from 0, a step before those inside it. */
  #stepOf(make: () => Action): Step[] {
    this.#step++;
    return [{ action: make(), sources: [] }];
  }

  #stepsOf(actions: readonly Action[]): Step[] {
    return actions.flatMap((action) => this.#stepOf(() => action));
  }

  /** Sizes that operands give are the values of the symbols in the result's type. */
  #defineSizes(op: Operation): Step[] {
    const given = op.name === "memref.alloc" ? op.operands : dynamicSizes(op);
    let next = 0;
    const open = (op.result.type as MemRefType).shape.filter((d) => typeof d !== "number");
    if (given.length !== open.length) return [];
    return open.flatMap((d) => this.#stepsOf(this.#sizes.define(d, this.#sizes.of(given[next++]!))));
  }

  #launch(op: Operation, operands: readonly Value[]): Action {
    const { callee } = callOp.attrsOf(op);
    const kernel = this.#input.kernels.findIndex((k) => k.symbol === callee);
    const buffers = operands.filter((v) => v.type.kind === "memref").map((v) => this.#use(v));
    const own = operands.filter((v) => v.type.kind !== "memref").map((v) => this.#sizes.of(v));
    const func = this.#input.kernelFunctions.get(callee);
    return { kind: "launch", kernel, buffers, scalars: [...own, ...(func ? symbolsIn(func, this.#context) : [])] };
  }

  #copy(op: Operation): Action {
    const [from, to] = [this.#use(op.operand(0)), this.#use(op.operand(1))];
    return { kind: "copy", from, fromOffset: "0", to, toOffset: "0", bytes: this.#buffers[from]!.size };
  }

  /** An integer that the host reads has a symbol; one that decides what is done stays in its buffer. */
  #read(op: Operation): readonly Step[] {
    if (op.result.users.size > 0 && [...op.result.users].every(isTest)) return [];
    const type = op.operand(0).type as MemRefType;
    const { storageBytes } = elementFacts[type.element];
    const offset = this.#offset(op, type).map((text) => `${text} * ${storageBytes}`);
    return this.#stepOf(() => ({
      kind: "bind",
      symbol: this.#sizes.fresh(op.result).symbol,
      buffer: this.#use(op.operand(0)),
      ...(offset.length === 0 ? {} : { offset: offset.join(" + ") }),
      ...(type.element === "i64" ? {} : { dtype: type.element }),
    }));
  }

  /** Summands of the element's position in a dense buffer. */
  #offset(op: Operation, { shape }: MemRefType): readonly string[] {
    const { dims } = this.#context;
    return op.operands.slice(1).flatMap((index, axis) => {
      const text = this.#sizes.of(index);
      const stride = this.#sizes.dim(dims.product(shape.slice(axis + 1)));
      return text === "0" ? [] : [stride === "1" ? `(${text})` : `(${text}) * (${stride})`];
    });
  }

  #require(op: Operation): Action {
    return { kind: "require", check: this.#checks++, buffer: this.#conditionBuffer(op.operand(0)) };
  }

  #choice(op: Operation): readonly Step[] {
    const carriers = this.#carriers(op.results);
    return this.#stepOf(() => {
      const branch = (k: number): readonly Step[] => {
        const block = op.regions[k]?.blocks[0];
        if (!block) return [];
        return this.#sizes.within(() => [...this.#block(block), ...this.#handOn(block.terminator.operands, carriers)]);
      };
      if (op.name === "scf.if") {
        const condition = this.#conditionBuffer(op.operand(0));
        return { kind: "if", condition, body: branch(0), otherwise: branch(1) };
      }
      const values = op.attrs["cases"] as readonly number[];
      const cases = values.map((value, k) => ({ value, body: branch(k + 1) }));
      return { kind: "switch", value: this.#sizes.of(op.operand(0)), cases, otherwise: branch(0) };
    });
  }

  #loop(op: Operation): readonly Step[] {
    const [before, body] = [op.region(0).blocks[0]!, op.region(1).blocks[0]!];
    const carriers = this.#carriers(before.args);
    const begin = this.#handOn(op.operands, carriers);
    const start = this.#step;
    const loop = this.#stepOf(() =>
      this.#sizes.within(() => {
        const first = this.#block(before);
        const [decision, ...passed] = before.terminator.operands as readonly [Value, ...Value[]];
        const condition = this.#conditionBuffer(decision);
        // What the decision passes on has its value whenever the body or what follows the loop runs.
        passed.forEach((v, k) => {
          for (const target of [body.args[k]!, op.results[k]!]) this.#same(target, v);
        });
        const steps = [...this.#block(body), ...this.#handOn(body.terminator.operands, carriers)];
        return { kind: "while", before: first, condition, body: steps };
      }),
    );
    // The next turn needs whatever the loop found.
    for (const b of this.#buffers) if (b.begin <= start && b.end > start) b.end = this.#step;
    return [...begin, ...loop];
  }

  #same(target: Value, source: Value): void {
    if (target.type.kind === "memref") this.#ids.set(target, this.#use(source));
    else if (this.#sizes.isKnown(source)) this.#sizes.bind(target, this.#sizes.of(source));
  }

  #carriers(values: readonly Value[]): readonly Carrier[] {
    return values.map((v) =>
      v.type.kind === "memref"
        ? { buffer: this.#addBuffer(v, "heap", 0, "0") }
        : { symbol: this.#sizes.fresh(v).symbol },
    );
  }

  /**
   * Hands `values` to `carriers`. All are read before any is given, as one may be the other's value; then the sizes of
   * the buffers' own types have theirs.
   */
  #handOn(values: readonly Value[], carriers: readonly Carrier[]): Step[] {
    const [first, second]: [Action[], Action[]] = [[], []];
    carriers.forEach(({ buffer: to, symbol }, k) => {
      const value = values[k]!;
      if (to !== undefined) {
        const from = this.#use(value);
        if (from === to) return;
        const aside = carriers.length === 1 ? to : this.#spare(to);
        first.push({ kind: "move", from, to: aside });
        if (aside !== to) second.push({ kind: "move", from: aside, to });
        return;
      }
      const text = this.#sizes.of(value);
      if (carriers.length === 1) return void first.push({ kind: "define", symbol: symbol!, value: text });
      const aside = this.#sizes.fresh();
      first.push({ kind: "define", symbol: aside.symbol, value: text });
      second.push({ kind: "define", symbol: symbol!, value: aside.name });
    });
    return this.#stepsOf([...first, ...second]);
  }

  /** A heap buffer of the size of another. */
  #spare(of: number): number {
    this.#buffers.push({ ...this.#buffers[of]!, begin: this.#step, end: this.#step + 2 });
    return this.#buffers.length - 1;
  }

  /** The buffer a condition was read from; a truth value in memory is a byte that arithmetic turns into `i1`. */
  #conditionBuffer(value: Value): number {
    let op = value.definingOp;
    while (op?.def.dialect === "arith" && op.operands.length > 0) op = op.operand(0).definingOp;
    if (op?.name !== "memref.load") throw new Error("a condition of the schedule must be read from a buffer");
    return this.#use(op.operand(0));
  }

  #scalarOrAlias(op: Operation): readonly Step[] {
    const [source] = op.operands;
    if (op.def.traits.includes("terminator")) return [];
    if (op.results[0]?.type.kind === "memref" && source?.type.kind === "memref") {
      const defined = this.#defineSizes(op);
      this.#ids.set(op.results[0], this.#use(source));
      return defined;
    }
    if (op.regions.length > 0) throw new Error(`${op.name} of the host has no steps`);
    return this.#stepsOf(this.#sizes.compute(op));
  }
}

/** Operands that give the sizes of what a view shows, where the operation has a segment for them. */
function dynamicSizes(op: Operation): readonly Value[] {
  if (op.name === "memref.view") return op.operands.slice(2);
  if (op.name !== "memref.reinterpret_cast") return [];
  const [source = 1, offsets = 0, sizes = 0] = op.segments ?? [];
  return op.operands.slice(source + offsets, source + offsets + sizes);
}

/** Makes a truth value of a byte, or is decided by one. */
function isTest(op: Operation): boolean {
  return ["arith.cmpi", "arith.trunci", "scf.if", "scf.condition", "cf.assert"].includes(op.name);
}
