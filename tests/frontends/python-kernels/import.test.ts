/** @file Kernels in Python as IR: what they compute, as written and as plain loops, and what is refused. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importPythonText, type PythonOptions } from "../../../frontends/python-kernels/import.js";
import { CompileError, type Diagnostic } from "../../../ir/diagnostic.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, getScalar, type NdArray, sizeOf } from "../../../ir/ndarray.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { lowerAffine } from "../../../lowering/loops/lower-affine.js";

const head = `import math
import persimmons
from persimmons import f64, f32, i64
N, M = persimmons.sizes("N M")
@persimmons.loops
`;

const f64 = (shape: readonly number[], values: readonly number[]): NdArray => fromScalars("f64", shape, values);
const i64 = (shape: readonly number[], values: readonly number[]): NdArray =>
  fromScalars("i64", shape, values.map(BigInt));
const numbers = (x: unknown): number[] => {
  const array = x as NdArray;
  return Array.from({ length: sizeOf(array.shape) }, (_, i) => Number(getScalar(array, i)));
};

/** The results of a kernel, by the interpreter: of what was imported, and of the same with plain loops, which must agree. */
async function run(body: string, args: readonly NdArray[], options: PythonOptions = {}): Promise<number[][]> {
  const context = newContext();
  const module = await importPythonText(head + body, "k.py", context, options);
  expect(verify(module, context)).toEqual([]);
  const written = interpret(module, "main", args, context).map(numbers);
  lowerAffine.run(module, context);
  expect(verify(module, context)).toEqual([]);
  expect(printModule(module, context)).not.toContain("affine.");
  expect(interpret(module, "main", args, context).map(numbers)).toEqual(written);
  return written;
}

async function faults(source: string, options: PythonOptions = {}): Promise<readonly Diagnostic[]> {
  const fault = await importPythonText(source, "k.py", newContext(), options).catch((e: unknown) => e);
  expect(fault).toBeInstanceOf(CompileError);
  return (fault as CompileError).diagnostics;
}

describe("a kernel", () => {
  test("multiplies matrices, its sizes open or given", async () => {
    const body = `def mm(C: f64[N, N], A: f64[N, M], B: f64[M, N]):
    for i in range(N):
        for k in range(M):
            for j in range(N):
                C[i, j] += A[i, k] * B[k, j]
`;
    const args = [f64([2, 2], [1, 0, 0, 1]), f64([2, 3], [1, 2, 3, 4, 5, 6]), f64([3, 2], [1, 2, 3, 4, 5, 6])];
    const wanted = [[23, 28, 49, 65]];
    expect(await run(body, args)).toEqual(wanted);
    const constexprs = new Map(Object.entries({ N: 2, M: 3 }));
    expect(await run(body, args, { constexprs })).toEqual(wanted);
  });

  test("counts down, by steps, up to the least of several bounds", async () => {
    const body = `def f(x: f64[N]):
    k = 0
    for i in range(N - 1, -1, -2):
        k += 1
        x[i] = k
    for i in range(max(1, N - 3), min(N, 5)):
        x[i] += 100
    for i in range(min(N, 9) - 2, max(0, N - 4) + 1, -1):
        x[i] += 1000
`;
    expect(await run(body, [f64([6], [0, 0, 0, 0, 0, 0])])).toEqual([[0, 3, 0, 102, 1100, 1]]);
  });

  test("has conditions that hold where others do not", async () => {
    const body = `def f(x: f64[N]):
    for i in range(N):
        if i != 2:
            x[i] += 1
        if i < 1 or i >= 4:
            x[i] += 10
        else:
            x[i] += 20
        if not (i > 1 and i < 4):
            x[i] += 100
        x[i] += 1000 if i != 0 else 2000
`;
    expect(await run(body, [f64([5], [0, 0, 0, 0, 0])])).toEqual([[2111, 1121, 1020, 1021, 1111]]);
  });

  test("keeps variables that branches give values", async () => {
    const body = `def f(x: f64[N], y: f64[N]):
    best = x[0]
    for i in range(N):
        if x[i] > best:
            best = x[i]
            where = i
        elif i == 0:
            where = 0
        y[i] = best + where if i > 0 and x[i - 1] < 4 else -1
`;
    expect(await run(body, [f64([4], [3, 5, 1, 9]), f64([4], [0, 0, 0, 0])])).toEqual([[-1, 6, -1, 12]]);
  });

  test("reads and loops by what data say, slowly", async () => {
    const body = `def f(idx: i64[N], x: f64[M], y: f64[N]):
    for i in range(N):
        for j in range(idx[i]):
            y[i] += x[idx[j]] * (i * j)
`;
    const args = [i64([3], [0, 2, 3]), f64([4], [1, 2, 3, 4]), f64([3], [0, 0, 0])];
    expect(await run(body, args)).toEqual([[0, 3, 22]]);
  });

  test("divides whole numbers downward, as Python does", async () => {
    const body = `def f(a: i64[N], q: i64[N], r: i64[N], x: f64[N]):
    for i in range(N):
        q[i] = a[i] // 3
        r[i] = a[i] % -3
        x[i] = a[i] / 2 + a[i] ** 2 + (0.5 * a[i]) // 1 + (i + N) // 2 % 3
`;
    const zeros = [0, 0, 0, 0];
    const args = [i64([4], [-7, -1, 4, 6]), i64([4], zeros), i64([4], zeros), f64([4], zeros)];
    expect(await run(body, args)).toEqual([
      [-3, -1, 1, 2],
      [-1, -1, -2, 0],
      [43.5, 1.5, 20, 42],
    ]);
  });

  test("has arrays and scalars of its own, and functions of math", async () => {
    const body = `def f(n: i64, s: f64, x: f64[N]):
    tmp = persimmons.zeros((N, 2), f64)
    s *= 2
    for i in range(n):
        tmp[i, 1] = math.sqrt(x[i]) + s
    for i in range(x.shape[0]):
        x[i] = tmp[i][1] + abs(-i) + max(i, 1.5)
`;
    expect(await run(body, [i64([], [2]), f64([], [0.5]), f64([3], [4, 9, 16])])).toEqual([[4.5, 6.5, 4]]);
  });

  test("is affine in the IR where it is affine, with the place of every line", async () => {
    const context = newContext();
    const body =
      "def f(A: f64[N, M]):\n    for i in range(1, N):\n        for j in range(i):\n            if j > 2 * i - N:\n                A[i, j + 1] = A[i - 1, j]\n";
    const module = await importPythonText(head + body, "k.py", context);
    const text = printModule(module, context);
    for (const part of ["affine.for", "affine.if", "affine.load", "affine.store"]) expect(text).toContain(part);
    expect(text).not.toMatch(/memref\.(load|store)|scf\./);
    const store = [...module.walk()].find((op) => op.name === "affine.store")!;
    expect(store.at).toEqual({ kind: "text", file: "k.py", line: 10, column: 17 });
    expect(context.diagnostics.all).toEqual([]);
  });

  test("is remarked on where it is not affine", async () => {
    const context = newContext();
    await importPythonText(
      `${head}def f(i: i64[N], A: f64[N]):\n    for j in range(N):\n        A[i[j]] = j\n`,
      "k.py",
      context,
    );
    expect(context.diagnostics.all.map((d) => [d.code, d.severity, d.at])).toEqual([
      ["PS2810", "remark", { kind: "text", file: "k.py", line: 8, column: 11 }],
    ]);
  });
});

describe("what a kernel cannot be", () => {
  test("is told all at once, with places", async () => {
    const body = `def f(A: f46[N], B: f64[N], c, d: f64 = 1):
    pass
`;
    expect((await faults(head + body)).map((d) => [d.code, d.fix])).toEqual([
      ["PS2803", undefined],
      ["PS2803", "a kernel takes f64, f32, i64, i32, and arrays of them: f64[N, M]"],
      ["PS2803", "write c: f64 or c: f64[N]"],
    ]);
    const inside = `def f(A: f64[N, M], B: f64[N]):
    for i in range(N):
        while A[i, 0] > 1:
            pass
        B[i] = A[i] + sqroot(B[i]) + unknwon
        B[-1] = math.sqr(2.0)
        i = 3
        return B
`;
    const found = await faults(head + inside);
    expect(found.map((d) => [d.code, d.at.kind === "text" && d.at.line])).toEqual([
      ["PS2802", 8],
      ["PS2803", 10],
      ["PS2802", 10],
      ["PS2802", 10],
      ["PS2802", 11],
      ["PS2803", 11],
      ["PS2802", 12],
      ["PS2802", 13],
    ]);
    expect(found[4]!.fix).toBe("did you mean 'math.sqrt'?");
  });

  test("is told of every kernel, and of a body below faulty parameters", async () => {
    const body = `def f(A: f46[N], n: i64):
    for t in range(T):
        A[t] = A[n] + unknown

@persimmons.loops
def g(A: f64[N]):
    for i in range(0.5, N):
        A[i / 2] = A[1.5]
        A[i] = A[A[0]] + A[int(A[0])]
`;
    const found = await faults(head.replace("N, M", "N, M, T").replace("N M", "N M T") + body);
    const errors = found.filter((d) => d.severity === "error");
    const whole = "a whole number is needed here, and this is one of type f64";
    expect(errors.map((d) => [d.at.kind === "text" && d.at.line, d.message])).toEqual([
      [6, "'f46' is no type of numbers"],
      [7, "no array has 'T' for the length of an axis, so its value is not known"],
      [8, "the name 'unknown' is not known here"],
      [12, whole],
      [13, whole],
      [13, whole],
      [14, whole],
    ]);
  });

  test("is a size without a value, or a value without a size", async () => {
    const body = "def f(A: f64[N]):\n    for t in range(M):\n        A[0] += 1\n";
    expect((await faults(head + body)).map((d) => d.fix)).toEqual(["give it: --constexpr M=…"]);
    const constexprs = new Map([
      ["NN", 3],
      ["M", 2],
    ]);
    expect((await faults(head + body, { constexprs })).map((d) => [d.code, d.message])).toEqual([
      ["PS2804", "no kernel has a size 'NN'"],
    ]);
    expect((await faults("x = 1\n")).map((d) => d.code)).toEqual(["PS2804"]);
    expect((await faults(head + body, { kernel: "g" })).map((d) => d.fix)).toEqual(["its kernels are f"]);
  });

  test("is told by diagnostics alone, whatever stands in its body", async () => {
    const leaf = fc.constantFrom("i", "x", "A[i]", "A[x]", "N", "1", "2.5", "y", "A", "True", "None", "A[i, j]", "'s'");
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc
          .tuple(
            tie("expression"),
            fc.constantFrom("+", "-", "*", "/", "//", "%", "**", "<", "and", "&", "if x else"),
            tie("expression"),
          )
          .map((p) => `(${p.join(" ")})`),
        tie("expression").map((e) => `max(${e}, abs(${e}))`),
        tie("expression").map((e) => `(not -${e})`),
        tie("expression").map((e) => `A[${e}]`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(expression, expression, async (a, b) => {
        const body = `def f(x: f64, A: f64[N]):\n    for i in range(${a}):\n        y = ${b}\n        A[i] += y\n        if ${a}:\n            x = y\n`;
        const context = newContext();
        const made = await importPythonText(head + body, "k.py", context).catch((e: unknown) => {
          if (!(e instanceof CompileError)) throw e;
        });
        if (made) expect(verify(made, context)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
