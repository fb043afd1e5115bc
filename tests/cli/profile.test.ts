/** @file `persimmons profile`: what is counted and timed, costs at given sizes, traces, comparisons, what is refused. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchSites } from "../../cli/profile-costs.js";
import { changesBetween } from "../../cli/profile-diff.js";
import type { KernelTime, Profile } from "../../cli/profile-run.js";
import { openBundle } from "../../runtime-lib/bundle/read-bundle.js";
import { findNativeToolchain } from "../../runtime-lib/engines/toolchain.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { cli, cliJson, problemsOf } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);
const hasNative = await findNativeToolchain().then(
  () => true,
  () => false,
);

const net = `func.func public @main(%a: tensor<?x64xf32> {psm.name = "a"}, %b: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %1 = stablehlo.exponential %0 : tensor<?x64xf32>
  %2 = stablehlo.dot_general %1, %b, contracting_dims = [1] x [0] : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %2 : tensor<?x64xf32>
}
`;
let size = "";

beforeAll(async () => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  writeFileSync(at("net.mlir"), net);
  const targets = hasNative ? ["--target", "host"] : [];
  await cli("export", at("net.mlir"), "--profile", "--target", "wasm32", ...targets, "-o", at("net.psm"));
  await cli("export", at("net.mlir"), "--target", "wasm32", "-o", at("plain.psm"));
  const { manifest } = await openBundle(at("net.psm"));
  size = manifest.symbols[0]!.name;
});
afterAll(() => {
  process.env = before;
  remove();
});

type Told = Profile & { readonly peak?: { readonly one: { readonly flops: number; readonly bytes: number } } };

test("in the sandbox calls are counted, and it says that there is no clock", async () => {
  const args = ["profile", at("net.psm"), "--engine", "wasm", "--dim", `${size}=8`, "--rounds", "3"];
  const { json } = await cliJson(...args);
  const told = json as unknown as Told;
  expect(told).toMatchObject({ engine: "wasm", target: "wasm32", threads: 1, rounds: 3 });
  expect(told.kernels.map((k) => k.calls)).toEqual(told.kernels.map(() => 1));
  expect(told.kernels.reduce((sum, k) => sum + k.flops!, 0)).toBe(2 * (2 * 8 * 64 * 64) + 8 * 64);
  expect(told.kernels.every((k) => k.milliseconds === undefined && k.ofRoof === undefined)).toBe(true);
  expect(told.peak).toBeUndefined();
  expect((await cli(...args)).out).toContain("calls only: the sandbox has no clock");
});

test("a model is exported first, and leaves nothing behind", async () => {
  const { code, json } = await cliJson("profile", at("net.mlir"), "--engine", "wasm", "--dim", `${size}=2`);
  expect([code, json["bundle"], json["rounds"]]).toEqual([0, at("net.mlir"), 20]);
});

describe.skipIf(!hasNative)("native code", () => {
  test("is timed: shares and the rest make up the run, and speeds follow from costs", async () => {
    const args = ["profile", at("net.psm"), "--dim", `${size}=64`, "--rounds", "5", "--threads", "1"];
    const { json } = await cliJson(...args, "--save", at("profile.json"), "--trace", at("trace.json"));
    const told = json as unknown as Told;
    const spent = told.kernels.reduce((sum, k) => sum + k.milliseconds!, 0);
    expect(told.outside).toBeCloseTo(Math.max(0, told.milliseconds - spent), 9);
    for (const { milliseconds = 0, flops, bytes, gflops, gigabytes, ofRoof } of told.kernels) {
      expect(gflops).toBeCloseTo(flops! / milliseconds / 1e6, 6);
      expect(gigabytes).toBeCloseTo(bytes! / milliseconds / 1e6, 6);
      const least = 1e3 * Math.max(flops! / told.peak!.one.flops, bytes! / told.peak!.one.bytes);
      expect(ofRoof).toBeCloseTo(least / milliseconds, 6);
    }
    const sorted = told.kernels.map((k) => k.milliseconds!);
    expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
    expect(JSON.parse(readFileSync(at("profile.json"), "utf8"))).toMatchObject({ engine: "native", rounds: 5 });
    const { traceEvents } = JSON.parse(readFileSync(at("trace.json"), "utf8")) as {
      readonly traceEvents: readonly { readonly ph: string; readonly ts: number; readonly dur: number }[];
    };
    const spans = traceEvents.filter((event) => event.ph === "X");
    expect(spans.length).toBeGreaterThanOrEqual(told.kernels.length);
    spans.forEach((span, k) => {
      if (k > 0) expect(span.ts).toBeCloseTo(spans[k - 1]!.ts + spans[k - 1]!.dur, 6);
    });
    expect(spans.reduce((sum, span) => sum + span.dur, 0)).toBeCloseTo(1e3 * spent, 4);
  }, 120_000);

  test("the table has a row for each kernel, and what the machine can do is measured once", async () => {
    const args = ["profile", at("net.psm"), "--dim", `${size}=64`, "--threads", "1"];
    const [one, two] = [await cliJson(...args), await cliJson(...args)];
    expect(one.json["peak"]).toEqual(two.json["peak"]);
    const { out } = await cli(...args);
    expect(out).toMatch(/the machine, measured: on 1 thread [\d.]+ GFLOP\/s f32 and [\d.]+ GB\/s from memory\n/);
    for (const { kernel } of (one.json as unknown as Told).kernels) expect(out).toContain(`  ${kernel}  `);
    expect((await cliJson(...args, "--no-roof")).json["peak"]).toBeUndefined();
  }, 120_000);

  test("two bundles are compared by what their kernels come from", async () => {
    const { json } = await cliJson("profile", "--diff", at("net.psm"), at("net.mlir"), "--dim", `${size}=16`);
    const { profiles, changes } = json as unknown as {
      readonly profiles: readonly Profile[];
      readonly changes: readonly { readonly sources: readonly string[]; readonly before: number }[];
    };
    expect(profiles.map((p) => p.bundle)).toEqual([at("net.psm"), at("net.mlir")]);
    expect(changes.flatMap((c) => c.sources)).toEqual(expect.arrayContaining(["net.mlir:2:8"]));
    expect(changes.reduce((sum, c) => sum + c.before, 0)).toBeCloseTo(
      profiles[0]!.kernels.reduce((sum, k) => sum + k.milliseconds!, 0),
      9,
    );
  }, 120_000);
});

test("sizes that data decide leave costs open, and scalars of a kernel hide sizes", async () => {
  const entry = { inputs: [{ name: "x", dtype: "f32", shape: ["n"], allocatedByRun: false }] };
  const scalar = { name: "n", kind: "scalar", dtype: "i64" } as const;
  const kernel = { symbol: "k", grid: [], sources: [], summary: "", remarks: [], arguments: [scalar] };
  const launch = (scalars: readonly string[]) => ({
    action: { kind: "launch", kernel: 0, buffers: [], scalars } as const,
    sources: [],
  });
  const program = {
    entry: 0,
    buffers: [],
    steps: [launch(["n * 2"]), launch(["d0"])],
    memory: { arenaBytes: "0", lowerBoundBytes: "0" },
  };
  const target = { kernels: [{ ...kernel, flops: "3 * n", bytes: "8" }] };
  const sites = launchSites(target, program, entry, [{ dtype: "f32", shape: [5] }]);
  expect(sites).toEqual([
    { kernel: 0, sources: [], flops: 30, bytes: 8 },
    { kernel: 0, sources: [], bytes: 8 },
  ]);
});

test("changes are sorted by what they change, gains and losses alike", () => {
  const profileOf = (times: Readonly<Record<string, number>>): Profile => ({
    bundle: "b",
    engine: "native",
    target: "t",
    entry: "main",
    threads: 1,
    rounds: 1,
    milliseconds: 1,
    kernels: Object.entries(times).map(
      ([name, milliseconds]): KernelTime => ({
        kernel: name,
        runsAs: "",
        sources: [name.replace(/\d/, "")],
        calls: 1,
        milliseconds,
      }),
    ),
  });
  const changes = changesBetween(profileOf({ a1: 1, a2: 2, b: 5, c: 1 }), profileOf({ a: 4, b: 1 }));
  expect(changes.map(({ sources, before, after }) => [sources[0], before, after])).toEqual([
    ["b", 5, 1],
    ["a", 3, 4],
    ["c", 1, 0],
  ]);
});

test.each([
  [["plain.psm"], /^PS6001 .*plain\.psm was not exported for profiling$/],
  [["plain.psm", "net.psm"], /^PS6001 one bundle is profiled at a time$/],
  [["plain.psm", "--diff"], /^PS6001 --diff compares two bundles$/],
  [["net.psm", "--entry", "mian"], /^PS5201 the model has no entry 'mian'$/],
])("refuses %j", async (args, message) => {
  const given = args.map((arg) => (arg.endsWith(".psm") ? at(arg) : arg));
  const { code, json } = await cliJson("profile", ...given, "--engine", "wasm");
  expect(code).toBe(2);
  expect(problemsOf(json)).toEqual([expect.stringMatching(message)]);
});
