/**
 * @file Pass `fuse-elementwise`: an all-parallel `linalg.generic` moves into the generics that read its result, so that
 * the intermediate never exists in memory. The producer's maps are composed with the consumer's access, so
 * transposes, broadcasts, slices and elementwise chains all go by the same rule.
 * It fires when nothing is computed twice (one reader, which visits every element at most once), or when computing
 * again costs less than reading back: constants, iota, comparisons of positions, and pure data movement.
 */

import { type AffineMap, composeMaps, isIdentityMap, projectedDims, sameAffineMap } from "../../ir/affine.js";
import type { AffineExpr } from "../../ir/affine-expr.js";
import { Builder } from "../../ir/builder.js";
import { inlineBlock, type ValueMap } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic, index as indexOp } from "../../ir/dialects/linalg/structured.js";
import { Block, newRegion, type Operation, type Value } from "../../ir/graph.js";
import { derivedLocation } from "../../ir/location.js";
import type { Pass } from "../../ir/pass.js";
import { affinePosition } from "../affine-position.js";
import { extensionOf, isSumOfExtendedProducts } from "../structured/forms.js";

export const fuseElementwise: Pass = {
  name: "fuse-elementwise",
  summary: "Computes elementwise producers where their result is used.",
  run(module, context) {
    for (const func of functionsOf(module))
      for (const op of [...func.walk()])
        if (op.block && generic.matches(op) && !isExtensionForProducts(op)) fuseInto(op, context);
  },
};

/** Fuses producers into `consumer` until none fits; each fusion replaces the consumer. */
function fuseInto(consumer: Operation, context: Context): void {
  for (let op: Operation | undefined = consumer; op; ) op = fuseOne(op, context);
}

function fuseOne(consumer: Operation, context: Context): Operation | undefined {
  const { inputs } = generic.operandsOf(consumer);
  for (let k = 0; k < inputs.length; k++) {
    const producer = inputs[k]!.definingOp;
    if (!producer || !isFusible(producer) || producer.block !== consumer.block) continue;
    const fused = tryFuse(producer, consumer, k, context);
    if (fused) return fused;
  }
  return undefined;
}

/** One result, every point by itself, its old contents not read. */
export function isFusible(op: Operation): boolean {
  if (!generic.matches(op) || op.results.length !== 1) return false;
  const { iterator_types: kinds, indexing_maps: maps } = generic.attrsOf(op);
  const body = bodyOf(op);
  return kinds.every((kind) => kind === "parallel") && isIdentityMap(maps.at(-1)!) && !body.args.at(-1)!.isUsed;
}

function bodyOf(op: Operation): Block {
  return op.region(0).blocks[0]!;
}

/** Operations of a body that do arithmetic; reading, indexing and constants are not counted. */
function work(op: Operation): number {
  let n = 0;
  for (const inner of bodyOf(op).ops()) {
    const free =
      inner.def.traits.includes("terminator") ||
      inner.def.traits.includes("constant") ||
      inner.name === "linalg.index" ||
      inner.name.startsWith("arith.index_cast");
    if (!free) n += inner.regions.length > 0 ? 4 : 1;
  }
  return n;
}

/** Operations on positions alone, as in masks, that are sooner done again than read back. */
const MAX_PLACE_WORK = 2;

/** Computed from positions and constants alone, by little: a body that reads elements of a tensor has that as an operation. */
function isOfPlaces(op: Operation): boolean {
  const reads = [...bodyOf(op).ops()].some((inner) => inner.def.dialect === "tensor");
  return generic.operandsOf(op).inputs.length === 0 && !reads && work(op) <= MAX_PLACE_WORK;
}

/** Sums of products that read it will read narrow elements and extend them as they go: fewer bytes are stored and read. */
function isExtensionForProducts(producer: Operation): boolean {
  const body = bodyOf(producer);
  const [op, ...more] = body.ops();
  const [read] = body.args;
  const isExtension = op !== undefined && more.length === 1 && extensionOf(body, read!) === op;
  if (!isExtension || body.terminator.operand(0) !== op.result || !isFusible(producer)) return false;
  return [...producer.result.users].every((user) => generic.matches(user) && isSumOfExtendedProducts(bodyOf(user)));
}

function isWorthwhile(producer: Operation, consumer: Operation, map: AffineMap): boolean {
  if (work(producer) === 0 || isOfPlaces(producer) || isExtensionForProducts(producer)) return true;
  const isOnlyUse = producer.result.countUses() === 1;
  if (!isOnlyUse) return false;
  // Every iteration dimension shows in the access, so no element is visited twice.
  const used = new Set(projectedDims(map) ?? []);
  return generic.attrsOf(consumer).iterator_types.every((_, d) => used.has(d));
}

function tryFuse(producer: Operation, consumer: Operation, operand: number, context: Context): Operation | undefined {
  const { indexing_maps: consumerMaps, iterator_types: iterators } = generic.attrsOf(consumer);
  const { indexing_maps: producerMaps } = generic.attrsOf(producer);
  const { inputs, outputs } = generic.operandsOf(consumer);
  const access = consumerMaps[operand]!;
  if (!isWorthwhile(producer, consumer, access)) return undefined;
  const added = generic
    .operandsOf(producer)
    .inputs.map((value, k) => ({ value, map: composeMaps(producerMaps[k]!, access) }));
  const kept = inputs.map((value, k) => ({ value, map: consumerMaps[k]! })).filter((_, k) => k !== operand);
  const merged = mergeInputs([...kept, ...added]);
  const outMaps = consumerMaps.slice(inputs.length);
  const maps = [...merged.inputs.map((x) => x.map), ...outMaps];
  if (!coversIterations(maps, iterators.length)) return undefined;
  const builder = Builder.before(context, consumer);
  builder.at = derivedLocation(fuseElementwise.name, [producer.at, consumer.at]);
  const body = new Block([
    ...merged.inputs.map((x) => bodyArgType(x.value, context)),
    ...bodyOf(consumer)
      .args.slice(inputs.length)
      .map((a) => a.type),
  ]);
  fillBody(body, { producer, consumer, operand, places: merged.places, kept: kept.length, access }, context);
  const fused = builder.op(
    generic,
    { inputs: merged.inputs.map((x) => x.value), outputs },
    { indexing_maps: maps, iterator_types: iterators },
    { results: consumer.results.map((r) => r.type), regions: [newRegion(body)], extra: consumer.extra },
  );
  consumer.results.forEach((r, k) => {
    r.replaceAllUsesWith(fused.results[k]!);
  });
  consumer.erase();
  if (!producer.result.isUsed) producer.erase();
  return fused;
}

interface Access {
  readonly value: Value;
  readonly map: AffineMap;
}

/** Equal accesses become one; `places` says where each of the given ones went. */
function mergeInputs(all: readonly Access[]): {
  readonly inputs: readonly Access[];
  readonly places: readonly number[];
} {
  const inputs: Access[] = [];
  const places = all.map((x) => {
    const at = inputs.findIndex((y) => y.value === x.value && sameAffineMap(y.map, x.map));
    if (at >= 0) return at;
    return inputs.push(x) - 1;
  });
  return { inputs, places };
}

/** Loop bounds are read off operands, so every dimension must stand alone in some map. */
function coversIterations(maps: readonly AffineMap[], dims: number): boolean {
  const seen = new Set<number>();
  for (const map of maps) for (const e of map.results) if (e.kind === "dim") seen.add(e.position);
  return seen.size === dims;
}

function bodyArgType(value: Value, context: Context) {
  if (value.type.kind !== "tensor") throw new Error("a generic on tensors reads a tensor");
  return context.types.scalar(value.type.element);
}

interface Fusion {
  readonly producer: Operation;
  readonly consumer: Operation;
  readonly operand: number;
  /** Argument of the new body for each kept input, then for each of the producer's. */
  readonly places: readonly number[];
  readonly kept: number;
  readonly access: AffineMap;
}

function fillBody(body: Block, { producer, consumer, operand, places, kept, access }: Fusion, context: Context): void {
  const builder = new Builder(context, body);
  builder.at = producer.at;
  const producerArgs = places.slice(kept).map((p) => body.args[p]!);
  const unused = bodyOf(producer).args.at(-1)!;
  const before = body.last;
  const [value] = inlineBlock(bodyOf(producer), [...producerArgs, unused], body, undefined);
  rewriteIndices(body, before, access, context);
  const { inputs } = generic.operandsOf(consumer);
  let next = 0;
  const consumerArgs = bodyOf(consumer).args.map((_, k) => {
    if (k === operand) return value!;
    return k < inputs.length
      ? body.args[places[next++]!]!
      : body.args[body.args.length - (bodyOf(consumer).args.length - k)]!;
  });
  const map: ValueMap = new Map();
  const results = inlineBlock(bodyOf(consumer), consumerArgs, body, undefined, map);
  const { terminator } = bodyOf(consumer);
  builder.at = consumer.at;
  builder.create(terminator.def, results, terminator.attrs);
}

/** Positions in the producer's space become the consumer's access evaluated at its point. */
function rewriteIndices(body: Block, before: Operation | undefined, access: AffineMap, context: Context): void {
  for (const op of [...body.ops()].slice(before ? body.positionOf(before) + 1 : 0)) {
    for (const inner of [...op.walk()]) {
      if (!indexOp.matches(inner)) continue;
      const at = Builder.before(context, inner);
      const position = positionOf(at, access.results[indexOp.attrsOf(inner).dim]!);
      inner.result.replaceAllUsesWith(position);
      inner.erase();
    }
  }
}

/** An affine expression of the iteration point. */
function positionOf(b: Builder, e: AffineExpr): Value {
  return affinePosition(b, e, (dim) => b.value(indexOp, {}, { dim }));
}
