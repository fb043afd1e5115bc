/** @file Conditions on sizes from the exporter's guards, compared with what the guards mean. */

import { describe, expect, test } from "vitest";
import { sizeExpression } from "../../../backend/expression.js";
import { parseGuard } from "../../../frontends/torch-fx/guard-text.js";
import { conditionsOf } from "../../../frontends/torch-fx/guards.js";
import type { TorchProgram } from "../../../frontends/torch-fx/records.js";
import type { Context } from "../../../ir/context.js";
import { formatDiagnostic } from "../../../ir/diagnostic.js";
import type { Condition } from "../../../ir/entry.js";
import { newContext } from "../../../lowering/dialects.js";
import { evaluateExpression, parseExpression } from "../../../runtime-lib/bundle/expression.js";

/** `x` is [a, b] with a from 2 to 64, `batch["y"]` is [c], `n` a number from 4. */
function conditions(guards: readonly string[]): { readonly all: readonly Condition[]; readonly context: Context } {
  const context = newContext();
  const { dims } = context;
  const [a, b, c] = ["a", "b", "c"].map((name) => dims.symbol(name, { min: 2, max: 64 }, "input"));
  const n = dims.symbol("n", { min: 4, max: Infinity }, "data");
  const known = new Map<string, readonly (typeof a)[]>([
    ["x", [a, b]],
    ["batch.y", [c]],
  ]);
  const program = { guards, file: "model.pt2" } as unknown as TorchProgram;
  const all = conditionsOf(
    program,
    (keys) => {
      if (keys.join(".") === "n") return { number: n! };
      const shape = known.get(keys.join("."));
      return shape === undefined ? undefined : { shape: shape.map((d) => d!) };
    },
    context,
  );
  return { all, context };
}

const holds = ({ relation, value }: Condition, sizes: Readonly<Record<string, number>>): boolean => {
  const found = evaluateExpression(parseExpression(sizeExpression(value)), new Map(Object.entries(sizes)));
  if (relation === "nonnegative") return found >= 0;
  return relation === "zero" ? found === 0 : found !== 0;
};

describe("the exporter's guards", () => {
  const cases: readonly (readonly [string, (a: number, b: number, c: number) => boolean])[] = [
    ["L['x'].size()[0] % 4 == 0", (a) => a % 4 === 0],
    ["(L['x'].size()[0]*L['x'].size()[1]) == 3*L['batch']['y'].size()[0]", (a, b, c) => a * b === 3 * c],
    ["L['x'].size()[0] // 3 < L['x'].size()[1]**2 - 7", (a, b) => Math.floor(a / 3) < b ** 2 - 7],
    ["max(L['x'].size()[0], L['batch']['y'].size()[0]) <= 9", (a, _, c) => Math.max(a, c) <= 9],
    ["not L['x'].size()[0] == L['x'].size()[1]", (a, b) => a !== b],
    ["L['x'].size()[0] % (L['x'].size()[0] // 4) == 0", (a) => Math.floor(a / 4) === 0 || a % Math.floor(a / 4) === 0],
    ["-L['x'].size()[0] + 20 > 0 and L['x'].size()[1] != 5", (a, b) => -a + 20 > 0 && b !== 5],
    ["L['x'].dim() + 1 == L['batch']['y'].size()[0]", (_, __, c) => c === 3],
  ];
  test.each(cases)("%s", (guard, expected) => {
    const { all } = conditions([guard]);
    for (let a = 2; a < 20; a += 3)
      for (let b = 2; b < 12; b += 3)
        for (let c = 2; c < 12; c++)
          expect(
            all.every((condition) => holds(condition, { a, b, c })),
            `a=${a} b=${b} c=${c}`,
          ).toBe(expected(a, b, c));
  });

  test("what the ranges say already is left out", () => {
    expect(conditions(["L['x'].size()[0] >= 2", "L['x'].size()[0] != 65", "L['n'] > 3"]).all).toEqual([]);
  });

  test("programs take dense arguments, so guards on strides hold", () => {
    const { all, context } = conditions(["L['x'].stride()[0] == L['x'].size()[1]"]);
    expect(all).toEqual([]);
    expect(context.diagnostics.all).toEqual([]);
  });

  test("what cannot be checked is said", () => {
    const { context } = conditions(["L['z'].size()[0] == 2", "L['x'].size()[0] == 2 or L['n'] > 9", "L['x']['"]);
    expect(context.diagnostics.all.map(formatDiagnostic)).toEqual([
      "model.pt2: warning PS2405: the exporter's guard 'z.shape[0] == 2' is not checked when the program runs",
      "model.pt2: warning PS2405: the exporter's guard 'x.shape[0] == 2 or n > 9' is not checked when the program runs",
      "model.pt2: warning PS2405: the exporter's guard 'x['' is not checked when the program runs",
    ]);
  });

  test("text of strangers ends in an error, however deep", () => {
    for (const text of [
      "(".repeat(10_000),
      "-".repeat(10_000),
      "not ".repeat(10_000),
      "1 +",
      "L[",
      "f(1",
      "",
      "1 2",
      "$",
    ])
      expect(() => parseGuard(text), text.slice(0, 10)).toThrow(SyntaxError);
  });
});
