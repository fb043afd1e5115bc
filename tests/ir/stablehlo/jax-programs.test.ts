/** @file What JAX lowers real functions to: it reads, verifies, round-trips, is accepted again, and computes what JAX computes. */

import { beforeAll, describe, expect, it } from "vitest";
import { interpret } from "../../../ir/interpret.js";
import type { NdArray } from "../../../ir/ndarray.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { graphContext } from "../../support/draft-program.js";
import { type JaxProgram, jaxPrograms, jaxPython, makeJaxPrograms } from "../../support/jax-programs.js";
import { difference } from "./compare-arrays.js";
import { judge, type Verdict } from "./referee.js";

function printed(
  text: string,
  name: string,
): { readonly pretty: string; readonly generic: string; readonly problems: readonly string[] } {
  const context = graphContext();
  const module = parseModule(text, name, context);
  return {
    pretty: printModule(module, context),
    generic: printModule(module, context, { generic: true }),
    problems: verify(module, context).map((d) => d.message),
  };
}

describe.skipIf(jaxPython === undefined)("functions lowered by JAX (needs Python with jax)", () => {
  const programs = new Map<string, JaxProgram>();
  const verdicts = new Map<string, Verdict>();

  beforeAll(() => {
    for (const program of makeJaxPrograms()) programs.set(program.name, program);
    const texts = [...programs.values()].map(({ name, text }) => printed(text, name));
    const answers = judge(
      jaxPython!,
      texts.map(({ pretty, generic }) => ({ texts: [pretty, generic] })),
    );
    [...programs.keys()].forEach((name, i) => {
      verdicts.set(name, answers[i]!);
    });
  }, 300_000);

  it("are the ones listed here", () => {
    expect([...programs.keys()]).toEqual(jaxPrograms.map(([name]) => name));
  });

  it.each(jaxPrograms)("%s: is valid and round-trips", (name) => {
    const { pretty, generic, problems } = printed(programs.get(name)!.text, name);
    expect(problems).toEqual([]);
    expect(printed(pretty, name).pretty).toBe(pretty);
    expect(printed(generic, name).pretty).toBe(pretty);
  });

  it.each(jaxPrograms)("%s: jaxlib accepts it as printed", (name) => {
    expect(verdicts.get(name)!.problems).toEqual([null, null]);
  });

  it.each(jaxPrograms)("%s: computes what JAX computes, within %f", (name, error) => {
    const { text, inputs, results } = programs.get(name)!;
    const context = graphContext();
    const got = interpret(parseModule(text, name, context), "main", inputs, context) as readonly NdArray[];
    expect(got.length).toBe(results.length);
    got.forEach((x, i) => {
      const want = results[i]!;
      const allowed =
        x.element === "bf16"
          ? 1e-2
          : x.element === "f16"
            ? 1e-3
            : x.element.startsWith("f") || x.element.startsWith("c")
              ? error
              : 0;
      expect(difference(x, want, allowed), `result ${i}`).toBeUndefined();
    });
  });
});
