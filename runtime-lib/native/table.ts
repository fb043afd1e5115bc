/**
 * @file The C translation unit of one model: the runtime under the model's name, and the table it works from.
 * Everything in it is `static` constant data but the declarations of the module's functions, so two models never clash.
 * Invariant: names reach C only as checked identifiers or as escaped string literals.
 */

import { checkedProduct, findDtype } from "../bundle/dtype.js";
import { type Expression, type ExpressionOperator, parseExpression } from "../bundle/expression.js";
import type { Value } from "../bundle/generated/manifest.js";
import { runtimeFault } from "../diagnostic.js";
import type { DescribedEntry, DescribedState, ModelDescription } from "./description.js";
import { dtypeConstant } from "./dtype-codes.js";
import { neededFeatures } from "./features.js";

/** The source text; compiled with the folder of the runtime's C files on the include path. */
export function modelSource(d: ModelDescription): string {
  for (const state of d.states) checkInit(d, state);
  const features = neededFeatures(d.target.cpu, d.target.features);
  const functions = d.entries.flatMap((e) => [
    `psm_plan_fn ${symbol(d, e, "plan")};`,
    `psm_run_fn ${symbol(d, e, "run")};`,
  ]);
  return `/* Generated: the runtime of the model '${identifier(d.model)}'. */
#define PSM_NAME ${identifier(d.model)}
#include "psm_runtime.c"

${functions.join("\n")}

static const char psm_json[] =
${literalLines(JSON.stringify(d))};

${d.states.map((s, k) => stateDims(d, s, k)).join("")}${statesTable(d.states)}
${d.entries.map((e, k) => entryTables(e, k)).join("")}${entriesTable(d)}
${stringTable("psm_features", features)}
${modelTable(d, features)}`;
}

/** A name that may stand in C as it is. Throws an `Error` for any other: the manifest's checker lets none through. */
export function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`'${name}' is no C identifier`);
  return name;
}

function symbol(d: ModelDescription, e: DescribedEntry, role: string): string {
  return `${identifier(d.model)}_${identifier(e.name)}_${role}`;
}

/** A C string literal; bytes beyond plain ASCII, and what C reads specially, become octal escapes. */
function literal(text: string): string {
  let out = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
    out += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `"${out}"`;
}

function literalLines(text: string): string {
  const lines: string[] = [];
  // By code points, so that no character is cut in two.
  const characters = [...text];
  for (let k = 0; k < characters.length; k += 96) lines.push(`    ${literal(characters.slice(k, k + 96).join(""))}`);
  return lines.join("\n");
}

function array(declaration: string, rows: readonly string[]): string {
  return rows.length === 0 ? "" : `static const ${declaration}[] = {\n${rows.map((r) => `    ${r},\n`).join("")}};\n`;
}

/** An array's name, or NULL for an empty one, which C does not have. */
function named(name: string, rows: readonly unknown[]): string {
  return rows.length === 0 ? "NULL" : name;
}

function stringTable(name: string, texts: readonly string[]): string {
  return array(`char *const ${name}`, texts.map(literal));
}

/** A size that is a constant, or undefined. */
export function constantSize(text: string): number | undefined {
  const expression = parseExpression(text);
  return expression.kind === "integer" ? expression.value : undefined;
}

function dimsOf(shape: readonly string[]): string {
  if (shape.length === 0) return "NULL";
  return `(const int64_t[]){${shape.map((size) => constantSize(size) ?? -1).join(", ")}}`;
}

function port(v: Pick<Value, "name" | "dtype" | "shape">, flags = "0"): string {
  return `{${literal(v.name)}, ${dimsOf(v.shape)}, ${v.shape.length}, ${dtypeConstant(v.dtype)}, ${flags}}`;
}

const isSymbolic = (s: DescribedState) => s.shape.some((size) => constantSize(size) === undefined);

function stateDims(d: ModelDescription, s: DescribedState, k: number): string {
  if (!isSymbolic(s)) return "";
  const numbers = new Map(d.symbols.map((symbol, at) => [symbol.name, at]));
  const lines = s.shape.map((size, at) => `  dims[${at}] = ${expressionText(parseExpression(size), numbers)};\n`);
  return `static void psm_state_${k}_dims(const int64_t *symbols, int64_t *dims) {\n${lines.join("")}}\n\n`;
}

const functions: Readonly<Record<ExpressionOperator, string>> = {
  "+": "psm_add",
  "-": "psm_subtract",
  "*": "psm_multiply",
  floordiv: "psm_floordiv",
  ceildiv: "psm_ceildiv",
  mod: "psm_mod",
  min: "psm_min",
  max: "psm_max",
};

function expressionText(e: Expression, numbers: ReadonlyMap<string, number>): string {
  if (e.kind === "integer") return `INT64_C(${e.value})`;
  if (e.kind === "symbol") return `symbols[${numbers.get(e.name)!}]`;
  const operands = e.operands.map((operand) => expressionText(operand, numbers));
  return operands.reduce((a, b) => `${functions[e.operator]}(${a}, ${b})`);
}

/** Throws a `RuntimeFault` (PS5200) where a first value is not wholly in the weights: reset copies it unseen. */
function checkInit(d: ModelDescription, s: DescribedState): void {
  if (s.init === undefined) return;
  const bytes = checkedProduct([...s.shape.map((size) => constantSize(size) ?? -1), findDtype(s.dtype)!.bytes]);
  if (bytes !== undefined && s.init + bytes <= (d.weights?.bytes ?? 0)) return;
  throw runtimeFault("PS5200", `state '${s.name}': its first value is not in the weights, or its size is not constant`);
}

function statesTable(states: readonly DescribedState[]): string {
  const rows = states.map((s, k) => `{${port(s)}, ${isSymbolic(s) ? `psm_state_${k}_dims` : "NULL"}, ${s.init ?? -1}}`);
  return array("struct psm_state psm_states", rows);
}

function entryTables(e: DescribedEntry, k: number): string {
  const outputs = e.outputs.map((v) => port(v, v.allocatedByRun ? "PSM_PORT_ALLOCATED_BY_RUN" : "0"));
  return [
    array(
      `struct psm_port psm_inputs_${k}`,
      e.inputs.map((v) => port(v)),
    ),
    array(`struct psm_port psm_outputs_${k}`, outputs),
    array(`int32_t psm_used_states_${k}`, e.states.map(String)),
    stringTable(
      `psm_checks_${k}`,
      e.checks.map((check) => check.message),
    ),
  ].join("");
}

function entriesTable(d: ModelDescription): string {
  const rows = d.entries.map((e, k) =>
    [
      `{${literal(e.name)}, ${symbol(d, e, "plan")}, ${symbol(d, e, "run")}`,
      named(`psm_inputs_${k}`, e.inputs),
      named(`psm_outputs_${k}`, e.outputs),
      named(`psm_used_states_${k}`, e.states),
      named(`psm_checks_${k}`, e.checks),
      `${e.inputs.length}, ${e.outputs.length}, ${e.states.length}, ${e.checks.length}}`,
    ].join(", "),
  );
  return array("struct psm_entry psm_entries", rows);
}

function modelTable(d: ModelDescription, features: readonly string[]): string {
  const rows: readonly (readonly [field: string, value: string | number])[] = [
    ["name", literal(d.model)],
    ["json", "psm_json"],
    ["entries", named("psm_entries", d.entries)],
    ["states", named("psm_states", d.states)],
    ["features", named("psm_features", features)],
    ["entry_count", d.entries.length],
    ["symbol_count", d.symbols.length],
    ["state_count", d.states.length],
    ["feature_count", features.length],
    ["kernel_count", d.profiled ? d.kernels.length : 0],
    ["weights_bytes", `UINT64_C(${d.weights?.bytes ?? 0})`],
    ["weights_offset", `UINT64_C(${d.weights?.offset ?? 0})`],
    ["fingerprint", `${d.weights?.fingerprint ?? 0}u`],
  ];
  const fields = rows.map(([field, value]) => `    .${field} = ${value},\n`);
  return `static const struct psm_model psm_model_table = {\n${fields.join("")}};\n`;
}
