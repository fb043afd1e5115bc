/** @file What names of a module stand for: imports under their own names, sizes, constants. */

import { closest } from "../../ir/suggest.js";
import type { Expression, Module, Statement } from "./ast.js";
import type { NumberType } from "./numbers.js";

/** Full names of what a module imports, by the names it gives them; `np` stands for `numpy`. */
export type Imports = ReadonlyMap<string, string>;

export function importsOf(module: Module): Imports {
  const found = new Map<string, string>();
  for (const s of module.body) {
    if (s.kind === "Import")
      for (const { name, asname } of s.names)
        found.set(asname ?? name.split(".")[0]!, asname ? name : name.split(".")[0]!);
    if (s.kind === "ImportFrom" && s.level === 0)
      for (const { name, asname } of s.names) found.set(asname ?? name, `${s.module}.${name}`);
  }
  return found;
}

/** `numpy.sqrt` for `np.sqrt`; a name that nothing imports stays as it is. */
export function fullName(x: Expression, imports: Imports): string | undefined {
  if (x.kind === "Name") return imports.get(x.id) ?? x.id;
  if (x.kind !== "Attribute") return undefined;
  const base = fullName(x.value, imports);
  return base === undefined ? undefined : `${base}.${x.attr}`;
}

export interface Globals {
  /** Names from `persimmons.sizes`. */
  readonly sizes: ReadonlySet<string>;
  /** Names that a module gives a number, once. */
  readonly constants: ReadonlyMap<string, Expression>;
}

export function globalsOf(module: Module, imports: Imports): Globals {
  const sizes = new Set<string>();
  const constants = new Map<string, Expression>();
  const seen = new Set<string>();
  for (const s of module.body) {
    if (s.kind !== "Assign") continue;
    const call = s.value.kind === "Call" ? fullName(s.value.func, imports) : undefined;
    for (const name of s.targets.flatMap(namesIn)) {
      if (call === "persimmons.sizes") sizes.add(name);
      else if (seen.has(name)) constants.delete(name);
      else if (isNumber(s.value)) constants.set(name, s.value);
      seen.add(name);
    }
  }
  return { sizes, constants };
}

function namesIn(target: Expression): readonly string[] {
  if (target.kind === "Name") return [target.id];
  return target.kind === "Tuple" || target.kind === "List" ? target.elts.flatMap(namesIn) : [];
}

function isNumber(x: Expression): boolean {
  if (x.kind === "UnaryOp") return isNumber(x.operand);
  return x.kind === "Constant" && (x.value.type === "int" || x.value.type === "float");
}

/** All statements, those within others too. */
export function* statementsIn(body: readonly Statement[]): Generator<Statement> {
  for (const s of body) {
    yield s;
    const inner = s as { readonly body?: readonly Statement[]; readonly orelse?: readonly Statement[] };
    if (inner.body) yield* statementsIn(inner.body);
    if (inner.orelse) yield* statementsIn(inner.orelse);
  }
}

export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const near = closest(name, known);
  return near === undefined ? undefined : `did you mean '${near}'?`;
}

const elementTypes: Readonly<Record<string, NumberType>> = {
  f64: "f64",
  f32: "f32",
  i64: "i64",
  i32: "i32",
  float64: "f64",
  float32: "f32",
  int64: "i64",
  int32: "i32",
};

/** The type of elements that an annotation or `dtype` names. */
export function elementTypeOf(x: Expression, imports: Imports): NumberType | undefined {
  const name = fullName(x, imports);
  if (name === "float") return "f64";
  if (name === "int") return "i64";
  const known = /^(?:persimmons|numpy)\.(\w+)$/.exec(name ?? "")?.[1] ?? name ?? "";
  return Object.hasOwn(elementTypes, known) ? elementTypes[known] : undefined;
}
