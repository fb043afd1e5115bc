/**
 * @file Parts of a tree that threads may share: where all dependences of a part stay within the values of some loop over its
 * points, that loop comes first, in steps that are the chunks.
 */

import type { Row } from "../../../ir/analysis/sets/linear.js";
import { elementFacts } from "../../../ir/element.js";
import { elementOf } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import type { Remark } from "../../remarks.js";
import { type Dependence, within } from "./dependences.js";
import { extentOf } from "./dim-ranges.js";
import type { Nests } from "./form-nests.js";
import { mapGroups } from "./groups.js";
import { isCoincident } from "./legality.js";
import type { NestChoice } from "./nest/choose-nest.js";
import type { BandMember, ScheduleNode } from "./schedule-tree.js";
import { type Scop, type Statement, writeOf } from "./scop.js";

const LEAST_POINTS = 1 << 15;
/** Chunks of a loop: enough for threads to take from each other, few enough that copies made in each stay cheap. */
const CHUNKS = 8;
/** Bytes that are read in one go where nothing is copied: less in a row leaves the prefetchers behind. */
const RUN_BYTES = 4096;
/** Extent that a symbolic one is taken to be. */
const TYPICAL = 512;

export interface Chunked {
  readonly root: ScheduleNode;
  /** The members whose values are chunks. */
  readonly chunks: ReadonlySet<BandMember>;
  readonly remarks: readonly Omit<Remark, "pass">[];
}

export interface ChunkOptions {
  /** Points from which on threads are worth waking. */
  readonly leastPoints?: number;
}

/** `deps`: of the scop, those within reductions too. */
export function chunksForThreads(
  scop: Scop,
  nests: Nests,
  deps: readonly Dependence[],
  cpu: CpuDescription,
  { leastPoints = LEAST_POINTS }: ChunkOptions = {},
): Chunked {
  if (cpu.cores === 1) return { root: nests.root, chunks: new Set(), remarks: [] };
  const chunker = new Chunker(scop, nests, deps, leastPoints);
  const root = mapGroups(nests.root, scop.statements, (node, own) => chunker.chunked(node, own));
  return { root, chunks: chunker.chunks, remarks: chunker.remarks };
}

class Chunker {
  readonly chunks = new Set<BandMember>();
  readonly remarks: Omit<Remark, "pass">[] = [];
  readonly #leastPoints: number;
  readonly #scop: Scop;
  readonly #choices: ReadonlyMap<Statement, NestChoice>;
  readonly #deps: readonly Dependence[];

  constructor(scop: Scop, { choices }: Nests, deps: readonly Dependence[], leastPoints: number) {
    this.#leastPoints = leastPoints;
    this.#scop = scop;
    this.#choices = new Map([...choices.values()].map((choice) => [choice.statement, choice]));
    this.#deps = deps;
  }

  chunked(node: ScheduleNode, here: readonly Statement[]): ScheduleNode {
    const member = this.#memberFor(node, here);
    if (!member) return node;
    this.chunks.add(member);
    return { kind: "band", members: [member], permutable: true, child: node };
  }

  #memberFor(node: ScheduleNode, here: readonly Statement[]): BandMember | undefined {
    const count = points(here);
    if (count < this.#leastPoints) return undefined;
    const deps = within(
      this.#deps,
      here.map(({ name }) => name),
    );
    for (const { rows, extent, unit } of this.#candidates(node, here)) {
      const tile = Math.ceil(Math.ceil((extent ?? TYPICAL) / CHUNKS) / unit) * unit;
      if (extent !== undefined && extent <= tile) continue;
      if (!isCoincident({ rows }, deps)) continue;
      this.#say(here, rows, { points: count, "values in a chunk": tile });
      return { rows, tile, coincident: true };
    }
    return undefined;
  }

  #say(here: readonly Statement[], rows: BandMember["rows"], numbers: Remark["numbers"]): void {
    const texts = here.map(({ name, dims }) => {
      const used = dims.filter((_, d) => rows.get(name)!.at(d - dims.length) !== 0);
      return `${name} along ${used.join(" and ")}`;
    });
    const why = "no dependence goes from one value to another";
    this.remarks.push({ what: `threads share ${texts.join(", ")}`, why, ...(numbers ? { numbers } : {}) });
  }

  /** Loops that could come first, the one that costs least there first. */
  #candidates(node: ScheduleNode, here: readonly Statement[]): readonly Candidate[] {
    const [only, ...others] = here;
    if (only && others.length === 0) {
      const choice = this.#choices.get(only);
      return this.#dimsInOrder(only, choice).map((dim) => ({
        rows: new Map([[only.name, this.#unitRow(only, dim)]]),
        extent: extentOf(only, dim),
        unit: unitOf(dim, choice),
      }));
    }
    const members = node.kind === "band" ? node.members : [];
    return members.map(({ rows, tile }) => ({ rows, extent: greatestExtent(rows, here), unit: tile }));
  }

  /** Copies are made anew in each chunk, but for what a chunk along the lanes has for itself. */
  #dimsInOrder({ dims }: Statement, choice: NestChoice | undefined): readonly number[] {
    const all = [...dims.keys()];
    if (!choice) return all;
    const { lane, row, loops, promoted } = choice;
    const order = promoted.length > 0 ? [lane, row, ...loops] : [...loops, row, lane];
    return order.filter((dim) => dim !== undefined);
  }

  #unitRow({ dims }: Statement, dim: number): Row {
    const parameters = this.#scop.parameters.length;
    return new Array<number>(parameters + 1 + dims.length).fill(0).with(parameters + 1 + dim, 1);
  }
}

function unitOf(dim: number, choice: NestChoice | undefined): number {
  if (!choice) return 1;
  const { statement, lane, row, rows, lanes, vectors, promoted } = choice;
  if (dim !== lane) return dim === row ? rows : 1;
  const width = lanes * vectors;
  const run = (8 * RUN_BYTES) / elementFacts[elementOf(writeOf(statement).array.type)].bits;
  return promoted.length > 0 ? width : Math.ceil(run / width) * width;
}

interface Candidate {
  readonly rows: BandMember["rows"];
  readonly extent: number | undefined;
  /** Chunks are multiples of so many values. */
  readonly unit: number;
}

/** Points of all statements, as if their domains were boxes. */
function points(statements: readonly Statement[]): number {
  return statements
    .map((s) => s.dims.reduce((product, _, d) => product * (extentOf(s, d) ?? TYPICAL), 1))
    .reduce((x, y) => x + y, 0);
}

/** How many values rows have that are a dim each; `undefined` where one is something else. */
function greatestExtent(rows: BandMember["rows"], statements: readonly Statement[]): number | undefined {
  const extents = statements.map((s) => {
    const row = rows.get(s.name)!;
    const used = [...s.dims.keys()].filter((d) => row.at(d - s.dims.length) !== 0);
    return used.length === 1 ? extentOf(s, used[0]!) : undefined;
  });
  return extents.some((x) => x === undefined) ? undefined : Math.max(...(extents as number[]));
}
