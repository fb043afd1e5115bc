/**
 * @file The text of each op family: what is printed reads back as the same, in both forms, and jaxlib accepts both.
 * `PERSIMMONS_BLESS=1` rewrites the files as they are printed.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesResource } from "../../../ir/resource.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { graphContext } from "../../support/draft-program.js";
import { pythonWith } from "../../support/python.js";
import { judge, type Verdict } from "./referee.js";

const folder = new URL("./texts/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".mlir"));
const python = pythonWith("jax", "jaxlib");
const bless = process.env["PERSIMMONS_BLESS"] === "1";

function readText(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

function both(
  text: string,
  name: string,
): { readonly pretty: string; readonly generic: string; readonly problems: readonly string[] } {
  const context = graphContext();
  context.resources.add(bytesResource("layer.weight", "f32", [2, 3], new Uint8Array(24)));
  const module = parseModule(text, name, context);
  return {
    pretty: printModule(module, context),
    generic: printModule(module, context, { generic: true }),
    problems: verify(module, context).map((d) => d.message),
  };
}

describe.each(names)("%s", (name) => {
  it("is valid, and prints as it stands", () => {
    const { pretty, problems } = both(readText(name), name);
    expect(problems).toEqual([]);
    if (bless) writeFileSync(new URL(name, folder), pretty);
    expect(readText(name)).toBe(pretty);
  });

  it("is restored from its generic form", () => {
    const { pretty, generic } = both(readText(name), name);
    expect(both(generic, name).pretty).toBe(pretty);
  });
});

describe.skipIf(python === undefined)("jaxlib (needs Python with jax)", () => {
  const verdicts = new Map<string, Verdict>();

  beforeAll(() => {
    const texts = names.map((name) => both(readText(name), name));
    const answers = judge(
      python!,
      texts.map(({ pretty, generic }) => ({ texts: [pretty, generic] })),
    );
    names.forEach((name, i) => {
      verdicts.set(name, answers[i]!);
    });
  }, 120_000);

  it.each(names)("%s: accepts both forms, which mean the same to it", (name) => {
    expect(verdicts.get(name)!.problems).toEqual([null, null]);
  });
});
