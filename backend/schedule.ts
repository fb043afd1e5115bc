/**
 * @file The manifest's schedule: the host function of an entry as data. Native code is generated from the same
 * function; here it is told to people, to tools and to the control processor of an emulated accelerator.
 */

import type { Context } from "../ir/context.js";
import { DiagnosticSink } from "../ir/diagnostic.js";
import { callOp, functionBody } from "../ir/dialects/func.js";
import type { Dim } from "../ir/dim.js";
import { elementFacts } from "../ir/element.js";
import type { EntryInterface } from "../ir/entry.js";
import type { Block, Operation, Value } from "../ir/graph.js";
import { placesIn } from "../ir/location.js";
import type { MemRefType } from "../ir/types.js";
import type { Action, Kernel, Program, Step } from "../runtime-lib/bundle/generated/manifest.js";
import { sizeExpression } from "./expression.js";
import { allocatedOutputs, hostArguments } from "./host-arguments.js";
import { symbolsIn } from "./llvm/kernel.js";
import { ScheduleBuffers } from "./schedule-buffers.js";
import { decidingLoad, feedsDecisionsAlone } from "./schedule-decisions.js";
import { HostSizes, SCHEDULE_PROBLEM, type SymbolIndex } from "./schedule-sizes.js";
import type { SourceIndex } from "./source-table.js";

export interface ScheduleInput {
  readonly entry: EntryInterface;
  readonly entryIndex: number;
  readonly host: Operation;
  readonly kernels: readonly Kernel[];
  readonly kernelFunctions: ReadonlyMap<string, Operation>;
  readonly weightIndex: (name: string) => number;
  readonly sourceIndex: SourceIndex;
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

/** What carries a value into or out of control flow: a heap buffer, or a symbol. */
interface Carrier {
  readonly buffer?: number;
  readonly symbol?: number;
}

class ScheduleWalk {
  readonly #input: ScheduleInput;
  readonly #context: Context;
  readonly #problems = new DiagnosticSink();
  readonly #sizes: HostSizes;
  readonly #buffers: ScheduleBuffers;
  #checks: number;

  constructor(input: ScheduleInput, context: Context) {
    this.#input = input;
    this.#context = context;
    this.#sizes = new HostSizes(context, input.symbolIndex, this.#problems);
    this.#buffers = new ScheduleBuffers(context, this.#sizes);
    this.#checks = input.sizeChecks;
  }

  buffers(): Program["buffers"] {
    return this.#buffers.planned();
  }

  host(): readonly Step[] {
    const { entry, host } = this.#input;
    const body = functionBody(host);
    hostArguments(host, entry).forEach(({ kind, index }, k) => {
      if (kind !== "arena") this.#buffers.add(body.args[k]!, kind, index);
    });
    const steps = this.#block(body);
    const outputs = allocatedOutputs(host, entry);
    const given = body.terminator.operands.flatMap((v, k) => {
      const from = this.#buffers.use(v);
      const to = this.#buffers.add(v, "output", outputs[k]!);
      return this.#stepOf(() => ({ kind: "move", from, to }));
    });
    this.#problems.throwIfErrors();
    return [...steps, ...given];
  }

  #block(block: Block): Step[] {
    const steps: Step[] = [];
    for (const op of block.ops()) steps.push(...this.#operation(op));
    return steps;
  }

  #operation(op: Operation): readonly Step[] {
    switch (op.name) {
      case "func.call":
        return this.#stepOf(() => this.#launch(op, op.operands), op);
      case "scf.parallel": {
        // A launch in chunks; the chunk's number, the call's last operand, is no argument of the launch.
        const call = op.region(0).blocks[0]!.first!;
        return this.#stepOf(() => this.#launch(call, call.operands.slice(0, -1)), call);
      }
      case "memref.view": {
        const defined = this.#defineSizes(op);
        this.#buffers.add(op.result, "arena", 0, this.#sizes.of(op.operand(1)));
        return defined;
      }
      case "memref.get_global":
        this.#buffers.add(op.result, "weight", this.#input.weightIndex(op.attrs["name"] as string), "0");
        return [];
      case "memref.alloc": {
        const defined = this.#defineSizes(op);
        this.#buffers.add(op.result, "heap");
        return [...defined, ...this.#stepOf(() => ({ kind: "alloc", buffer: this.#buffers.use(op.result) }))];
      }
      case "memref.dealloc":
        return this.#stepOf(() => ({ kind: "free", buffer: this.#buffers.use(op.operand(0)) }));
      case "memref.copy":
        return this.#stepOf(() => this.#copy(op), op);
      case "memref.load":
        return this.#read(op);
      case "cf.assert":
        return this.#require(op);
      case "scf.if":
      case "scf.index_switch":
        return this.#choice(op);
      case "scf.while":
        return this.#loop(op);
      default:
        return this.#scalarOrAlias(op);
    }
  }

  /** Steps are numbered from 0, a step before those inside it. `op` says where in the model the step comes from. */
  #stepOf(make: () => Action, op?: Operation): Step[] {
    this.#buffers.step++;
    const sources = op === undefined ? [] : placesIn(op.at).map(this.#input.sourceIndex);
    return [{ action: make(), sources }];
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
    const buffers = operands.filter((v) => v.type.kind === "memref").map((v) => this.#buffers.use(v));
    const own = operands.filter((v) => v.type.kind !== "memref").map((v) => this.#sizes.of(v));
    const func = this.#input.kernelFunctions.get(callee);
    return { kind: "launch", kernel, buffers, scalars: [...own, ...(func ? symbolsIn(func, this.#context) : [])] };
  }

  #copy(op: Operation): Action {
    const [from, to] = [this.#buffers.use(op.operand(0)), this.#buffers.use(op.operand(1))];
    return { kind: "copy", from, fromOffset: "0", to, toOffset: "0", bytes: this.#buffers.sizeOf(from) };
  }

  /** An integer that the host reads has a symbol; one that decides what is done stays in its buffer. */
  #read(op: Operation): readonly Step[] {
    if (feedsDecisionsAlone(op)) return [];
    const type = op.operand(0).type as MemRefType;
    const { storageBytes, kind } = elementFacts[type.element];
    if (kind === "float" || kind === "complex") return [];
    const offset = this.#offset(op, type).map((text) => `${text} * ${storageBytes}`);
    return this.#stepOf(() => ({
      kind: "bind",
      symbol: this.#sizes.fresh(op.result).symbol,
      buffer: this.#buffers.use(op.operand(0)),
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

  /** Nothing where the same condition has been checked before: it holds then, whatever its buffer holds meanwhile. */
  #require(op: Operation): readonly Step[] {
    const check = this.#checks++;
    const condition = op.operand(0);
    const isKnown = [...condition.users].some(
      (user) => user !== op && user.name === op.name && user.block === op.block && user.isBefore(op),
    );
    if (isKnown) return [];
    return this.#stepOf(() => ({ kind: "require", check, buffer: this.#conditionBuffer(op) }));
  }

  #choice(op: Operation): readonly Step[] {
    const carriers = this.#carriers(op.results);
    return this.#stepOf(() => {
      const branch = (k: number): readonly Step[] => {
        const block = op.regions[k]?.blocks[0];
        if (!block) return [];
        return this.#sizes.within(() => [...this.#block(block), ...this.#handOn(block.terminator.operands, carriers)]);
      };
      if (op.name === "scf.if") return this.#branch(op, branch);
      const values = op.attrs["cases"] as readonly number[];
      const cases = values.map((value, k) => ({ value, body: branch(k + 1) }));
      return { kind: "switch", value: this.#sizes.of(op.operand(0)), cases, otherwise: branch(0) };
    });
  }

  /** A condition that no buffer holds when the branch is taken is a number. */
  #branch(op: Operation, branch: (k: number) => readonly Step[]): Action {
    const load = decidingLoad(op);
    if (load) {
      const condition = this.#buffers.use(load.operand(0));
      return { kind: "if", condition, body: branch(0), otherwise: branch(1) };
    }
    const value = this.#sizes.of(op.operand(0));
    const body = branch(0);
    return { kind: "switch", value, cases: [{ value: 0, body: branch(1) }], otherwise: body };
  }

  #loop(op: Operation): readonly Step[] {
    const [before, body] = [op.region(0).blocks[0]!, op.region(1).blocks[0]!];
    const carriers = this.#carriers(before.args);
    const begin = this.#handOn(op.operands, carriers);
    const start = this.#buffers.step;
    const loop = this.#stepOf(() =>
      this.#sizes.within(() => {
        const first = this.#block(before);
        const [, ...passed] = before.terminator.operands;
        const condition = this.#conditionBuffer(before.terminator);
        // What the decision passes on has its value whenever the body or what follows the loop runs.
        passed.forEach((v, k) => {
          for (const target of [body.args[k]!, op.results[k]!]) this.#same(target, v);
        });
        const steps = [...this.#block(body), ...this.#handOn(body.terminator.operands, carriers)];
        return { kind: "while", before: first, condition, body: steps };
      }),
    );
    // The next turn needs whatever the loop found.
    this.#buffers.keepFor(start);
    return [...begin, ...loop];
  }

  #same(target: Value, source: Value): void {
    if (target.type.kind === "memref") this.#buffers.alias(target, source);
    else this.#sizes.same(target, source);
  }

  #carriers(values: readonly Value[]): readonly Carrier[] {
    return values.map((v) =>
      v.type.kind === "memref" ? { buffer: this.#buffers.add(v, "heap") } : { symbol: this.#sizes.fresh(v).symbol },
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
        const from = this.#buffers.use(value);
        if (from === to) return;
        const aside = carriers.length === 1 ? to : this.#buffers.spare(to);
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

  /** The buffer whose byte decides a loop or a check: these have no form for anything else. */
  #conditionBuffer(decision: Operation): number {
    const load = decidingLoad(decision);
    if (load) return this.#buffers.use(load.operand(0));
    const at = decision.operand(0).definingOp?.at ?? decision.at;
    this.#problems.error(SCHEDULE_PROBLEM, "a loop or check goes by a condition that is not read from a tensor", {
      at,
      fix: "compute the condition as a tensor<i1> right before it is needed",
    });
    return 0;
  }

  #scalarOrAlias(op: Operation): readonly Step[] {
    const [source] = op.operands;
    if (op.def.traits.includes("terminator")) return [];
    if (op.results[0]?.type.kind === "memref" && source?.type.kind === "memref") {
      const defined = this.#defineSizes(op);
      this.#buffers.alias(op.results[0], source);
      return defined;
    }
    if (op.regions.length > 0) this.#problems.error(SCHEDULE_PROBLEM, `${op.name} cannot be scheduled`, { at: op.at });
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
