/**
 * @file Pass `group-kernels`: marks structured operations that are to be one kernel, because what passes between them then
 * stays in registers or in the cache. Two forms are grouped: a contraction with what fills its output and the elementwise
 * operation on its result (an epilogue), and operations that share rows (softmax, normalisations, attention within a
 * head). Composites need no names here: their decompositions have these forms.
 */

import type { Attr } from "../../ir/attrs.js";
import { cloneOp } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { empty } from "../../ir/dialects/tensor/access.js";
import { insertSlice } from "../../ir/dialects/tensor/slice.js";
import { elementFacts } from "../../ir/element.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { elementOf, isShaped } from "../../ir/types.js";
import { GROUP, ROWS } from "../kernels.js";
import { type Remark, remark } from "../remarks.js";
import { accessesOf, shapeOf } from "../structured/access.js";
import { filledWith, isElementwiseOn } from "../structured/forms.js";
import { countOf, isBlockedProduct, restOf, rowDims, sharedRows, writtenBy } from "../structured/row-space.js";
import { addsNothing } from "../vectorize/borders.js";
import { windowSumOf } from "../vectorize/register-block.js";
import { isVectorizable } from "../vectorize/vector-body.js";
import { attentionGroup } from "./attention-groups.js";

export const groupKernels: Pass = {
  name: "group-kernels",
  summary: "Marks operations that are to be one kernel.",
  run(module, context) {
    let next = 0n;
    for (const func of functionsOf(module)) {
      for (const region of func.regions) for (const block of region.blocks) next = groupIn(block, next, context);
    }
  },
};

/** Bytes of one row of what operations pass on to each other: they are to stay in the first caches. */
const ROW_BYTES = 64 * 1024;
/** The same where a row holds a matrix product of its own. */
const PRODUCT_ROW_BYTES = 512 * 1024;
/** Elements of the longest row below which vectors across rows are worth more than staying in the cache. */
const MIN_ROW = 32;
/** Rows below which threads would have nothing to share. */
const MIN_ROWS = 4;
/** Operations further apart than this are not looked at together. */
const MAX_DISTANCE = 256;

function groupIn(block: Block, first: bigint, context: Context): bigint {
  const attentions = [...block.ops()].flatMap((op) => {
    const group = attentionGroup(op);
    return group ? [group] : [];
  });
  const grouping = new Grouping(block);
  for (const group of attentions) grouping.addWhole(group);
  for (const op of block.ops()) if (isCandidate(op) && !grouping.isWhole(op)) grouping.add(op);
  let next = first;
  for (const op of block.ops()) grouping.remarkApart(op);
  for (const group of grouping.groups()) {
    if (group.length < 2) continue;
    const isWhole = grouping.isWhole(group[0]!);
    remark(group[0]!, { pass: groupKernels.name, ...(isWhole ? attentionReason(group) : reasonOf(group)) });
    const integer = (value: bigint): Attr => ({ kind: "int", value, type: context.types.scalar("i64") });
    const rows = isWhole || isProductWithEpilogue(group) ? 0 : sharedRows(group);
    for (const op of [...group.flatMap(paddingOf), ...group]) {
      op.setExtra(GROUP, integer(next));
      if (rows > 0) op.setExtra(ROWS, integer(BigInt(rows)));
      if (generic.matches(op)) ownDestinations(op);
    }
    next++;
  }
  return next;
}

/** What pads the input of a sum over windows and is read by nothing else: it need not be made, where the borders can be cut. */
function paddingOf(op: Operation): readonly Operation[] {
  if (!windowSumOf(op)) return [];
  return generic.operandsOf(op).inputs.flatMap((x) => {
    const insertion = x.definingOp;
    if (!insertion || !insertSlice.matches(insertion) || x.countUses() !== 1) return [];
    const fill = insertion.operand(1).definingOp;
    const value = fill && filledWith(fill);
    const isOwn =
      fill && !fill.extra[GROUP] && isReadOnce(fill) && fill.block === op.block && insertion.block === op.block;
    return isOwn && value && addsNothing(op, constantScalarOf(value)) ? [fill, insertion] : [];
  });
}

function isCandidate(op: Operation): boolean {
  return generic.matches(op) && op.results.length > 0 && !op.extra[GROUP];
}

/** Operations that share an empty tensor as destination would share the storage of the kernel's result. */
function ownDestinations(op: Operation): void {
  const { inputs } = generic.operandsOf(op);
  const operands = op.operands.map((x, k) => {
    const source = x.definingOp;
    if (k < inputs.length || !source || !empty.matches(source) || x.countUses() === 1) return x;
    const copy = cloneOp(source);
    op.block!.insertBefore(copy, op);
    return copy.result;
  });
  op.setOperands(operands);
}

class Grouping {
  readonly #position = new Map<Operation, number>();
  readonly #ops: readonly Operation[];
  readonly #groupOf = new Map<Operation, readonly Operation[]>();
  readonly #whole = new Set<readonly Operation[]>();
  /** Why operations were not joined to what they read: the last that was tried. */
  readonly #refusals = new Map<Operation, { readonly producer: Operation; readonly reason: Reason }>();

  constructor(block: Block) {
    this.#ops = [...block.ops()];
    this.#ops.forEach((op, k) => {
      this.#position.set(op, k);
    });
  }

  groups(): ReadonlySet<readonly Operation[]> {
    return new Set(this.#groupOf.values());
  }

  /** Makes operations a group that nothing else joins, if they can be one. */
  addWhole(ops: readonly Operation[]): void {
    const group = this.#sorted(ops);
    if (!this.#isClosed(group)) return;
    this.#set(group);
    this.#whole.add(group);
  }

  isWhole(op: Operation): boolean {
    const group = this.#groupOf.get(op);
    return group !== undefined && this.#whole.has(group);
  }

  /** Joins `op` to the groups of what it reads, the latest first, where that pays. */
  add(op: Operation): void {
    if (filledWith(op)) {
      this.#set([op]);
      return;
    }
    let group: readonly Operation[] = this.#sorted([op, ...this.#fills(op)]);
    this.#set(isGroup(group) && this.#isClosed(group) ? group : [op]);
    for (const producer of this.#producers(op)) {
      const other = this.#groupOf.get(producer);
      group = this.#groupOf.get(op)!;
      if (!other || other === group || this.#whole.has(other)) continue;
      const fills = group.length === 1 ? this.#fills(op) : [];
      const joined = this.#sorted([...new Set([...other, ...group, ...fills])]);
      if (isGroup(joined) && this.#isClosed(joined)) this.#set(joined);
      else this.#refusals.set(op, { producer, reason: isGroup(joined) ? interrupted : refusalOf(joined) });
    }
  }

  /** Says of an operation that reads another's result why they are kernels of their own. */
  remarkApart(op: Operation): void {
    const refusal = this.#refusals.get(op);
    if (!refusal || this.#groupOf.get(op) === this.#groupOf.get(refusal.producer)) return;
    remark(op, { pass: groupKernels.name, ...refusal.reason });
  }

  /** What fills the outputs of `op` and is read by nothing else. */
  #fills(op: Operation): readonly Operation[] {
    const { outputs } = generic.operandsOf(op);
    return outputs.flatMap(({ definingOp }) =>
      definingOp && this.#groupOf.get(definingOp)?.length === 1 && filledWith(definingOp) && isReadOnce(definingOp)
        ? [definingOp]
        : [],
    );
  }

  /** The structured operations that `op` reads from, the latest first. */
  #producers(op: Operation): readonly Operation[] {
    const producers = op.operands.map((x) => x.definingOp).filter((p) => p !== undefined && this.#groupOf.has(p));
    const real = [...new Set(producers as Operation[])].filter((p) => !filledWith(p));
    return real.sort((a, b) => this.#at(b) - this.#at(a));
  }

  #set(group: readonly Operation[]): void {
    for (const op of group) this.#groupOf.set(op, group);
  }

  #at(op: Operation): number {
    return this.#position.get(op)!;
  }

  #sorted(ops: readonly Operation[]): readonly Operation[] {
    return [...ops].sort((a, b) => this.#at(a) - this.#at(b));
  }

  /**
   * Everything that reads the group stands behind it. Kernels stand where their last operation stood, so this keeps all
   * groups in order, whatever else is grouped.
   */
  #isClosed(group: readonly Operation[]): boolean {
    const [from, to] = [this.#at(group[0]!), this.#at(group.at(-1)!)];
    if (to - from > MAX_DISTANCE) return false;
    const members = new Set(group);
    return group.every((op) =>
      op.results.every((r) =>
        [...r.users].every((user) => {
          const reader = this.#inBlock(user);
          return members.has(reader) || this.#at(reader) > to;
        }),
      ),
    );
  }

  /** The operation of the block that `op` is, or is in. */
  #inBlock(op: Operation): Operation {
    let at = op;
    while (!this.#position.has(at)) at = at.parent!;
    return at;
  }
}

function isReadOnce(op: Operation): boolean {
  return op.results.every((r) => r.countUses() === 1);
}

/** Whether operations, in order, are worth being one kernel. */
function isGroup(ops: readonly Operation[]): boolean {
  return isProductWithEpilogue(ops) || isWorthARow(ops);
}

/** What fills the output, a product that is blocked in registers, and at most one elementwise operation that alone reads it. */
function isProductWithEpilogue(ops: readonly Operation[]): boolean {
  const [fill, product, epilogue, ...more] = ops;
  if (!fill || !product || more.length > 0 || !filledWith(fill) || !keepsSums(product)) return false;
  if (!generic.operandsOf(product).outputs.includes(fill.result) || !isReadOnce(fill)) return false;
  return !epilogue || isEpilogue(epilogue, product.result);
}

/** Its sums stay in registers until they are whole: a product that is blocked, or a sum over windows. */
function keepsSums(op: Operation): boolean {
  return isBlockedProduct(op) || (windowSumOf(op) !== undefined && isVectorizable(op.region(0).blocks[0]!));
}

function isEpilogue(op: Operation, product: Value): boolean {
  const reads = op.operands.filter((x) => x === product).length;
  return product.countUses() === reads && isElementwiseOn(op, product) && isVectorizable(op.region(0).blocks[0]!);
}

function isWorthARow(ops: readonly Operation[]): boolean {
  const facts = rowFacts(ops);
  return facts !== undefined && facts.bytes <= facts.limit && facts.longest >= MIN_ROW && facts.count >= MIN_ROWS;
}

/** What speaks for and against running operations row by row. */
interface RowFacts {
  /** Leading axes that are rows. */
  readonly rows: number;
  readonly count: number;
  /** Bytes of a row of the largest tensor that is written, and how many are taken. */
  readonly bytes: number;
  readonly limit: number;
  /** Elements of the longest row. */
  readonly longest: number;
}

function rowFacts(ops: readonly Operation[]): RowFacts | undefined {
  const rows = sharedRows(ops);
  if (rows === 0) return undefined;
  const written = new Set(ops.flatMap(writtenBy));
  return {
    rows,
    count: countOf(shapeOf(writtenBy(ops[0]!)[0]!).slice(0, rows)),
    bytes: Math.max(...[...written].map((x) => countOf(shapeOf(x).slice(rows)) * bytesOf(x))),
    limit: ops.some(isBlockedProduct) ? PRODUCT_ROW_BYTES : ROW_BYTES,
    longest: Math.max(...ops.map((op) => longestRow(op, rows, written))),
  };
}

type Reason = Omit<Remark, "pass">;

function attentionReason(group: readonly Operation[]): Reason {
  const what = `${group.length} operations are one kernel`;
  return { what, why: "they are an attention: the scores of a block of queries are to stay in the cache" };
}

/** Why operations are one kernel. */
function reasonOf(group: readonly Operation[]): Reason {
  const what = `${group.length} operations are one kernel`;
  if (isProductWithEpilogue(group)) {
    const why =
      group.length > 2
        ? "a sum of products and the elementwise operation that alone reads it: the sums need not go through memory"
        : "a sum of products and what its sums begin with: the output is written once";
    return { what, why };
  }
  const why = "they share rows, and what passes between them is a row that stays in the cache";
  return { what, why, numbers: rowNumbers(rowFacts(group)!) };
}

function rowNumbers({ count, bytes, limit, longest }: RowFacts): Readonly<Record<string, number>> {
  return { rows: count, "longest row": longest, "bytes of a row": bytes, "most bytes": limit };
}

const apart = "is a kernel of its own, apart from what it reads";

const interrupted: Reason = {
  what: apart,
  why: "something between the two would have to run in the middle of their kernel",
};

/** Why operations are not worth being one kernel. */
function refusalOf(ops: readonly Operation[]): Reason {
  const facts = rowFacts(ops);
  if (!facts) return { what: apart, why: "the two share no rows, and neither is the epilogue of a product" };
  const numbers = rowNumbers(facts);
  if (facts.bytes > facts.limit) return { what: apart, why: "a row of what passes between them is too large", numbers };
  if (facts.longest < MIN_ROW) {
    const why = "rows are so short that vectors across rows are worth more";
    return { what: apart, why, numbers: { ...numbers, "least elements": MIN_ROW } };
  }
  const why = "there are so few rows that threads would have nothing to share";
  return { what: apart, why, numbers: { ...numbers, "least rows": MIN_ROWS } };
}

/** Elements of the longest row that an operation reads or writes. */
function longestRow(op: Operation, rows: number, written: ReadonlySet<Value>): number {
  const dims = rowDims(op, rows, written)!;
  return Math.max(...accessesOf(op).map((x) => countOf(restOf(x, dims))));
}

function bytesOf({ type }: Value): number {
  return isShaped(type) ? elementFacts[elementOf(type)].storageBytes : 0;
}
