/** @file Promotion of element types against `torch.result_type` of PyTorch 2.13 for every pair of operands. */

import { describe, expect, it } from "vitest";
import { type Operand, promote, type Weight } from "../../../frontends/torch-fx/promotion.js";
import type { ElementType } from "../../../ir/element.js";
import resultTypes from "./result-types.json" with { type: "json" };

interface Known {
  readonly operands: readonly [Operand, Operand];
  readonly result: string;
}

/** Entries are `weight element | weight` to `element:result`s; pairs that PyTorch refuses are left out. */
const known: readonly Known[] = Object.entries(resultTypes).flatMap(([left, results]) => {
  const [, weight, element, other] = /^(\S+) (\S+) \| (\S+)$/.exec(left)!;
  return results.split(" ").map((text): Known => {
    const [second, result] = text.split(":");
    const first = { weight: weight as Weight, element: element as ElementType };
    return { operands: [first, { weight: other as Weight, element: second as ElementType }], result: result! };
  });
});

const describeOperand = ({ weight, element }: Operand): string => `${weight} ${element}`;

describe("promotion", () => {
  it("gives what PyTorch gives for tensors, tensors of rank 0 and numbers", () => {
    const odd = known.flatMap(({ operands, result }) => {
      const ours = promote(operands);
      return ours === result ? [] : [`${operands.map(describeOperand).join(" and ")}: ${ours}, not ${result}`];
    });
    expect(known.length).toBeGreaterThan(900);
    expect(odd).toEqual([]);
  });

  it("does not depend on the order of the operands", () => {
    for (const { operands } of known) expect(promote(operands.toReversed())).toBe(promote(operands));
  });
});
