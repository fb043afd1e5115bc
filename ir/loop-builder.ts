/**
 * @file Builds loops: a state that goes round, and values of every iteration stacked up. Sizes of the state may change from
 * one iteration to the next; those of stacked values may not. The body is built on a sketch first, to see which sizes stay.
 */

import type { Context } from "./context.js";
import { compileError } from "./diagnostic.js";
import type { Dim } from "./dim.js";
import type { Value } from "./graph.js";
import { numericsOf } from "./scalar.js";
import type { TensorBuilder } from "./tensor-builder.js";
import { printType, type TensorType } from "./types.js";

export interface LoopStep {
  /** Whether to go on, an i1 of rank 0; where it is not given, nothing ends the loop early. */
  readonly goOn?: Value | undefined;
  readonly state: readonly Value[];
  /** Values of this iteration, to be stacked along a new first axis. */
  readonly stacked: readonly Value[];
}

export interface LoopSpec {
  readonly init: readonly Value[];
  /** The most iterations there are. */
  readonly trips?: Dim | undefined;
  /** Whether to begin, an i1 of rank 0. */
  readonly start?: Value | undefined;
  /** One iteration; `index` is an i64 of rank 0. Called more than once, each time with another builder. */
  readonly body: (t: TensorBuilder, index: Value, state: readonly Value[]) => LoopStep;
}

export interface LoopResults {
  readonly state: readonly Value[];
  readonly stacked: readonly Value[];
}

/** @throws CompileError PS1203 where the state or stacked values cannot be given types that hold for every iteration. */
export function buildLoop(t: TensorBuilder, spec: LoopSpec): LoopResults {
  const { init, trips, start, body } = spec;
  const { stateTypes, stackedTypes, opened, endsEarly } = sketchLoop(t, spec);
  if (trips === undefined && stackedTypes.length > 0)
    throw compileError("PS1203", "values of every iteration are stacked, but the number of iterations has no bound");
  const buffers = stackedTypes.map((type) =>
    t.fill(numericsOf(type.element).zero, [trips!, ...type.shape], type.element),
  );
  const state = init.map((x, i) => t.withType(x, stateTypes[i]!));
  const [atIndex, atFlag, atState] = [0, 1, endsEarly ? 2 : 1];
  const atBuffers = atState + state.length;
  const flag = endsEarly ? [start ?? t.fill(1, [], "i1")] : [];
  const values = [t.number(0, "i64"), ...flag, ...state, ...buffers];
  const results = t.while(
    values,
    (b, args) => {
      const isBelow = trips === undefined ? undefined : b.lt(args[atIndex]!, b.scalar(trips));
      if (!endsEarly) return isBelow ?? b.fill(1, [], "i1");
      return isBelow === undefined ? args[atFlag]! : b.and(isBelow, args[atFlag]!);
    },
    (b, args) => {
      const i = args[atIndex]!;
      const step = body(b, i, args.slice(atState, atBuffers));
      const next = step.state.map((x, k) => b.withType(b.settle(x), reopened(b, stateTypes[k]!, opened)));
      const goOn = endsEarly ? [step.goOn ?? b.fill(1, [], "i1")] : [];
      const filled = step.stacked.map((x, k) => putAt(b, args[atBuffers + k]!, x, i));
      return [b.add(i, 1), ...goOn, ...next, ...filled];
    },
  );
  const full = results.slice(atBuffers);
  const count = endsEarly && full.length > 0 ? t.symbolOf(results[atIndex]!, countRange(t.context, trips!)) : undefined;
  return {
    state: results.slice(atState, atBuffers),
    stacked: count === undefined ? full : full.map((x) => t.sliceAxis(x, 0, 0, count)),
  };
}

function countRange({ dims }: Context, trips: Dim): { readonly min: number; readonly max: number } {
  return { min: 0, max: dims.bounds(trips).max };
}

/** The type of what goes round: sizes that may change are new symbols every time. */
function reopened(t: TensorBuilder, type: TensorType, opened: ReadonlySet<Dim>): TensorType {
  return t.tensorType(
    type.shape.map((d) => (opened.has(d) ? t.context.freshSymbol("data") : d)),
    type.element,
  );
}

function putAt(t: TensorBuilder, buffer: Value, x: Value, index: Value): Value {
  const zeros = t.shape(x).map(() => t.number(0, "i64"));
  return t.replaceBlock(buffer, t.unsqueeze(x, [0]), [index, ...zeros]);
}

interface Sketch {
  readonly stateTypes: readonly TensorType[];
  readonly stackedTypes: readonly TensorType[];
  /** Symbols for sizes of the state that change. */
  readonly opened: ReadonlySet<Dim>;
  readonly endsEarly: boolean;
}

/** Builds the body until no more sizes of the state turn out to change. */
function sketchLoop(t: TensorBuilder, { init, body, start }: LoopSpec): Sketch {
  let stateTypes = init.map((x) => t.type(t.settle(x)));
  const opened = new Set<Dim>();
  const known = new Set(t.context.dims.symbols);
  const rounds = 1 + stateTypes.reduce((n, type) => n + type.shape.length, 0);
  for (let round = 0; round < rounds; round++) {
    const index = t.tensorType([], "i64");
    const step = t.sketch([index, ...stateTypes], (b, [i, ...state]) => {
      const { goOn, state: next, stacked } = body(b, i!, state);
      const types = (list: readonly Value[]): TensorType[] => list.map((x) => b.type(b.settle(x)));
      return { endsEarly: goOn !== undefined || start !== undefined, state: types(next), stacked: types(stacked) };
    });
    const joined = stateTypes.map((type, i) => openTo(t, type, step.state[i], opened));
    if (joined.every((type, i) => type === stateTypes[i])) {
      for (const type of step.stacked) checkStacked(t, type, known);
      return { stateTypes, stackedTypes: step.stacked, opened, endsEarly: step.endsEarly };
    }
    stateTypes = joined;
  }
  throw new Error("the sizes of a loop's state do not settle");
}

/** `type` with those sizes opened that are others after an iteration. */
function openTo(t: TensorBuilder, type: TensorType, next: TensorType | undefined, opened: Set<Dim>): TensorType {
  if (next?.element !== type.element || next.shape.length !== type.shape.length) {
    const texts = `${printType(type)} becomes ${next ? printType(next) : "nothing"}`;
    throw compileError("PS1203", `a value that goes round a loop changes its element or rank: ${texts}`);
  }
  const shape = type.shape.map((d, axis) => {
    if (opened.has(d) || t.facts.isEqual(d, next.shape[axis]!)) return d;
    const symbol = t.context.freshSymbol("data");
    opened.add(symbol);
    return symbol;
  });
  return t.tensorType(shape, type.element);
}

/** Stacked values have one size in all iterations: it may not depend on what the body computes. */
function checkStacked(t: TensorBuilder, type: TensorType, known: ReadonlySet<string>): void {
  const { dims } = t.context;
  const open = type.shape.find((d) => dims.symbolsOf(d).some((s) => !known.has(s)));
  if (open === undefined) return;
  const message = "values that are stacked over the iterations of a loop have sizes that may differ between them";
  throw compileError("PS1203", message);
}
