/**
 * @file If, Loop and Scan. A condition known before the model runs chooses its branch then and there; a loop whose state
 * holds sequences, which programs do not have, is unrolled where its iterations can be counted.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow, RowResult } from "../context.js";
import { describeImported, type Imported, isTensor } from "../imported.js";
import { distribute, type Parts, partsOf } from "../interface.js";
import type { OnnxGraph } from "../records.js";

/** Loops are unrolled up to this many iterations. */
const MAX_UNROLLED = 1024;

function branch(n: ImportNode): RowResult {
  const { t } = n;
  const known = n.constant(0)?.data[0] ?? n.contents(0)?.[0];
  const [then, otherwise] = [n.graph("then_branch"), n.graph("else_branch")];
  if (known !== undefined) return n.services.importGraph(Number(known) !== 0 ? then : otherwise, t, []);
  const parts: Parts[][] = [];
  const run = (graph: OnnxGraph) => (b: TensorBuilder) => {
    const outputs = n.services.importGraph(graph, b, []).map(partsOf);
    parts.push(outputs);
    const [first = outputs] = parts;
    const odd = outputs.findIndex((x, i) => x.form !== first[i]?.form);
    if (odd >= 0) n.unsupported(`its branches give different kinds of values as output ${odd}`, BRANCH_FIX);
    const uneven = outputs.findIndex((x, i) => ranksOf(x, b).join() !== ranksOf(first[i]!, b).join());
    if (uneven >= 0) n.unsupported(`its branches give tensors of different ranks as output ${uneven}`, RANK_FIX);
    return outputs.flatMap((x) => x.values.map(({ value }) => value));
  };
  const results = t.if(t.reshape(n.value(0), []), run(then), run(otherwise));
  const outputs = parts[0] ?? [];
  const lengths = outputs.map((x) => x.values.length);
  return distribute(results, lengths).map((group, i) => outputs[i]!.make(group));
}

const BRANCH_FIX = "make the condition a constant, or let both branches give as many tensors";
const RANK_FIX = "make the condition a constant, or reshape what one of the branches gives";

const ranksOf = ({ values }: Parts, t: TensorBuilder): readonly number[] => values.map(({ value }) => t.rank(value));

/** What a graph gives, all of which must be tensors. */
function tensorsOf(n: ImportNode, items: readonly Imported[]): readonly Value[] {
  return items.map((x) => {
    if (isTensor(x)) return x;
    const what = x.kind === "missing" ? "is not supported inside" : `gives ${describeImported(x)}`;
    return n.unsupported(
      `it ${what}, under a condition that only the run knows`,
      x.kind === "missing" ? undefined : "make the condition a constant, or the sequence a tensor",
    );
  });
}

function loop(n: ImportNode): RowResult {
  const body = n.graph("body");
  const init = n.inputs.slice(2).map((x, i) => x ?? n.invalid(`input ${i + 2} is missing`));
  const trips = n.knownNumbers(0)?.[0];
  const condition = n.optional(1);
  const start = condition && (n.constant(1)?.data[0] ?? n.contents(1)?.[0]);
  if (trips === 0 || (start !== undefined && Number(start) === 0)) return withoutIterations(n, body, init);
  if (!init.every(isTensor)) return unrolled(n, body, init, trips);
  const states = init.length;
  const isKnownStart = condition === undefined || start !== undefined;
  const results = buildLoop(n.t, {
    init,
    trips: n.has(0) ? tripCount(n) : undefined,
    start: isKnownStart ? undefined : n.t.reshape(condition, []),
    body: (t, index, state) => {
      const flag = t.fill(1, [], "i1");
      const outputs = tensorsOf(n, n.services.importGraph(body, t, [index, flag, ...state]));
      const [goOn, ...rest] = outputs;
      const isEndless = goOn === flag || Number(n.known(goOn!) ?? 0) !== 0;
      return {
        goOn: isEndless ? undefined : t.reshape(goOn!, []),
        state: rest.slice(0, states),
        stacked: rest.slice(states),
      };
    },
  });
  return [...results.state, ...results.stacked];
}

/** The largest number of iterations; counts beyond 2^31 mean that only the condition ends the loop. */
function tripCount(n: ImportNode): Dim | undefined {
  const [trips] = n.dims(0, "number of iterations");
  if (typeof trips === "number") return trips >= 2 ** 31 - 1 ? undefined : Math.max(trips, 0);
  return trips === undefined ? undefined : n.t.context.dims.max(trips, 0);
}

/** A loop that never begins gives its initial values and empty stacks. */
function withoutIterations(n: ImportNode, body: OnnxGraph, init: readonly Imported[]): RowResult {
  const { t } = n;
  const stacks = body.outputs.slice(1 + init.length).map(({ name, type }) => {
    const shape = n.services.declaredShape(type);
    const element = type?.kind === "tensor" && type.dtype !== "string" ? type.dtype : undefined;
    if (element === undefined || shape === undefined || shape.includes(undefined))
      return n.unsupported(`no iteration runs, and the body does not declare the shape of '${name}'`);
    return t.fill(0, [0, ...(shape as readonly Dim[])], element);
  });
  return [...init, ...stacks];
}

/** Iterations one after the other, for states that are no tensors. */
function unrolled(n: ImportNode, body: OnnxGraph, init: readonly Imported[], trips: number | undefined): RowResult {
  const { t } = n;
  const fix = "make the number of iterations a constant, or the sequence a tensor";
  const refuse = (): never =>
    n.unsupported("its state holds a sequence, and only the run knows how often it goes round", fix);
  if (trips === undefined && n.has(0)) refuse();
  const limit = Math.min(trips ?? Number.POSITIVE_INFINITY, MAX_UNROLLED);
  const stacks: Value[][] = body.outputs.slice(1 + init.length).map(() => []);
  let state = init;
  for (let i = 0; i < limit; i++) {
    const [goOn, ...rest] = n.services.importGraph(body, t, [t.number(i, "i64"), t.fill(1, [], "i1"), ...state]);
    state = rest.slice(0, init.length);
    rest.slice(init.length).forEach((x, k) => {
      const [value] = tensorsOf(n, [x]);
      stacks[k]!.push(t.unsqueeze(value!, [0]));
    });
    const isOn = goOn !== undefined && isTensor(goOn) ? n.known(goOn) : undefined;
    if (isOn === undefined) refuse();
    if (Number(isOn) === 0) break;
    if (i + 1 === MAX_UNROLLED)
      n.unsupported(`its state holds a sequence, and it goes round more than ${MAX_UNROLLED} times`, fix);
  }
  return [...state, ...stacks.map((parts) => t.concat(parts, 0))];
}

interface ScanAxes {
  readonly axis: number;
  readonly isReverse: boolean;
}

/** Axes and directions of the scanned inputs or outputs. */
function scanAxes(n: ImportNode, side: "input" | "output", ranks: readonly number[]): readonly ScanAxes[] {
  const axes = n.ints(`scan_${side}_axes`) ?? ranks.map(() => 0);
  const directions = n.ints(`scan_${side}_directions`) ?? ranks.map(() => 0);
  return ranks.map((rank, i) => ({ axis: n.normalAxis(axes[i] ?? 0, rank), isReverse: directions[i] === 1 }));
}

function scan(n: ImportNode): RowResult {
  const count = n.int("num_scan_inputs") ?? n.invalid("attribute 'num_scan_inputs' is missing");
  const states = n.count - count;
  const values = n.values();
  return scanOver(n, values.slice(0, states), values.slice(states));
}

function scanOver(n: ImportNode, init: readonly Value[], scanned: readonly Value[]): readonly Value[] {
  const { t } = n;
  const body = n.graph("body");
  const inputs = scanAxes(
    n,
    "input",
    scanned.map((x) => t.rank(x)),
  );
  const lengths = scanned.map((x, i) => t.shape(x)[inputs[i]!.axis]!);
  const trips = lengths.reduce<Dim>((a, b) => t.unify(a, b), lengths[0] ?? n.invalid("it scans no input"));
  const results = buildLoop(t, {
    init,
    trips,
    body: (b, index, state) => {
      const entries = scanned.map((x, i) => {
        const { axis, isReverse } = inputs[i]!;
        const place = isReverse ? b.sub(b.sub(b.scalar(trips), 1), index) : index;
        return b.take(x, place, axis);
      });
      const outputs = tensorsOf(n, n.services.importGraph(body, b, [...state, ...entries]));
      return { state: outputs.slice(0, init.length), stacked: outputs.slice(init.length) };
    },
  });
  const outputs = scanAxes(
    n,
    "output",
    results.stacked.map((x) => t.rank(x)),
  );
  const stacked = results.stacked.map((x, i) => {
    const { axis, isReverse } = outputs[i]!;
    return t.moveAxis(isReverse ? t.reverse(x, [0]) : x, 0, axis);
  });
  return [...results.state, ...stacked];
}

/** Opset 8: every operand has a batch axis in front, and each entry of the batch is scanned by itself. */
function scanBatches(n: ImportNode): RowResult {
  const { t } = n;
  if (n.has(0)) return n.unsupported("sequence_lens", "export the model with opset 9 or newer");
  const count = n.int("num_scan_inputs") ?? n.invalid("attribute 'num_scan_inputs' is missing");
  const values = n.inputs.slice(1).map((_, i) => n.value(i + 1));
  const states = values.length - count;
  const batch = t.shape(values[0]!)[0];
  if (typeof batch !== "number")
    return n.unsupported("a batch size that only the run knows", "export the model with opset 9 or newer");
  const runs = Array.from({ length: batch }, (_, i) => {
    const entries = values.map((x) => t.at(x, 0, i));
    return scanOver(n, entries.slice(0, states), entries.slice(states));
  });
  const [first = []] = runs;
  return first.map((_, k) =>
    t.concat(
      runs.map((results) => t.unsqueeze(results[k]!, [0])),
      0,
    ),
  );
}

export const control: readonly OpRow[] = [
  { name: "If", since: 1, build: branch },
  { name: "Loop", since: 1, build: loop },
  { name: "Scan", since: 8, build: scanBatches },
  { name: "Scan", since: 9, build: scan },
];
