/**
 * @file Reads MLIR text: operations in pretty or generic form, regions, blocks. A faulty operation is reported
 * and skipped, its results poisoned, so that one run reports every independent problem.
 */

import { type AffineMap, affineMap } from "../affine.js";
import { type AffineExpr, affineDim, affineSymbol } from "../affine-expr.js";
import { type AffineScan, scanAffineExpr, scanAffineMap } from "../affine-parse.js";
import type { Attr, AttrDict } from "../attrs.js";
import type { Context } from "../context.js";
import { createOp } from "../create.js";
import type { AnyOpDef } from "../define.js";
import { CompileError, compileError, type Diagnostic, diagnostic } from "../diagnostic.js";
import { type AttrValues, Block, newRegion, type Operation, type Region, type Value } from "../graph.js";
import type { Location } from "../location.js";
import { type AttrKind, attrKindOf, equalSegments, needsSegments, type Slots } from "../slots.js";
import { closest } from "../suggest.js";
import { printType, type Type } from "../types.js";
import type { AffineIndices, DeclaredArg, OpParser, ParsedOp } from "./assembly.js";
import { readResources } from "./parse-resources.js";
import { TypeParser } from "./parse-type.js";
import { declareSymbols, restoreShapes } from "./symbolic-shapes.js";

/** Nesting of regions beyond this is refused. */
const MAX_DEPTH = 64;
/** Names are made before the results are known. */
const MAX_RESULTS = 65_536;

/**
 * Parses the top-level operations of a text, of which there is at least one.
 * @throws CompileError with every problem found, each at its line and column.
 */
export function parseOps(text: string, file: string, context: Context): readonly Operation[] {
  return new Parser(text, file, context).topLevel();
}

interface Scope {
  readonly values: Map<string, Value>;
  readonly blocks: Map<string, Block>;
  readonly parent: Scope | undefined;
}

type PrettyParse = NonNullable<AttrKind<unknown>["pretty"]>["parse"];

/** Thrown to skip an operation that reads a value whose definition was at fault. */
const poisoned = new Error("poisoned operand");

class Parser extends TypeParser implements OpParser {
  readonly #problems: Diagnostic[] = [];
  readonly #poison = new Set<string>();
  #scope: Scope = { values: new Map(), blocks: new Map(), parent: undefined };
  #depth = 0;

  constructor(source: string, file: string, context: Context) {
    super(source, file, context);
    this.#readAliases();
    declareSymbols(source, context);
  }

  topLevel(): readonly Operation[] {
    const block = new Block();
    this.#operations(block, () => this.atEnd);
    if (this.#problems.length > 0) throw new CompileError(this.#problems);
    const ops = [...block.ops()];
    if (ops.length === 0) throw compileError("PS1100", "the text holds no operation", { at: this.locationAt(0) });
    for (const op of ops) op.detach();
    return ops;
  }

  /** `#a = …` and `!t = …` lines, wherever they stand; locations are often defined after their use. */
  #readAliases(): void {
    for (const [, sigil, name, body] of this.source.matchAll(/^([#!])([\w.$-]+)\s*=\s*(.*)$/gm)) {
      (sigil === "#" ? this.aliases.attrs : this.aliases.types).set(name!, body!);
    }
  }

  #skipFileItems(): void {
    for (;;) {
      this.skipSpace();
      if (/^[#!][\w.$-]+\s*=/.test(this.source.slice(this.position, this.position + 256))) {
        const end = this.source.indexOf("\n", this.position);
        this.position = end < 0 ? this.source.length : end;
      } else if (this.peek("{-#")) readResources(this, this.context);
      else return;
    }
  }

  #operations(block: Block, done: () => boolean): void {
    for (;;) {
      this.#skipFileItems();
      if (done()) return;
      const start = this.position;
      const names = this.#tryResultNames(start);
      if (names) this.#operationOrSkip(block, names, start);
    }
  }

  #tryResultNames(start: number): string[] | undefined {
    try {
      return this.#resultNames();
    } catch (error) {
      this.#recover(error, start, []);
      return undefined;
    }
  }

  #operationOrSkip(block: Block, names: readonly string[], start: number): void {
    const scope = this.#scope;
    const depth = this.#depth;
    try {
      const op = this.#operation(names);
      block.append(op);
    } catch (error) {
      this.#scope = scope;
      this.#depth = depth;
      this.#recover(error, start, names);
    }
  }

  /** Notes the problem and goes on behind the operation: at the next line that is not nested in it. */
  #recover(error: unknown, start: number, names: readonly string[]): void {
    if (error instanceof CompileError) this.#problems.push(...error.diagnostics);
    else if (error !== poisoned) throw error;
    for (const name of names) this.#poison.add(name.replace(/:.*/, ""));
    this.position = endOfOperation(this.source, start);
    if (this.#problems.length > 100) throw new CompileError(this.#problems);
  }

  /** `%a, %b:2 =`, as written. */
  #resultNames(): string[] {
    const names: string[] = [];
    if (!this.peek("%")) return names;
    do {
      const name = this.sigil("%");
      const count = this.tryPunct(":") ? Number(this.integer()) : 1;
      if (!(count >= 1 && count <= MAX_RESULTS))
        this.fail(`an operation has 1 to ${MAX_RESULTS} results, not ${count}`);
      if (count === 1) names.push(name);
      else for (let i = 0; i < count; i++) names.push(`${name}#${i}`);
    } while (this.tryPunct(","));
    this.punct("=");
    return names;
  }

  #operation(names: readonly string[]): Operation {
    const at = this.location();
    const quoted = this.tryString();
    const def = quoted === undefined ? this.#customDef() : this.opNamed(quoted);
    const parsed = quoted === undefined ? def.assembly!.parse(this, def) : this.#generic(def);
    const op = createOp(this.context, def, { ...parsed, at: this.trailingLocation() ?? at });
    restoreShapes(op, this.context, at);
    if (names.length > 0 && names.length !== op.results.length) {
      this.#problems.push(
        diagnostic("PS1100", `${def.name} has ${op.results.length} results, the text names ${names.length}`, { at }),
      );
    }
    names.forEach((name, i) => {
      const result = op.results[i];
      if (result) this.#define(name, result, at);
    });
    if (names.length === 1 && op.results.length === 1) this.#scope.values.set(`${names[0]}#0`, op.results[0]!);
    return op;
  }

  #customDef(): AnyOpDef {
    const start = this.position;
    const word = this.identifier("an operation");
    const name = ["", "func.", "builtin."].map((d) => d + word).find((n) => this.context.op(n));
    if (name === undefined) {
      this.position = start;
      return this.opNamed(word);
    }
    const def = this.opNamed(name);
    if (!def.assembly) this.fail(`${name} has no pretty form`, `write it as "${name}"(…)`);
    return def;
  }

  opNamed(name: string): AnyOpDef {
    const def = this.context.op(name);
    if (def) return def;
    const near = closest(name, this.context.opNames);
    return this.fail(`unknown operation '${name}'`, near === undefined ? undefined : `did you mean '${near}'?`);
  }

  #generic(def: AnyOpDef): ParsedOp {
    const operands = this.list("(", ")", () => this.operand());
    const successors = this.peek("[") ? this.list("[", "]", () => this.successor()) : [];
    let properties: AttrDict = {};
    if (this.tryPunct("<")) {
      properties = this.attrDict();
      this.punct(">");
    }
    const regions = this.peek("({") ? this.list("(", ")", () => this.#genericRegion(def)) : [];
    const dict = { ...this.attrDict(), ...properties };
    this.punct(":");
    const { inputs, results } = this.functionType();
    this.expectTypes(operands, inputs);
    const { operandSegmentSizes: sizes, resultSegmentSizes: _, ...rest } = dict;
    const { attrs, extra } = this.splitAttrs(def, rest);
    const segments = this.#segments(def, sizes, operands.length);
    return { operands, segments, attrs, extra, results, regions, successors };
  }

  /** A table of symbols has its block even where that is empty. */
  #genericRegion(def: AnyOpDef): Region {
    const region = this.region();
    return region.blocks.length === 0 && def.traits.includes("symbol-table") ? newRegion(new Block()) : region;
  }

  #segments(def: AnyOpDef, sizes: Attr | undefined, count: number): readonly number[] | undefined {
    if (!needsSegments(def.operands)) return undefined;
    if (sizes?.kind === "denseArray") return sizes.values.map(Number);
    if (!def.traits.includes("equal-groups")) return undefined;
    return equalSegments(def.operands as Slots, def.operandNames, count);
  }

  splitAttrs(
    def: AnyOpDef,
    dict: AttrDict,
    known: AttrValues = {},
  ): { readonly attrs: AttrValues; readonly extra: AttrDict } {
    const attrs: Record<string, unknown> = { ...known };
    const extra: Record<string, Attr> = {};
    for (const [name, attr] of Object.entries(dict)) {
      if (!def.attrNames.includes(name)) extra[name] = attr;
      else attrs[name] = this.#readAttr(def, name, attr);
    }
    return { attrs, extra };
  }

  #readAttr(def: AnyOpDef, name: string, attr: Attr): unknown {
    const kind = attrKindOf(def.attrs[name]!);
    return kind.read(attr, this.context) ?? this.fail(`${def.name}: attribute '${name}' must be ${kind.describe}`);
  }

  prettyAttr(def: AnyOpDef, name: string): unknown {
    const { pretty } = attrKindOf(def.attrs[name]!);
    return this.#readAttr(def, name, pretty ? this.#prettyTree(pretty.parse) : this.attribute());
  }

  tryPrettyAttr(def: AnyOpDef, name: string): unknown {
    const parse = attrKindOf(def.attrs[name]!).pretty?.parse;
    if (typeof parse !== "function") return undefined;
    const attr = parse(this);
    return attr && this.#readAttr(def, name, attr);
  }

  #prettyTree(form: PrettyParse): Attr {
    if (typeof form === "function") return form(this) ?? this.fail("expected an attribute");
    switch (form) {
      case "bracketed-i64":
        return { kind: "denseArray", element: "i64", values: this.list("[", "]", () => this.integer()) };
      case "integer":
        return { kind: "int", value: this.integer(), type: this.context.types.scalar("i64") };
      case "keyword":
        return { kind: "string", value: this.identifier() };
      case "symbol":
        return { kind: "symbol", path: [this.symbolName()] };
    }
  }

  operand(): Value {
    return this.tryOperand() ?? this.fail("expected an operand such as '%0'");
  }

  tryOperand(): Value | undefined {
    if (!this.peek("%")) return undefined;
    const start = this.position;
    const name = this.sigil("%");
    const value = this.#lookup(name);
    if (value) return value;
    if (this.#poison.has(name) || this.#poison.has(name.replace(/#.*/, ""))) throw poisoned;
    this.position = start;
    return this.fail(`use of undefined value '%${name}'`);
  }

  #lookup(name: string): Value | undefined {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value) return value;
    }
    return undefined;
  }

  operands(): Value[] {
    const values: Value[] = [];
    if (!this.peek("%")) return values;
    do values.push(this.operand());
    while (this.tryPunct(","));
    return values;
  }

  affineMapBody(): AffineMap {
    const scan = scanAffineMap(this.source, this.position);
    return this.#afterScan(scan);
  }

  affineIndices(open: string, close: string): AffineIndices {
    return this.#affineIndices((index) => this.list(open, close, index));
  }

  affineIndex(): AffineIndices {
    return this.#affineIndices((index) => [index()]);
  }

  #affineIndices(read: (index: () => AffineExpr) => readonly AffineExpr[]): AffineIndices {
    const dims: Value[] = [];
    const symbols: Value[] = [];
    const positionIn = (list: Value[], value: Value): number =>
      list.includes(value) ? list.indexOf(value) : list.push(value) - 1;
    const scope = (name: string, asSymbol: boolean): AffineExpr | undefined => {
      const value = name.startsWith("%") ? this.#lookup(name.slice(1)) : undefined;
      if (!value) return undefined;
      return asSymbol ? affineSymbol(positionIn(symbols, value)) : affineDim(positionIn(dims, value));
    };
    const results = read(() => this.#afterScan(scanAffineExpr(this.source, this.position, scope)));
    return { map: affineMap(dims.length, symbols.length, results), dims, symbols };
  }

  #afterScan<T>(scan: AffineScan<T>): T {
    this.position = scan.ok ? scan.end : scan.offset;
    return scan.ok ? scan.value : this.fail(scan.message);
  }

  valueName(): string {
    return this.sigil("%");
  }

  expectTypes(values: readonly Value[], types: readonly Type[]): void {
    if (values.length !== types.length) this.fail(`${values.length} operands have ${types.length} types`);
    values.forEach((value, i) => {
      if (!this.context.mergeTypes(types[i]!, value.type)) {
        this.fail(`operand ${i} is used as ${printType(types[i]!)} but was defined as ${printType(value.type)}`);
      }
    });
  }

  region(declared: readonly DeclaredArg[] = [], implicitTerminator?: AnyOpDef): Region {
    return this.#region(declared, "data", implicitTerminator);
  }

  #region(declared: readonly DeclaredArg[], sizes: "input" | "data", implicitTerminator?: AnyOpDef): Region {
    if (++this.#depth > MAX_DEPTH) this.fail(`regions nest deeper than ${MAX_DEPTH}`);
    this.punct("{");
    this.#scope = { values: new Map(), blocks: new Map(), parent: this.#scope };
    const blocks: Block[] = [];
    const entry = new Block();
    for (const arg of declared) this.#define(arg.name, entry.addArg(this.#argType(arg.type, sizes)), arg.at);
    const done = (): boolean => this.peek("}") || this.peek("^") || this.atEnd;
    if (!this.peek("^") || declared.length > 0) {
      this.#operations(entry, done);
      // Braces with nothing between them are a region without blocks: a declaration's.
      if (entry.first || declared.length > 0) blocks.push(entry);
    }
    while (this.peek("^")) {
      const block = this.#blockHeader();
      blocks.push(block);
      this.#operations(block, done);
    }
    this.punct("}");
    this.#checkBlocks(blocks);
    this.#scope = this.#scope.parent!;
    this.#depth--;
    const last = blocks.at(-1) ?? entry;
    if (implicitTerminator && !last.last?.def.traits.includes("terminator")) {
      const regions = (implicitTerminator.regions ?? [])
        .filter((r) => !r.endsWith("*"))
        .map(() => newRegion(new Block()));
      last.append(
        createOp(this.context, implicitTerminator, { operands: [], attrs: {}, regions, at: this.location() }),
      );
    }
    return newRegion(...(blocks.length === 0 && implicitTerminator ? [entry] : blocks));
  }

  #checkBlocks(blocks: readonly Block[]): void {
    for (const [name, block] of this.#scope.blocks)
      if (!blocks.includes(block)) this.fail(`block '^${name}' is not defined`);
  }

  #blockHeader(): Block {
    const at = this.location();
    const name = this.sigil("^");
    const block = this.#scope.blocks.get(name) ?? new Block();
    this.#scope.blocks.set(name, block);
    if (this.peek("(")) {
      this.list("(", ")", () => {
        const argAt = this.location();
        const argName = this.sigil("%");
        this.punct(":");
        const type = this.#argType(this.type(), "data");
        this.trailingLocation();
        this.#define(argName, block.addArg(type), argAt);
      });
    }
    this.punct(":");
    if (block.region) this.#problems.push(diagnostic("PS1100", `block '^${name}' is defined twice`, { at }));
    return block;
  }

  #argType(type: Type, kind: "input" | "data"): Type {
    return this.context.fillUnknown(type, () => this.context.freshSymbol(kind));
  }

  successor(): Block {
    const name = this.sigil("^");
    const known = this.#scope.blocks.get(name);
    if (known) return known;
    const block = new Block();
    this.#scope.blocks.set(name, block);
    return block;
  }

  functionBody(args: readonly DeclaredArg[]): Region {
    const outer = this.#scope;
    this.#scope = { values: new Map(), blocks: new Map(), parent: undefined };
    const region = this.#region(args, "input");
    this.#scope = outer;
    return region;
  }

  #define(name: string, value: Value, at: Location): void {
    if (this.#scope.values.has(name)) {
      this.#problems.push(diagnostic("PS1100", `value '%${name}' is defined twice`, { at }));
    }
    this.#scope.values.set(name, value);
  }

  /** `loc("file":1:2)`, when written out; other forms are read over. */
  trailingLocation(): Location | undefined {
    const start = this.position;
    if (!this.tryKeyword("loc")) return undefined;
    if (!this.tryPunct("(")) {
      this.position = start;
      return undefined;
    }
    const body = this.balanced(")");
    const text = this.aliases.attrs.get(body.replace(/^#/, ""))?.replace(/^loc\((.*)\)$/, "$1") ?? body;
    const match = /^"((?:[^"\\]|\\.)*)":(\d+):(\d+)$/.exec(text);
    return match ? { kind: "text", file: match[1]!, line: Number(match[2]), column: Number(match[3]) } : undefined;
  }
}

/** The end of the first line, from `start` on, that closes every bracket opened since. */
function endOfOperation(source: string, start: number): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const c = source[i]!;
    if (c === '"') {
      for (i++; i < source.length && source[i] !== '"'; i++) if (source[i] === "\\") i++;
    } else if (c === "/" && source[i + 1] === "/") {
      while (i + 1 < source.length && source[i + 1] !== "\n") i++;
    } else if (c === "{" || c === "(") depth++;
    else if (c === "}" || c === ")") {
      if (depth === 0) return i;
      depth--;
    } else if (
      c === "\n" &&
      depth === 0 &&
      i > start &&
      !/^\s*(\}|:|cond\b|do\b|reducer\b)/.test(source.slice(i + 1, i + 80))
    )
      return i;
  }
  return source.length;
}
