/** @file `persimmons generate` from its command line: prompts of each kind, where texts end, what is refused. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRoot } from "../../runtime-lib/engines/fixtures.js";
import { cli, cliJson, problemsOf } from "../session.js";
import { continuation, languageModel, letters, MAX_LENGTH, textOf } from "./model.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);
const [bundle, bare] = [at("lm.psm"), at("bare.psm")];

beforeAll(async () => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  writeFileSync(at("lm.mlir"), languageModel);
  writeFileSync(at("tokenizer.json"), JSON.stringify(letters));
  writeFileSync(at("generation.json"), JSON.stringify({ version: 1, max_length: MAX_LENGTH, end: [11] }));
  const files = ["--file", at("tokenizer.json"), "--file", at("generation.json")];
  const exported = await cli("export", at("lm.mlir"), "-t", "host", "-t", "wasm32", ...files, "-o", bundle);
  expect(exported).toMatchObject({ code: 0 });
  await cli("export", at("lm.mlir"), "-t", "host", "-o", bare);
});
afterAll(() => {
  process.env = before;
  remove();
});

describe.each(["native", "wasm"])("on the %s engine", (engine) => {
  it("writes on from text, and says how fast", async () => {
    const { code, out, err } = await cli(
      "generate",
      bundle,
      "--prompt",
      "cab",
      "--max-tokens",
      "5",
      "--engine",
      engine,
    );
    expect([code, out]).toEqual([0, `${textOf(continuation([2, 0, 1], 5))}\n`]);
    expect(err).toMatch(
      /^time to first token .* \(prompt of 3\), [\d.]+ tokens\/s after it \(4 in .*\); (native|wasm) engine/,
    );
  });

  it("finds what it has read when it reads more", async () => {
    const { json } = await cliJson(
      "generate",
      bundle,
      "--prompt-ids",
      "1,2,5",
      "--max-tokens",
      "9",
      "--engine",
      engine,
    );
    expect(json).toMatchObject({
      ok: true,
      engine,
      prompt: [1, 2, 5],
      tokens: continuation([1, 2, 5], 9),
      finish: "length",
    });
    expect(json["timeToFirstTokenMilliseconds"]).toBeGreaterThan(0);
    expect(json["tokensPerSecond"]).toBeGreaterThan(0);
  });
});

describe("a prompt", () => {
  it.each([
    ["a list", "3, 1\n4\n"],
    ["JSON", "[3,1,4]"],
  ])("comes from a file with %s", async (_, text) => {
    writeFileSync(at("ids.txt"), text);
    const { json } = await cliJson("generate", bundle, "--tokens-in", at("ids.txt"), "--max-tokens", "2");
    expect(json).toMatchObject({ prompt: [3, 1, 4], tokens: continuation([3, 1, 4], 2) });
  });

  it("needs no tokenizer where it is numbers, and neither does what is written", async () => {
    const { out } = await cli("generate", bare, "--prompt-ids", "3,1", "--max-tokens", "3");
    expect(out).toBe(`${continuation([3, 1], 3).join(" ")}\n`);
  });
});

describe("a text ends", () => {
  it("before a stop text", async () => {
    // c, then c + c = e, i, e, …
    const all = textOf(continuation([2], 6));
    const stop = all.slice(2, 4);
    const { json } = await cliJson("generate", bundle, "--prompt", "c", "--stop", stop);
    expect(json).toMatchObject({ text: all.slice(0, all.indexOf(stop)), finish: "stop" });
  });

  it("with a token that ends texts, which is not shown", async () => {
    const { json } = await cliJson("generate", bundle, "--prompt-ids", "5,6");
    expect(json).toMatchObject({ text: "", tokens: [11], finish: "end" });
    const on = await cliJson("generate", bundle, "--prompt-ids", "5,6", "--ignore-end", "--max-tokens", "2");
    expect(on.json).toMatchObject({ tokens: [11, 10], finish: "length" });
  });

  it("where the cache is full, with a warning", async () => {
    const { code, json } = await cliJson("generate", bundle, "--prompt-ids", "1,2", "--ignore-end");
    expect(code).toBe(0);
    expect(json).toMatchObject({ finish: "full", tokens: continuation([1, 2], MAX_LENGTH - 1) });
    expect(problemsOf(json)).toEqual(["PS6034 the cache is full, and the text has not ended"]);
  });
});

describe("drawing", () => {
  it("gives the same tokens for the same seed, and others for others", async () => {
    const draw = async (seed: string) => {
      const { json } = await cliJson(
        "generate",
        bare,
        "--prompt-ids",
        "1",
        "--max-tokens",
        "12",
        "--temperature",
        "9",
        "--seed",
        seed,
      );
      return json["tokens"];
    };
    const [first, again, other] = [await draw("1"), await draw("1"), await draw("2")];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("takes the most likely token where there is but one to draw from", async () => {
    const { json } = await cliJson("generate", bare, "--prompt-ids", "1,2", "--max-tokens", "4", "--top-k", "1");
    expect(json).toMatchObject({ tokens: continuation([1, 2], 4) });
    expect(json["seed"]).toBeTypeOf("number");
  });
});

describe("is refused", () => {
  const refused: readonly (readonly [string, readonly string[], number, string])[] = [
    ["a prompt that is not there", [], 2, "PS6001 there is no prompt"],
    ["two prompts", ["--prompt", "a", "--prompt-ids", "1"], 2, "PS6001 the prompt is given more than once"],
    ["an empty prompt", ["--prompt", ""], 2, "PS6031 the prompt has no tokens"],
    [
      "a prompt longer than the cache",
      ["--prompt", "a".repeat(17)],
      2,
      "PS6031 the prompt has 17 tokens, and the cache holds 16",
    ],
    [
      "a token outside the vocabulary",
      ["--prompt", "am"],
      2,
      "PS6031 the model has a vocabulary of 12 tokens, from 0 on; the prompt has 12",
    ],
    ["a list that is none", ["--prompt-ids", "1,x"], 2, "PS6001"],
    ["a probability above 1", ["--prompt", "a", "--top-p", "2"], 2, "PS6001"],
    [
      "a tokenizer that is not there",
      ["--prompt", "a", "--tokenizer", "/nowhere.json"],
      5,
      "PS6002 /nowhere.json cannot be read",
    ],
    ["a file of tokens that is not there", ["--tokens-in", "/nowhere.txt"], 5, "PS6002 /nowhere.txt cannot be read"],
  ];
  it.each(refused)("%s", async (_, options, exitCode, problem) => {
    const { code, json } = await cliJson("generate", bundle, ...options);
    expect([code, json.ok]).toEqual([exitCode, false]);
    expect(problemsOf(json).join("\n")).toContain(problem);
  });

  it("text where there is no tokenizer", async () => {
    const { json } = await cliJson("generate", bare, "--prompt", "a");
    expect(problemsOf(json)).toEqual(["PS6032 the prompt is text, and there is no tokenizer"]);
    const stop = await cliJson("generate", bare, "--prompt-ids", "1", "--stop", "a");
    expect(problemsOf(stop.json)).toEqual(["PS6001 --stop is for text, and there is no tokenizer"]);
  });

  it("text that the tokenizer has no tokens for", async () => {
    const vocab = ["a", "e"].map((letter, k) => [letter, -k]);
    writeFileSync(at("few.json"), JSON.stringify({ ...letters, model: { type: "Unigram", vocab, unk_id: null } }));
    const { code, json } = await cliJson("generate", bundle, "--prompt", "axe", "--tokenizer", at("few.json"));
    expect(code).toBe(2);
    expect(problemsOf(json).join("\n")).toContain('few.json has no token for "x" in the prompt');
  });

  it.each([
    ["that is no JSON", "{", "it is no JSON"],
    ["without a model", "{}", "it has no model with a vocabulary"],
    ["that is a list", "[]", "it holds no object"],
    ["of an unknown kind", '{"model": {"type": "Magic", "vocab": {}}, "added_tokens": []}', ""],
    ["whose numbers are none", JSON.stringify({ ...letters, model: { ...letters.model, vocab: { a: "x" } } }), ""],
    [
      "whose pattern is none",
      JSON.stringify({ ...letters, pre_tokenizer: { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" } }),
      "",
    ],
  ])("a tokenizer %s", async (_, text, reason) => {
    writeFileSync(at("bad.json"), text);
    const { code, json } = await cliJson("generate", bundle, "--prompt", "a", "--tokenizer", at("bad.json"));
    expect(code).toBe(2);
    expect(problemsOf(json).join("\n")).toContain(`bad.json is no tokenizer that can be used: ${reason}`);
  });

  it("a bundle that is no language model", async () => {
    writeFileSync(
      at("add.mlir"),
      "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n  return %x : tensor<2xf32>\n}\n",
    );
    await cli("export", at("add.mlir"), "-t", "host", "-o", at("add.psm"));
    const { code, json } = await cliJson("generate", at("add.psm"), "--prompt-ids", "1");
    expect(code).toBe(2);
    expect(problemsOf(json)).toEqual([
      "PS6030 the bundle has no entry 'prefill'; its entries: 'main'",
      "PS6030 the bundle has no entry 'decode'; its entries: 'main'",
    ]);
  });
});

describe("files beside a model", () => {
  it("are listed, and hashed as the others are", async () => {
    const { json } = await cliJson("inspect", bundle, "--check");
    const files = json["files"] as readonly { readonly name: string }[];
    expect(files.map((f) => f.name)).toEqual(expect.arrayContaining(["generation.json", "tokenizer.json"]));
    writeFileSync(join(bundle, "tokenizer.json"), JSON.stringify({ ...letters, version: "2.0" }));
    const changed = await cliJson("generate", bundle, "--prompt", "a");
    expect(changed.code).toBe(5);
    writeFileSync(join(bundle, "tokenizer.json"), JSON.stringify(letters));
  });

  it("may not take the compiler's own names, or one another's", async () => {
    for (const name of ["manifest.bin", "two words.json"]) writeFileSync(at(name), "");
    const files = [at("manifest.bin"), at("two words.json"), at("lm.mlir"), at("lm.mlir")].flatMap((file) => [
      "--file",
      file,
    ]);
    const { code, json } = await cliJson("export", at("lm.mlir"), "-t", "host", ...files, "-o", at("other.psm"));
    expect(code).toBe(2);
    expect(problemsOf(json).map((text) => text.replaceAll(root, ""))).toEqual([
      "PS6001 /manifest.bin cannot go into the bundle: the compiler's own files have such names as 'manifest.bin'",
      "PS6001 /two words.json cannot go into the bundle: names are made of letters, digits, '.', '_' and '-'",
      "PS6001 /lm.mlir cannot go into the bundle: another file is called 'lm.mlir'",
    ]);
  });
});
