/** @file Which loads of a host function stand for a decision alone: those of its byte, with nothing in between. */

import { expect, it } from "vitest";
import { decidingLoad, feedsDecisionsAlone } from "../../backend/schedule-decisions.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";

/** Whether the first load of a host function with this body is of a decision alone, and what the branch goes by. */
function judged(body: string): { readonly alone: boolean; readonly decides: boolean } {
  const text = `func.func @main(%c: memref<i8>, %d: memref<4xi8>, %n: memref<i32>) -> index {
    %no = arith.constant 0 : i8
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %none = arith.constant 0 : i32
    ${body}
  }`;
  const ops = [...parseModule(text, "host.mlir", newContext()).walk()];
  const load = ops.find((op) => op.name === "memref.load")!;
  const branch = ops.find((op) => op.name === "scf.if");
  return { alone: feedsDecisionsAlone(load), decides: branch !== undefined && decidingLoad(branch) === load };
}

const branch = (condition: string): string => `scf.if %${condition} { memref.store %no, %c[] : memref<i8> }`;
const end = "func.return %zero : index";

it("the byte of a condition needs no step", () => {
  const byByte = `%0 = memref.load %c[] : memref<i8>
    %1 = arith.trunci %0 : i8 to i1`;
  expect(judged(`${byByte} ${branch("1")} ${end}`)).toEqual({ alone: true, decides: true });
  const compared = `%0 = memref.load %d[%zero] : memref<4xi8>
    %1 = arith.cmpi ne, %0, %no : i8`;
  expect(judged(`${compared} ${branch("1")} ${end}`)).toEqual({ alone: true, decides: true });
});

it("a truth that is computed with needs one, whatever the first user is", () => {
  const loaded = `%0 = memref.load %c[] : memref<i8>
    %1 = arith.trunci %0 : i8 to i1`;
  const size = `%2 = arith.extui %1 : i1 to i64
    %3 = arith.index_cast %2 : i64 to index
    func.return %3 : index`;
  expect(judged(`${loaded} ${size}`)).toEqual({ alone: false, decides: false });
  expect(judged(`${loaded} ${branch("1")} ${size}`)).toEqual({ alone: false, decides: true });
});

it("what is not whether the first byte is zero needs one", () => {
  const larger = `%0 = memref.load %n[] : memref<i32>
    %1 = arith.cmpi sgt, %0, %none : i32`;
  expect(judged(`${larger} ${branch("1")} ${end}`)).toEqual({ alone: false, decides: false });
  const wide = larger.replace("sgt", "ne");
  expect(judged(`${wide} ${branch("1")} ${end}`)).toEqual({ alone: false, decides: false });
  const second = `%0 = memref.load %d[%one] : memref<4xi8>
    %1 = arith.cmpi ne, %0, %no : i8`;
  expect(judged(`${second} ${branch("1")} ${end}`)).toEqual({ alone: false, decides: false });
});

it("what may have changed when the branch is taken needs one", () => {
  const overwritten = `%0 = memref.load %c[] : memref<i8>
    memref.store %no, %c[] : memref<i8>
    %1 = arith.trunci %0 : i8 to i1`;
  expect(judged(`${overwritten} ${branch("1")} ${end}`)).toEqual({ alone: false, decides: false });
});
