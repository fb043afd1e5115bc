/**
 * @file Random affine programs as kernels in Python: nests of several statements at different depths, triangles, strides,
 * loops that run down, bounds of `min` and `max`, conditions, scalars, reductions, shifted accesses, numbers known at the
 * call. All values stay positive and nothing is subtracted, so any order of the sums gives nearly the same numbers.
 */

import { importPythonText } from "../../../../frontends/python-kernels/import.js";
import type { Context } from "../../../../ir/context.js";
import { functionsOf } from "../../../../ir/dialects/func.js";
import type { Operation } from "../../../../ir/graph.js";
import { LOOPS } from "../../../../ir/names.js";
import { bufferize } from "../../../../lowering/bufferize/bufferize.js";
import { newContext } from "../../../../lowering/dialects.js";
import { outlineKernels } from "../../../../lowering/fuse/outline-kernels.js";
import { stablehloToLinalg } from "../../../../lowering/fuse/stablehlo-to-linalg.js";
import { foldConstants } from "../../../../lowering/simplify/fold-constants.js";
import { resolveSizes } from "../../../../lowering/simplify/resolve-sizes.js";
import type { Draw } from "../../../ir/sets/random-sets.js";

/** Counters stay below this, and `n` too. */
const MOST = 12;
/** Of each axis: beyond all that the subscripts below reach. */
export const AXIS = 3 * MOST + 2;

export const PARAMETERS = ["n", "A", "B", "C"] as const;

interface Counter {
  readonly name: string;
  /** The largest value that it takes. */
  readonly most: number;
}

/** One kernel: `name(n, A, B, C)`. */
export function randomKernel(name: string, draw: Draw): string {
  const lines = new Writer(draw).block([]);
  const body = ["s = 1.0", ...lines].map((line) => `    ${line}`);
  const head = `def ${name}(n: i64, A: f64[${AXIS}, ${AXIS}], B: f64[${AXIS}], C: f64[${AXIS}, ${AXIS}]):`;
  return ["@persimmons.loops", head, ...body].join("\n");
}

/** A file of kernels. */
export function kernelFile(kernels: readonly string[]): string {
  return ["import persimmons", "from persimmons import f64, i64", ...kernels].join("\n\n\n");
}

class Writer {
  readonly #draw: Draw;
  #statements = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  block(counters: readonly Counter[]): string[] {
    const lines: string[] = [];
    for (let items = this.#draw(1, counters.length === 0 ? 3 : 2); items > 0; items--) {
      if (this.#statements >= 5) break;
      if (counters.length < 3 && this.#draw(0, 9) < 7 - counters.length) lines.push(...this.#loop(counters));
      else lines.push(...this.#guarded(counters));
    }
    return lines.length > 0 ? lines : ["pass"];
  }

  #pick<T>(...options: readonly T[]): T {
    return options[this.#draw(0, options.length - 1)]!;
  }

  #loop(counters: readonly Counter[]): string[] {
    const name = "ijk"[counters.length]!;
    const outer = counters.length > 0 && this.#draw(0, 2) > 0 ? this.#pick(...counters) : undefined;
    const low = this.#low(outer);
    const { text: high, most } = this.#high(outer);
    const step = this.#pick(1, 1, 1, 1, 2, 3, -1, -2);
    const range = step > 0 ? `${low}, ${high}${step > 1 ? `, ${step}` : ""}` : `${high} - 1, ${low} - 1, ${step}`;
    const inside = this.block([...counters, { name, most }]);
    return [`for ${name} in range(${range}):`, ...inside.map((line) => `    ${line}`)];
  }

  #low(outer: Counter | undefined): string {
    const constant = this.#draw(0, 2);
    if (outer === undefined) return String(constant);
    return this.#pick(outer.name, `${outer.name} + 1`, `max(${outer.name} - 2, ${constant})`, String(constant));
  }

  #high(outer: Counter | undefined): { readonly text: string; readonly most: number } {
    const constant = this.#draw(4, 9);
    const free = [
      { text: "n", most: MOST - 1 },
      { text: String(constant), most: constant - 1 },
    ];
    if (outer === undefined) return this.#pick(...free);
    const after = this.#draw(1, 3);
    const near = { text: `${outer.name} + ${after}`, most: outer.most + after - 1 };
    return this.#pick(
      ...free,
      { text: `min(n, ${outer.name} + ${after + 1})`, most: MOST - 1 },
      { text: `n - ${outer.name}`, most: MOST - 1 },
      near.most < MOST ? near : free[1]!,
    );
  }

  #guarded(counters: readonly Counter[]): string[] {
    const statement = this.#statement(counters);
    if (counters.length === 0 || this.#draw(0, 4) > 0) return [statement];
    const [a, b] = [this.#pick(...counters).name, this.#pick(...counters).name];
    const condition = this.#pick(
      `${a} + ${b} < n`,
      `${a} >= ${b} + 2`,
      `${a} != ${b}`,
      `${a} < 2 or ${b} > 4`,
      `${a} % 3 == ${this.#draw(0, 2)}`,
    );
    const lines = [`if ${condition}:`, `    ${statement}`];
    return this.#draw(0, 2) > 0 ? lines : [...lines, "else:", `    ${this.#statement(counters)}`];
  }

  #statement(counters: readonly Counter[]): string {
    this.#statements++;
    const read = () => this.#element(counters);
    const into = read();
    return this.#pick(
      `${into} = 0.5 * ${read()} + 0.25 * ${read()}`,
      `${into} = ${read()} * 0.875`,
      `${into} += 0.125 * ${read()} * ${read()}`,
      `${into} += 0.125 * ${read()} * ${read()}`,
      `${into} += 0.0625 * ${read()}`,
      `${into} *= 0.75`,
      `${into} = max(${into}, ${read()})`,
    );
  }

  #element(counters: readonly Counter[]): string {
    const kind = this.#draw(0, 11);
    if (kind === 0) return "s";
    if (kind < 4) return `B[${this.#index(counters)}]`;
    return `${kind < 9 ? "A" : "C"}[${this.#index(counters)}, ${this.#index(counters)}]`;
  }

  #index(counters: readonly Counter[]): string {
    const shift = this.#draw(0, 2);
    if (counters.length === 0) return String(shift);
    const shifted = (text: string): string => (shift === 0 ? text : `${text} + ${shift}`);
    const [a, b] = [this.#pick(...counters).name, this.#pick(...counters).name];
    return this.#pick(
      shifted(a),
      shifted(a),
      shifted(a),
      shifted(a),
      `${a} + ${b}`,
      shifted(`2 * ${a}`),
      `${MOST} - ${a}`,
    );
  }
}

export interface Kernels {
  readonly context: Context;
  readonly module: Operation;
  /** The functions of affine loops, in the order of the file. */
  readonly functions: readonly Operation[];
}

/** The kernels of a file up to where their loops are affine ones on memrefs. */
export async function bufferizedKernels(text: string): Promise<Kernels> {
  const context = newContext();
  const module = await importPythonText(text, "random.py", context);
  for (const pass of [resolveSizes, foldConstants, stablehloToLinalg, outlineKernels, bufferize])
    pass.run(module, context);
  return { context, module, functions: [...functionsOf(module)].filter((f) => f.extra[LOOPS]) };
}
