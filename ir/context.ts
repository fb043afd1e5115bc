/**
 * @file One compilation's tables: interned types and dimensions, known operations, resources, diagnostics.
 * Nothing of a compilation lives outside its context, so a server compiles for ever without growing.
 */

import { printAttr } from "./attrs.js";
import type { AnyOpDef } from "./define.js";
import { DiagnosticSink } from "./diagnostic.js";
import { type Dim, type DimExpr, DimTable } from "./dim.js";
import { ResourceTable } from "./resource.js";
import { isShaped, type ShapedType, type Type, TypeTable } from "./types.js";

export interface Dialect {
  readonly name: string;
  readonly summary: string;
  readonly ops: readonly AnyOpDef[];
}

export class Context {
  readonly types = new TypeTable(printAttr);
  readonly dims = new DimTable();
  readonly resources = new ResourceTable();
  readonly diagnostics = new DiagnosticSink();
  readonly dialects: readonly Dialect[];
  /** A size that text leaves open, before inference or a fresh symbol takes its place. */
  readonly unknownDim: DimExpr;
  readonly #ops = new Map<string, AnyOpDef>();
  #nextSymbol = 0;

  constructor(dialects: readonly Dialect[]) {
    this.dialects = dialects;
    this.unknownDim = this.dims.symbol("$unknown");
    for (const dialect of dialects) for (const op of dialect.ops) this.#ops.set(op.name, op);
  }

  op(name: string): AnyOpDef | undefined {
    return this.#ops.get(name);
  }

  get opNames(): Iterable<string> {
    return this.#ops.keys();
  }

  /** A symbol that nothing else uses: `s…` for a size of an input, `u…` for one that data decides. */
  freshSymbol(kind: "input" | "data", max = Number.POSITIVE_INFINITY): DimExpr {
    for (;;) {
      const name = `${kind === "input" ? "s" : "u"}${this.#nextSymbol++}`;
      if (!this.dims.has(name)) return this.dims.symbol(name, { min: 0, max }, kind);
    }
  }

  /** `type` with every unknown size replaced by what `make` gives. */
  fillUnknown<T extends Type>(type: T, make: (axis: number) => Dim): T {
    if (!isShaped(type) || type.kind === "vector" || !type.shape.includes(this.unknownDim)) return type;
    return this.withShape(
      type,
      type.shape.map((d, i) => (d === this.unknownDim ? make(i) : d)),
    ) as T;
  }

  withShape<T extends ShapedType>(type: T, shape: readonly Dim[]): T {
    const made: ShapedType =
      type.kind === "tensor"
        ? this.types.tensor(shape, type.element, type.encoding)
        : type.kind === "memref"
          ? this.types.memref(shape, type.element, { layout: type.layout, space: type.space })
          : this.types.vector(shape as readonly number[], type.element);
    return made as T;
  }

  /**
   * Joins a type as written with the type inferred: unknown sizes are taken from the other side, a number wins over
   * an expression. `undefined` where the two cannot be the same.
   */
  mergeTypes(given: Type, inferred: Type): Type | undefined {
    if (given === inferred) return given;
    if (!isShaped(given) || given.kind !== inferred.kind || given.element !== inferred.element) return undefined;
    if (given.shape.length !== inferred.shape.length) return undefined;
    const shape: Dim[] = [];
    for (let i = 0; i < given.shape.length; i++) {
      const merged = this.mergeDims(given.shape[i]!, inferred.shape[i]!);
      if (merged === undefined) return undefined;
      shape.push(merged);
    }
    return this.withShape(given, shape);
  }

  mergeDims(given: Dim, inferred: Dim): Dim | undefined {
    if (given === inferred || inferred === this.unknownDim) return given;
    if (given === this.unknownDim) return inferred;
    if (typeof given === "number" && typeof inferred === "number") return undefined;
    return typeof inferred === "number" ? inferred : given;
  }
}
