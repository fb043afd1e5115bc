/**
 * @file Reads MLIR's text of affine expressions, maps and integer sets.
 * The `scan...` functions read from an offset of a longer text and say where they stopped, so that the parser of whole
 * programs can hand over what stands between `affine_map<` and `>`, or an index list such as `%i + 1, symbol(%n)`.
 * A fault is returned with its offset; only the caller knows the file and line.
 */

import { type AffineConstraint, type AffineMap, affineMap, type IntegerSet, integerSet } from "./affine.js";
import {
  type AffineExpr,
  affineAdd,
  affineBinary,
  affineConstant,
  affineDim,
  affineNegate,
  affineSub,
  affineSymbol,
  isSymbolic,
} from "./affine-expr.js";
import { compileError } from "./diagnostic.js";

/** `end` is the offset behind the text read; `offset` that of the fault. */
export type AffineScan<T> =
  | { readonly ok: true; readonly value: T; readonly end: number }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/**
 * What a name in an expression stands for, undefined when it is not known. Names are as written, with `%` for values
 * (`%i`, `%v#1`); `asSymbol` says that it was written `symbol(name)`.
 */
export type AffineScope = (name: string, asSymbol: boolean) => AffineExpr | undefined;

/** One expression at `offset`. */
export function scanAffineExpr(text: string, offset: number, scope: AffineScope): AffineScan<AffineExpr> {
  return scan(text, offset, (cursor) => parseSum(cursor, scope));
}

/** `(d0)[s0] -> (d0 + s0)` at `offset`: the text within `affine_map<...>`. */
export function scanAffineMap(text: string, offset = 0): AffineScan<AffineMap> {
  return scan(text, offset, (cursor) => {
    const space = parseSpace(cursor);
    cursor.expect("->");
    const results = cursor.list("(", ")", () => parseSum(cursor, space.scope));
    return affineMap(space.numDims, space.numSymbols, results);
  });
}

/** `(d0)[s0] : (d0 - s0 >= 0)` at `offset`: the text within `affine_set<...>`. */
export function scanIntegerSet(text: string, offset = 0): AffineScan<IntegerSet> {
  return scan(text, offset, (cursor) => {
    const space = parseSpace(cursor);
    cursor.expect(":");
    const constraints = cursor.list("(", ")", () => parseConstraint(cursor, space.scope));
    return integerSet(space.numDims, space.numSymbols, constraints);
  });
}

/** The map that `text` spells, without `affine_map<>`; PS1105 when it does not. */
export function parseAffineMap(text: string): AffineMap {
  return whole(text, scanAffineMap(text));
}

/** The set that `text` spells, without `affine_set<>`; PS1105 when it does not. */
export function parseIntegerSet(text: string): IntegerSet {
  return whole(text, scanIntegerSet(text));
}

function whole<T>(text: string, result: AffineScan<T>): T {
  if (result.ok && text.slice(result.end).trim() === "") return result.value;
  const { message, offset } = result.ok ? { message: "expected the end of the text", offset: result.end } : result;
  throw compileError("PS1105", `${message} at offset ${offset} of '${text}'`);
}

/** Ends a scan from within; never leaves this file. */
class AffineFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

function scan<T>(text: string, offset: number, parse: (cursor: Cursor) => T): AffineScan<T> {
  const cursor = new Cursor(text, offset);
  try {
    const value = parse(cursor);
    return { ok: true, value, end: cursor.end };
  } catch (error) {
    if (error instanceof AffineFault) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}

const blank = /(?:\s|\/\/[^\n]*)*/y;
const token = /%[\w$.-]+(?:#\d+)?|[A-Za-z_][\w$.]*|\d+|->|==|>=|<=|[-+*()[\]:,]/y;
const identifier = /^[A-Za-z_%]/;
const keywords: ReadonlySet<string> = new Set(["floordiv", "ceildiv", "mod"]);

const MAX_DEPTH = 64;

/** The tokens of a text, one ahead. */
class Cursor {
  readonly #text: string;
  /** Behind the last token taken. */
  end: number;
  /** The next token, empty when there is none. */
  next = "";
  /** Where `next` begins. */
  at = 0;
  #depth = 0;

  constructor(text: string, offset: number) {
    this.#text = text;
    this.end = offset;
    this.#advance();
  }

  #advance(): void {
    blank.lastIndex = this.end;
    blank.exec(this.#text);
    this.at = blank.lastIndex;
    token.lastIndex = this.at;
    this.next = token.exec(this.#text)?.[0] ?? "";
  }

  take(): string {
    const taken = this.next;
    this.end = this.at + taken.length;
    this.#advance();
    return taken;
  }

  eat(wanted: string): boolean {
    if (this.next !== wanted) return false;
    this.take();
    return true;
  }

  expect(wanted: string): void {
    if (!this.eat(wanted)) throw this.fault(`expected '${wanted}'`);
  }

  /** Reads an operand within another. */
  deeper<T>(read: () => T): T {
    if (this.#depth >= MAX_DEPTH) throw this.fault(`the expression nests deeper than ${MAX_DEPTH}`);
    this.#depth++;
    const value = read();
    this.#depth--;
    return value;
  }

  fault(message: string, offset = this.at): AffineFault {
    return new AffineFault(message, offset);
  }

  /** `open`, items separated by commas, `close`. */
  list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.expect(open);
    if (this.eat(close)) return items;
    do items.push(item());
    while (this.eat(","));
    this.expect(close);
    return items;
  }
}

interface Space {
  readonly numDims: number;
  readonly numSymbols: number;
  readonly scope: AffineScope;
}

/** `(d0, d1)[s0]`: declares names, which may be any. */
function parseSpace(cursor: Cursor): Space {
  const names = new Map<string, AffineExpr>();
  const declare = (make: (position: number) => AffineExpr): (() => void) => {
    let position = 0;
    return () => {
      const name = cursor.next;
      if (!/^[A-Za-z_]/.test(name) || keywords.has(name)) throw cursor.fault("expected a name");
      if (names.has(name)) throw cursor.fault(`'${name}' is declared twice`);
      names.set(name, make(position++));
      cursor.take();
    };
  };
  const numDims = cursor.list("(", ")", declare(affineDim)).length;
  const numSymbols = cursor.next === "[" ? cursor.list("[", "]", declare(affineSymbol)).length : 0;
  return { numDims, numSymbols, scope: (name, asSymbol) => (asSymbol ? undefined : names.get(name)) };
}

function parseConstraint(cursor: Cursor, scope: AffineScope): AffineConstraint {
  const lhs = parseSum(cursor, scope);
  const relation = cursor.next;
  if (relation !== "==" && relation !== ">=" && relation !== "<=") throw cursor.fault("expected '==', '>=' or '<='");
  cursor.take();
  const rhs = parseSum(cursor, scope);
  if (relation === "<=") return { expr: affineSub(rhs, lhs), kind: "ge" };
  return { expr: affineSub(lhs, rhs), kind: relation === "==" ? "eq" : "ge" };
}

function parseSum(cursor: Cursor, scope: AffineScope): AffineExpr {
  let left = parseProduct(cursor, scope);
  while (cursor.next === "+" || cursor.next === "-") {
    const combine = cursor.take() === "+" ? affineAdd : affineSub;
    left = combine(left, parseProduct(cursor, scope));
  }
  return left;
}

const products = { "*": "mul", floordiv: "floordiv", ceildiv: "ceildiv", mod: "mod" } as const;

function parseProduct(cursor: Cursor, scope: AffineScope): AffineExpr {
  let left = parseOperand(cursor, scope);
  for (;;) {
    const operator = cursor.next;
    if (operator !== "*" && operator !== "floordiv" && operator !== "ceildiv" && operator !== "mod") return left;
    const at = cursor.at;
    cursor.take();
    const right = parseOperand(cursor, scope);
    if (!isSymbolic(right) && (operator !== "*" || !isSymbolic(left))) throw cursor.fault(notAffine(operator), at);
    left = affineBinary(products[operator], left, right);
  }
}

function notAffine(operator: string): string {
  const which = operator === "*" ? "one operand" : "the right operand";
  return `not affine: ${which} of '${operator}' must be symbolic or constant`;
}

function parseOperand(cursor: Cursor, scope: AffineScope): AffineExpr {
  if (cursor.eat("-")) return affineNegate(cursor.deeper(() => parseOperand(cursor, scope)));
  if (cursor.eat("(")) {
    const inner = cursor.deeper(() => parseSum(cursor, scope));
    cursor.expect(")");
    return inner;
  }
  if (/^\d/.test(cursor.next)) return affineConstant(Number(cursor.take()));
  return parseName(cursor, scope);
}

function parseName(cursor: Cursor, scope: AffineScope): AffineExpr {
  const at = cursor.at;
  let name = cursor.next;
  if (!identifier.test(name) || keywords.has(name)) throw cursor.fault("expected an affine expression");
  cursor.take();
  const asSymbol = name === "symbol" && cursor.eat("(");
  if (asSymbol) {
    name = cursor.take();
    cursor.expect(")");
  }
  const value = scope(name, asSymbol);
  if (value === undefined) throw cursor.fault(`'${name}' is not declared`, at);
  return value;
}
