/**
 * @file MLIR text of operations. The pretty form where an operation has one, the generic form on request.
 * Symbolic sizes print as `?`; a function carries them in `psm.shapes` (see symbolic-shapes.ts).
 */

import { type Attr, type AttrDict, printAttr, printAttrDict, printNamedAttr, printString } from "../attrs.js";
import type { Context } from "../context.js";
import type { Block, Operation, Region, Value } from "../graph.js";
import type { Location } from "../location.js";
import { attrKindOf, isDefaultAttr, needsSegments, sameAttrValue } from "../slots.js";
import { printType, type Type } from "../types.js";
import type { OpPrinter, RegionPrinting } from "./assembly.js";
import { extraWithShapes } from "./symbolic-shapes.js";

export interface PrintOptions {
  /** Everything in generic form. */
  readonly generic?: boolean;
  /** Append `loc(…)` to every operation. */
  readonly locations?: boolean;
}

export function printOp(op: Operation, context: Context, options: PrintOptions = {}): string {
  const printer = new Printer(context, options);
  printer.operation(op);
  return `${printer.finish()}\n`;
}

class Printer implements OpPrinter {
  readonly context: Context;
  readonly #options: PrintOptions;
  readonly #out: string[] = [];
  #indent = 0;
  #names = new Map<Value, string>();
  #blockNames = new Map<Block, string>();
  #nextValue = 0;
  #nextArg = 0;
  #nextBlock = 0;
  /** Extra attributes of the operation at hand, `psm.shapes` included. */
  #extra: AttrDict = {};

  constructor(context: Context, options: PrintOptions) {
    this.context = context;
    this.#options = options;
  }

  finish(): string {
    return this.#out.join("");
  }

  operation(op: Operation): void {
    this.#scoped(op, () => {
      this.#extra = extraWithShapes(op, this.context);
      this.text("  ".repeat(this.#indent));
      this.#results(op);
      const { assembly } = op.def;
      if (assembly && !this.#options.generic) {
        this.text(
          op.name.replace(/^(builtin|func)\.(?=module|return|call)/, (_, d: string) =>
            d === "builtin" ? "" : `${d}.`,
          ),
        );
        assembly.print(op, this);
      } else this.#generic(op);
      if (this.#options.locations) this.text(printLocation(op.at));
    });
  }

  /** Names start again inside an isolated operation. */
  #scoped(op: Operation, print: () => void): void {
    if (!op.def.traits.includes("isolated")) {
      print();
      return;
    }
    const saved = [this.#nextValue, this.#nextArg, this.#nextBlock] as const;
    [this.#nextValue, this.#nextArg, this.#nextBlock] = [0, 0, 0];
    print();
    [this.#nextValue, this.#nextArg, this.#nextBlock] = saved;
  }

  #results(op: Operation): void {
    if (op.results.length === 0) return;
    const name = `%${this.#nextValue++}`;
    if (op.results.length === 1) this.#names.set(op.results[0]!, name);
    else op.results.forEach((r, i) => this.#names.set(r, `${name}#${i}`));
    this.text(op.results.length === 1 ? `${name} = ` : `${name}:${op.results.length} = `);
  }

  #generic(op: Operation): void {
    this.text(`"${op.name}"(`);
    this.values(op.operands);
    this.text(")");
    if (op.successors.length > 0) this.text(`[${op.successors.map((b) => this.#blockName(b)).join(", ")}]`);
    const properties = this.#properties(op, []);
    if (Object.keys(properties).length > 0) this.text(` <${printAttrDict(properties)}>`);
    if (op.regions.length > 0) {
      this.text(" (");
      op.regions.forEach((region, i) => {
        if (i > 0) this.text(", ");
        this.region(region);
      });
      this.text(")");
    }
    if (Object.keys(this.#extra).length > 0) this.text(` ${printAttrDict(this.#extra)}`);
    this.text(" : ");
    this.functionType(
      op.operands.map((x) => x.type),
      op.results.map((x) => x.type),
    );
  }

  /** Declared attributes as MLIR attributes, less those in `shown` and those equal to their default. */
  #properties(op: Operation, shown: readonly string[]): Record<string, Attr> {
    const properties: Record<string, Attr> = {};
    for (const name of op.def.attrNames) {
      const slot = op.def.attrs[name]!;
      const value = op.attrs[name];
      if (value === undefined || shown.includes(name)) continue;
      if (isDefaultAttr(slot) && !slot.written && sameAttrValue(slot.default, value)) continue;
      properties[name] = attrKindOf(slot).write(value, this.context);
    }
    const equal = op.def.traits.includes("equal-groups");
    if (needsSegments(op.def.operands) && !equal && !shown.includes("*segments")) {
      properties["operandSegmentSizes"] = { kind: "denseArray", element: "i32", values: op.segments ?? [] };
    }
    return properties;
  }

  text(text: string): void {
    this.#out.push(text);
  }

  newline(): void {
    this.text(`\n${"  ".repeat(this.#indent)}`);
  }

  value(value: Value): void {
    this.text(this.nameOf(value));
  }

  values(values: readonly Value[]): void {
    this.text(values.map((v) => this.nameOf(v)).join(", "));
  }

  type(type: Type): void {
    this.text(printType(type, printAttr));
  }

  types(types: readonly Type[]): void {
    this.text(types.map((t) => printType(t, printAttr)).join(", "));
  }

  attr(attr: Attr): void {
    this.text(printAttr(attr));
  }

  functionType(inputs: readonly Type[], results: readonly Type[]): void {
    this.text("(");
    this.types(inputs);
    this.text(") -> ");
    const bare = results.length === 1 && results[0]!.kind !== "function";
    this.text(bare ? "" : "(");
    this.types(results);
    this.text(bare ? "" : ")");
  }

  attrDict(op: Operation, shown: readonly string[], keyword?: string): void {
    const all = { ...this.#properties(op, [...shown, "*segments"]), ...this.#extra };
    if (Object.keys(all).length === 0) return;
    this.text(keyword === undefined ? " " : ` ${keyword} `);
    const names = Object.keys(all).sort();
    this.text(`{${names.map((n) => printNamedAttr(n, all[n]!)).join(", ")}}`);
  }

  region(region: Region, options: RegionPrinting = {}): void {
    const outer = this.#extra;
    const { argsNamedAs = [] } = options;
    argsNamedAs.forEach((value, i) => {
      const arg = region.blocks[0]?.args[i];
      if (arg) this.#names.set(arg, this.nameOf(value));
    });
    this.text("{\n");
    this.#indent++;
    region.blocks.forEach((block, i) => this.#block(block, i === 0, options));
    this.#indent--;
    this.text(`${"  ".repeat(this.#indent)}}`);
    this.#extra = outer;
  }

  #block(block: Block, isEntry: boolean, { entryArgs = true, hideTerminator = false }: RegionPrinting): void {
    for (const arg of block.args) if (!this.#names.has(arg)) this.#names.set(arg, `%arg${this.#nextArg++}`);
    // Without a header an empty block would read back as no block at all.
    const needsHeader = !isEntry || (entryArgs && (block.args.length > 0 || !block.first));
    if (needsHeader) {
      const args = block.args.map((a) => `${this.nameOf(a)}: ${printType(a.type, printAttr)}`).join(", ");
      this.text(`${"  ".repeat(this.#indent - 1)}${this.#blockName(block)}${args === "" ? "" : `(${args})`}:\n`);
    }
    for (const op of block.ops()) {
      const hidden =
        hideTerminator && op === block.last && op.operands.length === 0 && op.def.traits.includes("terminator");
      if (hidden) continue;
      this.operation(op);
      this.text("\n");
    }
  }

  successor(block: Block): void {
    this.text(this.#blockName(block));
  }

  prettyAttr(op: Operation, name: string): string {
    const kind = attrKindOf(op.def.attrs[name]!);
    const value = op.attrs[name];
    return kind.pretty ? kind.pretty.print(value, this.context) : printAttr(kind.write(value, this.context));
  }

  #blockName(block: Block): string {
    const known = this.#blockNames.get(block);
    if (known !== undefined) return known;
    const name = `^bb${this.#nextBlock++}`;
    this.#blockNames.set(block, name);
    return name;
  }

  nameOf(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    if (value.definingOp) return `%<${value.definingOp.name} before its definition>`;
    const name = `%arg${this.#nextArg++}`;
    this.#names.set(value, name);
    return name;
  }
}

function printLocation(at: Location): string {
  switch (at.kind) {
    case "text":
      return ` loc(${printString(at.file)}:${at.line}:${at.column})`;
    case "graph-node":
      return ` loc(${printString(at.node)})`;
    case "bytes":
      return ` loc(${printString(`${at.file}@${at.offset}`)})`;
    case "derived":
      return at.from.length === 0 ? " loc(unknown)" : printLocation(at.from[0]!);
    default:
      return " loc(unknown)";
  }
}
