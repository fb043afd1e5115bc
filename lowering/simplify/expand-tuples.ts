/**
 * @file Pass `expand-tuples`: the element of a tuple made nearby is the value it was made of. Tuples that come from or go
 * to somewhere else stay, and later stages refuse them.
 */

import { getTupleElement, tupleOp } from "../../ir/dialects/stablehlo/tuples.js";
import { type AnyRewrite, rewrite, rewritePass } from "../../ir/rewrite.js";

const rules: readonly AnyRewrite[] = [
  rewrite(getTupleElement, {
    why: "the element of a tuple is what was put there",
    apply(op, rewriter) {
      const made = op.operand(0).definingOp;
      if (!tupleOp.matches(made)) return false;
      rewriter.replace(op, [made!.operand(getTupleElement.attrsOf(op).index)]);
      return true;
    },
  }),
];

export const expandTuples = rewritePass(
  "expand-tuples",
  "Replaces elements of tuples by what they were made of.",
  rules,
);
