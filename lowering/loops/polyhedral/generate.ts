/**
 * @file Generates loops from a schedule tree: every point of every statement runs once, in the order of the tree. Loops
 * scan supersets of the points along one member (rational shadows); what a shadow adds, guards before the statements take
 * away again, so that the points are exact whatever was simplified before.
 */

import { type Basic, basicOf, type Constraint, constraintsOf, remapBasic } from "../../../ir/analysis/sets/basic.js";
import { eliminate } from "../../../ir/analysis/sets/bounds.js";
import { eliminateColumns } from "../../../ir/analysis/sets/eliminate.js";
import { rowOf, Work } from "../../../ir/analysis/sets/linear.js";
import { subtract } from "../../../ir/analysis/sets/relation.js";
import { range, setSpace } from "../../../ir/analysis/sets/space.js";
import type { Builder } from "../../../ir/builder.js";
import type { Operation } from "../../../ir/graph.js";
import { countedLoop, parallelLoops } from "../../structured/build-loops.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import { joined, narrowed, restricted, simplified, surelyImplies, uses, widened } from "./cautious-sets.js";
import { emitStatement } from "./emit-statement.js";
import { fullTile } from "./full-tiles.js";
import { guarded, positionOfBound } from "./index-rows.js";
import { solvedDims } from "./leaf-dims.js";
import { commonStride, congruenceOf, onlyValue, spanOf } from "./loop-bounds.js";
import {
  columnsOf,
  type Item,
  inContext,
  itemsAlong,
  type MarkedPlace,
  outerCount,
  type Place,
  shadowOf,
} from "./place.js";
import type { Band, BandMember, Mark, ScheduleNode } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";
import { type Region, rangeKey, separateRanges } from "./separate-ranges.js";

export interface GenerateOptions {
  /** Called at each mark; true where it has emitted all that is below. */
  readonly onMark?: (mark: Mark, place: MarkedPlace) => boolean;
  /** Whether full tiles get code of their own, with fixed bounds; true by default. */
  readonly separatesFullTiles?: boolean;
  /** Members whose values may run at the same time: outermost, they become parallel loops. */
  readonly chunks?: ReadonlySet<BandMember>;
  /** Called with each of those loops. */
  readonly onChunks?: (member: BandMember, loop: Operation) => void;
}

/** Emits all points of the scop at `b`, in the order of the tree. `SetsTooLarge` where bounds are beyond reach. */
export function generateLoops(scop: Scop, root: ScheduleNode, b: Builder, options: GenerateOptions = {}): void {
  const items = scop.statements.flatMap((statement) => disjoint(statement).map((set): Item => ({ statement, set })));
  const context = basicOf(scop.parameters.length, []);
  new Generator(options).generate(root, { scop, b, variables: [], context, items });
}

/** The domain in pieces that share no point. */
function disjoint({ domain }: Statement): Basic[] {
  const space = setSpace(domain.space.params, domain.space.output);
  const pieces: Basic[] = [];
  for (const basic of domain.basics) {
    pieces.push(...subtract({ space, basics: [basic] }, { space, basics: pieces }).basics);
  }
  return pieces;
}

type Then = (place: Place) => void;

/** An item with the values that it has along a new loop. */
interface Ranged {
  readonly item: Item;
  /** Superset over [parameters | variables | the new one]; simplified in the context. */
  readonly shadow: Basic;
}

class Generator {
  readonly #options: GenerateOptions;

  constructor(options: GenerateOptions) {
    this.#options = options;
  }

  generate(node: ScheduleNode, place: Place): void {
    if (place.items.length === 0) return;
    if (node.kind === "leaf") for (const item of place.items) this.#leaf(item, place);
    if (node.kind === "sequence") for (const child of node.children) this.generate(child, place);
    if (node.kind === "mark") this.#mark(node, place);
    if (node.kind === "band") this.#band(node, place);
    if (node.kind === "filter") {
      const items = place.items.filter((item) => node.statements.includes(item.statement.name));
      this.generate(node.child, { ...place, items });
    }
  }

  #mark(mark: Mark, place: Place): void {
    const marked: MarkedPlace = {
      ...place,
      columns: columnsOf(place),
      emitStatement: (b, statement, dims, options) => emitStatement(b, place.scop, statement, dims, options),
      generateBelow: (b) => this.generate(mark.child, { ...place, b }),
    };
    if (this.#options.onMark?.(mark, marked) !== true) this.generate(mark.child, place);
  }

  #band(band: Band, place: Place): void {
    const below: Then = (inner) => this.generate(band.child, inner);
    const general: Then = (inner) => this.#members(band.members, inner, below);
    const isWhole = this.#options.separatesFullTiles === false || band.members.every((m) => this.#isParallel(m, place));
    const full = isWhole ? undefined : fullTile(place, band.members);
    const condition = full && simplified(full, place.context);
    if (condition === undefined) {
      general(place);
      return;
    }
    const inFull = (b: Builder) => general({ ...place, b, context: inContext(place.context, condition) });
    guarded(place.b, condition, columnsOf(place), inFull, (b) => general({ ...place, b }));
  }

  #members(members: readonly BandMember[], place: Place, then: Then): void {
    const [first, ...rest] = members;
    if (first === undefined) then(place);
    else this.#member(first, place, (inner) => this.#members(rest, inner, then));
  }

  /** The loops of one member, one after the other where different items run at different values. */
  #member(member: BandMember, place: Place, then: Then): void {
    const column = outerCount(place);
    const outside = widened(place.context, column, 1);
    const ranged = itemsAlong(place, member).flatMap((item): Ranged[] => {
      const shadow = shadowOf(item, column + 1);
      const simple = shadow && simplified(shadow, outside);
      return simple === undefined ? [] : [{ item, shadow: simple }];
    });
    if (ranged.length === 0) return;
    for (const component of this.#rangesOf(ranged, member, column, outside)) {
      const active = [...new Set(component.flatMap((region) => region.active))].sort((x, y) => x - y);
      this.#component(
        component,
        active.map((i) => ranged[i]!),
        member,
        place,
        then,
      );
    }
  }

  /** Where which items run, as far as it is worth code of its own. */
  #rangesOf(ranged: readonly Ranged[], member: BandMember, column: number, context: Basic): Region[][] {
    const along = ranged.map(({ shadow }) => restricted(shadow, (c) => c.kind !== "mod" && uses(c, column)));
    // Items with loops still to come run nowhere that those do not allow: a wider range costs them nothing.
    const isOpen = ranged.map(({ item }) => solvedDims(item.set, column + 1).includes(undefined));
    const wide = along.map((own, i) => {
      const holds = (range: Basic) => constraintsOf(range).every((c) => surelyImplies(inContext(context, own), c));
      return (
        (isOpen[i] &&
          along.find((range, k) => k !== i && range !== own && rangeKey(range) !== rangeKey(own) && holds(range))) ||
        own
      );
    });
    const splits = member.tile === 1 && isOpen.includes(false);
    return separateRanges(
      wide,
      ranged.map(({ shadow }) => shadow),
      context,
      splits,
    );
  }

  #component(
    regions: readonly Region[],
    active: readonly Ranged[],
    member: BandMember,
    place: Place,
    then: Then,
  ): void {
    const column = outerCount(place);
    const outside = widened(place.context, column, 1);
    const sets = regions.map((region) => simplified(region.basic, outside) ?? region.basic);
    const stride = commonStride(
      active.map(({ shadow }) => inContext(outside, shadow)),
      column,
    );
    const common = basicOf(column + 1, [
      ...commonConstraints(sets, outside),
      ...(stride ? [{ kind: "mod" as const, ...congruenceOf(stride, column) }] : []),
    ]);
    const items = active.map(({ item }) => item);
    const needed = this.#neededOutside(active, common, place);
    guarded(place.b, needed, columnsOf(place), (b) => {
      const inner = { ...place, b, context: inContext(place.context, needed), items };
      const only = sets.length === 1 ? onlyValue(sets[0]!, column) : undefined;
      if (only) this.#once(only, common, member, inner, then);
      else this.#loop(sets, common, stride, member, inner, then);
    });
  }

  /** Conditions on the outer variables that all active items have and that no turn of the loop implies. */
  #neededOutside(active: readonly Ranged[], common: Basic, place: Place): Basic {
    const column = outerCount(place);
    const runs = eliminate(common, [column]);
    const known = runs === undefined ? place.context : inContext(place.context, narrowed(runs, column));
    const [first, ...others] = active.map(({ shadow }) =>
      narrowed(
        restricted(shadow, (c) => !uses(c, column)),
        column,
      ),
    );
    const shared = constraintsOf(first!).filter((c) =>
      others.every((other) => surelyImplies(inContext(place.context, other), c)),
    );
    return simplified(basicOf(column, shared), known) ?? basicOf(column, shared);
  }

  /** A single value: no loop. */
  #once(
    { row, divisor }: { readonly row: readonly number[]; readonly divisor: number },
    common: Basic,
    member: BandMember,
    place: Place,
    then: Then,
  ): void {
    const column = outerCount(place);
    const outer = row.slice(0, column + 1);
    const divides: Constraint[] = divisor === 1 ? [] : [{ kind: "mod", row: outer, modulus: divisor }];
    const guard = simplified(basicOf(column, divides), place.context);
    if (guard === undefined) return;
    guarded(place.b, guard, columnsOf(place), (b) => {
      const value = positionOfBound(b, { row: outer, divisor }, "down", columnsOf(place));
      const equation: Constraint = { kind: "eq", row: row.map((x, i) => (i === column + 1 ? -divisor : x)) };
      const context = joined(widened(inContext(place.context, guard), column, 1), [equation]);
      const inner: Place = { ...place, b, variables: [...place.variables, { member, value }], context };
      const rest = simplified(common, context);
      if (rest === undefined) return;
      guarded(b, rest, columnsOf(inner), (c) =>
        then({ ...inner, b: c, context: inContext(context, rest), items: inner.items }),
      );
    });
  }

  #loop(
    sets: readonly Basic[],
    common: Basic,
    stride: ReturnType<typeof commonStride>,
    member: BandMember,
    place: Place,
    then: Then,
  ): void {
    const column = outerCount(place);
    const { first, end } = spanOf(place.b, sets, common, columnsOf(place), stride);
    const context = inContext(widened(place.context, column, 1), common);
    const step = stride?.step ?? 1;
    if (typeof first === "number" && typeof end === "number") {
      if (first >= end) return;
      if (first + step >= end) {
        const fixed: Constraint = { kind: "eq", row: rowOf(column + 1, -first, [column, 1]) };
        const variables = [...place.variables, { member, value: first }];
        then({ ...place, variables, context: joined(context, [fixed]) });
        return;
      }
    }
    const index = new IndexArithmetic(place.b);
    const below = (b: Builder, value: Position) =>
      then({ ...place, b, variables: [...place.variables, { member, value }], context });
    if (this.#isParallel(member, place)) {
      const trips = index.max(index.ceilDiv(index.sub(end, first), step), 0);
      const loop = parallelLoops(place.b, [index.value(trips)], (b, [trip]) => {
        const at = new IndexArithmetic(b);
        below(b, at.value(at.add(first, at.mul(trip!, step))));
      });
      this.#options.onChunks?.(member, loop!);
      return;
    }
    countedLoop(place.b, { from: index.value(first), to: index.value(end), step }, below);
  }

  #isParallel(member: BandMember, place: Place): boolean {
    return place.variables.length === 0 && this.#options.chunks?.has(member) === true;
  }

  /** One item, its dims known or looped over in any order. */
  #leaf(item: Item, place: Place): void {
    const outer = outerCount(place);
    const solved = solvedDims(item.set, outer);
    const open = solved.indexOf(undefined);
    if (open >= 0) {
      const parameters = place.scop.parameters.length;
      const row = rowOf(parameters + solved.length, 0, [parameters + open, 1]);
      const member = { rows: new Map([[item.statement.name, row]]), tile: 1, coincident: false };
      this.#member(member, { ...place, items: [item] }, (inner) => {
        for (const each of inner.items) this.#leaf(each, inner);
      });
      return;
    }
    for (const guard of exactGuards(item, outer)) {
      const simple = simplified(guard, place.context);
      if (simple === undefined) continue;
      guarded(place.b, simple, columnsOf(place), (b) => {
        const dims = solved.map((bound) =>
          positionOfBound(
            b,
            { row: bound!.row.slice(0, outer + 1), divisor: bound!.divisor },
            "down",
            columnsOf(place),
          ),
        );
        emitStatement(b, place.scop, item.statement, dims);
      });
    }
  }
}

/** When the point of an item whose dims equations settle is there: one basic set. */
function exactGuards(item: Item, outer: number): Basic[] {
  const columns = item.set.columns;
  const target = range(0, columns).map((i) => (i < outer ? i : undefined));
  const guards = eliminateColumns(item.set, range(outer, columns - outer), new Work());
  if (guards.length > 1) throw new Error(`${item.statement.name}: equations left more than one piece`);
  return guards.map((guard) => remapBasic(guard, outer, target));
}

/** What is true in all of the sets. */
function commonConstraints(sets: readonly Basic[], context: Basic): readonly Constraint[] {
  if (sets.length === 1) return constraintsOf(sets[0]!);
  const all = sets.flatMap(constraintsOf);
  return all.filter((c) =>
    sets.every((set) => constraintsOf(set).includes(c) || surelyImplies(inContext(context, set), c)),
  );
}
