/**
 * @file Reads sets and relations in isl's notation: tuples, `and`, `or`, `not`, `exists`, chains of comparisons,
 * floor((e)/d) and `e mod d`. Existential variables are eliminated exactly as they go out of scope.
 * Text that is not of this form is a `SetsSyntax`.
 */

import { type Basic, basicOf, type Constraint, constraintsOf, joinBasics, negate, remapBasic } from "./basic.js";
import { eliminateColumns } from "./eliminate.js";
import { combineRows, offsetRow, rowOf, scaleRow, Work } from "./linear.js";
import type { Relation } from "./relation.js";
import { range, type Space, sameTuple, type Tuple } from "./space.js";

/** The text is not a set or relation in isl's notation. */
export class SetsSyntax extends Error {
  override readonly name = "SetsSyntax";
}

/** More columns than any text has; rows are cut to size at the end. */
const WIDTH = 40;
const COMPARISON = /^(<|<=|>|>=|=|!=|==)$/;
const IDENTIFIER = /^[A-Za-z_][\w']*$/;
const NUMBER = /^\d+$/;
const WORDS = new Set(["and", "or", "not", "exists", "mod", "floor", "true", "false"]);

interface ParsedTuple {
  readonly tuple: Tuple;
  readonly columns: readonly number[];
}

/** A set or relation over one space. */
export function parseRelation(text: string, work = new Work()): Relation {
  const relations = parseUnion(text, work);
  if (relations.length !== 1) throw new SetsSyntax(`one space is wanted, not ${relations.length}`);
  return relations[0]!;
}

/** A union of sets or relations, one for each space. */
export function parseUnion(text: string, work = new Work()): Relation[] {
  return new Parser(text, work).parse();
}

class Parser {
  readonly #tokens: readonly string[];
  readonly #work: Work;
  #at = 0;
  #params: readonly string[] = [];
  /** Column of each name in scope; the inner one wins. */
  #scope = new Map<string, number>();
  #columns = 0;
  /** What the columns of the comparison or tuple that is being read mean. */
  #definitions: Constraint[] = [];

  constructor(text: string, work: Work) {
    this.#tokens = text.match(/->|<=|>=|!=|==|\d+|[A-Za-z_][\w']*|[^\s]/g) ?? [];
    this.#work = work;
  }

  parse(): Relation[] {
    if (this.#peek() === "[") {
      this.#params = this.#list("[", "]", () => this.#identifier());
      this.#expect("->");
    }
    this.#expect("{");
    const relations: Relation[] = [];
    while (!this.#accept("}")) {
      const next = this.#piece();
      const same = relations.findIndex(
        (r) => sameTuple(r.space.input, next.space.input) && sameTuple(r.space.output, next.space.output),
      );
      if (same < 0) relations.push(next);
      else relations[same] = { ...relations[same]!, basics: [...relations[same]!.basics, ...next.basics] };
      this.#accept(";");
    }
    if (this.#peek() !== undefined) this.#fail("the end");
    return relations;
  }

  #piece(): Relation {
    this.#scope = new Map(this.#params.map((name, i) => [name, i]));
    this.#columns = this.#params.length;
    this.#definitions = [];
    const first = this.#tuple();
    const second = this.#accept("->") ? this.#tuple() : undefined;
    const tuples = basicOf(WIDTH, this.#definitions);
    const formula = this.#accept(":") ? this.#formula() : [basicOf(WIDTH, [])];
    const visible = [...range(0, this.#params.length), ...first.columns, ...(second?.columns ?? [])];
    const hidden = range(0, this.#columns).filter((c) => !visible.includes(c));
    const target = range(0, WIDTH).map((c) => (visible.includes(c) ? visible.indexOf(c) : undefined));
    const basics = formula
      .flatMap((basic) => eliminateColumns(joinBasics(tuples, basic), hidden, this.#work))
      .map((basic) => remapBasic(basic, visible.length, target));
    const params = this.#params;
    const space: Space =
      second === undefined ? { params, output: first.tuple } : { params, input: first.tuple, output: second.tuple };
    return { space, basics };
  }

  #tuple(): ParsedTuple {
    const name = this.#peek() === "[" ? "" : this.#identifier();
    const columns: number[] = [];
    const dims = this.#list("[", "]", () => {
      const column = this.#column();
      columns.push(column);
      const token = this.#peek() ?? "";
      const alone = [",", "]"].includes(this.#tokens[this.#at + 1] ?? "");
      if (alone && IDENTIFIER.test(token) && !this.#scope.has(token)) {
        this.#at++;
        this.#scope.set(token, column);
        return token;
      }
      const row = combineRows(1, this.#expression(), -1, rowOf(WIDTH, 0, [column, 1]));
      this.#definitions.push({ kind: "eq", row });
      return `${name.toLowerCase()}${columns.length - 1}`;
    });
    return { tuple: { name, dims }, columns };
  }

  #formula(): Basic[] {
    const alternatives = this.#conjunction();
    while (this.#accept("or")) alternatives.push(...this.#conjunction());
    return alternatives;
  }

  #conjunction(): Basic[] {
    let basics = this.#atom();
    while (this.#accept("and")) {
      const more = this.#atom();
      basics = basics.flatMap((a) => more.map((b) => joinBasics(a, b)));
    }
    return basics;
  }

  #atom(): Basic[] {
    if (this.#accept("true")) return [basicOf(WIDTH, [])];
    if (this.#accept("false")) return [];
    if (this.#accept("not")) return this.#negation();
    if (this.#accept("exists")) return this.#exists();
    if (this.#peek() === "(" && this.#holdsFormula()) {
      this.#at++;
      const inner = this.#formula();
      this.#expect(")");
      return inner;
    }
    return this.#comparisons();
  }

  #negation(): Basic[] {
    const first = this.#columns;
    const inner = this.#atom();
    const exact = inner.flatMap((b) => eliminateColumns(b, range(first, this.#columns - first), this.#work));
    let basics = [basicOf(WIDTH, [])];
    for (const basic of exact) {
      const outside = constraintsOf(basic).flatMap((c) => negate(c, this.#work));
      basics = basics.flatMap((a) => outside.map((c) => basicOf(WIDTH, [...constraintsOf(a), c])));
    }
    return basics;
  }

  #exists(): Basic[] {
    this.#expect("(");
    const [outer, first] = [this.#scope, this.#columns];
    this.#scope = new Map(outer);
    const known: Constraint[] = [];
    do {
      const [name, column] = [this.#identifier(), this.#column()];
      if (this.#accept("=")) {
        this.#definitions = [];
        known.push({ kind: "eq", row: combineRows(1, this.#expression(), -1, rowOf(WIDTH, 0, [column, 1])) });
        known.push(...this.#definitions);
      }
      this.#scope.set(name, column);
    } while (this.#accept(","));
    this.#expect(":");
    const inner = this.#formula().map((b) => joinBasics(basicOf(WIDTH, known), b));
    this.#expect(")");
    this.#scope = outer;
    return inner.flatMap((b) => eliminateColumns(b, range(first, this.#columns - first), this.#work));
  }

  /** Whether the parenthesis that opens here holds a formula, not a sum. */
  #holdsFormula(): boolean {
    let depth = 0;
    for (let i = this.#at; i < this.#tokens.length; i++) {
      const token = this.#tokens[i]!;
      if (token === "(") depth++;
      if (token === ")" && --depth === 0) return false;
      if (COMPARISON.test(token) || ["exists", "not", "true", "false"].includes(token)) return true;
    }
    return false;
  }

  #comparisons(): Basic[] {
    this.#definitions = [];
    let left = this.#expression();
    if (!COMPARISON.test(this.#peek() ?? "")) this.#fail("a comparison");
    let alternatives: Constraint[][] = [[]];
    while (COMPARISON.test(this.#peek() ?? "")) {
      const operator = this.#next();
      const right = this.#expression();
      const choices = compare(combineRows(1, right, -1, left), operator);
      alternatives = alternatives.flatMap((a) => choices.map((c) => [...a, c]));
      left = right;
    }
    const definitions = this.#definitions;
    return alternatives.map((constraints) => basicOf(WIDTH, [...definitions, ...constraints]));
  }

  #expression(): number[] {
    let sum = this.#product();
    for (;;) {
      if (this.#accept("+")) sum = combineRows(1, sum, 1, this.#product());
      else if (this.#accept("-")) sum = combineRows(1, sum, -1, this.#product());
      else return sum;
    }
  }

  #product(): number[] {
    if (this.#accept("-")) return scaleRow(-1, this.#product());
    let value = this.#factor();
    for (;;) {
      const next = this.#peek() ?? "";
      if (this.#accept("*")) value = this.#multiply(value, this.#factor());
      else if (this.#accept("mod") || this.#accept("%")) {
        const modulus = this.#number();
        value = combineRows(1, value, -modulus, this.#floor(value, modulus));
      } else if ((IDENTIFIER.test(next) && !WORDS.has(next)) || next === "floor" || next === "(") {
        value = this.#multiply(value, this.#factor());
      } else return value;
    }
  }

  #factor(): number[] {
    if (this.#accept("floor")) {
      this.#expect("(");
      const dividend = this.#factor();
      this.#expect("/");
      const divisor = this.#number();
      this.#expect(")");
      return this.#floor(dividend, divisor);
    }
    if (this.#accept("(")) {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    if (NUMBER.test(this.#peek() ?? "")) return rowOf(WIDTH, this.#number());
    const column = this.#scope.get(this.#peek() ?? "");
    if (column === undefined) this.#fail("a number or a name in scope");
    this.#at++;
    return rowOf(WIDTH, 0, [column, 1]);
  }

  #multiply(a: number[], b: number[]): number[] {
    if (a.every((x, i) => i === 0 || x === 0)) return scaleRow(a[0]!, b);
    if (b.every((x, i) => i === 0 || x === 0)) return scaleRow(b[0]!, a);
    return this.#fail("a product by a constant");
  }

  /** A fresh column q with 0 <= dividend - divisor q < divisor. */
  #floor(dividend: number[], divisor: number): number[] {
    if (divisor < 1) this.#fail("a positive divisor");
    const quotient = rowOf(WIDTH, 0, [this.#column(), 1]);
    const rest = combineRows(1, dividend, -divisor, quotient);
    this.#definitions.push({ kind: "ge", row: rest }, { kind: "ge", row: offsetRow(scaleRow(-1, rest), divisor - 1) });
    return quotient;
  }

  #column(): number {
    if (this.#columns === WIDTH) throw new SetsSyntax(`more than ${WIDTH} variables in one piece`);
    return this.#columns++;
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    this.#expect(open);
    const items: T[] = [];
    if (this.#accept(close)) return items;
    do items.push(item());
    while (this.#accept(","));
    this.#expect(close);
    return items;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? this.#fail("more text");
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) this.#fail(`"${token}"`);
  }

  #identifier(): string {
    const token = this.#peek() ?? "";
    if (!IDENTIFIER.test(token) || WORDS.has(token)) this.#fail("a name");
    return this.#next();
  }

  #number(): number {
    if (!NUMBER.test(this.#peek() ?? "")) this.#fail("a number");
    return Number(this.#next());
  }

  #fail(wanted: string): never {
    throw new SetsSyntax(`${wanted} was expected at "${this.#tokens.slice(this.#at, this.#at + 5).join(" ")}"`);
  }
}

/** The alternatives of left OPERATOR right, given right - left. */
function compare(difference: number[], operator: string): Constraint[] {
  const opposite = scaleRow(-1, difference);
  const less: Constraint = { kind: "ge", row: offsetRow(difference, -1) };
  const greater: Constraint = { kind: "ge", row: offsetRow(opposite, -1) };
  if (operator === "<") return [less];
  if (operator === ">") return [greater];
  if (operator === "<=") return [{ kind: "ge", row: difference }];
  if (operator === ">=") return [{ kind: "ge", row: opposite }];
  return operator === "!=" ? [less, greater] : [{ kind: "eq", row: difference }];
}
