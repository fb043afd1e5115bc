/** @file Reads types and attributes. Symbolic sizes are not in the text: every `?` becomes the context's unknown size. */

import { parseAffineMap, parseIntegerSet } from "../affine-parse.js";
import type { Attr, AttrDict } from "../attrs.js";
import type { Context } from "../context.js";
import type { Dim } from "../dim.js";
import { type ElementType, elementFacts, parseElementType } from "../element.js";
import { numericsOf } from "../scalar.js";
import {
  type LayoutDim,
  printType,
  type StridedLayout,
  type TensorType,
  type Type,
  type VectorType,
} from "../types.js";
import { parseDenseBody } from "./parse-dense.js";
import { parseLlvmType } from "./parse-llvm-type.js";
import { Scanner } from "./scanner.js";

const DIMENSION = /(\d+|\?)x/y;
const ELEMENT = /[A-Za-z]\w*/y;
/** Of types in types and attributes in attributes; aliases that mean themselves end here too. */
const MAX_NESTING = 64;

/** What a `#name` or `!name` stands for, given once per file. */
export interface Aliases {
  readonly attrs: Map<string, string>;
  readonly types: Map<string, string>;
}

export class TypeParser extends Scanner {
  readonly context: Context;
  protected aliases: Aliases = { attrs: new Map(), types: new Map() };
  #nesting = 0;

  constructor(source: string, file: string, context: Context) {
    super(source, file);
    this.context = context;
  }

  type(): Type {
    return this.tryType() ?? this.fail("expected a type");
  }

  tryType(): Type | undefined {
    return this.deeper(() => this.#tryType());
  }

  /** Reads something that may hold others of its kind; what nests too deep is a problem of the text. */
  deeper<T>(read: () => T): T {
    if (this.#nesting >= MAX_NESTING) this.fail(`types and attributes nest deeper than ${MAX_NESTING}`);
    this.#nesting++;
    try {
      return read();
    } finally {
      this.#nesting--;
    }
  }

  #tryType(): Type | undefined {
    if (this.peek("(")) return this.#functionTypeAsType();
    if (this.peek("!")) return this.#dialectType();
    const start = this.position;
    const word = this.tryIdentifier();
    if (word === undefined) return undefined;
    switch (word) {
      case "tensor":
        return this.#tensor();
      case "memref":
        return this.#memref();
      case "vector":
        return this.#vector();
      case "tuple":
        return this.context.types.tuple(this.list("<", ">", () => this.type()));
      case "none":
        return this.context.types.none;
      case "complex":
        this.position = start;
        return this.context.types.scalar(this.#element());
      default: {
        const element = parseElementType(word);
        if (element !== undefined) return this.context.types.scalar(element);
        this.position = start;
        return undefined;
      }
    }
  }

  functionType(): { readonly inputs: readonly Type[]; readonly results: readonly Type[] } {
    const inputs = this.list("(", ")", () => this.type());
    this.punct("->");
    return { inputs, results: this.resultTypes() };
  }

  resultTypes(): readonly Type[] {
    return this.peek("(") ? this.list("(", ")", () => this.type()) : [this.type()];
  }

  #functionTypeAsType(): Type {
    const { inputs, results } = this.functionType();
    return this.context.types.func(inputs, results);
  }

  #dialectType(): Type {
    const name = this.sigil("!");
    const alias = this.aliases.types.get(name);
    if (alias !== undefined) return this.#nested(alias).type();
    if (name.startsWith("llvm.")) return parseLlvmType(this, name.slice("llvm.".length));
    return this.context.types.dialect(name, this.tryPunct("<") ? this.balanced(">") : "");
  }

  #shape(): Dim[] {
    const shape: Dim[] = [];
    for (;;) {
      const text = this.tryMatch(DIMENSION);
      if (text === undefined) return shape;
      const size = text.slice(0, -1);
      if (size !== "?" && !Number.isSafeInteger(Number(size))) this.fail(`size ${size} is too large`);
      shape.push(size === "?" ? this.context.unknownDim : Number(size));
    }
  }

  #element(): ElementType {
    if (this.peek("!quant."))
      this.fail("quantized element types are not modelled", "write integers and their scales out");
    const word = this.tryMatch(ELEMENT) ?? this.fail("expected an element type");
    const text = word === "complex" ? `complex<${this.#complexPart()}>` : word;
    return parseElementType(text) ?? this.fail(`unknown element type '${text}'`);
  }

  #complexPart(): string {
    this.punct("<");
    const part = this.tryMatch(ELEMENT) ?? this.fail("expected f32 or f64");
    this.punct(">");
    return part;
  }

  #tensor(): TensorType {
    this.punct("<");
    if (this.peek("*")) this.fail("tensors of unknown rank are not supported", "give the tensor a rank");
    const shape = this.#shape();
    const element = this.#element();
    const encoding = this.tryPunct(",") ? this.attribute() : undefined;
    this.punct(">");
    return this.context.types.tensor(shape, element, encoding);
  }

  #vector(): VectorType {
    this.punct("<");
    if (this.peek("[")) this.fail("scalable vectors are not supported");
    const shape = this.#shape();
    const element = this.#element();
    this.punct(">");
    if (shape.some((d) => typeof d !== "number")) this.fail("a vector has fixed sizes");
    return this.context.types.vector(shape as number[], element);
  }

  #memref(): Type {
    this.punct("<");
    const shape = this.#shape();
    const element = this.#element();
    let layout: StridedLayout | undefined;
    let space: string | undefined;
    while (this.tryPunct(",")) {
      if (this.tryKeyword("strided")) layout = this.#strided();
      else if (this.peek('"')) space = this.string();
      else this.fail("expected strided<…> or a memory space in quotes");
    }
    this.punct(">");
    return this.context.types.memref(shape, element, { layout, space });
  }

  #strided(): StridedLayout {
    this.punct("<");
    const item = (): LayoutDim => (this.tryPunct("?") ? "?" : this.safeInteger());
    const strides = this.list("[", "]", item);
    let offset: LayoutDim = 0;
    if (this.tryPunct(",")) {
      this.keyword("offset");
      this.punct(":");
      offset = item();
    }
    this.punct(">");
    return { strides, offset };
  }

  attribute(expected?: Type): Attr {
    return this.deeper(
      () =>
        this.#tryLiteral(expected) ??
        this.#tryStructured(expected) ?? { kind: "type", type: this.tryType() ?? this.fail("expected an attribute") },
    );
  }

  attrDict(): AttrDict {
    if (!this.peek("{")) return {};
    const entries: Record<string, Attr> = Object.create(null);
    this.list("{", "}", () => {
      const name = this.tryString() ?? this.identifier("an attribute name");
      if (name in entries) this.fail(`attribute '${name}' is given twice`);
      entries[name] = this.tryPunct("=") ? this.attribute() : { kind: "unit" };
    });
    return { ...entries };
  }

  attrDictOrAlias(): AttrDict {
    if (!this.peek("#")) return this.attrDict();
    const attr = this.attribute();
    return attr.kind === "dict" ? attr.entries : this.fail("expected a dictionary");
  }

  #tryLiteral(expected?: Type): Attr | undefined {
    const string = this.tryString();
    if (string !== undefined) return { kind: "string", value: string };
    const number = this.tryNumber();
    if (number !== undefined) return this.#number(number, expected);
    const symbol = this.trySymbolName();
    if (symbol === undefined) return undefined;
    const path = [symbol];
    while (this.tryPunct("::")) path.push(this.symbolName());
    return { kind: "symbol", path };
  }

  #number(text: string, expected?: Type): Attr {
    const types = this.context.types;
    const isDecimal = !/^[-+]?0x/.test(text) && text.includes(".");
    const type = this.tryPunct(":") ? this.type() : (expected ?? types.scalar(isDecimal ? "f64" : "i64"));
    if (type.kind !== "scalar") this.fail(`a number cannot have type ${printType(type)}`);
    if (elementFacts[type.element].kind === "float") {
      return { kind: "float", value: this.#float(text, type.element), type };
    }
    return { kind: "int", value: this.#whole(text), type };
  }

  /** Hexadecimal digits are the bits. */
  #float(text: string, element: ElementType): number {
    if (/^[-+]0x/.test(text)) this.fail(`${text} is not a number`);
    return text.startsWith("0x") ? Number(numericsOf(element).fromBits(BigInt(text))) : Number(text);
  }

  #whole(text: string): bigint {
    const [, sign, digits] = /^([-+]?)(0x[0-9a-fA-F]+|\d+)$/.exec(text) ?? this.fail(`${text} is not an integer`);
    return sign === "-" ? -BigInt(digits!) : BigInt(digits!);
  }

  #tryStructured(expected?: Type): Attr | undefined {
    if (this.peek("[")) return { kind: "array", items: this.list("[", "]", () => this.attribute()) };
    if (this.peek("{")) return { kind: "dict", entries: this.attrDict() };
    if (this.peek("#")) return this.#dialectAttr();
    const start = this.position;
    const word = this.tryIdentifier();
    switch (word) {
      case "unit":
        return { kind: "unit" };
      case "true":
      case "false":
        return { kind: "bool", value: word === "true" };
      case "array":
        return this.#denseArray();
      case "dense":
        return this.#dense(expected);
      case "dense_resource":
        return this.#resource(expected);
      case "affine_map":
        return { kind: "affineMap", map: this.#body(parseAffineMap) };
      case "affine_set":
        return { kind: "integerSet", set: this.#body(parseIntegerSet) };
      case "loc":
        this.punct("(");
        return { kind: "dialect", name: "loc", body: this.balanced(")") };
      default:
        this.position = start;
        return undefined;
    }
  }

  #body<T>(parse: (text: string) => T): T {
    this.punct("<");
    const start = this.position;
    const text = this.balanced(">");
    try {
      return parse(text);
    } catch (error) {
      this.position = start;
      return this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  #dialectAttr(): Attr {
    const name = this.sigil("#");
    const alias = this.aliases.attrs.get(name);
    if (alias !== undefined) return this.#nested(alias).attribute();
    return { kind: "dialect", name, body: this.tryPunct("<") ? this.balanced(">") : "" };
  }

  #denseArray(): Attr {
    this.punct("<");
    const element = this.#element();
    const values: (number | bigint)[] = [];
    if (this.tryPunct(":")) {
      do values.push(this.#arrayItem(element));
      while (this.tryPunct(","));
    }
    this.punct(">");
    return { kind: "denseArray", element, values };
  }

  #arrayItem(element: ElementType): number | bigint {
    if (element === "i1") {
      const word = this.identifier("true or false");
      return word === "true" ? 1 : 0;
    }
    const text = this.tryNumber() ?? this.fail("expected a number");
    if (elementFacts[element].kind === "float") return this.#float(text, element);
    const value = this.#whole(text);
    return elementFacts[element].bits === 64 && elementFacts[element].kind !== "index" ? value : Number(value);
  }

  #dense(expected?: Type): Attr {
    this.punct("<");
    const start = this.position;
    const body = this.balanced(">");
    const end = this.position;
    const type = this.#typeAfterColon(expected);
    const fail = (message: string): never => {
      this.position = start;
      return this.fail(message);
    };
    if (type.kind !== "tensor" && type.kind !== "vector")
      return fail(`dense elements cannot have type ${printType(type)}`);
    const after = this.position;
    const { splat, data } = parseDenseBody(body, type, fail);
    this.position = Math.max(after, end);
    return { kind: "dense", type, splat, data };
  }

  #typeAfterColon(expected: Type | undefined): Type {
    if (expected && !this.peek(":")) return expected;
    this.punct(":");
    return this.type();
  }

  #resource(expected?: Type): Attr {
    this.punct("<");
    const name = this.tryString() ?? this.identifier("a resource name");
    this.punct(">");
    const type = this.#typeAfterColon(expected);
    if (type.kind !== "tensor") this.fail("a resource is a tensor");
    return { kind: "resource", name, type: type as TensorType };
  }

  #nested(text: string): TypeParser {
    const nested = new TypeParser(text, this.file, this.context);
    nested.aliases = this.aliases;
    nested.#nesting = this.#nesting;
    return nested;
  }
}
