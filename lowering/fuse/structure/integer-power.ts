/** @file Powers of integers, by squaring, wrapping. */

import type { Builder } from "../../../ir/builder.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import { condition, whileOp } from "../../../ir/dialects/scf/for.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import type { Value } from "../../../ir/graph.js";
import type { ScalarType } from "../../../ir/types.js";

/** base^exponent for an exponent read as unsigned. */
export function unsignedPower(b: Builder, base: Value, exponent: Value): Value {
  const type = base.type as ScalarType;
  const one = constantOf(b, 1, type);
  const zero = constantOf(b, 0, type);
  const types = [type, type, type];
  const before = b.region(types, (inner, args) => {
    const goesOn = inner.value(i.cmpi, { lhs: args[2]!, rhs: zero }, { predicate: "ne" });
    inner.op(condition, { condition: goesOn, args }, {});
  });
  const after = b.region(types, (inner, [result, square, rest]) => {
    // result * square^(the last bit of what is left)
    const bit = inner.value(i.andi, { lhs: rest!, rhs: one }, {});
    const others = inner.value(i.subi, { lhs: square!, rhs: one }, {});
    const factor = inner.value(i.addi, { lhs: inner.value(i.muli, { lhs: bit, rhs: others }, {}), rhs: one }, {});
    const results = [
      inner.value(i.muli, { lhs: result!, rhs: factor }, {}),
      inner.value(i.muli, { lhs: square!, rhs: square! }, {}),
      inner.value(i.shrui, { lhs: rest!, rhs: one }, {}),
    ];
    inner.op(yieldOp, { results }, {});
  });
  return b.op(whileOp, { inits: [one, base, exponent] }, {}, { results: types, regions: [before, after] }).results[0]!;
}
