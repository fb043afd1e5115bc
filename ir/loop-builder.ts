/**
 * @file Builds loops: a state that goes round, and values of every iteration stacked up. Sizes of the state may change from
 * one iteration to the next; those of stacked values may not. Where sizes change, the body is built once more for that.
 */

import type { Context } from "./context.js";
import { compileError } from "./diagnostic.js";
import { whileOp } from "./dialects/stablehlo/control-flow.js";
import type { Dim } from "./dim.js";
import type { Value } from "./graph.js";
import { numericsOf } from "./scalar.js";
import type { OpenBlock, TensorBuilder } from "./tensor-builder.js";
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
  const { init, trips, start } = spec;
  const body = openBody(t, spec);
  const { inner, step, stateTypes, opened } = body;
  const endsEarly = step.goOn !== undefined || start !== undefined;
  if (trips === undefined && step.stacked.length > 0)
    throw compileError("PS1203", "values of every iteration are stacked, but the number of iterations has no bound");
  const buffers = step.stacked.map((x) => {
    const { element, shape } = inner.t.type(x);
    return t.fill(numericsOf(element).zero, [trips!, ...shape], element);
  });
  // Sizes that change are others before the loop, in it and behind it.
  const state = init.map((x, i) => t.openedTo(t.settle(x), stateTypes[i]!));
  const flag = endsEarly ? [start ?? t.fill(1, [], "i1")] : [];
  // What goes round: the index, the state, whether to go on, the stacks.
  const values = [t.number(0, "i64"), ...state, ...flag, ...buffers];
  const extra = [...flag, ...buffers].map((x) => inner.t.note(inner.block.addArg(x.type))).slice(flag.length);
  const next = step.state.map((x, k) => inner.t.withType(x, reopened(inner.t, stateTypes[k]!, opened)));
  const goOn = endsEarly ? [step.goOn ?? inner.t.fill(1, [], "i1")] : [];
  const filled = step.stacked.map((x, k) => putAt(inner.t, extra[k]!, x, body.index));
  const bodyRegion = inner.close([inner.t.add(body.index, 1), ...next, ...goOn, ...filled]);
  const condition = t.region(
    values.map((x, i) => stateTypes[i - 1] ?? x.type),
    (b, args) => {
      const isBelow = trips === undefined ? undefined : b.lt(args[0]!, b.scalar(trips));
      const isOn = endsEarly ? args[1 + state.length] : undefined;
      return [isBelow && isOn ? b.and(isBelow, isOn) : (isBelow ?? isOn ?? b.fill(1, [], "i1"))];
    },
  );
  const { results } = t.emitOp(whileOp, { operand: values }, {}, { regions: [condition, bodyRegion] });
  const full = results.slice(1 + state.length + flag.length);
  const count = endsEarly && full.length > 0 ? t.symbolOf(results[0]!, countRange(t.context, trips!)) : undefined;
  return {
    state: results.slice(1, 1 + state.length),
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

/** The body, built but not ended. */
interface OpenBody {
  readonly inner: OpenBlock;
  readonly index: Value;
  /** Values with types that say in numbers what is known in numbers. */
  readonly step: LoopStep;
  readonly stateTypes: readonly TensorType[];
  /** Symbols for sizes of the state that change. */
  readonly opened: ReadonlySet<Dim>;
}

/** Builds the body; again where sizes of the state turn out to change, with those open. */
function openBody(t: TensorBuilder, { init, body }: LoopSpec): OpenBody {
  let stateTypes = init.map((x) => t.type(t.settle(x)));
  const opened = new Set<Dim>();
  const known = new Set(t.context.dims.symbols);
  const rounds = 1 + stateTypes.reduce((n, type) => n + type.shape.length, 0);
  for (let round = 0; round < rounds; round++) {
    const inner = t.open([t.tensorType([], "i64"), ...stateTypes]);
    const [index, ...args] = inner.block.args;
    const { goOn, state, stacked } = body(inner.t, index!, args);
    const settled = (list: readonly Value[]): Value[] => list.map((x) => inner.t.settle(x));
    const step = { goOn, state: settled(state), stacked: settled(stacked) };
    const joined = stateTypes.map((type, i) => openTo(t, type, step.state[i] && inner.t.type(step.state[i]), opened));
    if (joined.every((type, i) => type === stateTypes[i])) {
      for (const x of step.stacked) checkStacked(t, inner.t.type(x), known);
      return { inner, index: index!, step, stateTypes, opened };
    }
    inner.discard();
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
