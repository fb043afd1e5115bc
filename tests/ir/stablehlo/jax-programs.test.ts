/** @file What JAX lowers real functions to: it reads, verifies, round-trips, is accepted again, and computes what JAX computes. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { ElementType } from "../../../ir/element.js";
import { interpret } from "../../../ir/interpret.js";
import { fromBytes, type NdArray } from "../../../ir/ndarray.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { graphContext } from "../../support/draft-program.js";
import { pythonWith, runPython } from "../../support/python.js";
import { difference } from "./compare-arrays.js";
import { judge, type Verdict } from "./referee.js";

const python = pythonWith("jax", "jaxlib");

interface RawArray {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly bytes: string;
}

interface Program {
  readonly name: string;
  readonly text: string;
  readonly inputs: readonly RawArray[];
  readonly results: readonly RawArray[];
}

const names = [
  ["mlp", 1e-5],
  ["conv_net", 1e-5],
  ["conv_grad", 1e-5],
  ["attention", 1e-5],
  ["scans", 1e-5],
  ["loops", 1e-5],
  ["conditions", 1e-5],
  ["orders", 1e-5],
  ["indexing", 0],
  ["fourier", 1e-5],
  ["cumulative", 1e-5],
  ["random", 1e-5],
  ["integers", 0],
  ["special", 1e-4],
  ["mixed", 1e-5],
  ["linear", 1e-4],
  ["gradients", 1e-5],
  ["padded", 0],
  ["complexes", 1e-5],
  ["dynamic_sizes", 1e-5],
  ["dynamic_pooling", 1e-5],
] as const;

const unpack = ({ element, shape, bytes }: RawArray): NdArray =>
  fromBytes(element, shape, new Uint8Array(Buffer.from(bytes, "base64")));

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

describe.skipIf(python === undefined)("functions lowered by JAX (needs Python with jax)", () => {
  const programs = new Map<string, Program>();
  const verdicts = new Map<string, Verdict>();

  beforeAll(() => {
    const script = readFileSync(new URL("./jax_programs.py", import.meta.url), "utf8");
    for (const program of JSON.parse(runPython(python!, script).toString()) as Program[])
      programs.set(program.name, program);
    const texts = [...programs.values()].map(({ name, text }) => printed(text, name));
    const answers = judge(
      python!,
      texts.map(({ pretty, generic }) => ({ texts: [pretty, generic] })),
    );
    [...programs.keys()].forEach((name, i) => {
      verdicts.set(name, answers[i]!);
    });
  }, 300_000);

  it("are the ones listed here", () => {
    expect([...programs.keys()]).toEqual(names.map(([name]) => name));
  });

  it.each(names)("%s: is valid and round-trips", (name) => {
    const { pretty, generic, problems } = printed(programs.get(name)!.text, name);
    expect(problems).toEqual([]);
    expect(printed(pretty, name).pretty).toBe(pretty);
    expect(printed(generic, name).pretty).toBe(pretty);
  });

  it.each(names)("%s: jaxlib accepts it as printed", (name) => {
    expect(verdicts.get(name)!.problems).toEqual([null, null]);
  });

  it.each(names)("%s: computes what JAX computes, within %f", (name, error) => {
    const { text, inputs, results } = programs.get(name)!;
    const context = graphContext();
    const got = interpret(parseModule(text, name, context), "main", inputs.map(unpack), context) as readonly NdArray[];
    expect(got.length).toBe(results.length);
    got.forEach((x, i) => {
      const want = unpack(results[i]!);
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
