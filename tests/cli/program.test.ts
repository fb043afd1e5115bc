/** @file The verbs over hand-written bundles and small programs: what they print, and how they end. */

import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../cli/npy.js";
import { tensor, valuesOf } from "../../runtime-lib/tensor.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { writeHandMade } from "../support/hand-made.js";
import { cli, cliJson, problemsOf } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  writeNpy(at("x.npy"), tensor(Float32Array.of(1, 2, 3, 4)));
  writeNpy(at("y.npy"), tensor(Float32Array.of(11, 22, 33, 44)));
  writeNpy(at("wrong.npy"), tensor(Float32Array.of(11, 22, 33, 45)));
});

afterAll(() => {
  process.env = before;
  remove();
});

describe("the command line", () => {
  test("says what is wrong with it, and what was meant", async () => {
    expect(await cli("exprot", "m.onnx")).toEqual({
      code: 2,
      out: "",
      err: "error PS6001: unknown command 'exprot'\n  fix: did you mean export?\n",
    });
    expect((await cli("run", "b", "--sed", "1")).err).toBe(
      "error PS6001: unknown option '--sed'\n  fix: did you mean --seed?\n",
    );
    expect((await cli("run", "b", "--engine", "cuda")).err).toMatch(
      /'cuda' is invalid.*Allowed choices are native, wasm/,
    );
    expect((await cli("run", "b", "--seed", "-1")).err).toMatch(/a whole number of at least 0 is expected/);
    expect((await cli("run", "b", "--memory-limit", "much")).err).toMatch(/a size such as 512M is expected/);
    expect((await cli("run")).err).toMatch(/missing required argument 'bundle'/);
    expect((await cli("run", "a", "b")).err).toMatch(/too many arguments/);
  });

  test("says it as JSON when asked", async () => {
    const { code, json } = await cliJson("verify", "--tolerance", "x", "m", "b");
    expect(code).toBe(2);
    expect(json).toMatchObject({ ok: false, exitCode: 2 });
    expect(problemsOf(json)[0]).toMatch(/^PS6001 option '--tolerance <number>' argument 'x' is invalid/);
  });

  test("has help for itself and every verb", async () => {
    const whole = await cli("--help");
    expect(whole.code).toBe(0);
    expect(whole.out).toMatch(/Exit codes:/);
    for (const verb of ["export", "run", "verify", "check", "inspect", "bench", "doctor", "serve", "completion"]) {
      expect(whole.out).toContain(`  ${verb} `);
      const help = await cli(verb, "--help");
      expect([help.code, help.err]).toEqual([0, ""]);
      expect(help.out).toContain(`Usage: persimmons ${verb}`);
      expect(help.out).toContain("--json");
    }
    expect((await cli()).code).toBe(2);
  });
});

describe("run", () => {
  test("reads inputs, writes outputs, and tells what ran", async () => {
    const bundle = await writeHandMade(root, "add");
    const out = at("outputs");
    const { code, json } = await cliJson("run", bundle, "--trust", "--in", `x=${at("x.npy")}`, "--out", out);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      ok: true,
      diagnostics: [],
      engine: "native",
      target: "host",
      entry: "main",
      outputs: [{ name: "y", dtype: "f32", shape: [4], file: join(out, "y.npy") }],
      kernels: [],
    });
    expect([...valuesOf(readNpy(join(out, "y.npy")))]).toEqual([11, 22, 33, 44]);
  }, 60_000);

  test("exits 1 where an output is not what was expected", async () => {
    const bundle = await writeHandMade(root, "add");
    const args = ["run", bundle, "--trust", "--in", at("x.npy"), "--expect"];
    expect((await cli(...args, `y=${at("y.npy")}`)).code).toBe(0);
    const wrong = await cli(...args, `y=${at("wrong.npy")}`);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(
      /error PS6004: 'y': max\|a-b\| \/ max\|b\| is 0\.0222, more than 0\.0001; 44 at \[3\] where 45/,
    );
    expect((await cli(...args, `y=${at("wrong.npy")}`, "--tolerance", "0.1")).code).toBe(0);
    expect((await cli(...args, `z=${at("y.npy")}`)).err).toMatch(/the model has no output 'z'\n {2}fix: it has 'y'/);
  }, 60_000);

  test("lists every problem of the inputs", async () => {
    const bundle = await writeHandMade(root, "rows");
    const { code, json } = await cliJson("run", bundle, "--trust", "--in", `w=${at("x.npy")}`, "--dim", "q=1");
    expect(code).toBe(2);
    expect(problemsOf(json)).toEqual(["PS6005 the model has no size 'q'", "PS6005 the model has no input 'w'"]);
    const missing = await cliJson("run", bundle, "--trust");
    expect([missing.code, ...problemsOf(missing.json)]).toEqual([2, "PS5202 input 'x' is missing"]);
  }, 60_000);

  test("makes up inputs of the sizes given, the same each time", async () => {
    const bundle = await writeHandMade(root, "rows");
    const args = ["run", bundle, "--trust", "--seed", "3", "--dim", "s0=5"];
    const first = await cli(...args, "--out", at("a"));
    expect([first.code, first.err]).toEqual([0, ""]);
    await cli(...args, "--out", at("b"));
    expect(readFileSync(at("a/y.npy"))).toEqual(readFileSync(at("b/y.npy")));
    expect(readNpy(at("a/y.npy")).shape).toEqual([5, 3]);
  }, 60_000);

  test("keeps states over repetitions, and counts", async () => {
    const bundle = await writeHandMade(root, "total");
    writeNpy(at("step.npy"), tensor(Float32Array.of(1, 2)));
    const { json } = await cliJson("run", bundle, "--trust", "--in", at("step.npy"), "--repeat", "3", "--out", at("s"));
    expect(json["milliseconds"]).toHaveLength(3);
    expect([...valuesOf(readNpy(at("s/y.npy")))]).toEqual([103, 206]);
    const spin = await writeHandMade(root, "spin");
    writeNpy(at("n.npy"), tensor(BigInt64Array.of(3n), []));
    const counted = await cliJson("run", spin, "--trust", "--in", at("n.npy"));
    expect(counted.json["counters"]).toMatchObject([{ kernel: "spin_kernel" }]);
    expect(counted.json["kernels"]).toEqual([{ name: "spin_kernel", ranAs: "test" }]);
  }, 60_000);

  test("refuses bundles that are damaged, foreign or from strangers", async () => {
    const bundle = await writeHandMade(root, "nonzero");
    expect((await cliJson("run", bundle)).json.diagnostics[0]).toMatchObject({ code: "PS5017" });
    appendFileSync(join(bundle, "kernels.host.ll"), "; more\n");
    const damaged = await cliJson("run", bundle, "--trust");
    expect([damaged.code, damaged.json.diagnostics[0]!.code]).toEqual([5, "PS5010"]);
    expect((await cli("run", at("none.psm"))).code).toBe(5);
    expect((await cli("run", root)).err).toMatch(/PS5002/);
  });
});

const program = `func.func @main(%x: tensor<4xf32> {psm.name = "x"}) -> (tensor<4xf32> {psm.name = "y"}) {
  %0 = stablehlo.add %x, %x : tensor<4xf32>
  %1 = stablehlo.multiply %0, %x : tensor<4xf32>
  return %1 : tensor<4xf32>
}
`;

describe("export", () => {
  test("writes a bundle that runs, is trusted, and verifies", async () => {
    writeFileSync(at("square.mlir"), program);
    const { code, json } = await cliJson("export", at("square.mlir"), "-o", at("square.psm"), "--timings");
    expect([code, json.diagnostics]).toEqual([0, []]);
    expect(json["bundle"]).toBe(at("square.psm"));
    expect((json["timings"] as readonly { readonly stage: string }[]).map((t) => t.stage)).toContain("simplify");
    const run = await cli("run", at("square.psm"), "--in", at("x.npy"), "--out", at("square"));
    expect(run.code).toBe(0);
    expect([...valuesOf(readNpy(at("square/y.npy")))]).toEqual([2, 8, 18, 32]);
    const verified = await cliJson("verify", at("square.mlir"), at("square.psm"));
    expect([verified.code, verified.json["reference"]]).toEqual([0, "interpreter"]);
  }, 60_000);

  test("gives the same bytes each time, and in a packed file", async () => {
    writeFileSync(at("same.mlir"), program);
    for (const name of ["one.psm", "two.psm"]) await cli("export", at("same.mlir"), "-o", at(name));
    const digests = [];
    for (const name of ["one.psm", "two.psm"]) digests.push((await cliJson("inspect", at(name))).json["digest"]);
    await cli("export", at("same.mlir"), "--pack", at("three.packed"));
    digests.push((await cliJson("inspect", at("three.packed"))).json["digest"]);
    expect(new Set(digests).size).toBe(1);
    expect((await cli("run", at("three.packed"), "--seed", "1")).code).toBe(0);
  }, 60_000);

  test("puts a library and its header into the bundle", async () => {
    writeFileSync(at("with-lib.mlir"), program);
    const { code } = await cli("export", at("with-lib.mlir"), "-o", at("with-lib.psm"), "--emit", "lib");
    expect(code).toBe(0);
    expect(existsSync(at("with-lib.psm/libwith_lib.so"))).toBe(true);
    expect(readFileSync(at("with-lib.psm/with_lib.h"), "utf8")).toContain("with_lib_run");
    const { json } = await cliJson("run", at("with-lib.psm"), "--in", at("x.npy"));
    expect(json).toMatchObject({ ok: true, engine: "native", code: "bundle" });
    expect((await cli("export", at("with-lib.mlir"), "-o", at("w.psm"), "-t", "wasm32", "--emit", "lib")).code).toBe(2);
  }, 60_000);

  test("dumps the program after every stage", async () => {
    writeFileSync(at("dumped.mlir"), program);
    await cli("export", at("dumped.mlir"), "-o", at("dumped.psm"), "--dump-ir", at("stages"));
    expect(readFileSync(at("stages/00-import.mlir"), "utf8")).toContain("stablehlo.multiply");
    expect(readFileSync(at("stages/01-simplify.mlir"), "utf8")).toContain("stablehlo.multiply");
  }, 60_000);

  test("lists problems with the place, and writes nothing", async () => {
    writeFileSync(at("bad.mlir"), program.replace("multiply %0", "multiplyy %0"));
    const { code, json } = await cliJson("export", at("bad.mlir"), "-o", at("bad.psm"));
    expect(code).toBe(3);
    expect(json.diagnostics[0]).toMatchObject({ at: { kind: "text", file: at("bad.mlir"), line: 3 } });
    expect(existsSync(at("bad.psm"))).toBe(false);
  });

  test("knows its targets and its destination before it compiles", async () => {
    writeFileSync(at("fine.mlir"), program);
    const unknown = await cliJson("export", at("fine.mlir"), "-t", "x86-64-v5", "-t", "hots");
    expect(unknown.code).toBe(2);
    expect(unknown.json.diagnostics).toMatchObject([
      {
        code: "PS6007",
        message: "there is no target 'x86-64-v5'",
        fix: expect.stringContaining("did you mean 'x86-64-v"),
      },
      { code: "PS6007", message: "there is no target 'hots'" },
    ]);
    mkdirSync(at("mine"));
    writeFileSync(at("mine/notes.txt"), "keep");
    expect((await cliJson("export", at("fine.mlir"), "-o", at("mine"))).json.diagnostics[0]!.code).toBe("PS5014");
    expect((await cli("export", at("fine.mlir"), "-o", at("a"), "--pack", at("b"))).err).toMatch(/give -o or --pack/);
    expect((await cli("export", at("none.mlir"), "-o", at("none.psm"))).code).toBe(5);
    expect((await cli("export", at("x.npy"), "-o", at("none.psm"))).code).toBe(2);
  });
});

describe("verify", () => {
  test("names the first operation that differs", async () => {
    writeFileSync(at("right.mlir"), program);
    writeFileSync(at("changed.mlir"), program.replace("stablehlo.add %x, %x", "stablehlo.subtract %x, %x"));
    await cli("export", at("changed.mlir"), "-o", at("changed.psm"));
    const { code, json } = await cliJson("verify", at("right.mlir"), at("changed.psm"));
    expect(code).toBe(1);
    expect(problemsOf(json)).toEqual([
      `PS6004 the bundle was made from another file than ${at("right.mlir")}`,
      expect.stringMatching(/^PS6004 'y': max\|a-b\| \/ max\|b\| is 1/),
    ]);
  }, 60_000);
});

describe("check and inspect", () => {
  test("of a program", async () => {
    writeFileSync(at("counted.mlir"), program);
    const check = await cliJson("check", at("counted.mlir"));
    expect(check.json["coverage"]).toEqual([
      { operator: "stablehlo.add", nodes: 1, refused: 0 },
      { operator: "stablehlo.multiply", nodes: 1, refused: 0 },
    ]);
    expect((await cli("inspect", at("counted.mlir"))).out).toMatch(/2 nodes of 2 operators/);
  });

  test("of an ONNX model", async () => {
    const { out } = await cli("inspect", "models/digits.onnx");
    expect(out).toContain("image: f32[N, 1, 8, 8]");
    expect(out).toContain("9 nodes of 6 operators");
    expect((await cli("check", at("none.onnx"))).code).toBe(5);
    writeFileSync(at("broken.onnx"), "no protobuf at all");
    expect((await cliJson("check", at("broken.onnx"))).code).toBe(3);
  });

  test("of a bundle", async () => {
    const bundle = await writeHandMade(root, "total");
    const { code, json } = await cliJson("inspect", bundle, "--check");
    expect(code).toBe(0);
    expect(json).toMatchObject({ model: "total", trusted: false, hashes: "checked", form: "directory" });
    const { out } = await cli("inspect", bundle);
    expect(out).toContain("main(x: f32[2]) -> (y: f32[2])");
    expect(out).toContain("total: f32[2]");
    expect(out).toContain("target wasm32: wasm");
  });
});

describe("doctor, bench and completion", () => {
  test("the doctor tells what there is", async () => {
    const { code, json } = await cliJson("doctor");
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, node: { supported: true }, cache: { folder: at("cache"), writable: true } });
    const out = (await cli("doctor")).out;
    for (const word of ["Node", "CPU", "engines", "native", "cache", "Python"]) expect(out).toContain(word);
  });

  test("the bench gives medians", async () => {
    const bundle = await writeHandMade(root, "rows");
    const { code, json } = await cliJson(
      "bench",
      bundle,
      "--trust",
      "--rounds",
      "3",
      "--dim",
      "s0=9",
      "--threads",
      "1",
    );
    expect(code).toBe(0);
    const [{ timings }] = json["bundles"] as [{ timings: readonly { median: number; least: number; runs: number }[] }];
    expect(timings).toHaveLength(1);
    expect(timings[0]!.median).toBeGreaterThanOrEqual(timings[0]!.least);
    expect(timings[0]!.runs).toBe(3);
    expect((await cli("bench", bundle, "--trust", "--against", "ort")).err).toMatch(/give --model FILE once for each/);
    expect((await cli("bench", bundle, "--against", "tvm")).code).toBe(2);
    const unfit = await cliJson("bench", bundle, "--trust", "--against", "ort,inductor", "--model", "net.txt");
    expect([unfit.code, unfit.json.diagnostics.map((d) => d.fix)]).toEqual([
      2,
      ["give --model FILE.onnx, or leave ort out", "give --model FILE.pt2, or leave inductor out"],
    ]);
    await cli("bench", bundle, "--trust", "--rounds", "1", "--dim", "s0=9", "--save", at("times.json"));
    const saved = JSON.parse(readFileSync(at("times.json"), "utf8")) as Readonly<Record<string, unknown>>;
    expect(saved).toMatchObject({ machine: { node: process.version }, rounds: 1, milliseconds: [{ bundle }] });
  }, 60_000);

  test("completion scripts are ones that the shell accepts, and know the verbs", async () => {
    const { out } = await cli("completion", "bash");
    const ask = (words: string) =>
      execFileSync("bash", [
        "-c",
        `${out}\n_x() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _persimmons; }; _x ${words}; echo "\${COMPREPLY[@]}"`,
      ])
        .toString()
        .trim();
    expect(ask("persimmons ver")).toBe("verify");
    expect(ask("persimmons run --engine ''")).toBe("native wasm cycles");
    expect(ask("persimmons run --memory")).toBe("--memory-limit");
    for (const shell of ["zsh", "fish"]) expect((await cli("completion", shell)).out).toContain("verify");
  });
});
