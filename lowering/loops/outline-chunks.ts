/**
 * @file Pass `outline-chunks`: where the loops of a function have parallel ones among them, each of those becomes a kernel,
 * and so does what lies between two of them. Threads can share a kernel that is one parallel loop. Storage that several of
 * them use is the caller's; numbers that are the same everywhere are computed by each.
 */

import { arrayAttr, stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import { cloneOp, type ValueMap } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import {
  buildFunction,
  callOp,
  functionBody,
  functionName,
  functionsOf,
  lookupFunction,
} from "../../ir/dialects/func.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import { parallel } from "../../ir/dialects/scf/parallel.js";
import type { Dim } from "../../ir/dim.js";
import { Block, type Operation, type Value } from "../../ir/graph.js";
import { ACCESS, BYTES, FLOPS, LOOPS } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { dictionaries } from "../bufferize/bufferize-function.js";
import { copyRemarks } from "../remarks.js";
import { inputsOf, isHoisted } from "./polyhedral/read-values.js";

export const outlineChunks: Pass = {
  name: "outline-chunks",
  summary: "Gives parallel loops among others kernels of their own.",
  run(module, context) {
    for (const func of [...functionsOf(module)]) {
      if (!func.extra[LOOPS]) continue;
      const parts = partsOf(func);
      if (parts.some(isParallel)) new Outliner(module, func, parts, context).run();
    }
  },
};

/** Operations that follow each other and become a kernel. */
type Part = readonly Operation[];

const isParallel = ([first]: Part): boolean =>
  first !== undefined && parallel.matches(first) && first.results.length === 0;

/** What the function does, in order, without what each part can compute for itself. */
function partsOf(func: Operation): Part[] {
  const parts: Operation[][] = [];
  for (const op of functionBody(func).ops()) {
    if (op.def.traits.includes("terminator") || isHoisted(op, func)) continue;
    const last = parts.at(-1);
    if (last && !isParallel(last) && !isParallel([op])) last.push(op);
    else parts.push([op]);
  }
  return parts;
}

const isStorage = (op: Operation | undefined): boolean => memref.alloc.matches(op) || memref.alloca.matches(op);

function needsOf(part: Part): readonly Value[] {
  const needed = new Set<Value>();
  const visit = (x: Value): void => {
    const op = x.definingOp;
    if (needed.has(x) || (op && part.includes(op))) return;
    if (op) inputsOf(op).forEach(visit);
    needed.add(x);
  };
  for (const op of part) inputsOf(op).forEach(visit);
  return [...needed];
}

class Outliner {
  readonly #module: Operation;
  readonly #func: Operation;
  readonly #parts: readonly Part[];
  readonly #context: Context;
  /** What each part uses from outside, with what that is computed from. */
  readonly #needs: ReadonlyMap<Part, readonly Value[]>;
  /** Storage of the caller. */
  readonly #shared: readonly Value[];

  constructor(module: Operation, func: Operation, parts: readonly Part[], context: Context) {
    this.#module = module;
    this.#func = func;
    this.#parts = parts;
    this.#context = context;
    this.#needs = new Map(parts.map((part) => [part, needsOf(part)]));
    this.#shared = [...functionBody(func).ops()]
      .filter(isStorage)
      .map((op) => op.result)
      .filter((x) => this.#isShared(x));
  }

  run(): void {
    const name = functionName(this.#func);
    const made = this.#parts.map((part, k) => {
      const names = this.#parts.length === 1 ? `${name}_chunks` : `${name}_${k}`;
      return this.#kernel(part, this.#freshName(names));
    });
    for (const op of [...this.#module.walk()])
      if (callOp.matches(op) && callOp.attrsOf(op).callee === name) this.#launch(op, made);
    for (const [op] of this.#parts) for (const cost of [FLOPS, BYTES]) op!.setExtra(cost, undefined);
    this.#func.erase();
  }

  /** Parallel loops share what they do not make themselves; parts in one piece may keep what nothing else uses. */
  #isShared(storage: Value): boolean {
    const users = this.#parts.filter((part) => this.#needs.get(part)!.includes(storage));
    return users.length > 1 || users.some(isParallel);
  }

  #kernel(part: Part, name: string): Made {
    const needed = this.#needs.get(part)!;
    const passed = needed.filter((x) => x.owner instanceof Block || this.#shared.includes(x));
    const types = passed.map((x) => x.type);
    const fill = (b: Builder, args: readonly Value[]) => {
      this.#fill(b, part, needed, new Map(passed.map((x, i) => [x, args[i]!])));
      return [];
    };
    const at = part[0]!.at;
    const made = buildFunction(this.#context, this.#module, name, types, fill, { visibility: "private", at });
    const given = dictionaries(this.#func, "arg_attrs");
    const own = { [ACCESS]: stringAttr("readwrite") };
    const attrs = passed.map((x) => (x.owner instanceof Block ? (given[x.index] ?? {}) : own));
    made.setAttr("arg_attrs", arrayAttr(attrs.map((entries) => ({ kind: "dict", entries }))));
    made.setExtra(LOOPS, this.#func.extra[LOOPS]);
    this.#noteCost(made, part);
    copyRemarks(this.#func, made);
    return { name, passed };
  }

  /** Of parallel loops what their makers counted, of the one part between them the rest of the operations. */
  #noteCost(made: Operation, part: Part): void {
    if (isParallel(part)) {
      for (const name of [FLOPS, BYTES]) made.setExtra(name, part[0]!.extra[name]);
      return;
    }
    const { dims } = this.#context;
    const flopsOf = (op: Operation) => {
      const text = op.extra[FLOPS];
      return text?.kind === "string" ? dims.parse(text.value) : undefined;
    };
    const counts = [flopsOf(this.#func), ...this.#parts.filter(isParallel).map(([loop]) => flopsOf(loop!))];
    if (this.#parts.filter((p) => !isParallel(p)).length > 1 || counts.includes(undefined)) return;
    const [all, ...others] = counts as Dim[];
    made.setExtra(FLOPS, stringAttr(dims.print(others.reduce((left, x) => dims.sub(left, x), all!))));
  }

  #fill(b: Builder, part: Part, needed: readonly Value[], map: ValueMap): void {
    const block = b.block;
    const late: Operation[] = [];
    for (const x of needed) {
      if (map.has(x)) continue;
      const copy = cloneOp(x.definingOp!, map);
      block.append(copy);
      const isPure = copy.def.traits.includes("pure") && !inputsOf(copy).some((y) => late.includes(y.definingOp!));
      if (!isPure && !isStorage(copy)) late.push(copy);
    }
    const copies = part.map((op) => cloneOp(op, map));
    for (const copy of copies) {
      for (const cost of [FLOPS, BYTES]) copy.setExtra(cost, undefined);
      block.append(copy);
    }
    if (!isParallel(copies)) return;
    // A kernel that threads share reads nothing outside of its loop, but for what decides how often that runs.
    const body = copies[0]!.region(0).blocks[0]!;
    const { first } = body;
    const before = computing(copies[0]!.operands);
    for (const op of late) {
      if (before.has(op)) continue;
      op.detach();
      body.insertBefore(op, first!);
    }
  }

  #launch(site: Operation, kernels: readonly Made[]): void {
    const b = Builder.before(this.#context, site);
    const args = functionBody(this.#func).args;
    const storage = new Map(
      this.#shared.map((x) => {
        const options = { results: [x.type] };
        return [
          x,
          b.value(memref.alloc, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, options),
        ] as const;
      }),
    );
    for (const { name, passed } of kernels) {
      const operands = passed.map((x) => storage.get(x) ?? site.operands[args.indexOf(x as never)]!);
      b.op(callOp, { operands }, { callee: name }, { results: [], extra: site.extra });
    }
    site.erase();
  }

  #freshName(wanted: string): string {
    for (let name = wanted; ; name += "_") if (!lookupFunction(this.#module, name)) return name;
  }
}

/** The operations that the values are computed by. */
function computing(values: readonly Value[], found = new Set<Operation>()): ReadonlySet<Operation> {
  for (const { definingOp } of values) {
    if (!definingOp || found.has(definingOp)) continue;
    found.add(definingOp);
    computing(inputsOf(definingOp), found);
  }
  return found;
}

interface Made {
  readonly name: string;
  /** Values of the old function. */
  readonly passed: readonly Value[];
}
