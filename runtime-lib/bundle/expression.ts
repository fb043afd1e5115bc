/**
 * @file Size expressions: the text in which a manifest gives sizes, offsets, grids and costs, such as `64*(s0 ceildiv 16)`.
 * Values are integers within +-(2^53 - 1); every step is checked, so that no forged manifest makes a size wrap around.
 *
 *     sum     := product (("+" | "-") product)*
 *     product := factor (("*" | "floordiv" | "ceildiv" | "mod") factor)*
 *     factor  := integer | symbol | "-" factor | "(" sum ")" | ("min" | "max") "(" sum ("," sum)* ")"
 */

import { inFile, runtimeFault } from "../diagnostic.js";

export type ExpressionOperator = "+" | "-" | "*" | "floordiv" | "ceildiv" | "mod" | "min" | "max";

export type Expression =
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "operation"; readonly operator: ExpressionOperator; readonly operands: readonly Expression[] };

/** What is wrong with a text, and at which character (from 0). */
export interface ExpressionProblem {
  readonly kind: "problem";
  readonly message: string;
  readonly column: number;
}

const limits = { characters: 4096, depth: 64 } as const;
const token = /\s*(?:(\d+)|([A-Za-z_]\w*)|([-+*(),]))/y;
const words: ReadonlySet<string> = new Set(["floordiv", "ceildiv", "mod", "min", "max"]);

/** Thrown inside the parser only. */
class Malformed extends Error {
  readonly column: number;
  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

class Parser {
  readonly #text: string;
  #next = "";
  #start = 0;
  #end = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  parse(): Expression {
    const whole = this.#sum();
    if (this.#next !== "") this.#fail(`'${this.#next}' is not expected here`);
    return whole;
  }

  #fail(message: string): never {
    throw new Malformed(message, this.#start);
  }

  /** Moves to the next token; the empty string stands for the end. */
  #advance(): void {
    token.lastIndex = this.#end;
    const match = token.exec(this.#text);
    this.#next = match?.[1] ?? match?.[2] ?? match?.[3] ?? "";
    this.#start = match === null ? this.#end : token.lastIndex - this.#next.length;
    if (match === null && this.#text.slice(this.#end).trim() !== "") this.#fail("a character is not expected here");
    this.#end = match === null ? this.#text.length : token.lastIndex;
  }

  #expect(text: string): void {
    if (this.#next !== text) this.#fail(`'${text}' is expected here`);
    this.#advance();
  }

  #sum(): Expression {
    return this.#chain(["+", "-"], () => this.#product());
  }

  #product(): Expression {
    return this.#chain(["*", "floordiv", "ceildiv", "mod"], () => this.#factor());
  }

  #chain(operators: readonly ExpressionOperator[], operand: () => Expression): Expression {
    if (++this.#depth > limits.depth) this.#fail("the expression nests too deep");
    let left = operand();
    for (let k = operators.indexOf(this.#next as ExpressionOperator); k >= 0; ) {
      this.#advance();
      left = { kind: "operation", operator: operators[k]!, operands: [left, operand()] };
      k = operators.indexOf(this.#next as ExpressionOperator);
    }
    this.#depth--;
    return left;
  }

  #factor(): Expression {
    const text = this.#next;
    if (text === "") this.#fail("the expression ends early");
    if (text === "min" || text === "max") return this.#call(text);
    if (/^\d/.test(text)) return this.#integer(text);
    if (text === "(") return this.#inParentheses();
    if (text === "-") return this.#negation();
    if (!/^\w/.test(text) || words.has(text)) this.#fail(`'${text}' is not expected here`);
    this.#advance();
    return { kind: "symbol", name: text };
  }

  #integer(text: string): Expression {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) this.#fail(`${text} is beyond 53 bits`);
    this.#advance();
    return { kind: "integer", value };
  }

  #inParentheses(): Expression {
    this.#advance();
    const inner = this.#sum();
    this.#expect(")");
    return inner;
  }

  #negation(): Expression {
    if (++this.#depth > limits.depth) this.#fail("the expression nests too deep");
    this.#advance();
    const operand = this.#factor();
    this.#depth--;
    return { kind: "operation", operator: "-", operands: [{ kind: "integer", value: 0 }, operand] };
  }

  #call(operator: "min" | "max"): Expression {
    this.#advance();
    this.#expect("(");
    const operands = [this.#sum()];
    while (this.#next === ",") {
      this.#advance();
      operands.push(this.#sum());
    }
    this.#expect(")");
    return { kind: "operation", operator, operands };
  }
}

/** Reads an expression; what is wrong with it comes back as data, for callers that list many problems. */
export function readExpression(text: string): Expression | ExpressionProblem {
  if (/^\d{1,15}$/.test(text)) return { kind: "integer", value: Number(text) };
  if (text.length > limits.characters) {
    return { kind: "problem", message: `the expression is longer than ${limits.characters} characters`, column: 0 };
  }
  try {
    return new Parser(text).parse();
  } catch (error) {
    if (error instanceof Malformed) return { kind: "problem", message: error.message, column: error.column };
    throw error;
  }
}

/** Reads an expression, or throws a `RuntimeFault` (PS5004) that shows it. `file` is where it stands. */
export function parseExpression(text: string, file = "manifest.bin"): Expression {
  const expression = readExpression(text);
  if (expression.kind !== "problem") return expression;
  throw runtimeFault("PS5004", `'${text}' at character ${expression.column + 1}: ${expression.message}`, {
    at: inFile(file),
  });
}

/** The symbols an expression names. */
export function symbolsOf(expression: Expression): readonly string[] {
  if (expression.kind === "integer") return [];
  return expression.kind === "symbol" ? [expression.name] : expression.operands.flatMap(symbolsOf);
}

const operations: Readonly<Record<ExpressionOperator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  floordiv: floorDivide,
  ceildiv: (a, b) => -floorDivide(-a, b),
  mod: remainder,
  min: Math.min,
  max: Math.max,
};

/** a mod b in [0, b), exact over all safe integers. */
function remainder(a: number, b: number): number {
  const r = a % b;
  return r < 0 ? r + b : r;
}

/** a / b rounded down. Taking the remainder off leaves an exact multiple no larger than a, so the division rounds nothing. */
function floorDivide(a: number, b: number): number {
  const r = a % b;
  return (a - r) / b - (r < 0 ? 1 : 0);
}

/**
 * The value of an expression, `sizes` giving those of its symbols. Throws a `RuntimeFault` (PS5006, exit 4) where a
 * symbol has no value, a divisor is not positive, or a step leaves 53 bits.
 */
export function evaluateExpression(expression: Expression, sizes: ReadonlyMap<string, number>): number {
  switch (expression.kind) {
    case "integer":
      return expression.value;
    case "symbol": {
      const value = sizes.get(expression.name);
      if (value === undefined) throw beyond(`the size ${expression.name} has no value yet`);
      return value;
    }
    case "operation": {
      const values = expression.operands.map((operand) => evaluateExpression(operand, sizes));
      return values.reduce((a, b) => applyOperator(expression.operator, a, b));
    }
  }
}

function applyOperator(operator: ExpressionOperator, a: number, b: number): number {
  const divides = operator === "floordiv" || operator === "ceildiv" || operator === "mod";
  if (divides && b <= 0) throw beyond(`${a} ${operator} ${b}: the divisor is not positive`);
  const value = operations[operator](a, b) + 0; // never -0
  if (!Number.isSafeInteger(value)) throw beyond(`${a} ${operator} ${b} is beyond 53 bits`);
  return value;
}

function beyond(message: string): Error {
  return runtimeFault("PS5006", message, { exitCode: 4 });
}
