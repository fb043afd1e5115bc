/**
 * @file What one launch of a kernel has to do, whatever it is lowered to: arithmetic operations, and bytes that must be
 * read and written at least. Both are sizes, as a number of points is. What only data decide counts once: one turn of
 * a loop of unknown length, the longer of two branches.
 */

import type { Context } from "../../ir/context.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { functionBody } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Dim, DimTable } from "../../ir/dim.js";
import { elementFacts } from "../../ir/element.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { elementOf, isShaped } from "../../ir/types.js";
import { accessesOf, extentOf, shapeOf } from "../structured/access.js";

export interface KernelCost {
  /** Floating-point operations, or those on integers that are elements; a multiply-add is two. */
  readonly flops: Dim;
  /** Bytes of each operand that is read, once, and of what is written. */
  readonly bytes: Dim;
}

/** The cost of an outlined kernel, which computes on tensors still. */
export function kernelCost(func: Operation, { dims }: Context): KernelCost {
  return new CostOf(dims).kernel(functionBody(func));
}

/** Operations of `arith` that are one operation; those of `math` all are. Comparisons, choices, bits and casts are none. */
const arithmetic: ReadonlySet<string> = new Set(
  ["add", "sub", "mul", "div", "rem", "neg"]
    .map((name) => `arith.${name}f`)
    .concat(["arith.minimumf", "arith.maximumf", "arith.minnumf", "arith.maxnumf"])
    .concat(["addi", "subi", "muli", "divsi", "divui", "remsi", "remui"].map((name) => `arith.${name}`))
    .concat(["minsi", "minui", "maxsi", "maxui"].map((name) => `arith.${name}`)),
);

/** Real operations in one of other kinds. */
const others: Readonly<Record<string, number>> = {
  "math.fma": 2,
  "complex.add": 2,
  "complex.sub": 2,
  "complex.neg": 2,
  "complex.mul": 6,
  "complex.div": 11,
};

/** Operations of the operation itself, without those in its regions. */
export function operationsIn(op: Operation): number {
  if (op.results.length !== 1 || elementOf(op.result.type) === "index") return 0;
  const known = others[op.name];
  if (known !== undefined) return known;
  return arithmetic.has(op.name) || op.def.dialect === "math" || op.def.dialect === "complex" ? 1 : 0;
}

class CostOf {
  readonly #dims: DimTable;

  constructor(dims: DimTable) {
    this.#dims = dims;
  }

  kernel(body: Block): KernelCost {
    const read = body.args.map((arg) => this.#read(arg));
    const written = [...new Set(body.terminator.operands)].map((x) => this.#written(x));
    return { flops: this.#flops(body), bytes: this.#sum([...read, ...written]) };
  }

  #sum(all: readonly Dim[]): Dim {
    return all.reduce((a, b) => this.#dims.add(a, b), 0);
  }

  #flops(block: Block): Dim {
    return this.#sum([...block.ops()].map((op) => this.#flopsOf(op)));
  }

  #flopsOf(op: Operation): Dim {
    const inside = op.regions.map((region) => this.#sum(region.blocks.map((b) => this.#flops(b))));
    if (op.name === "scf.if" || op.name === "scf.index_switch") return inside.reduce((a, b) => this.#dims.max(a, b), 0);
    const times = op.regions.length === 0 ? 1 : this.#times(op);
    return this.#dims.mul(times, this.#dims.add(this.#sum(inside), operationsIn(op)));
  }

  /** How often the region of `op` runs. */
  #times(op: Operation): Dim {
    if (generic.matches(op)) return this.#points(op);
    if (op.name === "tensor.generate") return this.#dims.product(shapeOf(op.result));
    if (op.name !== "scf.for") return 1;
    const [lower, upper, step] = op.operands.slice(0, 3).map(numberOf);
    if (lower === undefined || upper === undefined || step === undefined || step <= 0) return 1;
    return Math.max(0, Math.ceil((upper - lower) / step));
  }

  #points(op: Operation): Dim {
    const accesses = accessesOf(op);
    const extents = generic.attrsOf(op).iterator_types.map((_, d) => extentOf(accesses, d) ?? 1);
    return this.#dims.product(extents);
  }

  #bytes(x: Value): Dim {
    if (!isShaped(x.type)) return 0;
    return this.#dims.mul(this.#dims.product(shapeOf(x)), elementFacts[x.type.element].storageBytes);
  }

  /** Bytes that are read of `x`: all of them, unless only parts or single elements are. */
  #read(x: Value): Dim {
    if (!isShaped(x.type)) return 0;
    const parts = [...x.users].map((user) => this.#readBy(user, x));
    if (parts.every((part) => part === 0)) return 0;
    if (parts.includes("all")) return this.#bytes(x);
    return this.#dims.min(this.#bytes(x), this.#sum(parts as readonly Dim[]));
  }

  #readBy(user: Operation, x: Value): Dim | "all" {
    if (generic.matches(user)) {
      const { inputs } = generic.operandsOf(user);
      const { args } = user.region(0).blocks[0]!;
      return user.operands.some((v, k) => v === x && (k < inputs.length || args[k]!.isUsed)) ? "all" : 0;
    }
    if (user.def.traits.includes("terminator") || user.name === "tensor.dim") return 0;
    if (user.name === "linalg.fill") return 0;
    if (user.name === "tensor.extract_slice") return this.#bytes(user.result);
    if (user.name === "tensor.insert_slice" && user.operand(0) !== x) return 0;
    if (user.name !== "tensor.extract") return "all";
    const { parent } = user;
    const element = elementFacts[elementOf(x.type)].storageBytes;
    return generic.matches(parent) ? this.#dims.mul(this.#points(parent!), element) : "all";
  }

  /** Bytes written to make a result: what is inserted into a tensor from outside leaves the rest of it alone. */
  #written(x: Value): Dim {
    const op = x.definingOp;
    if (op === undefined || op.name === "tensor.empty") return 0;
    if (op.name !== "tensor.insert_slice") return this.#bytes(x);
    const [source, target] = op.operands as readonly [Value, Value];
    return this.#dims.min(this.#bytes(x), this.#dims.add(this.#bytes(source), this.#written(target)));
  }
}

function numberOf(x: Value): number | undefined {
  const value = constantScalarOf(x);
  return typeof value === "bigint" || typeof value === "number" ? Number(value) : undefined;
}
