/** @file The manifest's schedule does what the model says, for sizes that only data decide too. */

import { afterAll, describe, expect, it } from "vitest";
import { emitBundle } from "../../backend/emit-bundle.js";
import { entryInterfaces } from "../../ir/entry.js";
import { interpret } from "../../ir/interpret.js";
import { type NdArray, toBytes } from "../../ir/ndarray.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import type { Manifest } from "../../runtime-lib/bundle/generated/manifest.js";
import { writeBundle } from "../../runtime-lib/bundle/write-bundle.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { CheckFailed, runSchedule } from "./run-schedule.js";

const { root, remove } = makeRoot();
afterAll(remove);

const f32 = (...values: number[]): NdArray => ({
  element: "f32",
  shape: [values.length],
  data: Float32Array.from(values),
});
const i64 = (...values: number[]): NdArray => ({
  element: "i64",
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const scalar = (array: NdArray): NdArray => ({ ...array, shape: [] });
const bool = (value: boolean): NdArray => ({ element: "i1", shape: [], data: Uint8Array.of(Number(value)) });

interface Program {
  readonly text: string;
  readonly inputs: readonly (readonly NdArray[])[];
}

const programs: Readonly<Record<string, Program>> = {
  "an output that the run allocates, behind one that the caller gives": {
    text: `func.func @main(%n: tensor<1xi64>, %x: tensor<3xf32>) -> (tensor<?xf32>, tensor<3xf32>) {
      %0 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
      %1 = stablehlo.negate %x : tensor<3xf32>
      return %0, %1 : tensor<?xf32>, tensor<3xf32>
    }`,
    inputs: [
      [i64(5), f32(1, 2, 3)],
      [i64(0), f32(1, 2, 3)],
    ],
  },
  "branches that allocate different sizes": {
    text: `func.func @main(%c: tensor<i1>, %n: tensor<1xi64>) -> tensor<?xf32> {
      %0 = "stablehlo.if"(%c) ({
        %1 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
        stablehlo.return %1 : tensor<?xf32>
      }, {
        %2 = stablehlo.add %n, %n : tensor<1xi64>
        %3 = stablehlo.dynamic_iota %2, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
        stablehlo.return %3 : tensor<?xf32>
      }) : (tensor<i1>) -> tensor<?xf32>
      %4 = stablehlo.exponential %0 : tensor<?xf32>
      return %4 : tensor<?xf32>
    }`,
    inputs: [
      [bool(true), i64(3)],
      [bool(false), i64(3)],
    ],
  },
  "branches by number": {
    text: `func.func @main(%k: tensor<i32>, %x: tensor<3xf32>) -> tensor<3xf32> {
      %0 = "stablehlo.case"(%k) ({
        %1 = stablehlo.negate %x : tensor<3xf32>
        stablehlo.return %1 : tensor<3xf32>
      }, {
        %2 = stablehlo.add %x, %x : tensor<3xf32>
        stablehlo.return %2 : tensor<3xf32>
      }, {
        stablehlo.return %x : tensor<3xf32>
      }) : (tensor<i32>) -> tensor<3xf32>
      return %0 : tensor<3xf32>
    }`,
    inputs: [0, 1, 2, 7, -1].map((k) => [
      { element: "i32", shape: [], data: Int32Array.of(k) } satisfies NdArray,
      f32(1, 2, 3),
    ]),
  },
  "a loop": {
    text: `func.func @main(%n: tensor<i64>, %x: tensor<3xf32>) -> tensor<3xf32> {
      %zero = stablehlo.constant dense<0> : tensor<i64>
      %one = stablehlo.constant dense<1> : tensor<i64>
      %r:2 = "stablehlo.while"(%zero, %x) ({
      ^bb0(%i: tensor<i64>, %v: tensor<3xf32>):
        %c = stablehlo.compare LT, %i, %n : (tensor<i64>, tensor<i64>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      }, {
      ^bb0(%i: tensor<i64>, %v: tensor<3xf32>):
        %j = stablehlo.add %i, %one : tensor<i64>
        %w = stablehlo.add %v, %x : tensor<3xf32>
        stablehlo.return %j, %w : tensor<i64>, tensor<3xf32>
      }) : (tensor<i64>, tensor<3xf32>) -> (tensor<i64>, tensor<3xf32>)
      return %r#1 : tensor<3xf32>
    }`,
    inputs: [0, 1, 4].map((n) => [scalar(i64(n)), f32(1, 2, 3)]),
  },
  "a loop whose buffer gets another size each turn": {
    text: `func.func @main(%n: tensor<1xi64>, %m: tensor<1xi64>) -> tensor<?xf32> {
      %one = stablehlo.constant dense<1> : tensor<1xi64>
      %start = stablehlo.dynamic_iota %m, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
      %r:2 = "stablehlo.while"(%m, %start) ({
      ^bb0(%i: tensor<1xi64>, %v: tensor<?xf32>):
        %i0 = stablehlo.reshape %i : (tensor<1xi64>) -> tensor<i64>
        %n0 = stablehlo.reshape %n : (tensor<1xi64>) -> tensor<i64>
        %c = stablehlo.compare LT, %i0, %n0 : (tensor<i64>, tensor<i64>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      }, {
      ^bb0(%i: tensor<1xi64>, %v: tensor<?xf32>):
        %j = stablehlo.add %i, %one : tensor<1xi64>
        %w = stablehlo.dynamic_iota %j, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
        stablehlo.return %j, %w : tensor<1xi64>, tensor<?xf32>
      }) : (tensor<1xi64>, tensor<?xf32>) -> (tensor<1xi64>, tensor<?xf32>)
      return %r#1 : tensor<?xf32>
    }`,
    inputs: [
      [i64(4), i64(2)],
      [i64(1), i64(2)],
    ],
  },
  "two branches by one truth, the storage of which is used again between them": {
    text: `func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %i = stablehlo.slice %x [0:1] : (tensor<3xf32>) -> tensor<1xf32>
      %s = stablehlo.reshape %i : (tensor<1xf32>) -> tensor<f32>
      %zero = stablehlo.constant dense<0.0> : tensor<f32>
      %c = stablehlo.compare GT, %s, %zero : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %0 = "stablehlo.if"(%c) ({
        %1 = stablehlo.negate %x : tensor<3xf32>
        stablehlo.return %1 : tensor<3xf32>
      }, {
        stablehlo.return %x : tensor<3xf32>
      }) : (tensor<i1>) -> tensor<3xf32>
      %2 = stablehlo.multiply %0, %x : tensor<3xf32>
      %3 = "stablehlo.if"(%c) ({
        %4 = stablehlo.add %2, %x : tensor<3xf32>
        stablehlo.return %4 : tensor<3xf32>
      }, {
        stablehlo.return %2 : tensor<3xf32>
      }) : (tensor<i1>) -> tensor<3xf32>
      return %3 : tensor<3xf32>
    }`,
    inputs: [[f32(1, 2, 3)], [f32(-1, 2, 3)]],
  },
  "a truth that decides, and is a size too": {
    text: `func.func @main(%c: tensor<i1>, %x: tensor<3xf32>) -> (tensor<3xf32>, tensor<?xf32>) {
      %0 = "stablehlo.if"(%c) ({
        %1 = stablehlo.negate %x : tensor<3xf32>
        stablehlo.return %1 : tensor<3xf32>
      }, {
        stablehlo.return %x : tensor<3xf32>
      }) : (tensor<i1>) -> tensor<3xf32>
      %n = stablehlo.convert %c : (tensor<i1>) -> tensor<i64>
      %m = stablehlo.reshape %n : (tensor<i64>) -> tensor<1xi64>
      %2 = stablehlo.dynamic_iota %m, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
      return %0, %2 : tensor<3xf32>, tensor<?xf32>
    }`,
    inputs: [true, false].map((c) => [bool(c), f32(1, 2, 3)]),
  },
  "slices from places that data decide": {
    text: `func.func @main(%x: tensor<8xf32>, %b: tensor<1xi64>, %e: tensor<1xi64>) -> tensor<?xf32> {
      %one = stablehlo.constant dense<1> : tensor<1xi64>
      %0 = stablehlo.real_dynamic_slice %x, %b, %e, %one : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
      %1 = stablehlo.sine %0 : tensor<?xf32>
      return %1 : tensor<?xf32>
    }`,
    inputs: [[f32(0, 1, 2, 3, 4, 5, 6, 7), i64(2), i64(7)]],
  },
};

async function compiled(text: string) {
  const context = newContext();
  const module = parseModule(text, "program.mlir", context);
  const entries = entryInterfaces(module, context);
  const cpu = cpuNamed("x86-64-v3")!;
  runStages(stagesFor(cpu), module, context);
  const input = {
    model: "program",
    producer: "test",
    source: { stem: "program", kind: "mlir", sha256: "0".repeat(64) },
    options: [],
    variants: [{ machine: cpu, module, context, entries }],
  };
  const { manifest } = await writeBundle(`${root}/program.psm`, (draft) => emitBundle(input, draft));
  return { manifest, module, context };
}

/** The bytes of the weights, which the globals of the module hold. */
function weightsOf(manifest: Manifest, module: Awaited<ReturnType<typeof compiled>>["module"]): readonly Uint8Array[] {
  const values = new Map(
    [...module.walk()].flatMap((op) => {
      const value = op.attrs["initial_value"] as { readonly kind: string; readonly data: NdArray } | undefined;
      return value?.kind === "dense" ? [[op.attrs["sym_name"] as string, toBytes(value.data)] as const] : [];
    }),
  );
  return manifest.weights.map(({ name }) => values.get(name)!);
}

const reference = (text: string, inputs: readonly NdArray[]): readonly NdArray[] => {
  const context = newContext();
  return interpret(parseModule(text, "program.mlir", context), "main", inputs, context) as readonly NdArray[];
};

describe.each(Object.entries(programs))("the schedule of %s", (_, { text, inputs }) => {
  it("computes what the program says, and keeps no storage", async () => {
    const { manifest, module, context } = await compiled(text);
    for (const given of inputs) {
      const run = runSchedule(manifest, module, context, given.map(toBytes), weightsOf(manifest, module));
      const want = reference(text, given);
      run.outputs.forEach((output, k) => {
        expect(output.shape).toEqual(want[k]!.shape);
        const [a, b] = [output, want[k]!].map(({ data }) => Array.from(data as Float32Array)) as [number[], number[]];
        a.forEach((x, i) => {
          expect(x).toBeCloseTo(b[i]!, 5);
        });
      });
      expect(run.leaked).toBe(0);
    }
  });
});

it("a check that only data can fail ends the run", async () => {
  const { manifest, module, context } = await compiled(`func.func @main(%n: tensor<1xi64>) -> tensor<?xf32> {
    %ten = stablehlo.constant dense<10> : tensor<1xi64>
    %c = stablehlo.compare LT, %n, %ten : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>
    %ok = stablehlo.reshape %c : (tensor<1xi1>) -> tensor<i1>
    stablehlo.custom_call @shape_assertion(%ok) {error_message = "too many", has_side_effect = true} : (tensor<i1>) -> ()
    %0 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }`);
  const run = (n: number) =>
    runSchedule(manifest, module, context, [toBytes(i64(n))], weightsOf(manifest, module)).outputs[0]!.shape;
  expect(run(9)).toEqual([9]);
  expect(() => run(10)).toThrow(new CheckFailed("too many"));
});

it("a condition that has been checked is not checked again where other things lie in its place", async () => {
  const check = `stablehlo.custom_call @shape_assertion(%ok) {error_message = "too many", has_side_effect = true} : (tensor<i1>) -> ()`;
  const { manifest, module, context } =
    await compiled(`func.func @main(%n: tensor<1xi64>, %x: tensor<64xf32>) -> tensor<?xf32> {
    %ten = stablehlo.constant dense<10> : tensor<1xi64>
    %c = stablehlo.compare LT, %n, %ten : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>
    %ok = stablehlo.reshape %c : (tensor<1xi1>) -> tensor<i1>
    ${check}
    %0 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
    %1 = stablehlo.sine %0 : tensor<?xf32>
    %2 = stablehlo.real_dynamic_slice %x, %n, %ten, %n : (tensor<64xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
    ${check}
    return %1 : tensor<?xf32>
  }`);
  const given = [i64(5), f32(...new Array<number>(64).fill(1))];
  const run = runSchedule(manifest, module, context, given.map(toBytes), weightsOf(manifest, module));
  expect(run.outputs[0]!.shape).toEqual([5]);
  const requires = JSON.stringify(manifest.targets[0]!.programs).match(/"require"/g);
  expect(requires).toHaveLength(1);
});
