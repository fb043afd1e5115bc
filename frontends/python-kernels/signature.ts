/** @file Parameters of a kernel: their annotations as types, the sizes these name. */

import type { Context } from "../../ir/context.js";
import type { DiagnosticSink } from "../../ir/diagnostic.js";
import type { Dim } from "../../ir/dim.js";
import type { Expression, FunctionDef, Span } from "./ast.js";
import { didYouMean, elementTypeOf, type Globals, type Imports } from "./names.js";
import type { NumberType } from "./numbers.js";
import { parsePython } from "./parse.js";
import { locationOf } from "./syntax.js";

export interface Parameter {
  readonly name: string;
  readonly type: NumberType;
  readonly shape: readonly Dim[];
  /** Of rank 0, but written with brackets: an array. */
  readonly isArray: boolean;
}

/** What a size is: a number, or the length of an axis. */
export type Size =
  | { readonly kind: "number"; readonly value: number; readonly isFloat: boolean }
  | { readonly kind: "axis"; readonly parameter: number; readonly axis: number };

export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly sizes: ReadonlyMap<string, Size>;
  /** Sizes and constants that the kernel may be given values for. */
  readonly names: ReadonlySet<string>;
  /** Every parameter is there, of a made-up type or size where its own is at fault: the body can be read for faults of its own. */
  readonly isWhole: boolean;
}

interface Reader {
  readonly file: string;
  readonly sink: DiagnosticSink;
  readonly context: Context;
  readonly imports: Imports;
  readonly globals: Globals;
  readonly constexprs: ReadonlyMap<string, number>;
}

const knownTypes = ["f64", "f32", "i64", "i32"];

export async function readSignature(def: FunctionDef, reader: Reader): Promise<Signature> {
  const made = new SignatureReader(def, reader);
  const { args } = def;
  for (const odd of [args.vararg, args.kwarg, ...args.kwonlyargs, ...args.posonlyargs])
    if (odd)
      made.lacks(
        odd.at,
        `the parameter '${odd.arg}' of a kernel is not a plain one`,
        "write it by itself, with its type",
      );
  for (const value of args.defaults) made.fault(value.at, "a parameter of a kernel has no default");
  for (const p of args.args) await made.parameter(p.arg, p.annotation, p.at);
  return made.finish();
}

class SignatureReader {
  readonly #def: FunctionDef;
  readonly #reader: Reader;
  readonly #parameters: Parameter[] = [];
  readonly #sizes = new Map<string, Size>();
  readonly #names = new Set<string>();
  #isWhole = true;

  constructor(def: FunctionDef, reader: Reader) {
    this.#def = def;
    this.#reader = reader;
    for (const name of reader.globals.sizes) this.#names.add(name);
    for (const name of reader.globals.constants.keys()) this.#names.add(name);
  }

  fault(span: Span, message: string, fix?: string): void {
    const at = locationOf(this.#reader.file, span);
    this.#reader.sink.error("PS2803", message, fix === undefined ? { at } : { at, fix });
  }

  /** A fault that leaves nothing to take for the parameter. */
  lacks(span: Span, message: string, fix?: string): void {
    this.#isWhole = false;
    this.fault(span, message, fix);
  }

  async parameter(name: string, annotation: Expression | undefined, at: Span): Promise<void> {
    const written = annotation && (await this.#unquoted(annotation));
    if (!written) {
      this.lacks(at, `the parameter '${name}' has no type`, `write ${name}: f64 or ${name}: f64[N]`);
      return;
    }
    const base = written.kind === "Subscript" ? written.value : written;
    const type = elementTypeOf(base, this.#reader.imports);
    if (!type) {
      const text = base.kind === "Name" ? base.id : base.kind === "Attribute" ? base.attr : "this";
      const fix =
        didYouMean(text, knownTypes) ?? `a kernel takes ${knownTypes.join(", ")}, and arrays of them: f64[N, M]`;
      this.fault(base.at, `'${text}' is no type of numbers`, fix);
    }
    const sizes =
      written.kind !== "Subscript" ? [] : written.slice.kind === "Tuple" ? written.slice.elts : [written.slice];
    const position = this.#parameters.length;
    const shape = sizes.map((s, axis) => this.#dim(s, position, axis));
    this.#parameters.push({ name, type: type ?? "i64", shape, isArray: written.kind === "Subscript" });
  }

  /** An annotation in quotes is what stands in them. */
  async #unquoted(x: Expression): Promise<Expression | undefined> {
    if (x.kind !== "Constant" || x.value.type !== "str") return x;
    try {
      const [s] = (await parsePython(x.value.value, this.#reader.file)).body;
      return s?.kind === "Expr" ? moved(s.value, x.at) : undefined;
    } catch {
      this.fault(x.at, `'${x.value.value}' is no type`);
      return undefined;
    }
  }

  #dim(x: Expression, parameter: number, axis: number): Dim {
    const { dims } = this.#reader.context;
    if (x.kind === "Constant" && x.value.type === "int") return this.#positive(Number(x.value.value), x.at);
    if (x.kind === "Constant" && x.value.type === "str") return this.#named(x.value.value, x.at, parameter, axis, true);
    if (x.kind === "Name") return this.#named(x.id, x.at, parameter, axis, true);
    const d = this.#expression(x);
    if (d === undefined) {
      this.fault(x.at, "a size is made of names, whole numbers, +, -, * and //");
      return 1;
    }
    return typeof d === "number" ? this.#positive(d, x.at) : dims.add(d, 0);
  }

  #positive(n: number, at: Span): number {
    if (Number.isSafeInteger(n) && n >= 1) return n;
    this.fault(at, `${n} is no size of an array`);
    return 1;
  }

  #expression(x: Expression): Dim | undefined {
    const { dims } = this.#reader.context;
    if (x.kind === "Constant" && x.value.type === "int") return Number(x.value.value);
    if (x.kind === "Name") return this.#named(x.id, x.at, 0, 0, false);
    if (x.kind !== "BinOp") return undefined;
    const [a, b] = [this.#expression(x.left), this.#expression(x.right)];
    if (a === undefined || b === undefined) return undefined;
    if (x.op === "Add") return dims.add(a, b);
    if (x.op === "Sub") return dims.sub(a, b);
    if (x.op === "Mult") return dims.mul(a, b);
    return x.op === "FloorDiv" && typeof b === "number" && b > 0 ? dims.floorDiv(a, b) : undefined;
  }

  #named(name: string, at: Span, parameter: number, axis: number, isAxis: boolean): Dim {
    this.#names.add(name);
    const value = this.#valueOf(name);
    if (value) {
      this.#sizes.set(name, value);
      if (value.kind === "number") return this.#positive(value.value, at);
    } else if (isAxis && !this.#sizes.has(name)) this.#sizes.set(name, { kind: "axis", parameter, axis });
    const { dims } = this.#reader.context;
    return dims.has(name) ? dims.symbol(name) : dims.symbol(name, { min: 1, max: Number.POSITIVE_INFINITY }, "input");
  }

  #valueOf(name: string): Size | undefined {
    const given = this.#reader.constexprs.get(name);
    if (given !== undefined) return { kind: "number", value: given, isFloat: !Number.isSafeInteger(given) };
    const constant = this.#reader.globals.constants.get(name);
    const negative = constant?.kind === "UnaryOp" && constant.op === "USub";
    const literal = constant?.kind === "UnaryOp" ? constant.operand : constant;
    if (literal?.kind !== "Constant" || (literal.value.type !== "int" && literal.value.type !== "float"))
      return undefined;
    const value = Number(literal.value.value) * (negative ? -1 : 1);
    return { kind: "number", value, isFloat: literal.value.type === "float" };
  }

  /** Every size that the shapes or the body name has a value, or an axis that tells it. */
  finish(): Signature {
    for (const name of this.#names) {
      const value = this.#valueOf(name);
      if (value) this.#sizes.set(name, value);
    }
    for (const [name, at] of namesUsed(this.#def)) {
      if (!this.#names.has(name) || this.#sizes.has(name)) continue;
      this.fault(
        at,
        `no array has '${name}' for the length of an axis, so its value is not known`,
        `give it: --constexpr ${name}=…`,
      );
      this.#sizes.set(name, { kind: "number", value: 1, isFloat: false });
    }
    return { parameters: this.#parameters, sizes: this.#sizes, names: this.#names, isWhole: this.#isWhole };
  }
}

/** Where names are first used in annotations and the body. */
function namesUsed(def: FunctionDef): ReadonlyMap<string, Span> {
  const found = new Map<string, Span>();
  const visit = (x: unknown): void => {
    if (typeof x !== "object" || x === null) return;
    const node = x as { readonly kind?: string; readonly id?: string; readonly at?: Span };
    if (node.kind === "Name" && node.id !== undefined && node.at && !found.has(node.id)) found.set(node.id, node.at);
    for (const inner of Object.values(x)) visit(inner);
  };
  for (const p of def.args.args) visit(p.annotation);
  visit(def.body);
  return found;
}

/** What stood in quotes, at the place of the quotes. */
function moved(x: Expression, at: Span): Expression {
  return JSON.parse(
    JSON.stringify(x, (_, v: unknown) => (typeof v === "bigint" ? { $int: String(v) } : v)),
    (key, v: unknown) => {
      if (key === "at") return at;
      if (typeof v === "object" && v !== null && "$int" in v) return BigInt(String(v.$int));
      return v;
    },
  ) as Expression;
}
