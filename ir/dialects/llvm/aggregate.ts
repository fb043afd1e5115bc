/** @file `llvm`: members of structs and arrays taken out and put in. */

import { type Datum, defineOp, type TupleDatum } from "../../define.js";
import { i64Array } from "../../kinds.js";
import { printType } from "../../types.js";
import { memberAt } from "./layout.js";
import { firstClass } from "./memory.js";

export const extractvalue = defineOp("llvm.extractvalue", {
  summary: "The member at a path of numbers.",
  operands: { container: firstClass },
  attrs: { position: i64Array },
  results: { res: firstClass },
  traits: ["pure"],
  format: "$container `` $position attr-dict `:` type($container)",
  infer({ container }, { position }) {
    const res = memberAt(container, position, true);
    return res ? { res } : `[${position.join(", ")}] leads nowhere in ${printType(container)}`;
  },
  evaluate({ container }, { position }) {
    let at: Datum = container;
    for (const i of position) at = (at as TupleDatum).members[i]!;
    return { res: at };
  },
});

export const insertvalue = defineOp("llvm.insertvalue", {
  summary: "A struct or array with the member at a path of numbers replaced.",
  operands: { container: firstClass, value: firstClass },
  attrs: { position: i64Array },
  results: { res: firstClass },
  traits: ["pure"],
  format: "$value `,` $container `` $position attr-dict `:` type($container)",
  infer({ container, value }, { position }) {
    const member = memberAt(container, position, true);
    if (!member) return `[${position.join(", ")}] leads nowhere in ${printType(container)}`;
    return member === value ? { res: container } : `${printType(value)} is put where ${printType(member)} is`;
  },
  evaluate: ({ container, value }, { position }) => ({ res: replaced(container, position, value) }),
});

function replaced(at: Datum, [first, ...rest]: readonly number[], value: Datum): Datum {
  if (first === undefined) return value;
  const { members } = at as TupleDatum;
  return { kind: "tuple", members: members.with(first, replaced(members[first]!, rest, value)) };
}
