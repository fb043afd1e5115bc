/**
 * @file Statements that run along the rows of one array too large for a cache share a pass over it: a block of rows, or of
 * parts of rows, is read from memory by the first of them and from a cache by the others, each of which runs in lanes over
 * the block. What shares nothing gets loops of its own. The tree is changed only where that costs less, and every
 * dependence is kept.
 */

import type { MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { bytesOf } from "./array-bytes.js";
import type { Dependence } from "./dependences.js";
import { extentOf } from "./dim-ranges.js";
import { isLegal } from "./legality.js";
import { passCost } from "./pass-cost.js";
import type { BandMember, Filter, ScheduleNode } from "./schedule-tree.js";
import type { ArrayAccess, Scop, Statement } from "./scop.js";
import { loopsOver } from "./tile-band.js";

export interface SharedRows {
  readonly root: ScheduleNode;
  readonly remarks: readonly {
    readonly what: string;
    readonly why: string;
    readonly numbers: Record<string, string>;
  }[];
}

/** The names of the statements of a tree that run in lanes. */
export type InLanes = (root: ScheduleNode) => ReadonlySet<string>;

/** Statements with a block of rows in common, in their order within it. */
interface Cluster {
  readonly statements: readonly Statement[];
  /** Blocks are parts of rows. */
  readonly hasColumns: boolean;
}

export function shareRows(
  scop: Scop,
  root: ScheduleNode,
  deps: readonly Dependence[],
  cpu: CpuDescription,
  inLanes: InLanes,
): SharedRows {
  return new RowSharer(scop, deps, cpu).share(root, inLanes);
}

class RowSharer {
  readonly #scop: Scop;
  readonly #deps: readonly Dependence[];
  readonly #cpu: CpuDescription;

  constructor(scop: Scop, deps: readonly Dependence[], cpu: CpuDescription) {
    this.#scop = scop;
    this.#deps = deps;
    this.#cpu = cpu;
  }

  share(root: ScheduleNode, inLanes: InLanes): SharedRows {
    const before: readonly Filter[] =
      root.kind === "sequence" ? root.children : [{ kind: "filter", statements: this.#names(), child: root }];
    const parts = this.#parts(before);
    const asItWas: SharedRows = { root, remarks: [] };
    if (!parts.some(({ isOpen }) => isOpen)) return asItWas;
    const clusters = parts.map(({ filters, isOpen }) => (isOpen ? this.#clusters(filters, parts) : []));
    const children = parts.flatMap(({ filters, isOpen }, k) =>
      isOpen ? clusters[k]!.map((cluster) => this.#filter(cluster)) : filters,
    );
    const made: ScheduleNode = { kind: "sequence", children };
    if (!isLegal(this.#scop, this.#deps, made, { reorderReductions: true })) return asItWas;
    const [old, better] = [before, children].map((units) =>
      passCost(this.#scop, units, this.#cpu, inLanes({ kind: "sequence", children: units })),
    );
    if (better!.cycles >= old!.cycles) return asItWas;
    const numbers = { bytes: `${better!.bytes}`, otherwise: `${old!.bytes}`, cycles: `${better!.cycles}` };
    const shared = clusters.flat().filter(({ statements }) => statements.length > 1);
    const remarks = shared.map((cluster) => ({
      what: `${cluster.statements.map((s) => s.name).join(" and ")} share a pass over what they read`,
      why: "their rows come from memory once and from a cache the second time",
      numbers: { ...numbers, block: this.#blockOf(cluster).join(" x ") },
    }));
    const apart = {
      what: "statements that share no large array have loops of their own",
      why: "each of them runs in lanes then",
      numbers,
    };
    return { root: made, remarks: remarks.length > 0 ? remarks : [apart] };
  }

  #names(): readonly string[] {
    return this.#scop.statements.map((s) => s.name);
  }

  #named(names: readonly string[]): readonly Statement[] {
    return this.#scop.statements.filter((s) => names.includes(s.name));
  }

  /** Neighbours of which all may be ordered anew, and the others. */
  #parts(filters: readonly Filter[]): readonly Part[] {
    const parts: { readonly filters: Filter[]; readonly isOpen: boolean }[] = [];
    for (const filter of filters) {
      const own = this.#named(filter.statements);
      const isOpen = isPlain(filter.child) && own.every(({ dims }) => dims.length === 1 || dims.length === 2);
      const last = parts.at(-1);
      if (last?.isOpen === isOpen) last.filters.push(filter);
      else parts.push({ filters: [filter], isOpen });
    }
    const passes = ({ statements }: Filter): boolean => this.#named(statements).some((s) => this.#large(s).length > 0);
    return parts.map((part) => ({ ...part, isOpen: part.isOpen && part.filters.some(passes) }));
  }

  /** Accesses to large arrays of rows, one of whose rows is a value of one dim. */
  #large(statement: Statement): readonly ArrayAccess[] {
    if (statement.dims.length !== 2) return [];
    return statement.accesses.filter(
      ({ array, indices }) =>
        indices.length === 2 &&
        bytesOf(array.type as MemRefType) > this.#cpu.caches.l2 &&
        onlyDim(statement, indices[0]!) !== undefined &&
        onlyDim(statement, indices[1]!) !== undefined,
    );
  }

  /** Each statement joins the first pass that has read its rows, where every dependence allows; else it has loops alone. */
  #clusters(filters: readonly Filter[], parts: readonly Part[]): readonly Cluster[] {
    const others = (made: readonly Cluster[]): ScheduleNode => ({
      kind: "sequence",
      children: parts.flatMap((part) => (part.filters === filters ? made.map((c) => this.#filter(c)) : part.filters)),
    });
    let clusters: readonly Cluster[] = [];
    const statements = this.#named(filters.flatMap((filter) => filter.statements));
    statements.forEach((statement, at) => {
      const left = statements.slice(at + 1).map((s): Cluster => ({ statements: [s], hasColumns: false }));
      const options = clusters.flatMap((cluster, k) =>
        this.#isShared(cluster, statement)
          ? this.#joined(cluster, statement).map((made) => clusters.with(k, made))
          : [],
      );
      const legal = options.find((made) => this.#keepsOrder(others([...made, ...left]), made));
      clusters = legal ?? [...clusters, { statements: [statement], hasColumns: false }];
    });
    return clusters;
  }

  /** Whether the tree keeps the dependences between the statements that are placed already. */
  #keepsOrder(tree: ScheduleNode, clusters: readonly Cluster[]): boolean {
    const placed = clusters.flatMap(({ statements }) => statements);
    const between = this.#deps.filter(({ source, target }) => placed.includes(source) && placed.includes(target));
    return isLegal(this.#scop, between, tree, { reorderReductions: true });
  }

  #isShared({ statements }: Cluster, statement: Statement): boolean {
    const arrays = new Set(this.#large(statement).map(({ array }) => array));
    return statements.some((s) => this.#large(s).some(({ array }) => arrays.has(array)));
  }

  /** Blocks of parts of rows stay in the first cache, whole rows in the second. */
  #joined({ statements, hasColumns }: Cluster, statement: Statement): readonly Cluster[] {
    const both = [...statements, statement];
    const whole: Cluster = { statements: both, hasColumns: false };
    return hasColumns || statements.length === 1 ? [{ statements: both, hasColumns: true }, whole] : [whole];
  }

  #filter(cluster: Cluster): Filter {
    const { statements } = cluster;
    const names = statements.map((s) => s.name);
    const alone = (s: Statement): ScheduleNode => loopsOver(s, [...s.dims.keys()]);
    if (statements.length === 1) return { kind: "filter", statements: names, child: alone(statements[0]!) };
    const children = statements.map((s): Filter => ({ kind: "filter", statements: [s.name], child: alone(s) }));
    const dims = statements.map((s) => this.#rowAndColumn(s));
    const members = this.#blockOf(cluster).map((tile, k): BandMember => {
      const rows = new Map(
        statements.map((s, n) => [s.name, loopsOver(s, [dims[n]![k]!]).members[0]!.rows.get(s.name)!]),
      );
      return { rows, tile, coincident: false };
    });
    return {
      kind: "filter",
      statements: names,
      child: { kind: "band", members, permutable: cluster.hasColumns, child: { kind: "sequence", children } },
    };
  }

  #rowAndColumn(statement: Statement): readonly [number, number] {
    const [access] = this.#large(statement);
    const row = onlyDim(statement, access!.indices[0]!)!;
    return [row, 1 - row];
  }

  /** Rows of a block, and columns where it does not hold rows whole. */
  #blockOf({ statements, hasColumns }: Cluster): readonly number[] {
    if (!hasColumns) return [ROWS];
    const columns = Math.max(...statements.map((s) => extentOf(s, this.#rowAndColumn(s)[1]) ?? TYPICAL));
    const most = Math.max(64, Math.floor(this.#cpu.caches.l1 / 2 / (ROWS * 8)));
    const part = columns / Math.ceil(columns / most);
    return [ROWS, Math.min(most, Math.ceil(part / 64) * 64)];
  }
}

interface Part {
  readonly filters: readonly Filter[];
  readonly isOpen: boolean;
}

/** Rows of a block: as many as are summed side by side. */
const ROWS = 4;

/** What a symbolic extent is taken to be. */
const TYPICAL = 1024;

/** Nothing below is tiled or marked already. */
function isPlain(node: ScheduleNode): boolean {
  if (node.kind === "leaf") return true;
  if (node.kind === "mark") return false;
  if (node.kind === "sequence") return node.children.every(isPlain);
  if (node.kind === "band" && node.members.some(({ tile }) => tile !== 1)) return false;
  return isPlain(node.child);
}

/** The dim that a row is equal to. */
function onlyDim({ dims }: Statement, row: readonly number[]): number | undefined {
  const used = [...row.keys()].filter((k) => row[k] !== 0);
  const dim = (used[0] ?? 0) - (row.length - dims.length);
  return used.length === 1 && row[used[0]!] === 1 && dim >= 0 ? dim : undefined;
}
