/**
 * @file Whether inputs fit an entry: number, element types, ranks, sizes, lengths, and sizes that must agree. Every
 * problem is found and reported at once (exit 2), before the model sees anything.
 */

import { findDtype } from "../bundle/dtype.js";
import { evaluateExpression, parseExpression, symbolsOf } from "../bundle/expression.js";
import type { Check, Relation, Value } from "../bundle/generated/manifest.js";
import { type FaultCode, type FaultDiagnostic, faultDiagnostic, RuntimeFault } from "../diagnostic.js";
import type { DescribedEntry, ModelDescription } from "../native/description.js";
import type { TensorData, TensorShape } from "./engine.js";

/** A symbol's value and the first place that gave it. */
interface Binding {
  readonly size: number;
  readonly where: string;
}

/** Throws a `RuntimeFault` (PS5202-PS5207, exit 2) that lists everything wrong with `inputs`, given in entry order. */
export function checkInputs(
  description: ModelDescription,
  entry: DescribedEntry,
  inputs: readonly (TensorShape | TensorData)[],
): void {
  const problems: FaultDiagnostic[] = [];
  if (inputs.length > entry.inputs.length) {
    problems.push(fault("PS5203", `${inputs.length} inputs; the model takes ${entry.inputs.length}`));
  }
  const sound: [Value, TensorShape][] = [];
  entry.inputs.forEach((value, k) => {
    const input = inputs[k];
    if (input === undefined) problems.push(missing(value));
    else if (checkInput(value, input, problems)) sound.push([value, input]);
  });
  checkSizes(description, entry, sound, problems);
  if (problems.length > 0) throw new RuntimeFault(problems, 2);
}

/**
 * Inputs given by name, in the order of the entry. Throws a `RuntimeFault` (exit 2) that lists missing and unknown
 * names together with everything `checkInputs` finds.
 */
export function bindInputs(
  description: ModelDescription,
  entry: DescribedEntry,
  inputs: ReadonlyMap<string, TensorData>,
): readonly TensorData[] {
  const names = new Set(entry.inputs.map((v) => v.name));
  const unknown = [...inputs.keys()].filter((name) => !names.has(name));
  const absent = entry.inputs.filter((v) => !inputs.has(v.name));
  const takes = `it takes ${[...names].map((name) => `'${name}'`).join(", ") || "none"}`;
  const problems = [
    ...unknown.map((name) => fault("PS5203", `the model has no input '${name}'`, takes)),
    ...absent.map(missing),
  ];
  const there = entry.inputs.filter((v) => inputs.has(v.name));
  const bound = there.map((v) => inputs.get(v.name)!);
  try {
    checkInputs(description, { ...entry, inputs: there }, bound);
  } catch (error) {
    if (!(error instanceof RuntimeFault)) throw error;
    problems.push(...error.diagnostics);
  }
  if (problems.length > 0) throw new RuntimeFault(problems, 2);
  return bound;
}

/** Throws PS5209 (exit 2) unless `value` is of the state's type and size. */
export function checkStateValue(
  name: string,
  state: TensorShape & { readonly bytes: number },
  value: TensorData,
): void {
  const wanted = `${state.dtype} ${shapeText(state.shape)}`;
  const given = `${value.dtype} ${shapeText(value.shape)}`;
  if (wanted === given && value.bytes.length === state.bytes) return;
  const what = wanted === given ? `${value.bytes.length} bytes` : given;
  const problem = fault("PS5209", `state '${name}': it is ${wanted} (${state.bytes} bytes), not ${what}`);
  throw new RuntimeFault([problem], 2);
}

function fault(code: FaultCode, message: string, fix?: string): FaultDiagnostic {
  return faultDiagnostic(code, message, fix === undefined ? {} : { fix });
}

function missing(value: Value): FaultDiagnostic {
  return fault(
    "PS5202",
    `input '${value.name}' is missing`,
    `give a ${value.dtype} tensor of ${shapeText(value.shape)}`,
  );
}

const shapeText = (shape: readonly (string | number)[]) => `[${shape.join(", ")}]`;

/** Checks what needs no other input; returns whether rank and sizes can be looked at further. */
function checkInput(value: Value, input: TensorShape | TensorData, problems: FaultDiagnostic[]): boolean {
  const name = `input '${value.name}'`;
  if (input.dtype !== value.dtype) {
    problems.push(fault("PS5204", `${name}: its elements are ${input.dtype}, the model takes ${value.dtype}`));
  }
  if (input.shape.length !== value.shape.length) {
    const dims = `${input.shape.length} dimensions ${shapeText(input.shape)}`;
    problems.push(fault("PS5205", `${name}: it has ${dims}, the model takes ${shapeText(value.shape)}`));
    return false;
  }
  const bad = input.shape.findIndex((size) => !Number.isSafeInteger(size) || size < 0);
  if (bad >= 0) {
    problems.push(fault("PS5206", `${name}: dimension ${bad} is ${input.shape[bad]}, which is no size`));
    return false;
  }
  if ("bytes" in input) checkLength(name, input, problems);
  return true;
}

function checkLength(name: string, input: TensorData, problems: FaultDiagnostic[]): void {
  const dtype = findDtype(input.dtype);
  if (dtype === undefined) return; // reported as a wrong element type
  const bytes = input.shape.reduce((a, b) => a * b, dtype.bytes);
  if (input.bytes.length === bytes) return;
  const shape = `${input.dtype} ${shapeText(input.shape)}`;
  problems.push(fault("PS5207", `${name}: ${shape} takes ${bytes} bytes, its data has ${input.bytes.length}`));
}

/** Binds the symbols that stand alone, then checks constants, ranges, agreement, and sizes that are expressions. */
function checkSizes(
  description: ModelDescription,
  entry: DescribedEntry,
  inputs: readonly (readonly [Value, TensorShape])[],
  problems: FaultDiagnostic[],
): void {
  const bindings = new Map<string, Binding>();
  const later: (() => void)[] = [];
  for (const [value, input] of inputs) {
    value.shape.forEach((text, d) => {
      const size = input.shape[d]!;
      const where = `input '${value.name}': dimension ${d}`;
      const wanted = parseExpression(text);
      if (wanted.kind === "symbol") problems.push(...bindSymbol(description, bindings, wanted.name, { size, where }));
      else later.push(() => problems.push(...checkSize(text, bindings, { size, where })));
    });
  }
  for (const check of later) check();
  if (problems.length === 0) problems.push(...entry.checks.flatMap((check) => checkCondition(check, bindings)));
}

const meets: Readonly<Record<Relation, (x: number) => boolean>> = {
  zero: (x) => x === 0,
  nonzero: (x) => x !== 0,
  nonnegative: (x) => x >= 0,
};

/** A condition on several sizes. */
function checkCondition(check: Check, bindings: ReadonlyMap<string, Binding>): readonly FaultDiagnostic[] {
  const { message, relation, value } = check;
  if (relation === undefined || value === undefined) return [];
  const expression = parseExpression(value);
  const symbols = symbolsOf(expression);
  if (symbols.some((s) => !bindings.has(s))) return []; // the model's own check decides
  const sizes = new Map([...bindings].map(([name, binding]) => [name, binding.size]));
  if (meets[relation](evaluateExpression(expression, sizes))) return [];
  const given = [...new Set(symbols)].map((s) => bindings.get(s)!).map(({ size, where }) => `${where} is ${size}`);
  return [fault("PS5206", `${message}, but ${given.join(", ")}`)];
}

function bindSymbol(
  description: ModelDescription,
  bindings: Map<string, Binding>,
  name: string,
  here: Binding,
): readonly FaultDiagnostic[] {
  const before = bindings.get(name);
  if (before === undefined) bindings.set(name, here);
  else if (before.size !== here.size) {
    const other = `${name} is ${before.size} by ${before.where}`;
    return [fault("PS5206", `${here.where} (${name}) is ${here.size}, but ${other}`)];
  } else return [];
  const { min, max } = description.symbols.find((s) => s.name === name) ?? { min: 0, max: undefined };
  if (here.size >= min && (max === undefined || here.size <= max)) return [];
  const range = max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
  return [fault("PS5206", `${here.where} (${name}) is ${here.size}, the model takes ${range}`)];
}

function checkSize(text: string, bindings: ReadonlyMap<string, Binding>, here: Binding): readonly FaultDiagnostic[] {
  const expression = parseExpression(text);
  const symbols = symbolsOf(expression);
  if (symbols.some((s) => !bindings.has(s))) return []; // the model's own check decides
  const sizes = new Map([...bindings].map(([name, binding]) => [name, binding.size]));
  const wanted = evaluateExpression(expression, sizes);
  if (wanted === here.size) return [];
  const why = symbols.length === 0 ? "" : ` (${text})`;
  return [fault("PS5206", `${here.where} is ${here.size}, the model takes ${wanted}${why}`)];
}
