/**
 * @file Expressions over sizes, which torch.export writes as SymPy prints them (`srepr`): `Add(Symbol('s0', positive=True,
 * integer=True), Integer(1))`. Read into a small tree; what is made of integers becomes a size of the program.
 * Source: torch/utils/_sympy/functions.py (PyTorch 2.13).
 */

import type { Dim, DimTable } from "../../ir/dim.js";

export type SymExpr =
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly SymExpr[] };

/** A stranger's text: nesting beyond this is an attack. */
const MAX_DEPTH = 200;

const token = /\s*(?:([A-Za-z_][\w.]*)|(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)|'((?:[^'\\]|\\.)*)'|([(),=]))/y;

interface Token {
  readonly kind: "name" | "number" | "text" | "mark" | "end";
  readonly text: string;
  readonly at: number;
}

/** @throws SyntaxError that says where and why, for text that is no such expression. */
export function parseSympy(text: string): SymExpr {
  const reader = new Reader(text);
  const expr = reader.expression(0);
  reader.expect("end", "");
  return expr;
}

class Reader {
  readonly #text: string;
  #position = 0;
  #next: Token;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#scan();
  }

  expression(depth: number): SymExpr {
    if (depth > MAX_DEPTH) throw this.#error(`nesting beyond ${MAX_DEPTH}`);
    const first = this.#take();
    if (first.kind === "number") return numberOf(first.text);
    if (first.kind !== "name") throw this.#error("an expression", first);
    const name = first.text.slice(first.text.lastIndexOf(".") + 1);
    if (this.#next.text !== "(" || this.#next.kind !== "mark") return constant(name) ?? this.#fail("a call", first);
    this.#take();
    if (name === "Symbol" || name === "Dummy") return this.#symbol();
    if (name === "Float") return this.#float();
    const args: SymExpr[] = [];
    while (!this.#is(")")) {
      if (args.length > 0) this.expect("mark", ",");
      args.push(this.#keyword() ?? this.expression(depth + 1));
    }
    this.expect("mark", ")");
    return call(name, args) ?? this.#fail("whole numbers", first);
  }

  expect(kind: Token["kind"], text: string): Token {
    const found = this.#take();
    if (found.kind === kind && (kind === "text" || kind === "name" || found.text === text)) return found;
    throw this.#error(text === "" ? `the ${kind}` : `'${text}'`, found);
  }

  /** `'s0', positive=True, integer=True)` */
  #symbol(): SymExpr {
    const { text } = this.expect("text", "");
    this.#skipKeywords();
    return { kind: "symbol", name: text };
  }

  /** `'1.5', precision=53)` */
  #float(): SymExpr {
    const { text } = this.expect("text", "");
    this.#skipKeywords();
    const value = Number(text);
    return Number.isNaN(value)
      ? this.#fail("a number", { kind: "text", text, at: this.#position })
      : { kind: "float", value };
  }

  #skipKeywords(): void {
    while (!this.#is(")")) {
      this.expect("mark", ",");
      if (this.#keyword() === undefined) throw this.#error("a keyword argument");
    }
    this.expect("mark", ")");
  }

  /** `name=value`: assumptions, which say nothing that is needed. */
  #keyword(): SymExpr | undefined {
    const [position, next] = [this.#position, this.#next];
    if (next.kind === "name") {
      this.#take();
      if (this.#is("=")) {
        this.#take();
        return this.expression(0);
      }
    }
    [this.#position, this.#next] = [position, next];
    return undefined;
  }

  #is(mark: string): boolean {
    return this.#next.kind === "mark" && this.#next.text === mark;
  }

  #take(): Token {
    const taken = this.#next;
    this.#next = this.#scan();
    return taken;
  }

  #scan(): Token {
    token.lastIndex = this.#position;
    const at = this.#position;
    const found = token.exec(this.#text);
    if (!found) {
      if (this.#text.slice(at).trim() === "") return { kind: "end", text: "", at };
      throw this.#error("a name, number or text", { kind: "mark", text: this.#text.slice(at, at + 20), at });
    }
    this.#position = token.lastIndex;
    const [, name, number, text, mark] = found;
    if (name !== undefined) return { kind: "name", text: name, at };
    if (number !== undefined) return { kind: "number", text: number, at };
    return text === undefined ? { kind: "mark", text: mark!, at } : { kind: "text", text, at };
  }

  #fail(wanted: string, found: Token): never {
    throw this.#error(wanted, found);
  }

  #error(wanted: string, found: Token = this.#next): SyntaxError {
    const text = found.text === "" ? "the end" : `'${found.text.slice(0, 40)}'`;
    return new SyntaxError(`${wanted} is expected at character ${found.at}, not ${text}`);
  }
}

function numberOf(text: string): SymExpr {
  const value = Number(text);
  return Number.isInteger(value) ? { kind: "integer", value } : { kind: "float", value };
}

/** SymPy's and Python's names for constants. */
function constant(name: string): SymExpr | undefined {
  if (name === "true" || name === "True") return { kind: "boolean", value: true };
  if (name === "false" || name === "False") return { kind: "boolean", value: false };
  if (name === "oo" || name === "int_oo") return { kind: "float", value: Infinity };
  return name === "None" ? { kind: "boolean", value: false } : undefined;
}

/** `Integer(2)`, `Zero()`, `NegativeOne()` and the like are numbers; `undefined` where one of them is not whole. */
function call(name: string, args: readonly SymExpr[]): SymExpr | undefined {
  const [a, b] = args;
  switch (name) {
    case "Integer":
      return a?.kind === "integer" ? a : undefined;
    case "Identity":
      return a;
    case "Zero":
      return { kind: "integer", value: 0 };
    case "One":
      return { kind: "integer", value: 1 };
    case "NegativeOne":
      return { kind: "integer", value: -1 };
    case "Half":
      return call("Rational", [
        { kind: "integer", value: 1 },
        { kind: "integer", value: 2 },
      ]);
    case "Rational":
      return a?.kind === "integer" && b?.kind === "integer" ? { kind: "call", name, args } : undefined;
    case "BooleanTrue":
      return { kind: "boolean", value: true };
    case "BooleanFalse":
      return { kind: "boolean", value: false };
    default:
      return { kind: "call", name, args };
  }
}

/** The sizes that symbols stand for; `undefined` for one that has none yet. */
export type Symbols = (name: string) => Dim | undefined;

type Fold = (dims: DimTable, args: readonly Dim[]) => Dim | undefined;

const pair =
  (f: (dims: DimTable, a: Dim, b: Dim) => Dim): Fold =>
  (dims, [a, b]) =>
    a === undefined || b === undefined ? undefined : f(dims, a, b);

/** Functions of integers that give integers. */
const folds: Readonly<Record<string, Fold>> = {
  Add: (dims, args) => args.reduce((a, b) => dims.add(a, b), 0 as Dim),
  Mul: (dims, args) => dims.product(args),
  Max: (dims, args) => args.reduce((a, b) => dims.max(a, b)),
  Min: (dims, args) => args.reduce((a, b) => dims.min(a, b)),
  FloorDiv: pair((dims, a, b) => dims.floorDiv(a, b)),
  CleanDiv: pair((dims, a, b) => dims.floorDiv(a, b)),
  CeilDiv: pair((dims, a, b) => dims.ceilDiv(a, b)),
  PythonMod: pair((dims, a, b) => dims.mod(a, b)),
  Mod: pair((dims, a, b) => dims.mod(a, b)),
  ModularIndexing: (dims, [a, b, c]) =>
    a === undefined || b === undefined || c === undefined ? undefined : dims.mod(dims.floorDiv(a, b), c),
  Pow: power,
  PowByNatural: power,
  LShift: (dims, [a, b]) => (a === undefined || typeof b !== "number" ? undefined : dims.mul(a, 2 ** b)),
  RShift: (dims, [a, b]) => (a === undefined || typeof b !== "number" ? undefined : dims.floorDiv(a, 2 ** b)),
};

function power(dims: DimTable, [base, exponent]: readonly Dim[]): Dim | undefined {
  if (base === undefined || typeof exponent !== "number" || exponent < 0 || exponent > 64) return undefined;
  return dims.product(new Array<Dim>(exponent).fill(base));
}

/** `expr` as a size of the program; `undefined` where it is not made of integers, or of symbols that have no value. */
export function dimOf(expr: SymExpr, dims: DimTable, symbols: Symbols): Dim | undefined {
  if (expr.kind === "integer") return expr.value;
  if (expr.kind === "symbol") return symbols(expr.name);
  if (expr.kind !== "call") return undefined;
  const rounded = roundedQuotient(expr, dims, symbols) ?? fraction(expr, dims, symbols);
  if (rounded !== undefined) return rounded;
  const args = expr.args.map((x) => dimOf(x, dims, symbols));
  return args.every((d) => d !== undefined) && args.length > 0 ? folds[expr.name]?.(dims, args) : undefined;
}

/** `CeilToInt(IntTrueDiv(a, b))` and its like: a quotient of integers that is rounded at once. */
function roundedQuotient(
  { name, args }: SymExpr & { kind: "call" },
  dims: DimTable,
  symbols: Symbols,
): Dim | undefined {
  const [inner] = args;
  if (inner?.kind !== "call" || inner.name !== "IntTrueDiv") return undefined;
  const [a, b] = inner.args.map((x) => dimOf(x, dims, symbols));
  if (a === undefined || b === undefined) return undefined;
  if (name === "CeilToInt" || name === "ceiling") return dims.ceilDiv(a, b);
  const isDown = name === "FloorToInt" || name === "floor";
  const isTruncated = name === "TruncToInt" && dims.bounds(a).min >= 0 && dims.bounds(b).min >= 0;
  return isDown || isTruncated ? dims.floorDiv(a, b) : undefined;
}

/** `Mul(Rational(1, 2), x)`: SymPy writes so where the quotient is whole. */
function fraction({ name, args }: SymExpr & { kind: "call" }, dims: DimTable, symbols: Symbols): Dim | undefined {
  const ratio = args.find((x) => x.kind === "call" && x.name === "Rational");
  if (name !== "Mul" || ratio?.kind !== "call") return undefined;
  const [numerator, denominator] = ratio.args;
  if (numerator?.kind !== "integer" || denominator?.kind !== "integer") return undefined;
  const rest = args.filter((x) => x !== ratio).map((x) => dimOf(x, dims, symbols));
  if (rest.some((d) => d === undefined)) return undefined;
  return dims.floorDiv(dims.mul(dims.product(rest as Dim[]), numerator.value), denominator.value);
}

/** Names of the symbols in `expr`. */
export function symbolsIn(expr: SymExpr): readonly string[] {
  if (expr.kind === "symbol") return [expr.name];
  return expr.kind === "call" ? [...new Set(expr.args.flatMap(symbolsIn))] : [];
}

const infix: Readonly<Record<string, string>> = { Add: " + ", Mul: "*" };

/** The expression as people write it: `2*s0 + 1`. */
export function printSympy(expr: SymExpr): string {
  if (expr.kind === "symbol") return expr.name;
  if (expr.kind !== "call") return String(expr.value);
  const mark = infix[expr.name];
  if (mark === undefined) return `${expr.name}(${expr.args.map(printSympy).join(", ")})`;
  const isSum = (x: SymExpr): boolean => x.kind === "call" && x.name === "Add";
  return expr.args.map((x) => (expr.name === "Mul" && isSum(x) ? `(${printSympy(x)})` : printSympy(x))).join(mark);
}
