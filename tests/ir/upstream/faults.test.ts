/**
 * @file What the interpreter and the verifier find: programs that do something undefined end with what and where, and
 * texts that fit no definition are refused with a reason.
 */

import { describe, expect, it } from "vitest";
import { CompileError } from "../../../ir/diagnostic.js";
import { InterpretError, interpret } from "../../../ir/interpret.js";
import { parseModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { upstreamContext } from "./context.js";

/** Runs `@main` and gives its results. */
function run(text: string): readonly unknown[] {
  const context = upstreamContext();
  const module = parseModule(text, "fault.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  return interpret(module, "main", [], context);
}

/** A main with constants at hand: %c0 to %c4 and %c9 of type index. */
function mainOf(body: string, result = ""): string {
  const constants = [0, 1, 2, 3, 4, 9].map((n) => `  %c${n} = arith.constant ${n} : index`).join("\n");
  const end = result === "" ? "  return" : `  return ${result}`;
  const type = result === "" ? "" : ` -> ${result.split(":")[1]}`;
  return `func.func @main()${type} {\n${constants}\n${body}\n${end}\n}`;
}

/** An `llvm.func @main` over sixteen bytes aligned to 8. */
const llvmMain = (body: string): string => `llvm.func @main() {
  %two = llvm.mlir.constant(2 : i64) : i64
  %p = llvm.alloca %two x i64 {alignment = 8 : i64} : (i64) -> !llvm.ptr
${body}
  llvm.return
}`;

const faults: readonly (readonly [title: string, text: string, message: RegExp])[] = [
  [
    "an index outside a memref",
    mainOf("  %m = memref.alloc() : memref<4xf32>\n  %x = memref.load %m[%c4] : memref<4xf32>"),
    /fault\.mlir:\d+:\d+: memref\.load: index 4 is outside dimension 0 of size 4/,
  ],
  [
    "a store to freed storage",
    mainOf(
      "  %m = memref.alloc() : memref<4xindex>\n  memref.dealloc %m : memref<4xindex>\n  memref.store %c1, %m[%c0] : memref<4xindex>",
    ),
    /memref\.store: access to freed storage/,
  ],
  [
    "storage freed twice",
    mainOf(
      "  %m = memref.alloc() : memref<4xindex>\n  memref.dealloc %m : memref<4xindex>\n  memref.dealloc %m : memref<4xindex>",
    ),
    /freed twice/,
  ],
  [
    "a view of freed storage",
    mainOf(
      "  %m = memref.alloc() : memref<8xi8>\n  %v = memref.view %m[%c0][] : memref<8xi8> to memref<2xf32>\n  memref.dealloc %m : memref<8xi8>\n  %x = memref.load %v[%c0] : memref<2xf32>",
    ),
    /freed storage/,
  ],
  [
    "a part that leaves its memref",
    mainOf(
      "  %m = memref.alloc() : memref<4xf32>\n  %v = memref.subview %m[%c2] [3] [1] : memref<4xf32> to memref<3xf32, strided<[1], offset: ?>>",
    ),
    /offset 2, size 3, stride 1 leave dimension 0 of size 4/,
  ],
  [
    "a view at an address that is not aligned",
    mainOf("  %m = memref.alloc() : memref<16xi8>\n  %v = memref.view %m[%c2][] : memref<16xi8> to memref<2xf32>"),
    /not aligned for f32/,
  ],
  [
    "a view beyond its bytes",
    mainOf("  %m = memref.alloc() : memref<8xi8>\n  %v = memref.view %m[%c4][] : memref<8xi8> to memref<2xf32>"),
    /leave a buffer of 8 bytes/,
  ],
  [
    "a cast that asserts a wrong size",
    mainOf("  %m = memref.alloc(%c3) : memref<?xf32>\n  %v = memref.cast %m : memref<?xf32> to memref<4xf32>"),
    /size 3 where the type says memref<4xf32>/,
  ],
  [
    "an axis split into the wrong number",
    mainOf(
      "  %m = memref.alloc(%c9) : memref<?xf32>\n  %v = memref.expand_shape %m [[0, 1]] output_shape [2, %c4] : memref<?xf32> into memref<2x?xf32>",
    ),
    /axis 0 of size 9 is split into 8/,
  ],
  ["division by zero", mainOf("  %x = arith.divsi %c1, %c0 : index"), /arith\.divsi: division by zero/],
  [
    "a quotient that overflows",
    mainOf("  %a = arith.constant -128 : i8\n  %b = arith.constant -1 : i8\n  %x = arith.divsi %a, %b : i8"),
    /overflows i8/,
  ],
  ["a loop whose step is not positive", mainOf("  scf.for %i = %c0 to %c4 step %c0 {\n  }"), /the step is 0/],
  ["an assertion", mainOf('  %f = arith.constant false\n  cf.assert %f, "never"'), /assertion failed: never/],
  [
    "a structured operation that reads outside",
    mainOf(`  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i + 1)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%a : memref<4xf32>) outs(%b : memref<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }`),
    /indices 1 to 4 leave dimension 0 of size 4/,
  ],
  [
    "a transfer that breaks its promise",
    mainOf(
      "  %m = memref.alloc() : memref<4xf32>\n  %p = arith.constant 0.0 : f32\n  %v = vector.transfer_read %m[%c2], %p {in_bounds = [true]} : memref<4xf32>, vector<4xf32>",
    ),
    /against in_bounds/,
  ],
  [
    "an unmasked lane beyond the end",
    mainOf("  %m = memref.alloc() : memref<4xf32>\n  %v = vector.load %m[%c2] : memref<4xf32>, vector<4xf32>"),
    /index 4 is outside/,
  ],
  [
    "a call of what is only declared",
    "func.func private @elsewhere()\nfunc.func @main() {\n  call @elsewhere() : () -> ()\n  return\n}",
    /no function @elsewhere with a body/,
  ],
  [
    "bytes outside an allocation",
    llvmMain("  %q = llvm.getelementptr %p[2] : (!llvm.ptr) -> !llvm.ptr, i64\n  %x = llvm.load %q : !llvm.ptr -> i64"),
    /access to 8 bytes at 16 of 'alloca i64', which has 16/,
  ],
  [
    "an access that is not aligned",
    llvmMain("  %q = llvm.getelementptr %p[4] : (!llvm.ptr) -> !llvm.ptr, i8\n  %x = llvm.load %q : !llvm.ptr -> i64"),
    /not aligned to 8/,
  ],
  [
    "more alignment than the storage has",
    llvmMain("  %x = llvm.load %p {alignment = 16 : i64} : !llvm.ptr -> i64"),
    /not aligned to 16/,
  ],
  [
    "the null pointer",
    llvmMain("  %n = llvm.mlir.zero : !llvm.ptr\n  %x = llvm.load %n : !llvm.ptr -> i64"),
    /the null pointer/,
  ],
  [
    "overlapping ranges of memcpy",
    llvmMain(
      '  %q = llvm.getelementptr %p[4] : (!llvm.ptr) -> !llvm.ptr, i8\n  %n = llvm.mlir.constant(8 : i64) : i64\n  "llvm.intr.memcpy"(%q, %p, %n) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()',
    ),
    /the ranges overlap/,
  ],
  ["a place that is never reached", "llvm.func @main() {\n  llvm.unreachable\n}", /reached what may not be reached/],
];

describe("the interpreter finds", () => {
  it.each(faults)("%s", (_, text, message) => {
    expect(() => run(text)).toThrowError(InterpretError);
    expect(() => run(text)).toThrowError(message);
  });
});

describe("what was never written shows", () => {
  it("as NaN in floats of a fresh memref, tensor and alloca", () => {
    expect(
      run(mainOf("  %m = memref.alloc() : memref<4xf32>\n  %x = memref.load %m[%c0] : memref<4xf32>", "%x : f32")),
    ).toEqual([Number.NaN]);
    expect(
      run(mainOf("  %t = tensor.empty() : tensor<4xf64>\n  %x = tensor.extract %t[%c0] : tensor<4xf64>", "%x : f64")),
    ).toEqual([Number.NaN]);
    const alloca =
      "llvm.func @main() -> f32 {\n  %n = llvm.mlir.constant(1 : i64) : i64\n  %p = llvm.alloca %n x f32 : (i64) -> !llvm.ptr\n  %x = llvm.load %p : !llvm.ptr -> f32\n  llvm.return %x : f32\n}";
    expect(run(alloca)).toEqual([Number.NaN]);
  });

  it("as a number no program hopes for after a shift by the width, which may go unused", () => {
    const text = mainOf(
      "  %a = arith.constant 1 : i8\n  %w = arith.constant 8 : i8\n  %s = arith.shli %a, %w : i8\n  %t = arith.constant true\n  %x = arith.select %t, %a, %s : i8",
      "%x : i8",
    );
    expect(run(text)).toEqual([1]);
    expect(run(text.replace("constant true", "constant false"))).toEqual([-86]);
  });
});

const refusals: readonly (readonly [title: string, line: string, message: RegExp])[] = [
  ["operands of different types", "%0 = arith.addi %i, %j : i32", /operand 1 is used as i32|differ/],
  ["floats in integer arithmetic", "%0 = arith.addi %x, %x : f32", /must be a signless integer/],
  ["a cast to fewer bits that extends", "%0 = arith.extsi %j : i64 to i32", /must be wider than/],
  ["an unknown predicate", "%0 = arith.cmpi less, %i, %i : i32", /expected one of eq, ne/],
  ["too few indices", "%0 = memref.load %m[%n] : memref<?x4xf32>", /1 indices into/],
  ["a store of another element", "memref.store %i, %m[%n, %n] : memref<?x4xf32>", /i32 is no element of/],
  ["sizes for a static memref", "%0 = memref.alloc(%n) : memref<4xf32>", /1 sizes for memref<4xf32>/],
  [
    "a slice of other sizes",
    "%0 = tensor.extract_slice %t[0, 0] [2, 2] [1, 1] : tensor<?x4xf32> to tensor<3x2xf32>",
    /is no slice of/,
  ],
  [
    "groups that skip an axis",
    "%0 = tensor.collapse_shape %t [[1]] : tensor<?x4xf32> into tensor<4xf32>",
    /must list the axes/,
  ],
  [
    "a loop body that yields another type",
    "%0 = scf.for %k = %n to %n step %n iter_args(%a = %x) -> (f32) {\n  scf.yield %n : index\n}",
    /region 0 yields \(index\) instead of \(f32\)/,
  ],
  ["results without an else", "%0 = scf.if %c -> (f32) {\n  scf.yield %x : f32\n}", /needs a second region/],
  [
    "a branch with other values",
    "cf.br ^bb1(%x : f32)\n^bb1(%y: i32):\n",
    /successor 0 gets \(f32\) instead of \(i32\)/,
  ],
  ["a map of another rank", "%0 = affine.load %m[%n] : memref<?x4xf32>", /gives 1 indices into/],
  ["an affine loop that goes back", "affine.for %k = 0 to 4 step -1 {\n}", /the step is -1/],
  [
    "a mask of other lanes",
    "%0 = vector.maskedload %m[%n, %n], %k, %v : memref<?x4xf32>, vector<8xi1>, vector<4xf32> into vector<4xf32>",
    /have different shapes/,
  ],
  ["lanes that do not exist", "%0 = vector.shuffle %v, %v [8] : vector<4xf32>, vector<4xf32>", /is not below 8/],
  [
    "an axis without a size",
    'linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, 0)>], iterator_types = ["parallel", "reduction"]} outs(%m : memref<?x4xf32>) {\n^bb0(%o: f32):\n  linalg.yield %o : f32\n}',
    /no operand is indexed by d1 alone/,
  ],
  ["a path that leads nowhere", "%0 = llvm.extractvalue %s[2] : !llvm.struct<(ptr, i64)>", /leads nowhere/],
];

describe("refused with a reason:", () => {
  const args =
    "%i: i32, %j: i64, %x: f32, %n: index, %c: i1, %m: memref<?x4xf32>, %t: tensor<?x4xf32>, %v: vector<4xf32>, %k: vector<8xi1>, %s: !llvm.struct<(ptr, i64)>";

  it.each(refusals)("%s", (_, line, message) => {
    expect(problemsOf(`func.func @f(${args}) {\n  ${line}\n  return\n}`).join("\n")).toMatch(message);
  });

  function problemsOf(text: string): readonly string[] {
    const context = upstreamContext();
    try {
      return verify(parseModule(text, "refused.mlir", context), context).map((d) => d.message);
    } catch (error) {
      if (error instanceof CompileError) return error.diagnostics.map((d) => d.message);
      throw error;
    }
  }
});
