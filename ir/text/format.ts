/**
 * @file MLIR's declarative assembly formats, compiled to a printer and a parser:
 * `$name`, `` `literal` ``, `type($name)`, `attr-dict`, `functional-type(operands, results)`,
 * `same-type` (one type when all are equal, else the function type) and optional groups `( … )?`,
 * present when their first `$name` (or the one marked `^`) is. A group begins with a literal, an operand, a region, or
 * an attribute whose kind can tell from the text whether it is there.
 */

import { printAttr } from "../attrs.js";
import type { AnyOpDef, OpSpec } from "../define.js";
import type { Block, Operation, Region, Value } from "../graph.js";
import {
  type AttrSlots,
  attrKindOf,
  isDefaultAttr,
  isOptional,
  isVariadic,
  needsSegments,
  type Slots,
  sameAttrValue,
} from "../slots.js";
import { printType, type Type } from "../types.js";
import type { Assembly, OpParser, OpPrinter, ParsedOp } from "./assembly.js";

type Piece =
  | { readonly kind: "literal"; readonly text: string }
  | {
      readonly kind: "operand" | "attr" | "region" | "successor" | "operand-type" | "result-type";
      readonly name: string;
    }
  | { readonly kind: "attr-dict" | "functional-type" | "same-type" }
  | { readonly kind: "group"; readonly anchor: Piece; readonly pieces: readonly Piece[] };

type Spec = OpSpec<Slots, AttrSlots, Slots>;

export function compileFormat(op: string, format: string, spec: unknown): Assembly {
  const { operands, attrs, results, regions = [], successors = [] } = spec as Spec;
  const tokens = format.match(/`[^`]*`|type\(\$\w+\)|functional-type\([^)]*\)|\(|\)\?|\$\w+\^?|[\w-]+|\S/g) ?? [];
  let next = 0;
  const piece = (token: string): Piece => {
    if (token.startsWith("`")) return { kind: "literal", text: token.slice(1, -1) };
    if (token === "attr-dict" || token === "same-type") return { kind: token };
    if (token.startsWith("functional-type")) return { kind: "functional-type" };
    const name = /\$(\w+)/.exec(token)?.[1];
    if (name === undefined) throw new Error(`${op}: bad format token ${token}`);
    if (token.startsWith("type(")) return { kind: name in operands ? "operand-type" : "result-type", name };
    if (name in operands) return { kind: "operand", name };
    if (name in attrs) return { kind: "attr", name };
    if (regions.includes(name)) return { kind: "region", name };
    if (successors.includes(name)) return { kind: "successor", name };
    if (name in results) throw new Error(`${op}: result $${name} in a format must be inside type(…)`);
    throw new Error(`${op}: bad format name $${name}`);
  };
  const sequence = (end: string | undefined): Piece[] => {
    const pieces: Piece[] = [];
    while (next < tokens.length && tokens[next] !== end) {
      const token = tokens[next++]!;
      pieces.push(token === "(" ? group() : piece(token));
    }
    if (end !== undefined && tokens[next++] !== end) throw new Error(`${op}: '${end}' is missing in the format`);
    return pieces;
  };
  const group = (): Piece => {
    const start = next;
    const pieces = sequence(")?");
    const marked = tokens.slice(start, next).findIndex((t) => t.endsWith("^"));
    const anchor = marked >= 0 ? piece(tokens[start + marked]!) : pieces.find((p) => p.kind !== "literal");
    if (!anchor) throw new Error(`${op}: an optional group needs a name`);
    return { kind: "group", anchor, pieces };
  };
  const pieces = sequence(undefined);
  return {
    print: (o, p) => new FormatPrinter(o, p).print(pieces),
    parse: (p, def) => new FormatParser(p, def).parse(pieces),
  };
}

/** Upstream's spacing: no space before closing brackets, after opening ones, nor between a word and an opening bracket. */
const CLOSING = /^[>)}\],]$/;
const BRACKET = /^[<>(){}[\],]$/;
const OPENING = /^[<({[]$/;

class FormatPrinter {
  readonly #op: Operation;
  readonly #printer: OpPrinter;
  #glue = true;
  /** The last thing printed was punctuation of the format. */
  #afterPunctuation = false;

  constructor(op: Operation, printer: OpPrinter) {
    this.#op = op;
    this.#printer = printer;
  }

  print(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#piece(piece, pieces);
  }

  #piece(piece: Piece, pieces: readonly Piece[]): void {
    const op = this.#op;
    const printer = this.#printer;
    switch (piece.kind) {
      case "literal":
        this.#literal(piece.text);
        return;
      case "operand": {
        const values = operandGroup(op, piece.name);
        if (values.length > 0) this.#spaced(() => printer.values(values));
        return;
      }
      case "attr":
        if (op.attrs[piece.name] !== undefined) this.#spaced(() => printer.text(printer.prettyAttr(op, piece.name)));
        return;
      case "region":
        this.#spaced(() => printer.region(op.region(regionIndex(op.def, piece.name))));
        return;
      case "successor":
        this.#spaced(() => printer.successor(op.successors[(op.def.successors ?? []).indexOf(piece.name)]!));
        return;
      case "operand-type":
        this.#spaced(() => printer.types(operandGroup(op, piece.name).map((x) => x.type)));
        return;
      case "result-type":
        this.#spaced(() => printer.types(resultGroup(op, piece.name).map((x) => x.type)));
        return;
      case "functional-type":
        this.#spaced(() =>
          printer.functionType(
            op.operands.map((x) => x.type),
            op.results.map((x) => x.type),
          ),
        );
        return;
      case "same-type":
        this.#spaced(() => printSameType(op, printer));
        return;
      case "attr-dict":
        printer.attrDict(op, namesIn(pieces));
        this.#glue = true;
        this.#afterPunctuation = false;
        return;
      case "group":
        if (isPresent(op, piece.anchor)) this.print(piece.pieces);
        return;
    }
  }

  #space(): void {
    if (this.#glue) this.#printer.text(" ");
  }

  #spaced(print: () => void): void {
    this.#space();
    print();
    this.#glue = true;
    this.#afterPunctuation = false;
  }

  /** An empty one only keeps its neighbours together. */
  #literal(text: string): void {
    const close = this.#afterPunctuation ? CLOSING : BRACKET;
    if (text !== "" && !close.test(text)) this.#space();
    this.#printer.text(text);
    this.#glue = text !== "" && !OPENING.test(text);
    this.#afterPunctuation = !/^[A-Za-z_]/.test(text);
  }
}

class FormatParser {
  readonly #parser: OpParser;
  readonly #def: AnyOpDef;
  readonly #operands = new Map<string, readonly Value[]>();
  readonly #results = new Map<string, readonly Type[]>();
  readonly #regions: Region[] = [];
  readonly #successors: Block[] = [];
  readonly #attrs: Record<string, unknown> = {};
  #extra = {};
  #functional: { readonly inputs: readonly Type[]; readonly results: readonly Type[] } | undefined;
  #same: Type | undefined;

  constructor(parser: OpParser, def: AnyOpDef) {
    this.#parser = parser;
    this.#def = def;
  }

  parse(pieces: readonly Piece[]): ParsedOp {
    this.#sequence(pieces);
    const def = this.#def;
    const groups = def.operandNames.map((n) => this.#operands.get(n) ?? []);
    const operands = groups.flat();
    if (this.#functional) this.#parser.expectTypes(operands, this.#functional.inputs);
    if (this.#same)
      this.#parser.expectTypes(
        operands,
        operands.map(() => this.#same!),
      );
    return {
      operands,
      segments: needsSegments(def.operands) ? groups.map((g) => g.length) : undefined,
      attrs: this.#attrs,
      extra: this.#extra,
      results: this.#resultTypes(),
      regions: this.#regions,
      successors: this.#successors,
    };
  }

  #resultTypes(): readonly Type[] | undefined {
    if (this.#functional) return this.#functional.results;
    if (this.#same) return this.#def.resultNames.map(() => this.#same!);
    // A format may show some result types only; inference knows the rest.
    if (this.#results.size === 0 || (this.#def.infer && this.#results.size < this.#def.resultNames.length))
      return undefined;
    return this.#def.resultNames.flatMap((n) => this.#results.get(n) ?? []);
  }

  #sequence(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#piece(piece);
  }

  #piece(piece: Piece): void {
    const parser = this.#parser;
    const def = this.#def;
    switch (piece.kind) {
      case "literal":
        if (!this.#tryLiteral(piece.text)) parser.fail(`expected '${piece.text}'`);
        return;
      case "operand": {
        const slot = def.operands[piece.name]!;
        if (isVariadic(slot)) this.#operands.set(piece.name, parser.operands());
        else if (isOptional(slot))
          this.#operands.set(
            piece.name,
            [parser.tryOperand()].filter((x) => x !== undefined),
          );
        else this.#operands.set(piece.name, [parser.operand()]);
        return;
      }
      case "attr":
        this.#attrs[piece.name] = parser.prettyAttr(def, piece.name);
        return;
      case "region":
        this.#regions.push(parser.region());
        return;
      case "successor":
        this.#successors.push(parser.successor());
        return;
      case "operand-type":
        parser.expectTypes(this.#operands.get(piece.name) ?? [], this.#types(isVariadic(def.operands[piece.name]!)));
        return;
      case "result-type":
        this.#results.set(piece.name, this.#types(isVariadic(def.results[piece.name]!)));
        return;
      case "functional-type":
        this.#functional = parser.functionType();
        return;
      case "same-type":
        if (parser.peek("(")) this.#functional = parser.functionType();
        else this.#same = parser.type();
        return;
      case "attr-dict": {
        const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), this.#attrs);
        Object.assign(this.#attrs, attrs);
        this.#extra = extra;
        return;
      }
      case "group":
        this.#group(piece.pieces);
        return;
    }
  }

  #group(pieces: readonly Piece[]): void {
    const [first, ...rest] = pieces;
    if (first?.kind === "literal" && first.text === "") {
      this.#group(rest);
      return;
    }
    if (first?.kind === "literal") {
      if (this.#tryLiteral(first.text)) this.#sequence(rest);
      return;
    }
    if (first?.kind === "attr") {
      const value = this.#parser.tryPrettyAttr(this.#def, first.name);
      if (value === undefined) return;
      this.#attrs[first.name] = value;
      this.#sequence(rest);
      return;
    }
    if (first?.kind === "operand" && this.#parser.peek("%")) this.#sequence(pieces);
    else if (first?.kind === "region" && this.#parser.peek("{")) this.#sequence(pieces);
  }

  #types(many: boolean): readonly Type[] {
    const types = [this.#parser.type()];
    while (many && this.#parser.tryPunct(",")) types.push(this.#parser.type());
    return types;
  }

  #tryLiteral(text: string): boolean {
    if (text === "") return true;
    return /^[A-Za-z_]/.test(text) ? this.#parser.tryKeyword(text) : this.#parser.tryPunct(text);
  }
}

/** One type where operands and results all print alike (symbolic sizes are in no text), else the function type. */
export function printSameType(op: Operation, printer: OpPrinter): void {
  const [operands, results] = [op.operands.map((x) => x.type), op.results.map((x) => x.type)];
  const [first, ...rest] = [...operands, ...results];
  const text = first && printType(first, printAttr);
  if (first && rest.every((t) => t === first || printType(t, printAttr) === text)) printer.type(first);
  else printer.functionType(operands, results);
}

function operandGroup(op: Operation, name: string): readonly Value[] {
  const group = op.def.operandsOf(op)[name] as Value | readonly Value[] | undefined;
  return group === undefined ? [] : Array.isArray(group) ? (group as readonly Value[]) : [group as Value];
}

function resultGroup(op: Operation, name: string): readonly Value[] {
  const group = op.def.resultsOf(op)[name] as Value | readonly Value[] | undefined;
  return group === undefined ? [] : Array.isArray(group) ? (group as readonly Value[]) : [group as Value];
}

function regionIndex(def: AnyOpDef, name: string): number {
  return (def.regions ?? []).indexOf(name);
}

function isPresent(op: Operation, anchor: Piece): boolean {
  if (anchor.kind === "operand" || anchor.kind === "operand-type") return operandGroup(op, anchor.name).length > 0;
  if (anchor.kind === "result-type") return resultGroup(op, anchor.name).length > 0;
  if (anchor.kind === "region") return op.regions.length > regionIndex(op.def, anchor.name);
  if (anchor.kind !== "attr") return true;
  const slot = op.def.attrs[anchor.name]!;
  const value = op.attrs[anchor.name];
  if (!isDefaultAttr(slot)) return value !== undefined;
  return !sameAttrValue(value, slot.default);
}

/** Names of attributes that the pretty form shows, and of the segment sizes it implies. */
function namesIn(pieces: readonly Piece[]): readonly string[] {
  return pieces.flatMap((p) => (p.kind === "attr" ? [p.name] : p.kind === "group" ? namesIn(p.pieces) : []));
}

/** The attribute kinds whose pretty text differs from the attribute's own. */
export function prettyOf(def: AnyOpDef, name: string): ReturnType<typeof attrKindOf>["pretty"] {
  return attrKindOf(def.attrs[name]!).pretty;
}
