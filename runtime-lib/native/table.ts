/**
 * @file The table of one model (psm_model in psm_runtime.h) as LLVM IR: constant data that the C runtime works from, the
 * description as JSON included. It is appended to the module's own text, whose functions it names.
 * Invariant: the same text serves 32 and 64 bit (pointers are `ptr`, structures are laid out as C lays them out), and
 * names reach the text only as checked identifiers or inside escaped strings.
 */

import { checkedProduct, findDtype } from "../bundle/dtype.js";
import { type Expression, type ExpressionOperator, parseExpression } from "../bundle/expression.js";
import type { Value } from "../bundle/generated/manifest.js";
import { runtimeFault } from "../diagnostic.js";
import { abiBridge, runtimePrefix } from "./abi.js";
import type { DescribedEntry, DescribedState, ModelDescription } from "./description.js";
import { dtypeCode } from "./dtype-codes.js";
import { neededFeatures } from "./features.js";

const allocatedByRun = 1; // PSM_PORT_ALLOCATED_BY_RUN

/** psm_size_code of psm_runtime.h. */
const sizeCodes: Readonly<Record<"end" | "constant" | "symbol" | ExpressionOperator, number>> = {
  end: 0,
  constant: 1,
  symbol: 2,
  "+": 3,
  "-": 4,
  "*": 5,
  floordiv: 6,
  ceildiv: 7,
  mod: 8,
  min: 9,
  max: 10,
};

/** A name that may stand in C and LLVM IR as it is. Throws an `Error` for others: the manifest's checker refuses them. */
export function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`'${name}' is no C identifier`);
  return name;
}

/** A structure's type and value, as both must be written wherever it stands. */
interface Constant {
  readonly type: string;
  readonly value: string;
}

const i32 = (value: number): Constant => ({ type: "i32", value: String(value) });
const i64 = (value: number): Constant => ({ type: "i64", value: String(value) });
const nothing: Constant = { type: "ptr", value: "null" };

function struct(fields: readonly Constant[]): Constant {
  const type = `{ ${fields.map((f) => f.type).join(", ")} }`;
  return { type, value: `{ ${fields.map((f) => `${f.type} ${f.value}`).join(", ")} }` };
}

/** Collects private constants and gives pointers to them; equal ones are one. */
class Constants {
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  constructor(model: string) {
    this.#prefix = `@${model}_table_`;
  }

  get text(): string {
    const lines = [...this.#names].map(([body, name]) => `${name} = private unnamed_addr constant ${body}, align 8\n`);
    return lines.join("");
  }

  #pointer(body: string): Constant {
    const name = this.#names.get(body) ?? `${this.#prefix}${this.#names.size}`;
    this.#names.set(body, name);
    return { type: "ptr", value: name };
  }

  text8(text: string): Constant {
    const bytes = Buffer.from(`${text}\0`, "utf8");
    let escaped = "";
    for (const byte of bytes) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
      escaped += plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, "0").toUpperCase()}`;
    }
    return this.#pointer(`[${bytes.length} x i8] c"${escaped}"`);
  }

  /** A pointer to elements of one type; null for none. */
  array(elements: readonly Constant[]): Constant {
    const [first] = elements;
    if (first === undefined) return nothing;
    const values = elements.map((e) => `${e.type} ${e.value}`).join(", ");
    return this.#pointer(`[${elements.length} x ${first.type}] [${values}]`);
  }
}

/** Begins the definition of the table: a module whose text has it needs no other. */
export const tableMark = `\n@${runtimePrefix}_model_table = `;

/**
 * What makes a library of a module, together with the runtime's object: its table and C ABI v1 under its name. Appended
 * to the module's text at export, it leaves the builder of a library nothing to do but compile and link.
 */
export function libraryText(d: ModelDescription): string {
  return modelTable(d) + abiBridge(d.model);
}

/** The table's text; it defines the one symbol that the runtime looks for. */
export function modelTable(d: ModelDescription): string {
  const constants = new Constants(identifier(d.model));
  const features = neededFeatures(d.target.cpu, d.target.features);
  const entries = d.entries.map((e) => entryConstant(d, e, constants));
  const states = d.states.map((s) => stateConstant(d, s, constants));
  const model = struct([
    constants.text8(d.model),
    constants.text8(JSON.stringify(d)),
    constants.array(entries),
    constants.array(states),
    constants.array(features.map((f) => constants.text8(f))),
    i32(d.entries.length),
    i32(d.symbols.length),
    i32(d.states.length),
    i32(features.length),
    i32(d.profiled ? d.kernels.length : 0),
    i64(d.weights?.bytes ?? 0),
    i64(d.weights?.offset ?? 0),
    i32(d.weights?.fingerprint ?? 0),
  ]);
  const table = `${tableMark}hidden constant ${model.type} ${model.value}, align 8\n`;
  return `\n; The table of the model, for the runtime.\n${constants.text}${table}`;
}

function entryConstant(d: ModelDescription, e: DescribedEntry, constants: Constants): Constant {
  const entry = (role: string) => ({ type: "ptr", value: `@${d.model}_${identifier(e.name)}_${role}` });
  const outputs = e.outputs.map((v) => port(v, constants, v.allocatedByRun ? allocatedByRun : 0));
  return struct([
    constants.text8(e.name),
    entry("plan"),
    entry("run"),
    constants.array(e.inputs.map((v) => port(v, constants))),
    constants.array(outputs),
    constants.array(e.states.map(i32)),
    constants.array(e.checks.map((check) => constants.text8(check.message))),
    i32(e.inputs.length),
    i32(e.outputs.length),
    i32(e.states.length),
    i32(e.checks.length),
  ]);
}

function port(v: Pick<Value, "name" | "dtype" | "shape">, constants: Constants, flags = 0): Constant {
  const sizes = v.shape.map((size) => i64(constantSize(size) ?? -1));
  const fields = [
    constants.text8(v.name),
    constants.array(sizes),
    i32(sizes.length),
    i32(dtypeCode(v.dtype)),
    i32(flags),
  ];
  return struct(fields);
}

/** A size that is a constant, or undefined. */
function constantSize(text: string): number | undefined {
  const expression = parseExpression(text);
  return expression.kind === "integer" ? expression.value : undefined;
}

function stateConstant(d: ModelDescription, s: DescribedState, constants: Constants): Constant {
  checkInit(d, s);
  const numbers = new Map(d.symbols.map((symbol, at) => [symbol.name, at]));
  const symbolic = s.shape.some((size) => constantSize(size) === undefined);
  const code = s.shape.flatMap((size) => [...postfix(parseExpression(size), numbers), sizeCodes.end, 0]);
  return struct([port(s, constants), symbolic ? constants.array(code.map(i64)) : nothing, i64(s.init ?? -1)]);
}

/** Pairs of an operation and its operand. */
function postfix(e: Expression, numbers: ReadonlyMap<string, number>): readonly number[] {
  if (e.kind === "integer") return [sizeCodes.constant, e.value];
  if (e.kind === "symbol") return [sizeCodes.symbol, numbers.get(e.name)!];
  const operands = e.operands.map((operand) => postfix(operand, numbers));
  return operands.flatMap((code, k) => (k === 0 ? code : [...code, sizeCodes[e.operator], 0]));
}

/** Throws a `RuntimeFault` (PS5200) where a first value is not wholly in the weights: a reset copies it unseen. */
function checkInit(d: ModelDescription, s: DescribedState): void {
  if (s.init === undefined) return;
  const bytes = checkedProduct([...s.shape.map((size) => constantSize(size) ?? -1), findDtype(s.dtype)!.bytes]);
  if (bytes !== undefined && s.init + bytes <= (d.weights?.bytes ?? 0)) return;
  throw runtimeFault("PS5200", `state '${s.name}': its first value is not in the weights, or its size is not constant`);
}
