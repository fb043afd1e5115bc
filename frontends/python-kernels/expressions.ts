/** @file Expressions of a kernel as operations at the builder's place. */

import { type AffineExpr, constantValue } from "../../ir/affine-expr.js";
import { Builder } from "../../ir/builder.js";
import type { DiagnosticSink } from "../../ir/diagnostic.js";
import { apply, buildLoad } from "../../ir/dialects/affine/access.js";
import { ifOp as affineIf, yieldOp as affineYield } from "../../ir/dialects/affine/for.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import { ifOp } from "../../ir/dialects/scf/branch.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import type { Value } from "../../ir/graph.js";
import { AffineTable, affineOf, constraintsOf, oppositeOf } from "./affine-forms.js";
import type { Expression, ExpressionOf, Span } from "./ast.js";
import { loadFrom, placeOf } from "./elements.js";
import { describe, readsBeyond } from "./expression-names.js";
import { functions } from "./functions.js";
import { didYouMean, fullName, type Imports } from "./names.js";
import { isFloatType, joinTypes, type Num, Numbers } from "./numbers.js";
import type { Findings, Scope } from "./scope.js";
import { locationOf } from "./syntax.js";

/** A set in which the condition holds, or does not where it is the opposite; else a truth value. */
export type Condition =
  | { readonly set: ReturnType<AffineTable["set"]>; readonly isOpposite: boolean }
  | { readonly truth: Value };

/** Reading goes on behind a fault, with a number in its place. */
export class Expressions {
  readonly numbers: Numbers;
  readonly table = new AffineTable();
  readonly scope: Scope;
  readonly findings: Findings;
  readonly imports: Imports;
  readonly #file: string;
  readonly #sink: DiagnosticSink;

  constructor(
    builder: Builder,
    parts: {
      readonly scope: Scope;
      readonly findings: Findings;
      readonly imports: Imports;
      readonly file: string;
      readonly sink: DiagnosticSink;
    },
  ) {
    this.numbers = new Numbers(builder);
    this.scope = parts.scope;
    this.findings = parts.findings;
    this.imports = parts.imports;
    this.#file = parts.file;
    this.#sink = parts.sink;
  }

  get b(): Builder {
    return this.numbers.b;
  }

  /** Operations from here on stand for what is written at `span`. */
  at(span: Span): void {
    this.b.at = locationOf(this.#file, span);
  }

  fault(code: "PS2802" | "PS2803" | "PS2804", span: Span, message: string, fix?: string): void {
    const at = locationOf(this.#file, span);
    this.#sink.error(code, message, fix === undefined ? { at } : { at, fix });
  }

  remark(span: Span, message: string): void {
    const at = locationOf(this.#file, span);
    this.#sink.add({ code: "PS2810", severity: "remark", message, at, notes: [] });
  }

  /** What `fill` builds, in a region of its own. */
  inside(builder: Builder, fill: () => void): void {
    const outer = this.numbers.b;
    this.numbers.b = builder;
    try {
      this.scope.within(fill);
    } finally {
      this.numbers.b = outer;
    }
  }

  affine(x: Expression): AffineExpr | undefined {
    return affineOf(x, (leaf) => {
      if (leaf.kind === "Name") {
        const binding = this.scope.find(leaf.id);
        return binding && binding.kind !== "array" ? binding.affine : undefined;
      }
      const size = this.#sizeOf(leaf);
      return size && this.table.symbol(size);
    });
  }

  /** `A.shape[k]` or `len(A)`. */
  #sizeOf(x: Expression): Value | undefined {
    if (x.kind === "Call" && x.func.kind === "Name" && x.func.id === "len" && x.args[0]?.kind === "Name")
      return this.#axis(x.args[0].id, 0);
    if (x.kind !== "Subscript" || x.value.kind !== "Attribute" || x.value.attr !== "shape") return undefined;
    const { value } = x.value;
    const axis = x.slice.kind === "Constant" && x.slice.value.type === "int" ? Number(x.slice.value.value) : -1;
    return value.kind === "Name" ? this.#axis(value.id, axis) : undefined;
  }

  #axis(name: string, axis: number): Value | undefined {
    const array = this.scope.find(name);
    if (array?.kind !== "array" || axis < 0 || axis >= array.rank) return undefined;
    return this.b.value(memref.dim, { source: array.memref, index: this.numbers.index(axis) }, {});
  }

  index(x: Expression): Value {
    const e = this.affine(x);
    const known = e && constantValue(e);
    if (known !== undefined) return this.numbers.index(known);
    if (e) {
      const { map, operands } = this.table.mapped([e]);
      return this.b.value(apply, { operands }, { map });
    }
    const num = this.number(x);
    if (!isFloatType(num.type)) return this.numbers.toIndex(num);
    this.fault("PS2803", x.at, `a whole number is needed here, and this is one of type ${num.type}`, "write int(…)");
    return this.numbers.index(0);
  }

  number(x: Expression): Num {
    switch (x.kind) {
      case "Constant":
        return this.#constant(x);
      case "Name":
        return this.#name(x);
      case "BinOp":
        return this.binary(x.op, x, this.number(x.left), () => this.number(x.right), x.right);
      case "UnaryOp":
        return this.#unary(x);
      case "Compare":
        return this.#compare(x);
      case "BoolOp":
        return this.#boolean(x);
      case "IfExp":
        return this.#choice(x);
      case "Call":
        return this.#call(x);
      case "Subscript":
        return this.#element(x);
      default:
        return this.#refuse(x, `${describe(x)} cannot be part of a kernel`);
    }
  }

  #refuse(x: Expression, message: string, fix?: string): Num {
    this.fault("PS2802", x.at, message, fix);
    return this.numbers.constant(0, "i64");
  }

  #constant(x: ExpressionOf<"Constant">): Num {
    const { value } = x;
    if (value.type === "float") return this.numbers.constant(value.value, "f64");
    if (value.type === "int" && BigInt.asIntN(64, value.value) === value.value)
      return this.numbers.constant(value.value, "i64");
    if (value.type === "bool") return this.numbers.constant(value.value ? 1 : 0, "i1");
    return this.#refuse(x, `a constant of kind ${value.type} cannot be part of a kernel`);
  }

  #name(x: ExpressionOf<"Name">): Num {
    const binding = this.scope.find(x.id);
    if (!binding) return this.unknown(x);
    switch (binding.kind) {
      case "number":
        return binding.num();
      case "counter":
        return this.numbers.fromIndex(binding.index());
      case "value":
        return binding.num;
      case "cell":
        return { value: buildLoad(this.b, binding.memref, []), type: binding.type, weak: false };
      default:
        return this.#refuse(
          x,
          `'${x.id}' is an array of rank ${binding.rank}, and a number is needed`,
          "write an index for each of its axes",
        );
    }
  }

  /** A variable of an inner block, which the next reading keeps in memory, or a name that nothing gives. */
  unknown(x: ExpressionOf<"Name">): Num {
    const type = this.findings.types.get(x.id);
    if (type) {
      this.findings.needsCell(x.id);
      return this.numbers.constant(0, type.type, type.weak);
    }
    return this.#refuse(
      x,
      `the name '${x.id}' is not known here`,
      didYouMean(x.id, [...this.scope.names, ...this.findings.types.keys()]),
    );
  }

  /** `a ** 2` is a product; other operations are those of `Numbers`. */
  binary(
    op: ExpressionOf<"BinOp">["op"],
    x: { readonly at: Span },
    left: Num,
    right: () => Num,
    power: Expression,
  ): Num {
    const exponent = op === "Pow" && power.kind === "Constant" && power.value.type === "int" ? power.value.value : -1n;
    if (exponent >= 1n && exponent <= 8n) {
      let made: Num = left;
      for (let k = 1n; k < exponent; k++) made = this.numbers.binary("Mult", made, left) as Num;
      return made;
    }
    const result = this.numbers.binary(op, left, right());
    if (typeof result !== "string") return result;
    this.fault("PS2802", x.at, result, "use numbers of another type, or another operation");
    return left;
  }

  #unary(x: ExpressionOf<"UnaryOp">): Num {
    const operand = this.number(x.operand);
    if (x.op === "Not") return this.numbers.not(operand);
    if (x.op === "USub") return this.numbers.negate(operand);
    if (x.op === "UAdd") return operand;
    return this.binary("BitXor", x, operand, () => this.numbers.constant(-1, "i64"), x);
  }

  #compare(x: ExpressionOf<"Compare">): Num {
    let left = this.number(x.left);
    let all: Num | undefined;
    x.ops.forEach((op, k) => {
      const right = this.number(x.comparators[k]!);
      if (op === "Is" || op === "IsNot" || op === "In" || op === "NotIn")
        this.fault("PS2802", x.at, `'${op}' cannot be part of a kernel`, "compare numbers");
      const one = this.numbers.compare(op, left, right);
      all = all ? (this.numbers.binary("BitAnd", all, one) as Num) : one;
      left = right;
    });
    return all ? { ...all, value: this.numbers.truth(all), type: "i1" } : this.numbers.constant(0, "i1");
  }

  /** What might read beyond an array waits for what stands before it. */
  #boolean(x: ExpressionOf<"BoolOp">): Num {
    const [first, ...rest] = x.values;
    let made = this.numbers.truth(this.number(first!));
    for (const next of rest) {
      const other = (): Num => this.numbers.bool(this.numbers.truth(this.number(next)));
      const given = this.numbers.bool(made);
      made = x.op === "And" ? this.#either(made, other, () => given) : this.#either(made, () => given, other);
    }
    return this.numbers.bool(made);
  }

  #either(condition: Value, yes: () => Num, no: () => Num): Value {
    return this.branch(condition, yes, no).value;
  }

  /** A condition as `affine.if` where it is one, else as a truth value. */
  condition(test: Expression): Condition {
    const affine = (x: Expression, isOpposite: boolean): Condition | undefined => {
      const constraints = constraintsOf(x, (e) => this.affine(e));
      return constraints && { set: this.table.set(constraints), isOpposite };
    };
    const other = oppositeOf(test);
    return affine(test, false) ?? (other && affine(other, true)) ?? { truth: this.numbers.truth(this.number(test)) };
  }

  #choice(x: ExpressionOf<"IfExp">): Num {
    const condition = this.condition(x.test);
    const guarded = [x.body, x.orelse].some((e) => readsBeyond(e, x.test));
    const [yes, no] = [(): Num => this.number(x.body), (): Num => this.number(x.orelse)];
    if ("truth" in condition && !guarded) return this.numbers.choose(condition.truth, yes(), no());
    return "set" in condition && condition.isOpposite
      ? this.branch(condition, no, yes)
      : this.branch(condition, yes, no);
  }

  /** Both ways in regions of their own, as only one may run. */
  branch(condition: Value | ReturnType<Expressions["condition"]>, yes: () => Num, no: () => Num): Num {
    const sides = [yes, no].map((side) => {
      const made: Num[] = [];
      const region = this.b.region([], (b) => this.inside(b, () => made.push(side())));
      return { region, num: made[0]! };
    });
    const [a, b] = sides.map((s) => s.num) as [Num, Num];
    const joined = a.type === "i1" && b.type === "i1" ? { type: a.type, weak: false } : joinTypes(a, b);
    const set = "set" in condition ? condition.set : undefined;
    // Both sides are known before either can be made the type in which they meet.
    const regions = sides.map(({ region, num }) => {
      const end = new Builder(this.b.context, region.blocks[0]!);
      end.at = this.b.at;
      this.inside(end, () => {
        const { value } = this.numbers.convert(num, joined.type);
        if (set) end.op(affineYield, { operands: [value] }, {});
        else end.op(yieldOp, { results: [value] }, {});
      });
      return region;
    });
    const options = { results: [this.b.context.types.scalar(joined.type)], regions };
    if (set) {
      const op = this.b.op(affineIf, { operands: set.operands }, { condition: set.set }, options);
      return { value: op.result, ...joined };
    }
    const truth = "truth" in condition ? condition.truth : (condition as Value);
    return { value: this.b.op(ifOp, { condition: truth }, {}, options).result, ...joined };
  }

  #call(x: ExpressionOf<"Call">): Num {
    const size = this.#sizeOf(x);
    if (size) return this.numbers.fromIndex(size);
    const name = fullName(x.func, this.imports) ?? "this";
    const called = functions.get(name);
    const args = x.args.map((a) => this.number(a));
    if (!called) {
      const fix =
        didYouMean(name, functions.keys()) ?? "write what it computes in the loop, or use functions of math and NumPy";
      return this.#refuse(x, `a kernel cannot call '${name}'`, fix);
    }
    if (x.keywords.length > 0) return this.#refuse(x, `'${name}' takes no keywords here`);
    const result = called(this.numbers, args);
    return typeof result === "string" ? this.#refuse(x, `'${name}': ${result}`) : result;
  }

  #element(x: ExpressionOf<"Subscript">): Num {
    const size = this.#sizeOf(x);
    if (size) return this.numbers.fromIndex(size);
    const place = placeOf(this, x);
    return place ? loadFrom(this, place) : this.numbers.constant(0, "f64");
  }
}
