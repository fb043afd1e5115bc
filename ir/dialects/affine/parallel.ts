/** @file `affine.parallel`: a nest of loops whose points may run in any order, with reductions by name. */

import { type AffineMap, affineMap as makeMap } from "../../affine.js";
import { runMap } from "../../affine-compile.js";
import { affineDim, affineSymbol, mapAffineLeaves } from "../../affine-expr.js";
import type { Attr } from "../../attrs.js";
import { defineOp } from "../../define.js";
import type { ElementType } from "../../element.js";
import type { Operation, Value } from "../../graph.js";
import { affineMap, anyType, i64, indexScalar, variadic } from "../../kinds.js";
import { fromScalars } from "../../ndarray.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import type { Assembly, OpParser, OpPrinter } from "../../text/assembly.js";
import { declare, parseNames, printTypeList } from "../../text/bindings.js";
import { elementOf, type Type } from "../../types.js";
import { liftTwo } from "../arith/lift.js";
import { signlessOf } from "../arith/signless.js";
import { forEachPoint } from "../scf/parallel.js";
import { typesOf } from "../scf/yield.js";
import { checkAffineRegion } from "./for.js";
import { checkMapOperands, printResults } from "./maps.js";

/** In the order of upstream's enum. */
const reductionKinds = [
  "addf",
  "addi",
  "assign",
  "maximumf",
  "maxs",
  "maxu",
  "minimumf",
  "mins",
  "minu",
  "mulf",
  "muli",
  "ori",
  "andi",
  "maxnumf",
  "minnumf",
] as const;
export type ReductionKind = (typeof reductionKinds)[number];

/** How two values are combined. */
export function combiner(kind: ReductionKind, element: ElementType): (a: Scalar, b: Scalar) => Scalar {
  const n = numericsOf(element);

  const integer = (name: keyof ReturnType<typeof signlessOf>["operations"]) => signlessOf(element).operations[name];
  const skipNaN = (f: (a: Scalar, b: Scalar) => Scalar) => (a: Scalar, b: Scalar) =>
    Number.isNaN(a) ? b : Number.isNaN(b) ? a : f(a, b);
  const table: Readonly<Record<ReductionKind, () => (a: Scalar, b: Scalar) => Scalar>> = {
    addf: () => n.add,
    addi: () => integer("addi"),
    assign: () => (_, b) => b,
    maximumf: () => n.max,
    maxs: () => integer("maxsi"),
    maxu: () => integer("maxui"),
    minimumf: () => n.min,
    mins: () => integer("minsi"),
    minu: () => integer("minui"),
    mulf: () => n.mul,
    muli: () => integer("muli"),
    ori: () => integer("ori"),
    andi: () => integer("andi"),
    maxnumf: () => skipNaN(n.max),
    minnumf: () => skipNaN(n.min),
  };
  return table[kind]();
}

const reductionList: AttrKind<readonly ReductionKind[]> = {
  describe: `a list, each one of ${reductionKinds.join(", ")}`,
  read(a) {
    if (a.kind !== "array") return undefined;
    const kinds = a.items.map((x) => (x.kind === "int" ? reductionKinds[Number(x.value)] : undefined));
    return kinds.includes(undefined) ? undefined : (kinds as ReductionKind[]);
  },
  write: (kinds, context) => ({
    kind: "array",
    items: kinds.map(
      (k): Attr => ({ kind: "int", value: BigInt(reductionKinds.indexOf(k)), type: context.types.scalar("i64") }),
    ),
  }),
};

const stepList: AttrKind<readonly number[]> = {
  describe: "a list of integers",
  read(a) {
    const items =
      a.kind === "array" ? a.items.map((x) => (x.kind === "int" ? Number(x.value) : undefined)) : [undefined];
    return items.includes(undefined) ? undefined : (items as number[]);
  },
  write: (steps, context) => ({ kind: "array", items: steps.map((s) => i64.write(s, context)) }),
};

/** How many results of a bound's map belong to each loop, as `dense<[1, 2]> : tensor<2xi32>`. */
const groupSizes: AttrKind<readonly number[]> = {
  describe: "a dense list of i32",
  read(a) {
    if (a.kind !== "dense") return undefined;
    const count = Number(a.type.shape[0] ?? 0);
    return Array.from({ length: count }, (_, i) => Number(a.data.data[a.splat ? 0 : i]));
  },
  write: (sizes, context) => ({
    kind: "dense",
    type: context.types.tensor([sizes.length], "i32"),
    splat: false,
    data: fromScalars("i32", [sizes.length], sizes),
  }),
};

interface Bounds {
  readonly map: AffineMap;
  readonly groups: readonly number[];
  readonly operands: readonly Value[];
}

function boundsOf(op: Operation): { readonly lower: Bounds; readonly upper: Bounds } {
  const { lowerBoundsMap, lowerBoundsGroups, upperBoundsMap, upperBoundsGroups } = parallel.attrsOf(op);
  const count = lowerBoundsMap.numDims + lowerBoundsMap.numSymbols;
  return {
    lower: { map: lowerBoundsMap, groups: lowerBoundsGroups, operands: op.operands.slice(0, count) },
    upper: { map: upperBoundsMap, groups: upperBoundsGroups, operands: op.operands.slice(count) },
  };
}

/** Slices of a map's results, one per loop. */
function spans(groups: readonly number[]): readonly (readonly [from: number, to: number])[] {
  let next = 0;
  return groups.map((n) => {
    next += n;
    return [next - n, next] as const;
  });
}

function printBounds(printer: OpPrinter, { map, groups, operands }: Bounds, word: "max" | "min"): void {
  const texts = spans(groups).map(([from, to]) => {
    const text = printResults(printer, map, operands, from, to);
    return to - from === 1 ? text : `${word}(${text})`;
  });
  printer.text(`(${texts.join(", ")})`);
}

function parseBounds(parser: OpParser, word: "max" | "min"): Bounds {
  const parts = parser.list("(", ")", () => {
    if (parser.tryKeyword(word)) return parser.affineIndices("(", ")");
    return parser.affineIndex();
  });
  const dims = [...new Set(parts.flatMap((p) => p.dims))];
  const symbols = [...new Set(parts.flatMap((p) => p.symbols))];
  const results = parts.flatMap((p) =>
    p.map.results.map((e) =>
      mapAffineLeaves(e, ({ kind, position }) =>
        kind === "dim"
          ? affineDim(dims.indexOf(p.dims[position]!))
          : affineSymbol(symbols.indexOf(p.symbols[position]!)),
      ),
    ),
  );
  const map = makeMap(dims.length, symbols.length, results);
  return { map, groups: parts.map((p) => p.map.results.length), operands: [...dims, ...symbols] };
}

const SHOWN = ["lowerBoundsMap", "lowerBoundsGroups", "upperBoundsMap", "upperBoundsGroups", "steps", "reductions"];

const parallelAssembly: Assembly = {
  print(op, printer) {
    const { steps, reductions } = parallel.attrsOf(op);
    const { lower, upper } = boundsOf(op);
    printer.text(" (");
    printer.values(op.region(0).blocks[0]!.args);
    printer.text(") = ");
    printBounds(printer, lower, "max");
    printer.text(" to ");
    printBounds(printer, upper, "min");
    if (steps.some((s) => s !== 1)) printer.text(` step (${steps.join(", ")})`);
    if (reductions.length > 0) {
      printer.text(` reduce (${reductions.map((r) => `"${r}"`).join(", ")}) -> `);
      printTypeList(printer, typesOf(op.results));
    }
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false, hideTerminator: reductions.length === 0 });
    printer.attrDict(op, SHOWN);
  },
  parse(parser, def) {
    const names = parseNames(parser);
    parser.punct("=");
    const lower = parseBounds(parser, "max");
    parser.keyword("to");
    const upper = parseBounds(parser, "min");
    const steps = parser.tryKeyword("step")
      ? parser.list("(", ")", () => Number(parser.integer()))
      : names.map(() => 1);
    const reductions = parser.tryKeyword("reduce") ? parser.list("(", ")", () => readKind(parser)) : [];
    const results: readonly Type[] = parser.tryPunct("->") ? parser.resultTypes() : [];
    const index = parser.context.types.scalar("index");
    const region = parser.region(
      declare(
        names,
        names.map(() => index),
      ),
      parser.opNamed("affine.yield"),
    );
    const known = {
      lowerBoundsMap: lower.map,
      lowerBoundsGroups: lower.groups,
      upperBoundsMap: upper.map,
      upperBoundsGroups: upper.groups,
      steps,
      reductions,
    };
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    return { operands: [...lower.operands, ...upper.operands], results, regions: [region], attrs, extra };
  },
};

function readKind(parser: OpParser): ReductionKind {
  const word = parser.string();
  return reductionKinds.find((k) => k === word) ?? parser.fail(`expected one of ${reductionKinds.join(", ")}`);
}

export const parallel = defineOp("affine.parallel", {
  summary: "Runs its region at every point, in any order; values that points yield are reduced in order.",
  operands: { mapOperands: variadic(indexScalar) },
  attrs: {
    lowerBoundsMap: affineMap,
    lowerBoundsGroups: groupSizes,
    upperBoundsMap: affineMap,
    upperBoundsGroups: groupSizes,
    steps: stepList,
    reductions: reductionList,
  },
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["loop"],
  format: parallelAssembly,
  infer: (_, __, { regions }) => ({ results: regions[0]?.yields ?? [] }),
  verify(op, { steps, reductions }) {
    const { lower, upper } = boundsOf(op);
    if (lower.groups.length !== steps.length || upper.groups.length !== steps.length)
      return "has bounds and steps of different lengths";
    const total = (groups: readonly number[]): number => groups.reduce((a, b) => a + b, 0);
    if (total(lower.groups) !== lower.map.results.length || total(upper.groups) !== upper.map.results.length)
      return "the groups do not add up to the bounds";
    if (reductions.length !== op.results.length)
      return `${reductions.length} reductions for ${op.results.length} results`;
    const problem =
      checkMapOperands("lower bound", lower.map, lower.operands) ??
      checkMapOperands("upper bound", upper.map, upper.operands);
    const index =
      op
        .region(0)
        .blocks[0]?.args.filter((x) => indexScalar.accepts(x.type))
        .map((x) => x.type) ?? [];
    if (index.length !== steps.length) return `the region must take ${steps.length} values of type index`;
    return problem ?? checkAffineRegion(op, 0, index, typesOf(op.results));
  },
  evaluate(
    { mapOperands },
    { lowerBoundsMap, lowerBoundsGroups, upperBoundsMap, upperBoundsGroups, steps, reductions },
    evaluation,
  ) {
    const count = lowerBoundsMap.numDims + lowerBoundsMap.numSymbols;
    const operands = mapOperands as readonly number[];
    const low = runMap(lowerBoundsMap, operands.slice(0, count));
    const high = runMap(upperBoundsMap, operands.slice(count));
    const lower = spans(lowerBoundsGroups).map(([from, to]) => Math.max(...low.slice(from, to)));
    const upper = spans(upperBoundsGroups).map(([from, to]) => Math.min(...high.slice(from, to)));
    const elements = evaluation.op.results.map((r) => elementOf(r.type));
    const combine = reductions.map((kind, i) => combiner(kind, elements[i]!));
    const results = reductions.map((kind, i) => neutral(kind, elements[i]!)) as Parameters<typeof liftTwo>[1][];
    forEachPoint(lower, upper, steps, (point) => {
      const values = evaluation.run(0, point);
      combine.forEach((f, i) => {
        results[i] = liftTwo(elements[i]!, results[i]!, values[i] as Scalar, f);
      });
    });
    return { results };
  },
});

/** What a reduction starts from. */
function neutral(kind: ReductionKind, element: ElementType): Scalar {
  const n = numericsOf(element);
  switch (kind) {
    case "mulf":
    case "muli":
      return n.one;
    case "maximumf":
    case "maxnumf":
    case "maxs":
      return n.minValue;
    case "minimumf":
    case "minnumf":
    case "mins":
      return n.maxValue;
    case "andi":
    case "minu":
      return n.fromBits(-1n);
    default:
      return n.zero;
  }
}
