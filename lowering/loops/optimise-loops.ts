/**
 * @file Pass `optimise-loops`: affine nests as scops, whose schedule tree decides the order of everything; loops are
 * generated from that. What is no scop stays as it is and is lowered plainly.
 */

import { basicOf, constraintsOf } from "../../ir/analysis/sets/basic.js";
import { coefficient, type Row, SetsTooLarge } from "../../ir/analysis/sets/linear.js";
import { stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { ifOp } from "../../ir/dialects/scf/branch.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import type { Operation } from "../../ir/graph.js";
import { formatLocation, placesIn } from "../../ir/location.js";
import { BYTES, FLOPS, LOOPS, SUMMARY } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import type { CpuDescription } from "../../machine/cpu.js";
import type { KernelCost } from "../fuse/kernel-cost.js";
import { remark } from "../remarks.js";
import { IndexArithmetic } from "../structured/index-arithmetic.js";
import { blockedSteps } from "./polyhedral/block-steps.js";
import { simplified } from "./polyhedral/cautious-sets.js";
import { type Dependence, dependencesOf } from "./polyhedral/dependences.js";
import { extentOf } from "./polyhedral/dim-ranges.js";
import { distribute } from "./polyhedral/distribute.js";
import { asItIs, type Expanded, expandedArrays, expandedScalars } from "./polyhedral/expansions.js";
import { countLanes, formNests, isTileAlone, type Nests, statementsInLanes } from "./polyhedral/form-nests.js";
import { guarded, truthOf } from "./polyhedral/index-rows.js";
import { interchangeReductions } from "./polyhedral/interchange-reductions.js";
import { type LaneLoop, laneLoops } from "./polyhedral/lane-loops.js";
import { isLegal } from "./polyhedral/legality.js";
import { LoopCosts } from "./polyhedral/loop-cost.js";
import { buildNest, type NestPlan } from "./polyhedral/nest/build-nest.js";
import type { NestChoice } from "./polyhedral/nest/choose-nest.js";
import { type Item, type MarkedPlace, shadowOf } from "./polyhedral/place.js";
import { readScop } from "./polyhedral/read-scop.js";
import { replaceLoops } from "./polyhedral/replace-loops.js";
import type { BandMember } from "./polyhedral/schedule-tree.js";
import type { Scop, Statement } from "./polyhedral/scop.js";
import { type SharedRows, shareRows } from "./polyhedral/share-rows.js";
import { type ChunkOptions, chunksForThreads } from "./polyhedral/thread-chunks.js";
import { obstacles, type TileChoices } from "./polyhedral/tile-band.js";
import { tileGroups } from "./polyhedral/tile-groups.js";
import { tileTime, timeTileRemarks } from "./polyhedral/time-tiles/time-tiles.js";

const NAME = "optimise-loops";

export function optimiseLoops(cpu: CpuDescription, options: ChunkOptions = {}): Pass {
  return {
    name: NAME,
    summary: "Orders, tiles and vectorises affine nests.",
    run(module, context) {
      for (const func of functionsOf(module)) if (func.extra[LOOPS]) optimise(func, cpu, context, options);
    },
  };
}

function optimise(func: Operation, cpu: CpuDescription, context: Context, options: ChunkOptions): void {
  const scop = readScop(func);
  if ("reason" in scop) {
    keepLoops(func, scop.reason, scop.at ?? func);
    return;
  }
  const costs = new LoopCosts(func, scop, context);
  noteCost(func, costs.of(), context);
  try {
    const plan = planScop(func, scop, cpu, context);
    const { scop: expanded, finish, remarks } = plan.expanded;
    const { root, chunks, remarks: shares } = chunksForThreads(expanded, plan.nests, plan.deps, cpu, options);
    const costsOfChunks = new Map([...chunks].map((member) => [member, costs.of(inMember(scop, member))]));
    const made = new Map<BandMember, Operation[]>();
    const onChunks = (member: BandMember, loop: Operation) => made.set(member, [...(made.get(member) ?? []), loop]);
    replaceLoops(func, expanded, root, context, { onMark: nestBuilder(plan.nests, cpu), chunks, onChunks });
    for (const [member, [loop, ...more]] of made)
      if (loop && more.length === 0) noteCost(loop, costsOfChunks.get(member)!, context);
    finish(Builder.before(context, func.region(0).blocks[0]!.last!));
    for (const said of [...remarks, ...plan.nests.shared, ...shares]) remark(func, { pass: NAME, ...said });
    describe(func, plan.nests);
  } catch (error) {
    if (!(error instanceof SetsTooLarge)) throw error;
    keepLoops(func, error.message, func);
  }
}

/** Says so wherever it is said what the kernel runs as: it is correct, and slow. */
function keepLoops(func: Operation, reason: string, { at }: Operation): void {
  const [place] = placesIn(at);
  const why = place === undefined ? reason : `${reason} (${formatLocation(place)})`;
  remark(func, { pass: NAME, what: "its loops stay as they were written", why });
  func.setExtra(SUMMARY, stringAttr(`loops as written: ${why}`));
}

/** Counted before anything changes: what the loops say, whatever becomes of them. */
function noteCost(op: Operation, { flops, bytes }: Partial<KernelCost>, { dims }: Context): void {
  if (flops !== undefined) op.setExtra(FLOPS, stringAttr(dims.print(flops)));
  if (bytes !== undefined) op.setExtra(BYTES, stringAttr(dims.print(bytes)));
}

const inMember = (scop: Scop, { rows }: BandMember): Statement[] =>
  scop.statements.filter(({ name }) => rows.has(name));

interface ScopPlan {
  readonly expanded: Expanded;
  readonly deps: readonly Dependence[];
  readonly nests: ScopNests;
}

interface ScopNests extends Nests {
  readonly laneLoops: readonly LaneLoop[];
  readonly interchanged: readonly Statement[];
  readonly shared: SharedRows["remarks"];
}

/** Scalars and arrays get copies for each iteration where more statements become register tiles, or lanes, then. */
function planScop(func: Operation, scop: Scop, cpu: CpuDescription, context: Context): ScopPlan {
  const deps = dependencesOf(scop);
  let plan: ScopPlan = { expanded: asItIs(scop), deps, nests: nestsOf(scop, deps, cpu) };
  for (const expand of [expandedScalars, expandedArrays]) {
    const expanded = expand({ func, scop, deps, cpu, context });
    if (!expanded) continue;
    const apart = dependencesOf(expanded.scop);
    const better = { expanded, deps: apart, nests: nestsOf(expanded.scop, apart, cpu) };
    const tiles = tileCount(better.nests) - tileCount(plan.nests);
    const isBetter = tiles > 0 || (tiles === 0 && saved(better.nests) > saved(plan.nests));
    for (const op of (isBetter ? plan : better).expanded.made) op.erase();
    if (isBetter) plan = better;
  }
  return inBlocks(func, scop, cpu, context, plan) ?? plan;
}

/** Steps in blocks, where those become register tiles. Their order is settled: only threads have to ask what may run at once. */
function inBlocks(
  func: Operation,
  scop: Scop,
  cpu: CpuDescription,
  context: Context,
  plan: ScopPlan,
): ScopPlan | undefined {
  const expanded = blockedSteps(func, scop, cpu, context);
  if (!expanded) return undefined;
  const nests = formNests(expanded.scop, expanded.scop.schedule, [], cpu);
  const isBetter = tileCount(nests) > tileCount(plan.nests);
  for (const op of (isBetter ? plan.expanded : expanded).made) op.erase();
  if (!isBetter) return undefined;
  const deps = dependencesOf(expanded.scop);
  return { expanded, deps, nests: { ...nests, laneLoops: [], interchanged: [], shared: [] } };
}

/** Statements that nests or tiles are made of. */
function inLanes({ choices, tiles }: Nests): ReadonlySet<string> {
  const inNests = [...choices.values()].map(({ statement }) => statement.name);
  return new Set([...inNests, ...[...tiles.values()].flatMap((alone) => [...alone.keys()])]);
}

export function nestsOf(scop: Scop, deps: readonly Dependence[], cpu: CpuDescription): ScopNests {
  const distributed = distribute(scop.schedule, deps, isTileAlone(scop, deps, cpu));
  const isKept = isLegal(scop, deps, distributed, { reorderReductions: true });
  const grouped = tileGroups(scop, isKept ? distributed : scop.schedule, deps, cpu, countLanes(scop, cpu));
  const timed = tileTime(scop, grouped.root, deps, cpu, countLanes(scop, cpu));
  const shared = shareRows(scop, timed.root, deps, cpu, statementsInLanes(scop, cpu));
  const plain = formNests(scop, shared.root, deps, cpu);
  const already = inLanes({ ...plain, tiles: grouped.tiles });
  const { root, statements: interchanged } = interchangeReductions(scop, shared.root, deps, cpu, already);
  const known = new Set([...already, ...interchanged.map(({ name }) => name)]);
  const sunk = laneLoops(scop, root, deps, cpu, known);
  const nests = sunk.root === shared.root ? plain : formNests(scop, sunk.root, deps, cpu);
  const tiles = new Map([...nests.tiles, ...grouped.tiles]);
  return {
    ...nests,
    tiles,
    laneLoops: sunk.loops,
    interchanged,
    shared: [...timeTileRemarks(timed.made), ...shared.remarks],
  };
}

/** Cycles that outer loops as lanes save. */
function saved({ laneLoops: loops }: ScopNests): number {
  return loops.reduce((sum, { alone, inLanes: after }) => sum + alone - after, 0);
}

/** Statements whose sums stay in registers. */
function tileCount({ choices, tiles }: Nests): number {
  const nests = [...choices.values()].filter(({ row, stream }) => row !== undefined && stream !== undefined);
  return nests.length + [...tiles.values()].reduce((sum, { size }) => sum + size, 0);
}

function nestBuilder({ choices, tiles }: Nests, cpu: CpuDescription) {
  return (mark: { readonly name: string }, place: MarkedPlace): boolean => {
    const alone = tiles.get(mark.name);
    if (alone) return buildTile(alone, place, cpu);
    const choice = choices.get(mark.name);
    if (!choice) return false;
    const plans = place.items.map((item) => planOf(choice, item, place, cpu));
    // Points in several pieces run piece by piece, which only nests without an order of their own can.
    const hasOrder = choice.loops.length > 0 || choice.recurrence !== undefined;
    if (plans.some((plan) => plan === undefined) || (plans.length > 1 && hasOrder)) return false;
    for (const [k, plan] of plans.entries()) buildPiece(place.b, place.items[k]!, plan!, place);
    return true;
  };
}

/** A nest has loops over its dims: whether it has any points at all is asked before. */
function buildPiece(b: Builder, item: Item, plan: NestPlan, place: MarkedPlace): void {
  const shadow = shadowOf(item, place.columns.length);
  const guard = shadow && simplified(shadow, place.context);
  if (guard) guarded(b, guard, place.columns, (inner) => buildNest(inner, plan, place.columns));
}

/** A tile that one statement has for itself is a nest; any other is what the tree says. */
function buildTile(alone: TileChoices, place: MarkedPlace, cpu: CpuDescription): boolean {
  for (const [name, choice] of alone) {
    const [item, ...more] = place.items.filter(({ statement }) => statement.name === name);
    const plan = item && more.length === 0 ? planOf(choice, item, place, cpu) : undefined;
    if (!item || !plan) continue;
    const at = new IndexArithmetic(place.b);
    const free = obstacles(place, choice.statement).map((basic) => {
      const simple = simplified(basic, place.context) ?? basic;
      const truth = truthOf(place.b, simple, place.columns);
      return typeof truth === "boolean" ? !truth : at.not(truth);
    });
    if (free.includes(false)) continue;
    const conditions = free.filter((x) => typeof x !== "boolean");
    if (conditions.length === 0) {
      buildPiece(place.b, item, plan, place);
      return true;
    }
    const region = (body: (b: Builder) => void) =>
      place.b.region([], (inner) => {
        body(inner);
        inner.op(yieldOp, { results: [] }, {});
      });
    const then = region((b) => buildPiece(b, item, plan, place));
    const regions = [then, region((b) => place.generateBelow(b))];
    place.b.op(ifOp, { condition: at.and(...conditions) }, {}, { regions, results: [] });
    return true;
  }
  return false;
}

/** `undefined` where the points are not dense, or bounds would need divisions. */
function planOf(choice: NestChoice, { set }: Item, place: MarkedPlace, cpu: CpuDescription): NestPlan | undefined {
  const { statement } = choice;
  const outer = place.columns.length;
  const usesDims = (row: Row): boolean => statement.dims.some((_, d) => coefficient(row, outer + d) !== 0);
  if (set.congruences.some(({ row }) => usesDims(row))) return undefined;
  const constraints = constraintsOf(set).filter((c) => c.kind !== "mod");
  const most = (dim: number | undefined): number => {
    if (dim === undefined) return 1;
    const tile = choice.tiles.find(([d]) => d === dim)?.[1];
    return Math.min(tile ?? Number.POSITIVE_INFINITY, extentOf(statement, dim) ?? Number.POSITIVE_INFINITY);
  };
  const inside = [...choice.loops, choice.row, choice.lane, choice.stream];
  const above = [...statement.dims.keys()].filter((dim) => !inside.includes(dim));
  const isUnit = (row: Row): boolean =>
    inside.every((d) => d === undefined || Math.abs(coefficient(row, outer + d)) <= 1);
  if (!constraints.every(({ row }) => isUnit(row))) return undefined;
  const panelShape = [most(choice.stream), most(choice.lane)] as const;
  return {
    ...choice,
    loops: [...above, ...choice.loops],
    promoted: panelShape.every(Number.isFinite) ? choice.promoted : [],
    panelShape,
    points: basicOf(set.columns, constraints),
    outer,
    parameters: place.scop.parameters.length,
    isFused: cpu.fmaPorts > 0,
    permutesTwo: cpu.permutesTwo,
  };
}

/** Loops that changed places. */
function describeOrder(func: Operation, { laneLoops: loops, interchanged }: ScopNests): void {
  for (const { name } of interchanged)
    remark(func, {
      pass: NAME,
      what: `${name} has its own loop interchanged with the one around it`,
      why: "its elements are neighbours along the loop around it, and updates of an element may change places",
    });
  for (const { statements, strip, alone, inLanes: after } of loops)
    remark(func, {
      pass: NAME,
      what: `${statements.map(({ name }) => name).join(", ")} run as lanes of a loop around them`,
      why: "points wait for each other along their inner loops, turns of that loop do not",
      numbers: { strip, "cycles before": Math.round(alone), "cycles in lanes": Math.round(after) },
    });
}

function describe(func: Operation, nests: ScopNests): void {
  const { choices, tiles, refused, laneLoops: loops } = nests;
  describeOrder(func, nests);
  for (const alone of tiles.values())
    for (const [name, { rows, vectors, tiles: extents }] of alone)
      remark(func, {
        pass: NAME,
        what: `${name} runs as register tiles in the tiles that it has for itself`,
        why: "nothing that it reads is written there",
        numbers: { rows, vectors, extents: extents.map(([, extent]) => extent).join(" x ") },
      });
  const sunk = new Set(loops.flatMap(({ statements }) => statements));
  for (const { statement, loops: around, row, lane, stream, rows, vectors, tiles, promoted } of choices.values()) {
    const name = (dim: number | undefined): string => (dim === undefined ? "none" : statement.dims[dim]!);
    remark(func, {
      pass: NAME,
      what: `${statement.name} runs along ${name(lane)} in lanes`,
      why: sunk.has(statement)
        ? "what waits there waits along other loops"
        : "of the dims that no dependence orders, its elements lie closest together there",
      numbers: {
        rows: `${rows} of ${name(row)}`,
        vectors,
        sums: name(stream),
        loops: around.map(name).join(", ") || "none",
        tiles: tiles.map(([dim, extent]) => `${extent} of ${name(dim)}`).join(", ") || "none",
        copies: promoted.length,
      },
    });
  }
  for (const { statement, reason } of refused)
    remark(func, { pass: NAME, what: `${statement.name} runs point by point`, why: reason });
}
