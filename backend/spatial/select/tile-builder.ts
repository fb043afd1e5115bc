/**
 * @file Builds tile programs: scalar arithmetic that folds numbers known now, DMA descriptors, matrix configurations.
 * A number that is known stays a number until an instruction needs it in a register.
 */

import { Builder } from "../../../ir/builder.js";
import { instructionOps } from "../../../ir/dialects/tile/instructions.js";
import { addressOf, loop, yieldOp } from "../../../ir/dialects/tile/structure.js";
import { Block, newRegion, type Value } from "../../../ir/graph.js";
import type { addressFields, descriptorFields, dmaEngines, matrixFields } from "../../../machine/opcodes.js";

/** A number known now, or one that a scalar register will hold. */
export type Scalar = number | Value;

export type DescriptorField = (typeof descriptorFields)[number];
export type MatrixField = (typeof matrixFields)[number];
export type DmaEngine = (typeof dmaEngines)[number];

export class TileBuilder {
  readonly #builder: Builder;

  constructor(builder: Builder) {
    this.#builder = builder;
  }

  /** One instruction; gives its result where it has one. */
  instruction(
    name: string,
    operands: readonly Value[],
    attrs: Readonly<Record<string, number | string>> = {},
  ): Value | undefined {
    const def = instructionOps.get(name);
    if (def === undefined) throw new Error(`there is no instruction '${name}'`);
    return this.#builder.create(def, operands, attrs).results[0];
  }

  #scalar(name: string, operands: readonly Value[], attrs: Readonly<Record<string, number | string>> = {}): Value {
    return this.instruction(name, operands, attrs)!;
  }

  /** The number in a register. */
  value(x: Scalar): Value {
    return typeof x === "number" ? this.#scalar("s.imm", [], { value: x }) : x;
  }

  add(a: Scalar, b: Scalar): Scalar {
    if (typeof a === "number") return typeof b === "number" ? a + b : this.add(b, a);
    if (typeof b !== "number") return this.#scalar("s.add", [a, b]);
    return b === 0 ? a : this.#scalar("s.addi", [a], { value: b });
  }

  sub(a: Scalar, b: Scalar): Scalar {
    if (typeof b === "number") return this.add(a, -b);
    return this.#scalar("s.sub", [this.value(a), b]);
  }

  mul(a: Scalar, b: Scalar): Scalar {
    if (typeof a === "number") return typeof b === "number" ? a * b : this.mul(b, a);
    if (typeof b !== "number") return this.#scalar("s.mul", [a, b]);
    if (b === 0) return 0;
    return b === 1 ? a : this.#scalar("s.muli", [a], { value: b });
  }

  min(a: Scalar, b: Scalar): Scalar {
    if (typeof a === "number" && typeof b === "number") return Math.min(a, b);
    return this.#scalar("s.min", [this.value(a), this.value(b)]);
  }

  max(a: Scalar, b: Scalar): Scalar {
    if (typeof a === "number" && typeof b === "number") return Math.max(a, b);
    return this.#scalar("s.max", [this.value(a), this.value(b)]);
  }

  /** The tile's own place in the grid. */
  tile(axis: "row" | "column"): Value {
    return this.#scalar("s.tile", [], { axis });
  }

  addressOf(buffer: Value): Value {
    return this.#builder.value(addressOf, { buffer }, {});
  }

  /**
   * Runs `body` so often, with values that it carries from turn to turn; gives the last ones. A loop whose count is known
   * to be 1 is its body.
   */
  loop(
    count: Scalar,
    inits: readonly Value[],
    body: (inner: TileBuilder, carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    if (count === 1) return body(this, inits);
    const counter = this.value(count);
    const { context } = this.#builder;
    const block = new Block(inits.map((x) => x.type));
    const inner = new Builder(context, block);
    inner.at = this.#builder.at;
    const values = body(new TileBuilder(inner), block.args);
    inner.op(yieldOp, { values }, {});
    return this.#builder.op(loop, { count: counter, inits }, {}, { regions: [newRegion(block)] }).results;
  }

  describe(descriptor: number, fields: Readonly<Partial<Record<DescriptorField, Scalar>>>): void {
    for (const [field, x] of Object.entries(fields))
      this.instruction("d.write", [this.value(x)], { descriptor, field });
  }

  issue(descriptor: number, engine: DmaEngine): void {
    this.instruction("d.issue", [], { descriptor, engine });
  }

  wait(semaphore: number, count = 1): void {
    this.instruction("d.wait", [], { semaphore, count });
  }

  configure(configuration: number, fields: Readonly<Partial<Record<MatrixField, Scalar>>>): void {
    for (const [field, x] of Object.entries(fields))
      this.instruction("m.configure", [this.value(x)], { configuration, field });
  }

  matrix(name: "m.init" | "m.load" | "m.stream" | "m.drain", configuration: number): void {
    this.instruction(name, [], { configuration });
  }

  address(register: number, fields: Readonly<Partial<Record<(typeof addressFields)[number], Scalar>>>): void {
    for (const [field, x] of Object.entries(fields))
      this.instruction("s.address", [this.value(x)], { register, field });
  }

  /** Lets so many cycles pass before the next instruction. */
  delay(cycles: Scalar): void {
    if (typeof cycles !== "number") this.instruction("c.delay_by", [cycles]);
    else if (cycles > 0) this.instruction("c.delay", [], { cycles });
  }
}
