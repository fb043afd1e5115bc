/** @file The pass on programs: every pair of narrow integers through every operation, and truth values in memory. */

import { describe, expect, it } from "vitest";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { narrowIntegers } from "../../../lowering/legalize/narrow-integers.js";
import { type Outcome, transformed } from "./memory.js";

const pass = [narrowIntegers];

function array(element: ElementType, values: readonly number[], shape: readonly number[] = [values.length]): NdArray {
  return fromScalars(element, shape, values);
}

/** All pairs of values of a narrow integer. */
function pairs(element: ElementType): readonly [NdArray, NdArray] {
  const { bits } = elementFacts[element];
  const values = Array.from({ length: 2 ** bits }, (_, k) => k - 2 ** (bits - 1));
  const x = values.flatMap((a) => values.map(() => a));
  const y = values.flatMap(() => values);
  return [array(element, x), array(element, y)];
}

function program(element: ElementType, to: ElementType, count: number, body: string): string {
  return `func.func @main(%a: memref<${count}x${element}>, %b: memref<${count}x${element}>, %out: memref<${count}x${to}>) {
    %c0 = arith.constant 0 : index
    %x = vector.load %a[%c0] : memref<${count}x${element}>, vector<${count}x${element}>
    %y = vector.load %b[%c0] : memref<${count}x${element}>, vector<${count}x${element}>
    ${body}
    vector.store %r, %out[%c0] : memref<${count}x${to}>, vector<${count}x${to}>
    return
  }`;
}

function expectSame({ before, after, text }: Outcome): void {
  expect(text).not.toMatch(/\bi[24]\b|memref<[^>]*i1>/);
  before.forEach((want, k) => {
    expect(after[k]!.data).toEqual(want.data);
  });
}

describe.each(["i2", "i4"] as const)("%s", (element) => {
  const [x, y] = pairs(element);
  const count = x.data.length;
  const type = `vector<${count}x${element}>`;
  const same = (body: string, to: ElementType = element, inputs: readonly NdArray[] = [x, y]): void =>
    expectSame(
      transformed(program(element, to, count, body), pass, [...inputs, array(to, new Array<number>(count).fill(0))]),
    );

  it.each(["addi", "subi", "muli", "andi", "ori", "xori", "maxsi", "minsi", "maxui", "minui"])("arith.%s", (op) => {
    same(`%r = arith.${op} %x, %y : ${type}`);
  });

  it.each(["divsi", "divui", "remsi", "remui", "floordivsi", "ceildivsi", "ceildivui"])("arith.%s", (op) => {
    const lowest = -(2 ** (elementFacts[element].bits - 1));
    const safe = Array.from(y.data as ArrayLike<number>, (d, k) =>
      d === 0 || (d === -1 && x.data[k] === lowest) ? 1 : d,
    );
    same(`%r = arith.${op} %x, %y : ${type}`, element, [x, array(element, safe)]);
  });

  it.each(["shli", "shrsi", "shrui"])("arith.%s", (op) => {
    const { bits } = elementFacts[element];
    const amounts = Array.from({ length: count }, (_, k) => (bits === 4 ? k % 4 : k % 2));
    same(`%r = arith.${op} %x, %y : ${type}`, element, [x, array(element, amounts)]);
  });

  it.each(["eq", "slt", "sge", "ult", "uge"])("comparison by %s", (predicate) => {
    same(`%r = arith.cmpi ${predicate}, %x, %y : ${type}`, "i1");
  });

  it.each(["absi", "ctlz", "ctpop", "cttz"])("math.%s", (op) => {
    same(`%r = math.${op} %x : ${type}`);
  });

  it.each([
    ["extsi", "i8"],
    ["extui", "i8"],
    ["extsi", "i32"],
    ["extui", "i32"],
    ["sitofp", "f32"],
    ["uitofp", "f32"],
  ] as const)("%s to %s", (op, to) => {
    same(`%r = arith.${op} %x : ${type} to vector<${count}x${to}>`, to);
  });

  it.each(["i8", "i32", "i64"] as const)("truncated from %s", (from) => {
    const values = Array.from({ length: count }, (_, k) => (k * 37) % 128);
    const wide = fromScalars(from, [count], from === "i64" ? values.map(BigInt) : values);
    const text = program(from, element, count, `%r = arith.trunci %x : vector<${count}x${from}> to ${type}`);
    expectSame(transformed(text, pass, [wide, wide, array(element, new Array<number>(count).fill(0))]));
  });

  it("powers, floats and truth values", () => {
    same(`%r = math.ipowi %x, %y : ${type}`);
    same(
      `%0 = arith.sitofp %x : ${type} to vector<${count}xf32>\n%r = arith.fptosi %0 : vector<${count}xf32> to ${type}`,
    );
    same(`%0 = arith.cmpi slt, %x, %y : ${type}\n%r = arith.extsi %0 : vector<${count}xi1> to ${type}`);
    same(`%0 = arith.cmpi slt, %x, %y : ${type}\n%r = arith.extui %0 : vector<${count}xi1> to ${type}`);
  });

  it("reductions and constants", () => {
    const body = `%c = arith.constant dense<1> : ${type}
      %0 = arith.addi %x, %c : ${type}
      %1 = vector.reduction <add>, %0 : ${type} into ${element}
      %2 = vector.reduction <mul>, %y, %1 : ${type} into ${element}
      %3 = arith.index_cast %1 : ${element} to index
      %4 = arith.index_castui %2 : ${element} to index
      %5 = arith.addi %3, %4 : index
      %6 = arith.index_cast %5 : index to ${element}
      %r = vector.broadcast %6 : ${element} to ${type}`;
    same(body);
  });
});

describe("what memory holds", () => {
  it("bits above a narrow integer do not count when it is read", () => {
    const text = `func.func @main(%a: memref<4xi4>, %out: memref<4xi32>) {
      %c0 = arith.constant 0 : index
      %x = vector.load %a[%c0] : memref<4xi4>, vector<4xi4>
      %r = arith.extsi %x : vector<4xi4> to vector<4xi32>
      vector.store %r, %out[%c0] : memref<4xi32>, vector<4xi32>
      return
    }`;
    const unsigned = array("ui4", [15, 8, 7, 0]);
    const { after } = transformed(text, pass, [unsigned, array("i32", [0, 0, 0, 0])]);
    expect([...after[1]!.data]).toEqual([-1, -8, 7, 0]);
  });

  it("truth values are bytes, in loads, stores, structured operations and globals", () => {
    const text = `
    memref.global "private" constant @flags : memref<4xi1> = dense<[true, false, true, true]>
    func.func @main(%a: memref<4xi1>, %out: memref<4xi1>, %half: memref<4xi4>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %true = arith.constant true
      %flags = memref.get_global @flags : memref<4xi1>
      linalg.fill ins(%true : i1) outs(%out : memref<4xi1>)
      linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%a, %flags : memref<4xi1>, memref<4xi1>) outs(%out : memref<4xi1>) {
      ^bb0(%x: i1, %y: i1, %z: i1):
        %0 = arith.xori %x, %y : i1
        %1 = arith.andi %0, %z : i1
        linalg.yield %1 : i1
      }
      linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%a : memref<4xi1>) outs(%half : memref<4xi4>) {
      ^bb0(%x: i1, %y: i4):
        %0 = arith.extui %x : i1 to i4
        %1 = arith.addi %0, %y : i4
        linalg.yield %1 : i4
      }
      %f = memref.load %out[%c1] : memref<4xi1>
      memref.store %f, %out[%c0] : memref<4xi1>
      return
    }`;
    expectSame(
      transformed(text, pass, [array("i1", [1, 1, 0, 1]), array("i1", [0, 0, 0, 0]), array("i4", [7, -8, 0, 3])]),
    );
  });

  it("leaves masks and wider integers alone", () => {
    const text = `func.func @main(%a: memref<4xi8>, %out: memref<4xi8>) {
      %c0 = arith.constant 0 : index
      %c3 = arith.constant 3 : index
      %mask = vector.create_mask %c3 : vector<4xi1>
      %other = arith.constant dense<9> : vector<4xi8>
      %x = vector.maskedload %a[%c0], %mask, %other : memref<4xi8>, vector<4xi1>, vector<4xi8> into vector<4xi8>
      vector.store %x, %out[%c0] : memref<4xi8>, vector<4xi8>
      return
    }`;
    const data = array("i8", [1, 2, 3, 4]);
    expect(transformed(text, pass, [data, data]).text).toBe(transformed(text, [], [data, data]).text);
  });
});
