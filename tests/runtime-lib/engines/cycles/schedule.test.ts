/** @file The control processor: every kind of step does what the format says, or is refused by name before anything runs. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseProgram } from "../../../../machine/assembly.js";
import type {
  Action,
  Entry,
  Manifest,
  PlannedBuffer,
  Step,
  Target,
} from "../../../../runtime-lib/bundle/generated/manifest.js";
import { encodeTiles } from "../../../../runtime-lib/bundle/tiles.js";
import { RuntimeFault } from "../../../../runtime-lib/diagnostic.js";
import { type CyclesOptions, openCycles } from "../../../../runtime-lib/engines/cycles/engine.js";
import type { LoadedModel, TensorData } from "../../../../runtime-lib/engines/engine.js";
import { emptyManifest } from "../../bundle/sample-manifest.js";
import { bringIn, machine } from "./emulator.js";

const folder = mkdtempSync(path.join(tmpdir(), "persimmons-schedule-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Twice the 32 numbers of the first buffer into the second. */
const double = `${bringIn}d.wait 0, 1
l.unit v0, a0, 0
${"nop\n".repeat(5)}v.add v1, v0, v0
${"nop\n".repeat(3)}st.unit v1, a0, 0
${"nop\n".repeat(3)}d.write d0, hbm, s2
d.issue d0, out0
d.wait 0, 1
c.halt`.replace("s.imm s1, 32", "s.addi s2, s1, 0\ns.imm s1, 32");
const program = { name: "double", argumentCount: 2, sramBytes: 4096, bundles: parseProgram(double) };

const bytes = 128;
/** 0 input, 1 output, 2 and 3 heap, 4 flag input, 5 arena, 6 input of numbers, 7 output that the run allocates. */
const buffers: readonly PlannedBuffer[] = (
  [
    ["input", 0, String(bytes)],
    ["output", 0, String(bytes)],
    ["heap", 0, String(bytes)],
    ["heap", 0, "4 * n"],
    ["input", 1, "1"],
    ["arena", 0, "128"],
    ["input", 2, "64"],
    ["output", 1, "4 * n"],
  ] as const
).map(([kind, index, size]) => ({ kind, index, size, offset: "0", begin: 0, end: 1, alignment: 64 }));

const value = (name: string, dtype: string, shape: readonly string[], allocatedByRun = false) => {
  return { name, dtype, shape, allocatedByRun };
};
const entry: Entry = {
  name: "main",
  inputs: [value("x", "f32", ["32"]), value("flag", "i1", ["1"]), value("sizes", "i64", ["8"])],
  outputs: [value("y", "f32", ["32"])],
  states: [],
  checks: [{ message: "the flag must be set" }],
};

const steps = (...actions: readonly Action[]): readonly Step[] => actions.map((action) => ({ action, sources: [] }));
const launch = (from: number, to: number): Action => ({ kind: "launch", kernel: 0, buffers: [from, to], scalars: [] });
const copy = (from: number, to: number, more: Partial<Extract<Action, { kind: "copy" }>> = {}): Action => {
  return { kind: "copy", from, fromOffset: "0", to, toOffset: "0", bytes: String(bytes), ...more };
};

interface Changes {
  readonly entry?: Partial<Entry>;
  readonly buffers?: Readonly<Record<number, Partial<PlannedBuffer>>>;
  readonly arenaBytes?: string;
  readonly manifest?: Partial<Manifest>;
}

async function open(body: readonly Step[], changes: Changes = {}, options?: CyclesOptions): Promise<LoadedModel> {
  writeFileSync(path.join(folder, "tiles.bin"), encodeTiles([program]));
  writeFileSync(path.join(folder, "machine.json"), JSON.stringify(machine));
  const target: Target = {
    name: "one",
    kind: "spatial",
    triple: "",
    cpu: "",
    features: [],
    tiles: "tiles.bin",
    machine: "machine.json",
    kernels: [
      {
        symbol: "double",
        arguments: [
          { name: "a", kind: "read", dtype: "f32" },
          { name: "b", kind: "write", dtype: "f32" },
        ],
        grid: [],
        flops: "0",
        bytes: "0",
        sources: [],
        summary: "double",
        remarks: [],
      },
    ],
    programs: [
      {
        entry: 0,
        buffers: buffers.map((b, k) => ({ ...b, ...changes.buffers?.[k] })),
        steps: body,
        memory: { arenaBytes: changes.arenaBytes ?? "128", lowerBoundBytes: "0" },
      },
    ],
  };
  const manifest: Manifest = {
    ...emptyManifest,
    symbols: [{ name: "n", kind: "data", min: 0 }],
    entries: [{ ...entry, ...changes.entry }],
    targets: [target],
    ...changes.manifest,
  };
  return openCycles(manifest, target, folder, options);
}

const x = Float32Array.from({ length: 32 }, (_, k) => k + 1);

function inputs(flag: boolean, sizes: readonly number[]): readonly TensorData[] {
  const numbers = BigInt64Array.from({ length: 8 }, (_, k) => BigInt(sizes[k] ?? 0));
  return [
    { dtype: "f32", shape: [32], bytes: new Uint8Array(x.slice().buffer) },
    { dtype: "i1", shape: [1], bytes: Uint8Array.of(flag ? 1 : 0) },
    { dtype: "i64", shape: [8], bytes: new Uint8Array(numbers.buffer) },
  ];
}

interface Given extends Changes {
  readonly flag?: boolean;
  readonly sizes?: readonly number[];
}

async function outputs(body: readonly Step[], given: Given = {}, options?: CyclesOptions) {
  const model = await open(body, given, options);
  const tensors = model.run("main", inputs(given.flag ?? false, given.sizes ?? []));
  return tensors.map(({ bytes: data, shape }) => ({ shape, data: [...new Float32Array(data.slice().buffer)] }));
}

const first = async (body: readonly Step[], given?: Given): Promise<number | undefined> =>
  (await outputs(body, given))[0]!.data[0];

async function faultOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((e: unknown) => e);
  if (error instanceof RuntimeFault) return `${error.diagnostics[0]!.code} ${error.diagnostics[0]!.message}`;
  return `no fault: ${String(error)}`;
}

describe("the control processor", () => {
  it("launches, copies, and allocates and frees storage", async () => {
    const alloc: Action = { kind: "alloc", buffer: 2 };
    const body = steps(alloc, launch(0, 2), launch(2, 5), { kind: "free", buffer: 2 }, alloc, copy(5, 2), copy(2, 1));
    expect((await outputs(body))[0]!.data).toEqual([...x.map((v) => 4 * v)]);
  });

  it("takes the branch that a byte says", async () => {
    const body = steps({ kind: "if", condition: 4, body: steps(launch(0, 1)), otherwise: steps(copy(0, 1)) });
    expect(await first(body, { flag: true })).toBe(2);
    expect(await first(body, { flag: false })).toBe(1);
  });

  it.each([
    [0, 1],
    [-7, 2],
    [5, 0],
  ])("takes the case of the value %i", async (n, want) => {
    const cases = [
      { value: 0, body: steps(copy(0, 1)) },
      { value: -7, body: steps(launch(0, 1)) },
    ];
    const body = steps({ kind: "bind", symbol: 0, buffer: 6 }, { kind: "switch", value: "n", cases, otherwise: [] });
    expect(await first(body, { sizes: [n] })).toBe(want);
  });

  it("repeats steps while a byte says so, with symbols that change from turn to turn", async () => {
    // n = 0, 1, ... is the place in the flags where the loop reads whether it goes on.
    const body = steps(
      { kind: "define", symbol: 0, value: "0" },
      copy(0, 5),
      {
        kind: "while",
        before: steps(copy(6, 2, { fromOffset: "8 * n", bytes: "1" })),
        condition: 2,
        body: steps(launch(5, 3), copy(3, 5), { kind: "define", symbol: 0, value: "n + 1" }),
      },
      copy(5, 1),
    );
    const around = steps({ kind: "alloc", buffer: 2 }, { kind: "alloc", buffer: 3 });
    const fixed = { buffers: { 3: { size: "128" } } };
    expect(await first([...around, ...body], { ...fixed, sizes: [1, 1, 1, 0] })).toBe(8);
    expect(await first([...around, ...body], { ...fixed, sizes: [0] })).toBe(1);
  });

  it.each([
    ["i64", "16", 3],
    ["i32", "8", 2],
    ["ui8", "8 + 0", 2],
    ["i8", "24", -1],
    ["i16", "24", -1],
    ["ui16", "24", 65535],
    ["i1", "32", 1],
  ])("reads a symbol of type %s from an offset of %s", async (dtype, offset, want) => {
    const cases = [{ value: want, body: steps(launch(0, 1)) }];
    const body = steps(
      { kind: "bind", symbol: 0, buffer: 6, offset, dtype },
      { kind: "switch", value: "n", cases, otherwise: [] },
    );
    expect(await first(body, { sizes: [9, 2, 3, -1, 1] })).toBe(2);
  });

  it("hands storage on to an output whose size is known only then", async () => {
    const both = { entry: { outputs: [...entry.outputs, value("some", "f32", ["n"], true)] } };
    const body = steps(
      { kind: "bind", symbol: 0, buffer: 6 },
      { kind: "alloc", buffer: 3 },
      copy(0, 3, { bytes: "4 * n" }),
      { kind: "move", from: 3, to: 7 },
    );
    expect((await outputs(body, { ...both, sizes: [3] }))[1]).toEqual({ shape: [3], data: [1, 2, 3] });
    expect((await outputs(body, { ...both, sizes: [0] }))[1]).toEqual({ shape: [0], data: [] });
    const [, planned] = (await open(body, both)).plan("main", inputs(true, []));
    expect(planned).toEqual({ name: "some", dtype: "f32", shape: [-1], bytes: undefined });
    expect(await faultOf(outputs(body.slice(0, 3), { ...both, sizes: [3] }))).toContain("output 'some' of 12 bytes");
  });

  it("ends a run whose check fails with the check's message, as wrong input", async () => {
    const body = steps({ kind: "require", check: 0, buffer: 4 }, launch(0, 1));
    expect(await first(body, { flag: true })).toBe(2);
    const error = await outputs(body).catch((e: unknown) => e);
    expect(error).toMatchObject({ exitCode: 2, diagnostics: [{ code: "PS5208", message: "the flag must be set" }] });
  });

  it("uses storage again that was freed, in any order", async () => {
    const turn = steps(
      { kind: "alloc", buffer: 2 },
      { kind: "alloc", buffer: 3 },
      { kind: "free", buffer: 2 },
      { kind: "free", buffer: 3 },
    );
    const body = Array.from({ length: 100 }, () => turn).flat();
    const given = { buffers: { 3: { size: "5000" } } };
    const model = await open(body, given, { memoryLimit: 24 * 1024 });
    for (let k = 0; k < 3; k++) model.run("main", inputs(false, []));
    const more = await open(body, given, { memoryLimit: 11 * 1024 });
    expect(() => more.run("main", inputs(false, []))).toThrow("PS5241");
  });
});

describe("refused before anything runs, by name, is", () => {
  const collective: Action = {
    kind: "collective",
    operation: "all_reduce",
    reduction: "sum",
    dtype: "f32",
    inputs: [5],
    outputs: [5],
    groups: [0],
    groupSize: 1,
    slices: "1",
    sliceBytes: "128",
    channel: 0,
  };

  it("communication between devices, however deep", async () => {
    const inner = steps({ kind: "while", before: [], condition: 4, body: steps(collective) });
    const body = steps({ kind: "if", condition: 4, body: [], otherwise: inner });
    const error = await open(body).catch((e: unknown) => e);
    expect(error).toMatchObject({ exitCode: 4, diagnostics: [{ code: "PS5269" }] });
    expect((error as Error).message).toContain("no 'collective' steps (all_reduce)");
  });

  it("a launch with integers", async () => {
    const body = steps({ kind: "launch", kernel: 0, buffers: [0, 1], scalars: ["1"] });
    expect(await faultOf(open(body))).toContain("PS5269 entry 'main': a 'launch' step gives 'double' integers");
  });
});

describe("a schedule that contradicts itself is a fault and not a crash:", () => {
  const alloc: Action = { kind: "alloc", buffer: 2 };
  const free: Action = { kind: "free", buffer: 2 };
  it.each([
    ["storage that is not there", [copy(2, 1)], "buffer 2 (heap) has no storage yet"],
    ["storage freed twice", [alloc, free, free], "buffer 2 has no storage to give"],
    ["storage allocated twice", [alloc, alloc], "buffer 2 has storage already"],
    ["a copy from beyond a buffer", [copy(0, 1, { fromOffset: "4" })], "128 bytes at 4 are not in buffer 0 of 128"],
    ["a copy to before a buffer", [copy(0, 1, { toOffset: "-4" })], "128 bytes at -4 are not in buffer 1 of 128"],
    ["a copy into an input", [copy(5, 0)], "buffer 0 is written; it is of an input"],
    ["an integer beyond a buffer", [{ kind: "bind", symbol: 0, buffer: 4 }], "8 bytes at 0 are not in buffer 4 of 1"],
    ["an integer beyond 53 bits", [{ kind: "bind", symbol: 0, buffer: 0 }], "an integer of buffer 0 is beyond 53 bits"],
  ] as readonly (readonly [string, readonly Action[], string])[])("%s", async (_, actions, wanted) => {
    expect(await faultOf(outputs(steps(...actions)))).toContain(`PS5200 the schedule: ${wanted}`);
  });

  it("a symbol without a value", async () => {
    const body = steps({ kind: "alloc", buffer: 3 });
    expect(await faultOf(outputs(body))).toContain("PS5006 the size n has no value yet");
  });

  it("a loop without end", async () => {
    const body = steps({ kind: "while", before: [], condition: 4, body: [] });
    expect(await faultOf(outputs(body, { flag: true }, { stepLimit: 1000 }))).toContain("PS5267 1000 steps");
  });
});

describe("a forged size makes no storage:", () => {
  const huge = String(2 ** 50);
  it.each([
    ["of the arena", { arenaBytes: huge }, "PS5241"],
    ["of the arena, below 0", { arenaBytes: "-1" }, "PS5200"],
    ["of an output", { entry: { outputs: [value("y", "f32", [huge])] } }, "PS5241"],
    ["of an output, beyond 53 bits", { entry: { outputs: [value("y", "f32", [huge, huge])] } }, "PS5200"],
    ["of a heap buffer", { buffers: { 2: { size: huge } } }, "PS5241"],
    ["of a heap buffer, below 0", { buffers: { 2: { size: "0 - 5" } } }, "PS5200"],
    ["of a buffer of the arena", { buffers: { 5: { size: huge } } }, "PS5200"],
  ] as readonly (readonly [string, Changes, string])[])("%s", async (_, changes, code) => {
    const body = steps({ kind: "alloc", buffer: 2 }, launch(0, 5));
    const before = process.memoryUsage().arrayBuffers;
    expect(await faultOf(outputs(body, changes))).toContain(code);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  it("of a state, or one that its first value does not have", async () => {
    const state = (shape: string, weight?: number) => {
      return { name: "s", dtype: "f32", shape: [shape], ...(weight === undefined ? {} : { weight }) };
    };
    expect(await faultOf(open([], { manifest: { states: [state(huge)] } }))).toContain("PS5241");
    const weights = [{ name: "w", dtype: "f32", shape: [8], offset: 0, bytes: 32 }];
    expect(await faultOf(open([], { manifest: { states: [state("4", 0)], weights } }))).toContain(
      "PS5200 state 's' has 16 bytes, its first value 32",
    );
  });

  it("of the weights, which is first compared with the file's", async () => {
    writeFileSync(path.join(folder, "weights.safetensors"), new Uint8Array(64));
    const weightData = { file: "weights.safetensors", offset: 64, bytes: 2 ** 45 };
    expect(await faultOf(open([], { manifest: { weightData } }))).toContain("PS5230");
  });
});
