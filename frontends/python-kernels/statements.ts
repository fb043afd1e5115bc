/** @file Statements of a kernel: loops, conditions, assignments. */

import { type AffineExpr, affineNegate, affineSub } from "../../ir/affine-expr.js";
import type { Builder } from "../../ir/builder.js";
import { apply, buildStore } from "../../ir/dialects/affine/access.js";
import { ifOp as affineIf, yieldOp as affineYield, buildFor } from "../../ir/dialects/affine/for.js";
import * as i from "../../ir/dialects/arith/integer.js";
import { alloca } from "../../ir/dialects/memref/storage.js";
import { ifOp } from "../../ir/dialects/scf/branch.js";
import { forOp } from "../../ir/dialects/scf/for.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import { newRegion, type Value } from "../../ir/graph.js";
import type { Expression, Span, Statement, StatementOf } from "./ast.js";
import { loadFrom, placeOf, storeTo } from "./elements.js";
import { describe } from "./expression-names.js";
import type { Expressions } from "./expressions.js";
import { declareArray } from "./local-arrays.js";
import { elementTypeOf, statementsIn } from "./names.js";
import { isFloatType, joinTypes, type Num, type NumberType } from "./numbers.js";
import { boundsOf, type Counting, countingOf } from "./ranges.js";
import { refusal } from "./refusals.js";

export class Statements {
  readonly x: Expressions;
  /** Where storage of variables is made: at the beginning of the function. */
  readonly #entry: Builder;
  /** How often each name is given a value, loops not counted. */
  readonly #counts = new Map<string, number>();
  readonly #counters: string[] = [];

  constructor(expressions: Expressions, entry: Builder, body: readonly Statement[]) {
    this.x = expressions;
    this.#entry = entry;
    for (const s of statementsIn(body)) {
      const targets =
        s.kind === "Assign" ? s.targets : s.kind === "AugAssign" || s.kind === "AnnAssign" ? [s.target] : [];
      for (const t of targets) if (t.kind === "Name") this.#counts.set(t.id, (this.#counts.get(t.id) ?? 0) + 1);
    }
  }

  get b(): Builder {
    return this.x.b;
  }

  body(statements: readonly Statement[]): void {
    for (const s of statements) {
      this.x.at(s.at);
      this.statement(s);
    }
  }

  statement(s: Statement): void {
    if (s.kind === "For") this.#loop(s);
    else if (s.kind === "If") this.#branch(s);
    else if (s.kind === "Assign") this.#assign(s);
    else if (s.kind === "AugAssign") this.#augment(s);
    else if (s.kind === "AnnAssign") this.#declare(s);
    else this.#other(s);
  }

  /** What does nothing, and what a kernel cannot have. */
  #other(s: Statement): void {
    if (s.kind === "Pass" || (s.kind === "Expr" && s.value.kind === "Constant")) return;
    const [message, fix] = refusal(s);
    this.x.fault("PS2802", s.at, message, fix);
  }

  #assign(s: StatementOf<"Assign">): void {
    const [first] = s.targets;
    if (s.targets.length === 1 && first?.kind === "Name" && declareArray(this.x, first, s.value)) return;
    const num = this.x.number(s.value);
    const affine = this.x.affine(s.value);
    for (const target of s.targets) this.#give(target, num, affine, s.at);
  }

  #give(target: Expression, num: Num, affine: AffineExpr | undefined, at: Span): void {
    if (target.kind === "Subscript") {
      const place = placeOf(this.x, target);
      if (place) storeTo(this.x, place, num);
    } else if (target.kind === "Name") this.#giveName(target.id, num, affine, at);
    else
      this.x.fault(
        "PS2802",
        target.at,
        `${describe(target)} cannot be assigned to in a kernel`,
        "assign to one name or element at a time",
      );
  }

  #giveName(name: string, num: Num, affine: AffineExpr | undefined, at: Span): void {
    const { scope, findings } = this.x;
    const binding = scope.find(name);
    if (binding?.kind === "array" || binding?.kind === "number" || this.#counters.includes(name)) {
      const what =
        binding?.kind === "array" ? "an array" : binding?.kind === "number" ? "a size" : "the counter of a loop";
      this.x.fault("PS2802", at, `'${name}' is ${what}, which cannot be given another value`, "use another name");
      return;
    }
    const before = findings.types.get(name);
    const joined = before ? joinTypes(before, num) : { type: num.type, weak: num.weak };
    if (joined.type !== before?.type || joined.weak !== before.weak) {
      findings.types.set(name, joined);
      findings.changed ||= before !== undefined;
    }
    if ((this.#counts.get(name) ?? 0) === 1 && !findings.cells.has(name) && !binding) {
      scope.set(name, { kind: "value", num, affine: isFloatType(num.type) ? undefined : affine });
      return;
    }
    const cell = binding?.kind === "cell" ? binding : this.#cell(name, joined.type);
    if (cell) buildStore(this.b, this.x.numbers.convert(num, cell.type).value, cell.memref, []);
  }

  readonly #cells = new Map<string, { readonly memref: Value; readonly type: NumberType }>();

  /** The memory of a variable, which the whole function sees. */
  #cell(name: string, type: NumberType) {
    let cell = this.#cells.get(name);
    if (!cell) {
      const results = [this.b.context.types.memref([], type)];
      const memref = this.#entry.value(alloca, { dynamicSizes: [], symbolOperands: [] }, {}, { results });
      cell = { memref, type };
      this.#cells.set(name, cell);
    }
    this.x.scope.set(name, { kind: "cell", ...cell, affine: undefined });
    return cell;
  }

  /** Cells of variables that inner blocks give values before others read them, and of parameters that are assigned to. */
  prepare(parameters: ReadonlyMap<string, { readonly num: Num; readonly type: NumberType }>): void {
    for (const name of this.x.findings.cells) {
      const type = this.x.findings.types.get(name);
      if (type && !parameters.has(name)) this.#cell(name, type.type);
    }
    for (const [name, { num, type }] of parameters) {
      if (!this.#counts.has(name)) continue;
      const cell = this.#cell(name, type);
      buildStore(this.b, num.value, cell.memref, []);
    }
  }

  #augment(s: StatementOf<"AugAssign">): void {
    const right = (): Num => this.x.number(s.value);
    if (s.target.kind === "Subscript") {
      const place = placeOf(this.x, s.target);
      if (place) storeTo(this.x, place, this.x.binary(s.op, s, loadFrom(this.x, place), right, s.value));
      return;
    }
    this.#give(s.target, this.x.binary(s.op, s, this.x.number(s.target), right, s.value), undefined, s.at);
  }

  #declare(s: StatementOf<"AnnAssign">): void {
    const type = elementTypeOf(s.annotation, this.x.imports);
    if (!type) this.x.fault("PS2803", s.annotation.at, "the type of a variable is f64, f32, i64 or i32");
    if (!type || !s.value) return;
    this.#give(s.target, this.x.numbers.convert(this.x.number(s.value), type), undefined, s.at);
  }

  #branch(s: StatementOf<"If">): void {
    const condition = this.x.condition(s.test);
    const isAffine = "set" in condition;
    if (!isAffine && this.#counters.length > 0)
      this.x.remark(s.test.at, "the condition is not affine: the loops around it are not optimised");
    const region = (body: readonly Statement[]) =>
      this.b.region([], (b) => {
        this.x.inside(b, () => this.body(body));
        if (isAffine) b.op(affineYield, { operands: [] }, {});
        else b.op(yieldOp, { results: [] }, {});
      });
    const [then, otherwise] = isAffine && condition.isOpposite ? [s.orelse, s.body] : [s.body, s.orelse];
    const regions = [region(then), otherwise.length > 0 ? region(otherwise) : newRegion()];
    this.x.at(s.at);
    if (isAffine)
      this.b.op(
        affineIf,
        { operands: condition.set.operands },
        { condition: condition.set.set },
        { regions, results: [] },
      );
    else this.b.op(ifOp, { condition: condition.truth }, {}, { regions, results: [] });
  }

  #loop(s: StatementOf<"For">): void {
    if (s.orelse.length > 0) this.x.fault("PS2802", s.orelse[0]!.at, "a loop of a kernel has no else");
    const counting = countingOf(this.x, s.iter);
    if (s.target.kind !== "Name") {
      this.x.fault("PS2802", s.target.at, "the counter of a loop is one name");
      return;
    }
    const name = s.target.id;
    const taken = this.x.scope.find(name);
    if ((taken && taken.kind !== "counter") || this.#counters.includes(name))
      this.x.fault(
        "PS2802",
        s.target.at,
        `'${name}' stands for something else already`,
        "use another name for the counter",
      );
    if (!counting) return;
    this.#counters.push(name);
    if (!this.#affineLoop(s, name, counting)) this.#plainLoop(s, name, counting);
    this.#counters.pop();
  }

  #affineLoop(s: StatementOf<"For">, name: string, { start, stop, step }: Counting): boolean {
    const isUp = step > 0;
    const lower = boundsOf(this.x, start, isUp ? "max" : "min");
    const upper = boundsOf(this.x, stop, isUp ? "min" : "max");
    if (!lower || !upper) return false;
    const { table } = this.x;
    // Downward, i = start - i', or i = -i' where there is no single start; i' counts up.
    const base = isUp || lower.length > 1 ? undefined : lower[0]!;
    const low = isUp ? lower : base ? [affineSub(base, base)] : lower.map((e) => affineNegate(e));
    const high = isUp ? upper : upper.map((e) => (base ? affineSub(base, e) : affineNegate(e)));
    const bounds = { lower: table.mapped(low), upper: table.mapped(high), step: Math.abs(step) };
    buildFor(this.b, bounds, (b, index) => {
      const counter = table.counter(index);
      const value = isUp ? counter : base ? affineSub(base, counter) : affineNegate(counter);
      this.x.inside(b, () => {
        const position = (): Value => {
          if (isUp) return index;
          const { map, operands } = table.mapped([value]);
          return this.b.value(apply, { operands }, { map });
        };
        this.x.scope.set(name, { kind: "counter", index: position, affine: value });
        this.body(s.body);
      });
      return [];
    });
    return true;
  }

  /** Bounds that only data or products tell. */
  #plainLoop(s: StatementOf<"For">, name: string, { start, stop, step }: Counting): void {
    this.x.remark(s.iter.at, `the bounds of the loop over '${name}' are not affine: it is not optimised`);
    const [from, to] = [this.x.index(start), this.x.index(stop)];
    const isUp = step > 0;
    const upperBound = isUp ? to : this.b.value(i.subi, { lhs: from, rhs: to }, {});
    const lowerBound = isUp ? from : this.x.numbers.index(0);
    const region = this.b.region([this.b.context.types.scalar("index")], (b, [index]) => {
      this.x.inside(b, () => {
        const value = isUp ? index! : b.value(i.subi, { lhs: from, rhs: index! }, {});
        this.x.scope.set(name, { kind: "counter", index: () => value, affine: undefined });
        this.body(s.body);
      });
      b.op(yieldOp, { results: [] }, {});
    });
    const bounds = { lowerBound, upperBound, step: this.x.numbers.index(Math.abs(step)), initArgs: [] };
    this.b.op(forOp, bounds, {}, { regions: [region] });
  }
}
