/**
 * @file The contract between an operation's pretty form and the printer and parser: what a hand-written or
 * compiled assembly may call on either side.
 */

import type { AffineMap } from "../affine.js";
import type { Attr, AttrDict } from "../attrs.js";
import type { Context } from "../context.js";
import type { AnyOpDef } from "../define.js";
import type { AttrValues, Block, Operation, Region, Value } from "../graph.js";
import type { Location } from "../location.js";
import type { Type } from "../types.js";

/** Prints the part after the operation's name; parses the same. */
export interface Assembly {
  print(op: Operation, printer: OpPrinter): void;
  parse(parser: OpParser, def: AnyOpDef): ParsedOp;
}

export interface ParsedOp {
  readonly operands: readonly Value[];
  readonly segments?: readonly number[] | undefined;
  readonly attrs: AttrValues;
  readonly extra?: AttrDict | undefined;
  readonly results?: readonly Type[] | undefined;
  readonly regions?: readonly Region[] | undefined;
  readonly successors?: readonly Block[] | undefined;
}

export interface RegionPrinting {
  /** Print `^bb0(%arg0: …):` of the entry block; default true where it has arguments. */
  readonly entryArgs?: boolean;
  /** Leave the last terminator out, when it has no operands. */
  readonly hideTerminator?: boolean;
  /** Values whose names the entry block's arguments take, where a form declares arguments once for two regions. */
  readonly argsNamedAs?: readonly Value[];
}

export interface OpPrinter {
  readonly context: Context;
  /** Adds text as it is; the printer adds no spaces of its own. */
  text(text: string): void;
  /** Ends the line and indents the next as the operation is. */
  newline(): void;
  value(value: Value): void;
  /** `%0`, for a pretty form that puts it into other text. */
  nameOf(value: Value): string;
  /** Comma-separated. */
  values(values: readonly Value[]): void;
  type(type: Type): void;
  types(types: readonly Type[]): void;
  attr(attr: Attr): void;
  /** `(t, t) -> t`. */
  functionType(inputs: readonly Type[], results: readonly Type[]): void;
  /** ` {a = 1 : i64, b}`: attributes not among `shown` (and `extra` ones), or nothing; after `keyword` if given. */
  attrDict(op: Operation, shown: readonly string[], keyword?: string): void;
  region(region: Region, options?: RegionPrinting): void;
  /** `^bb1`. */
  successor(block: Block): void;
  /** Text of one attribute in its pretty form. */
  prettyAttr(op: Operation, name: string): string;
}

/** A block argument that a pretty form declares outside the region's braces. */
export interface DeclaredArg {
  readonly name: string;
  readonly type: Type;
  readonly at: Location;
}

/** A map and what its dims and symbols stand for. */
export interface AffineIndices {
  readonly map: AffineMap;
  readonly dims: readonly Value[];
  readonly symbols: readonly Value[];
}

export interface OpParser {
  readonly context: Context;
  location(): Location;
  /** Reads `loc(…)`, if it is there; `undefined` also for a location that names no line of a file. */
  trailingLocation(): Location | undefined;
  fail(message: string, fix?: string): never;
  /** Punctuation such as `(`, `->`, `::`; never part of a longer word. */
  punct(text: string): void;
  tryPunct(text: string): boolean;
  keyword(text: string): void;
  tryKeyword(text: string): boolean;
  /** A bare identifier. */
  identifier(what?: string): string;
  tryIdentifier(): string | undefined;
  /** `@name`, without the `@`. */
  symbolName(): string;
  trySymbolName(): string | undefined;
  string(): string;
  tryString(): string | undefined;
  integer(): bigint;
  /** An integer that a number holds exactly. */
  safeInteger(): number;
  tryInteger(): bigint | undefined;
  /** True where the next character (after space) is this one. */
  peek(text: string): boolean;
  /** `open item, item close`. */
  list<T>(open: string, close: string, item: () => T): T[];
  type(): Type;
  /** With a type given, the text of elements or of a number may leave its own out. */
  attribute(type?: Type): Attr;
  /** `(d0)[s0] -> (d0 + s0)`, without `affine_map<>`. */
  affineMapBody(): AffineMap;
  /** `[%i + 1, symbol(%n)]`: a map of the values in it, each value once. */
  affineIndices(open: string, close: string): AffineIndices;
  /** One such index, without brackets. */
  affineIndex(): AffineIndices;
  /** `{…}`; empty when there is none. */
  attrDict(): AttrDict;
  /** The same, or an alias of one: `#trait`. */
  attrDictOrAlias(): AttrDict;
  /** `%name`, which must be defined. */
  operand(): Value;
  tryOperand(): Value | undefined;
  /** `%a, %b`, possibly none. */
  operands(): Value[];
  /** `%name`, as text, for something the operation itself declares. */
  valueName(): string;
  /** `(t, t) -> t`. */
  functionType(): { readonly inputs: readonly Type[]; readonly results: readonly Type[] };
  /** `(t, t)` or a single type, as after `->`. */
  resultTypes(): readonly Type[];
  /** `{ … }`; `args` are the entry block's, when the pretty form has declared them already; `implicit` appends a missing terminator. */
  region(args?: readonly DeclaredArg[], implicitTerminator?: AnyOpDef): Region;
  /** A function's body: nothing from outside is visible; unknown sizes of `args` become input symbols. */
  functionBody(args: readonly DeclaredArg[]): Region;
  successor(): Block;
  /** Checks that `values` have the types the text gives. */
  expectTypes(values: readonly Value[], types: readonly Type[]): void;
  /** Splits a dictionary into the attributes `def` declares (read into values, added to `known`) and others. */
  splitAttrs(
    def: AnyOpDef,
    dict: AttrDict,
    known?: AttrValues,
  ): { readonly attrs: AttrValues; readonly extra: AttrDict };
  /** Reads one declared attribute in its pretty form. */
  prettyAttr(def: AnyOpDef, name: string): unknown;
  /** The same where the attribute may be absent and its kind can tell; `undefined` if so. */
  tryPrettyAttr(def: AnyOpDef, name: string): unknown;
  /** A definition by name, for pretty forms that name another operation. */
  opNamed(name: string): AnyOpDef;
}
