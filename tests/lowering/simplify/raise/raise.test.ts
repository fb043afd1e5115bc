/** @file What `raise` recognises computes the same afterwards, in every spelling; what is only similar is left alone. */

import { describe, expect, it } from "vitest";
import { Decompositions } from "../../../../ir/decompositions.js";
import type { Datum } from "../../../../ir/define.js";
import { newModule } from "../../../../ir/dialects/builtin.js";
import { buildFunction } from "../../../../ir/dialects/func.js";
import type { ElementType } from "../../../../ir/element.js";
import type { Value } from "../../../../ir/graph.js";
import { interpret } from "../../../../ir/interpret.js";
import type { NdArray } from "../../../../ir/ndarray.js";
import { TensorBuilder } from "../../../../ir/tensor-builder.js";
import { printModule } from "../../../../ir/text/module.js";
import { verify } from "../../../../ir/verify.js";
import { raise } from "../../../../lowering/simplify/raise.js";
import { fuzzRuns } from "../../../support/fuzz.js";
import { Random } from "../../../support/random.js";
import { loweringContext, randomInputs } from "../../fuse/structured.js";
import * as forms from "./forms.js";

interface Shape {
  readonly element: ElementType;
  readonly sizes: readonly number[];
}

type Form = (draw: forms.Draw, args: readonly Value[]) => forms.Drawn;

/** Builds a program around a form, interprets it before and after, and says what was raised. */
function check(seed: number, arguments_: readonly Shape[], form: Form, defect: forms.Defect | undefined): void {
  const context = loweringContext();
  const module = newModule(context);
  const types = arguments_.map(({ element, sizes }) => context.types.tensor(sizes, element));
  let name = "";
  buildFunction(context, module, "main", types, (builder, args) => {
    const t = new TensorBuilder(builder, new Decompositions(module, context));
    for (const x of args) t.note(x);
    const drawn = form({ t, random: new Random(seed), defect }, args);
    name = drawn.name;
    return drawn.results;
  });
  const before = printModule(module, context);
  const inputs = randomInputs(module, { seed, entries: { low: -3, high: 3 } }) as Datum[];
  const wanted = interpret(module, "main", inputs, context) as NdArray[];
  raise.run(module, context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  const after = printModule(module, context);
  const isRaised = after.includes(`composite "${name}"`);
  expect(isRaised, `seed ${seed}: ${name}\n${before}\n${after}`).toBe(defect === undefined);
  const actual = interpret(module, "main", inputs, context) as NdArray[];
  wanted.forEach((w, i) => {
    expectNear(actual[i]!, w, `seed ${seed}\n${after}`);
  });
}

/** Relative to 1 at least, as 1 + erf(x) is of no relative accuracy where erf(x) is near -1. */
function expectNear(actual: NdArray, wanted: NdArray, what: string): void {
  expect(actual.shape, what).toEqual(wanted.shape);
  const entries = Array.from(wanted.data as ArrayLike<number>);
  const scale = Math.max(1, ...entries.filter(Number.isFinite).map(Math.abs));
  entries.forEach((w, i) => {
    const error = Object.is(w, actual.data[i]) ? 0 : Math.abs(w - Number(actual.data[i]));
    expect(error <= 4e-6 * scale, `${what}\nwanted ${w}, not ${actual.data[i]}`).toBe(true);
  });
}

function shapes(random: Random, rank: number): readonly number[] {
  return Array.from({ length: rank }, () => random.int(2, 4));
}

/** Arguments and the form, drawn from a seed. */
const families: Readonly<Record<string, (random: Random) => { readonly args: readonly Shape[]; readonly form: Form }>> =
  {
    gelu: (random) => ({
      args: [{ element: "f32", sizes: shapes(random, random.int(0, 3)) }],
      form: (draw, [x]) => forms.drawGelu(draw, x!),
    }),
    swish: (random) => ({
      args: [{ element: "f32", sizes: shapes(random, random.int(0, 3)) }],
      form: (draw, [x]) => forms.drawSwish(draw, x!),
    }),
    softmax: (random) => ({
      args: [{ element: "f32", sizes: shapes(random, random.int(2, 4)) }],
      form: (draw, [x]) => forms.drawSoftmax(draw, x!),
    }),
    norm: (random) => {
      const sizes = shapes(random, random.int(2, 4));
      const [hasScale, hasBias] = [random.chance(0.6), random.chance(0.6)];
      const parameter: Shape = { element: "f32", sizes: sizes.slice(-1) };
      return {
        args: [{ element: "f32", sizes }, parameter, parameter],
        form: (draw, [x, scale, bias]) =>
          forms.drawNorm(draw, x!, hasScale ? scale : undefined, hasBias ? bias : undefined),
      };
    },
    attention: (random) => {
      const [b, g, times, l, s, d, e] = [1, 1, 1, 2, 2, 2, 2].map((low) => random.int(low, low + 2));
      const kind = random.pick(["none", "i1", "f32"] as const);
      const mask = random.pick([
        [b!, 1, l!, s!],
        [1, g! * times!, l!, s!],
        [1, 1, l!, s!],
        [l!, s!],
        [b!, 1, 1, s!],
      ]);
      const of = (...sizes: readonly (number | undefined)[]): Shape => ({ element: "f32", sizes: sizes as number[] });
      const extra: Shape[] = kind === "none" ? [] : [{ element: kind, sizes: mask }];
      return {
        args: [of(b, g! * times!, l, d), of(b, g, s, d), of(b, g, s, e), ...extra],
        form: (draw, [q, k, v, m]) => forms.drawAttention(draw, { q: q!, k: k!, v: v!, mask: m }),
      };
    },
    rotary: (random) => {
      const [b, h, s, half] = [1, 1, 2, 2].map((low) => random.int(low, low + 2));
      const of = (...sizes: readonly (number | undefined)[]): Shape => ({ element: "f32", sizes: sizes as number[] });
      return {
        args: [of(b, h, s, 2 * half!), of(b, s, half), of(b, s, half)],
        form: (draw, [x, cos, sin]) => forms.drawRotary(draw, x!, cos!, sin!),
      };
    },
  };

const defects: Readonly<Record<string, readonly forms.Defect[]>> = {
  gelu: ["constant", "extra use", "integer", "other value"],
  swish: ["constant", "extra use", "integer", "other value"],
  softmax: ["axis", "extra use", "integer", "other value"],
  norm: ["constant", "axis", "extra use", "integer", "other value"],
  attention: ["axis", "extra use", "integer", "other value"],
  rotary: ["constant", "axis", "extra use", "integer", "other value"],
};

describe.each(Object.entries(families))("%s", (name, draw) => {
  const runs = (n: number): number[] => Array.from({ length: fuzzRuns(n) }, (_, i) => 1000 + i);

  it("is raised in every spelling, and computes the same", () => {
    for (const seed of runs(60)) {
      const { args, form } = draw(new Random(seed));
      check(seed, args, form, undefined);
    }
  });

  it.each(defects[name]!)("is left alone with a defect: %s", (defect) => {
    for (const seed of runs(15)) {
      const { args, form } = draw(new Random(seed));
      check(seed, args, form, defect);
    }
  });
});
